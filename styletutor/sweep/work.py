"""What a sweep's workers do. They get arrays, never paths: a worker needs this package and nothing of the client's."""

import json
import threading

from distributed import WorkerPlugin

from .. import __version__, messages
from ..errors import ClusterError
from ..messages import t

_networks = {}  # Equipment's name: what it brought, then the network that was built from it
_one_at_a_time = threading.Lock()  # in a process: each run takes the memory and the cores that were counted on


class Equipment(WorkerPlugin):
    """Brings a network's weights to each worker of a cluster, also to those that join later, and takes them away."""

    def __init__(self, name, weights, language):
        self.name, self.weights, self.language, self.version = name, weights, language, __version__

    def setup(self, worker):
        """Dask calls it on the worker. Raises ClusterError where that has another styletutor."""
        if self.version != __version__:
            raise ClusterError(t(
                "The worker {address} has styletutor {other}, this is {own}: install the same on both.",
                address=worker.address, other=__version__, own=self.version,
            ))
        messages.use(self.language)
        _networks[self.name] = self.weights

    def teardown(self, worker):
        """Dask calls it on the worker when the sweep is over."""
        _networks.pop(self.name, None)


def paint(equipment, content, style, settings):
    """Do a whole run on a worker: {"png", "losses", "steps", "seconds", "settings", "network"}. Raises as `stylize`.

    The losses are those of the picture that is kept, which has the lowest total.
    """
    from ..images import to_bytes
    from ..transfer import stylize

    with _one_at_a_time:
        run = stylize(content, style, settings, _network(equipment))
        levels = [(step.scale, step.losses) for step in run]
        losses = [losses for level, losses in levels if level == run.scale] + [run.losses]
        return {
            "png": to_bytes(run.image, ".png", run.settings),
            "losses": min(losses, key=lambda terms: terms["total"]),
            "steps": run.number,
            "seconds": round(run.seconds, 3),
            "settings": json.loads(run.settings.to_json()),
            "network": run.network.source,
        }


def _network(equipment):
    """The network that this worker was equipped with, built once."""
    from ..vgg19 import with_weights

    if not hasattr(_networks[equipment], "layers"):
        _networks[equipment] = with_weights(_networks[equipment])
    return _networks[equipment]
