"""Several ways to the same picture, step by step side by side; and which layer the gradient listens to.

Sources: Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization"; Nocedal and Wright 2006, "Numerical
Optimization", chapter 7; Gatys et al. 2017, "Controlling Perceptual Factors in Neural Style Transfer", section 6.
"""

from dataclasses import dataclass

import numpy as np

from .backend import tf
from .errors import SettingsError, refuses
from .messages import mark
from .model import StyleContentModel
from .settings import Settings
from .style import loss_terms
from .transfer import stylize

OPTIMIZERS = {
    "Adam": {"optimizer": "adam"},
    "L-BFGS": {"optimizer": "lbfgs"},
    mark("pyramid"): {"optimizer": "lbfgs", "scales": 2},
}
PRESETS = ("gatys", "keras", "d2l")


@dataclass(frozen=True)
class RaceStep:
    """One step of every contender: its number, the images by name, the lowest total loss, seconds of all together."""

    number: int
    images: dict[str, np.ndarray]
    losses: dict[str, float]
    seconds: float
    scale: int = 0


class Race:
    """Runs with the same pictures, which take their steps in turn; iterate it for `RaceStep`s.

    runs: {name: Run}, all with the same number of steps. A step is one evaluation of the loss and its gradient.
    """

    def __init__(self, runs):
        self.runs, self.number = runs, 0
        self._latest, self._points = {}, {}  # the latest steps, with their pictures; what the curves go through

    @property
    def settings(self):
        """The first contender's settings."""
        return next(iter(self.runs.values())).settings

    @property
    def network(self):
        """The first contender's network."""
        return next(iter(self.runs.values())).network

    @property
    def sizes(self):
        """What a step of all is worth in pixels, as [(height, width)]: so many pictures above each other."""
        height, width = next(iter(self.runs.values())).sizes[-1]
        return [(height * len(self.runs), width)]

    @property
    def losses(self):
        """The lowest of the contenders' total losses now."""
        return {"total": min(run.losses["total"] for run in self.runs.values())}

    @property
    def seconds(self):
        """The seconds that all of them have computed."""
        return sum(run.seconds for run in self.runs.values())

    def update(self, **changes):
        """Change weights, learning rate or steps of every contender, as `Run.update`."""
        for run in self.runs.values():
            run.update(**changes)

    def curves(self, against="evaluations"):
        """{name: (xs, ys)}: each contender's loss as a share of a first one, against "evaluations" or "seconds".

        It is the first contender's first loss for all that weigh alike, so that their ends compare, though a pyramid
        begins at another size; it is their own for others. Seconds count from each one's first evaluation, so that
        building the graph isn't charged to who comes first.
        """
        found, firsts = {}, {}
        for name, run in self.runs.items():
            points = list(self._points.get(name, ()))  # a copy: the thread that iterates goes on adding to it
            xs = [number if against == "evaluations" else seconds - points[0][1] for number, seconds, _ in points]
            weighed = run.settings.relative, *run.settings.coefficients.items()
            first = firsts.setdefault(weighed, points[0][2]) if points else 1.0
            found[name] = xs, [loss / max(first, 1e-30) for *_, loss in points]
        return found

    def __iter__(self):
        return self

    def __next__(self):
        """One step of each contender; one that is ahead, after an interruption, waits."""
        if self.number >= self.settings.steps:
            raise StopIteration
        for name, run in self.runs.items():
            while run.number <= self.number:
                step = self._latest[name] = next(run)
                self._points.setdefault(name, []).append((step.number, step.seconds, step.losses["total"]))
        self.number += 1
        total = min(step.losses["total"] for step in self._latest.values())
        return RaceStep(self.number, {n: s.image for n, s in self._latest.items()}, {"total": total}, self.seconds)


@refuses(SettingsError)
def race_optimizers(content, style, settings=None, network=None):
    """Adam, L-BFGS and a pyramid of two levels with L-BFGS, for the same settings: a `Race`. Raises as `stylize`."""
    settings = settings or Settings()
    runs = {name: settings.replace(**changes) for name, changes in OPTIMIZERS.items()}
    return Race({name: stylize(content, style, changed, network) for name, changed in runs.items()})


@refuses(SettingsError)
def race_presets(content, style, network=None, **changes):
    """The presets of Gatys' paper, of Keras' example and of d2l, each with its own optimiser: a `Race`.

    changes: settings that all of them get, such as steps and max_dim.
    """
    runs = {name: Settings.preset(name, **changes) for name in PRESETS}
    return Race({name: stylize(content, style, settings, network) for name, settings in runs.items()})


@refuses(SettingsError)
def gradient_shares(content, style, settings=None, network=None):
    """{term: share of the gradient's budget} of the style terms, at the content image; the shares add up to 1.

    A term's part is the length of its own gradient with respect to the image, its weight included: what it could
    move if it were alone. content, style: images (1, H, W, 3) of at least 32 pixels.
    """
    settings = settings or Settings()
    model = StyleContentModel(settings.style_layers, (), network)
    targets = {"style": model(style)["style"], "content": {}}
    image = tf.constant(content)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(image)
        terms = loss_terms(model(image), targets, settings.relative)
        terms = {n: settings.coefficients[n] * term for n, term in terms.items() if n.startswith("style/")}
    lengths = {name: float(tf.norm(tape.gradient(term, image))) for name, term in terms.items()}
    whole = max(sum(lengths.values()), 1e-30)
    return {name: length / whole for name, length in lengths.items()}
