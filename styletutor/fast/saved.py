"""Networks as files: an .npz of arrays for a model that is built in code. Nothing is ever unpickled."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np

from .. import atomic
from ..backend import keras, tf
from ..errors import SaveError, WeightsError, refuses, shortened
from ..messages import t
from .layers import Noise

IMAGE = None, None, None, 3
MOST_BYTES = 64 * 2**20  # of a file of weights, and of what is unpacked from it


class SavedNetwork:
    """What networks for files have in common. `variables()` gives {"layer/weight": variable}; `about` is kept too."""

    about = {}  # noqa: RUF012  (JSON; never changed)

    def arrays(self):
        """The trained arrays by name, "layer/weight"."""
        return {name: keras.ops.convert_to_numpy(variable) for name, variable in self.variables().items()}

    @refuses(WeightsError)
    def set_arrays(self, arrays):
        """Take arrays as `arrays` gives them. Raises WeightsError for a missing one, another shape, or no number."""
        for name, variable in self.variables().items():
            if name not in arrays:
                raise WeightsError(t("The weights lack {name}.", name=name))
            if arrays[name].shape != tuple(variable.shape):
                raise WeightsError(t(
                    "{name} has the shape {shape}, expected {wanted}.", name=name, shape=arrays[name].shape,
                    wanted=tuple(variable.shape),
                ))
            if not np.isfinite(arrays[name]).all():
                raise WeightsError(t("{name} holds values that are not finite.", name=name))
        for name, variable in self.variables().items():
            variable.assign(arrays[name])

    def to_bytes(self):
        """The network as the bytes of an .npz: float16 arrays, and what else is kept as JSON."""
        file = io.BytesIO()
        about = np.array(json.dumps(self.about))
        np.savez(file, about=about, **{name: array.astype("float16") for name, array in self.arrays().items()})
        return file.getvalue()

    @refuses(SaveError)
    def save(self, path, overwrite=False):
        """Write the network to an .npz; returns the path. Raises SaveError where that can't be."""
        return atomic.save(_npz_path(path, SaveError), self.to_bytes(), overwrite)


def compiled(function, *shapes):
    """A function of float32 tensors of these shapes, None for any size, compiled once where TensorFlow is the backend.

    One graph for all sizes is as quick as one of each (4 % at most), and TensorFlow doesn't complain of building many.
    """
    return tf.function(function, [tf.TensorSpec(shape) for shape in shapes], autograph=False) if tf else function


def states(model):
    """The states of a Keras model's sources of noise, which a training that goes on needs."""
    return [layer.places.state for layer in model.layers if isinstance(layer, Noise)]


def variables(*models):
    """The trained variables of Keras models by name, "layer/weight"."""
    return {f"{layer.name}/{v.name}": v for m in models for layer in m.layers for v in layer.trainable_variables}


def read_path(path):
    """(bytes, name) of an .npz file. Raises WeightsError."""
    path = _npz_path(path, WeightsError)
    return atomic.read_at_most(path, MOST_BYTES + 1), path.name


def from_bytes(make, content, name):
    """The network in an .npz's bytes, called `name` in errors; make: about -> untrained network.

    Raises WeightsError.
    """
    try:
        about, arrays = _read(content)
        network = make(about)
    except WeightsError:
        raise
    except Exception as error:  # damaged archives raise nearly anything
        raise WeightsError(t(
            "{name} holds no fast network: {error}.", name=shortened(name), error=shortened(error),
        )) from error
    network.set_arrays(arrays)
    return network


def _read(content):
    if len(content) > MOST_BYTES:
        raise ValueError(t("it is too large"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
            raise ValueError(t("what is packed in it is too large"))
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        arrays = {name: archive[name].astype("float32") for name in archive.files if name != "about"}
        return json.loads(str(archive["about"])), arrays


def _npz_path(path, error):
    try:
        found = Path(path)
        if found.suffix == ".npz" and "\0" not in str(found):
            return found
    except (TypeError, ValueError):
        pass
    raise error(t("{path} is not the path of an .npz file, such as 'swirls.npz'.", path=shortened(repr(path))))
