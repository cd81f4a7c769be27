"""Style transfer by optimisation: the run, step by step.

Source: Gatys, Ecker and Bethge 2016, "Image Style Transfer Using Convolutional Neural Networks".
"""

import copy
import time
from dataclasses import dataclass

import numpy as np

from . import edges, precision, strips
from .backend import tf
from .colour import preserve_colour
from .errors import RunError, SettingsError, refuses
from .images import resize
from .messages import t
from .model import StyleContentModel, loss_coefficients, shared_model  # noqa: F401  (the first is public from here)
from .optimizers import history, make_optimizer
from .settings import LIVE, Settings
from .sources import Sources, check_blend
from .style import blended
from .vgg19 import load_vgg19, variant


@dataclass(frozen=True)
class Step:
    """One step of a run.

    number counts from 1; image (1, H, W, 3) is the picture after it; losses are those that led to it, as
    floats: style, content, total_variation, total and a term a layer; seconds since the run began, without
    pauses; scale is the level of the pyramid, 0 the coarsest.
    """

    number: int
    image: np.ndarray
    losses: dict[str, float]
    seconds: float
    scale: int


@refuses(SettingsError)
def stylize(content, style, settings=None, network=None, mask=None, start=None):
    """Start a style transfer; returns a Run, which does a step each time it is iterated.

    content, style: images (1, H, W, 3), or whatever `load_image` takes. A list of several styles blends them: the
    targets are the means of their Gram matrices, weighed by `settings.style_blend`. settings: default
    `Settings.preset("quick")`. network: from `load_vgg19`; None loads "auto".
    mask: where the style goes, an array (H, W) in [0, 1] or a picture whose white is 1: it weighs the places in the
    result's Gram matrices (see `StyleContentModel.guides`); the content term still counts everywhere.
    start: a picture to begin with, instead of what `settings.init` names; init becomes "picture".
    Raises ImageError, SettingsError or WeightsError before the first step, RunError where the pictures take more
    memory than is free, and at a step whose loss is not finite.
    """
    return Run(content, style, settings or Settings.preset("quick"), network, mask, start)


class Run:
    """A style transfer in progress. Iterate it for `Step`s; leaving the loop loses nothing, iterating again goes on."""

    @refuses(SettingsError)
    def __init__(self, content, style, settings, network=None, mask=None, start=None):
        if settings.precision == "auto":
            settings = settings.replace(precision=precision.choose())
        if start is not None:
            settings = settings.replace(init="picture")
        self.settings = settings
        self.network = variant(network or load_vgg19(), settings.pooling, settings.precision)
        self.sources = Sources(content, style, settings, mask, start)
        self.number, self.seconds, self.history = 0, 0.0, []
        self.model = shared_model(self.network, settings.style_layers, settings.content_layers)
        self._sizes = pyramid(self.content.shape[1:3], settings.scales)
        self._level, self._best = -1, None
        self._coefficients = loss_coefficients(settings)
        self._next_level()

    @property
    def content(self):
        """The content image, (1, H, W, 3)."""
        return self.sources.content

    @property
    def style(self):
        """The style image, (1, H, W, 3); of several the first."""
        return self.sources.styles[0]

    @property
    def image(self):
        """The image (1, H, W, 3) with the lowest total loss so far, under the present weights.

        The latest is evaluated when it is asked for here; the next step uses that evaluation.
        """
        losses, _ = self._evaluate()
        self._keep_best(losses)
        return self._finished(self._best[1])

    @property
    def losses(self):
        """The latest picture's losses under the present weights, as in `Step.losses`."""
        return dict(self._evaluate()[0])

    @property
    def scale(self):
        """The level of the pyramid at work, 0 the coarsest."""
        return self._level

    @property
    def sizes(self):
        """(height, width) of what the network sees at each level of the pyramid, margin and all; the coarsest first."""
        return [self._seen(size) for size in self._sizes]

    def update(self, **changes):
        """Change weights, learning rate or number of steps; takes effect at the next step.

        Raises SettingsError for a bad value, and for a setting that can't change in a run; nothing changes then.
        """
        fixed = [name for name in changes if name not in LIVE]
        settings = self.settings.replace(**changes)
        if fixed:
            raise SettingsError(t(
                "{name} can't change in a run, only {live}: start another run.", name=fixed[0],
                live=", ".join(LIVE),
            ))
        check_blend(settings.style_blend, len(self.sources.styles))
        weights = settings.coefficients, settings.style_blend
        if weights != (self.settings.coefficients, self.settings.style_blend):
            self.settings, self._coefficients = settings, loss_coefficients(settings)
            self._targets["style"] = blended(self._grams, settings.style_blend)
            self._evaluated = self._best = None
            self._optimizer.forget()
        self.settings = settings

    def __iter__(self):
        return self

    def __next__(self):
        """Do one step. Interrupted, it leaves the run as it was before it."""
        if self.number >= self.settings.steps:
            raise StopIteration
        started = time.perf_counter()
        while self.number >= self._last_step_of_level():
            self._next_level()
        losses, gradient = self._evaluate()
        self._check(losses, gradient)
        self._keep_best(losses)
        optimizer = copy.copy(self._optimizer)
        with self._memory_errors():
            optimizer.tell(losses["total"], gradient, self.settings.rate(self.number + 1))
            image = self._finished(optimizer.image)
        self.history[self.number :] = [losses]
        seconds = self.seconds + time.perf_counter() - started
        step = Step(self.number + 1, image, losses, seconds, self._level)
        # Ctrl-C strikes at calls, so it finds all of these done or none.
        self._optimizer, self._evaluated, self.number, self.seconds = optimizer, None, step.number, seconds
        return step

    def _evaluate(self):
        """(losses, gradient) at the image that the optimiser asks about; evaluated once."""
        if self._evaluated is None:
            image = edges.mirrored(self._optimizer.ask(), self.settings.margin)
            loss = strips.loss_function(self.model, self.settings.relative, "guides" in self._targets, image.shape[1:3])
            with self._memory_errors():
                losses, gradient = loss(tf.constant(image), self._targets, self._coefficients)
            gradient = edges.folded(np.asarray(gradient), self.settings.margin)
            self._evaluated = {name: float(value) for name, value in losses.items()}, gradient
        return self._evaluated

    def _memory_errors(self):
        """For what is done in the midst of a level, which began with a look at what is free."""
        return strips.memory_errors(*self._needs(self._optimizer.image.shape[1:3]))

    def _needs(self, size):
        """What the memory of a picture of that size is asked by: the model, what it sees, the optimiser's bytes."""
        return self.model, self._seen(size), history(self.settings, size)

    def _seen(self, size):
        return edges.seen(size, self.settings.margin)

    def _outputs(self, image):
        """The model's outputs for a picture with its margin, which no Gram matrix counts."""
        guides = self._guides(None, image.shape[1:3])
        return strips.outputs(self.model, edges.mirrored(image, self.settings.margin), guides)

    def _guides(self, mask, size):
        """The guides of a mask, or of none, and the margin; {} where everything counts alike."""
        mask = edges.inside(mask, size, self.settings.margin)
        return {} if mask is None else self.model.guides(mask)

    def _check(self, losses, gradient):
        broken = [name for name, value in losses.items() if not np.isfinite(value)]
        if not broken and not np.isfinite(gradient).all():
            broken = ["gradient"]
        if broken:
            term, number = min(broken, key=lambda name: ("/" not in name, name == "total")), self.number + 1
            if self.settings.optimizer == "lbfgs":
                raise RunError(t(
                    "Step {number}: the {term} loss is not finite any more; lower the weights. The picture before it "
                    "is kept.", number=number, term=term,
                ))
            raise RunError(t(
                "Step {number}: the {term} loss is not finite any more; lower the learning rate "
                "({learning_rate:g}) or the weights. The picture before it is kept.",
                number=number, term=term, learning_rate=self.settings.learning_rate,
            ))

    def _keep_best(self, losses):
        image = self._optimizer.ask()
        if self._best is None or losses["total"] < self._best[0]:
            self._best = losses["total"], image

    def _last_step_of_level(self):
        """Steps are shared out evenly among the levels; the last has one however few there are."""
        return self.settings.steps * (self._level + 1) // len(self._sizes)

    def _next_level(self):
        """Go to the pyramid's next level: targets at its size, the best picture so far enlarged to it."""
        size = self._sizes[self._level + 1]
        if self._level < 0:
            start = self.sources.start_at(size)
        else:
            self._keep_best(self._evaluate()[0])
            start = resize(self._best[1], size=size)
        content = self.sources.content_at(size)
        styles = self.sources.styles_at(max(size) / max(self._sizes[-1]))
        # before a run starts, for its largest level
        strips.enough_memory(*self._needs(self._sizes[-1] if self._level < 0 else size))
        for style in self.sources.styles if self._level < 0 else ():
            strips.enough_for_style(self.model, self._seen(style.shape[1:3]))
        with strips.memory_errors(*self._needs(size)):
            grams = [self._outputs(style)["style"] for style in styles]
            features = self._outputs(content)["content"]
        targets = {"style": blended(grams, self.settings.style_blend), "content": features}
        guides = self._guides(self.sources.mask_at(size), size)
        if guides:
            targets["guides"] = guides
        optimizer = make_optimizer(self.settings, start)
        level = self._level + 1
        self._grams, self._targets, self._optimizer = grams, targets, optimizer
        self._level, self._evaluated, self._best = level, None, None

    def _finished(self, image):
        if not self.settings.preserve_colour:
            return image
        return preserve_colour(resize(self.content, size=image.shape[1:3]), image)


@refuses(SettingsError)
def pyramid(size, scales):
    """Sizes (height, width) from coarse to fine, each half the next; levels too small for the network are left out."""
    sizes = [tuple(max(1, round(side / 2**k)) for side in size) for k in range(scales)]
    return [s for s in reversed(sizes) if min(s) >= 32] or [size]
