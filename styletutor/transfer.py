"""Style transfer by optimisation: the model, one step, the run.

Source: Gatys, Ecker and Bethge 2016, "Image Style Transfer Using Convolutional Neural Networks".
"""

import copy
import time
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from . import precision
from . import settings as settings_module
from .backend import tf
from .errors import RunError, SettingsError
from .images import MINIMUM_SIDE, as_image, check_size, load_image, resize
from .optimizers import make_optimizer
from .settings import Settings
from .style import gram_matrix, loss_terms, weighted
from .vgg19 import feature_extractor, load_vgg19, variant


class StyleContentModel:
    """image (1, H, W, 3) -> {"style": {layer: Gram (1, c, c)}, "content": {layer: features (1, h, w, c)}}.

    network: from `load_vgg19`; None loads "auto". Raises LayerError for an unknown layer.
    """

    def __init__(self, style_layers, content_layers, network=None):
        self.network = network or load_vgg19()
        self.style_layers, self.content_layers = tuple(style_layers), tuple(content_layers)
        self.extractor = feature_extractor(self.network, self.style_layers + self.content_layers)

    def __call__(self, image):
        """The image's Gram matrices and features; TensorFlow tensors, differentiable."""
        features = self.extractor(image)
        return {
            "style": {layer: gram_matrix(features[layer]) for layer in self.style_layers},
            "content": {layer: features[layer] for layer in self.content_layers},
        }

    @lru_cache(maxsize=2)  # noqa: B019  (a model keeps its two compiled losses as long as it lives)
    def compiled_loss(self, relative):
        """A tf.function (image, targets, coefficients) -> (losses, gradient), traced once for all sizes and weights."""

        def evaluate(image, targets, coefficients):
            with tf.GradientTape() as tape:
                tape.watch(image)
                losses = weighted(loss_terms(self(image), targets, relative, image), coefficients)
            return losses, tape.gradient(losses["total"], image)

        picture = tf.TensorSpec([1, None, None, 3])
        channels = {layer: output.shape[-1] for layer, output in self.extractor.output.items()}
        targets = {
            "style": {layer: tf.TensorSpec([1, channels[layer], channels[layer]]) for layer in self.style_layers},
            "content": {layer: tf.TensorSpec([1, None, None, channels[layer]]) for layer in self.content_layers},
        }
        names = [f"style/{n}" for n in self.style_layers] + [f"content/{n}" for n in self.content_layers]
        coefficients = {name: tf.TensorSpec([]) for name in [*names, "total_variation"]}
        return tf.function(evaluate, input_signature=[picture, targets, coefficients])


@lru_cache(maxsize=4)
def _model(network, style_layers, content_layers):
    return StyleContentModel(style_layers, content_layers, network)


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


def stylize(content, style, settings=None, network=None):
    """Start a style transfer; returns a Run, which does a step each time it is iterated.

    content, style: images (1, H, W, 3), or whatever `load_image` takes. settings: default
    `Settings.preset("quick")`. network: from `load_vgg19`; None loads "auto".
    Raises ImageError, SettingsError or WeightsError before the first step, RunError at a step whose loss
    is not finite.
    """
    return Run(content, style, settings or Settings.preset("quick"), network)


class Run:
    """A style transfer in progress. Iterate it for `Step`s; leaving the loop loses nothing, iterating again goes on."""

    def __init__(self, content, style, settings, network=None):
        if settings.precision == "auto":
            settings = settings.replace(precision=precision.choose())
        self.settings = settings
        self.network = variant(network or load_vgg19(), settings.pooling, settings.precision)
        self.content, self.style = (_picture(p, settings.max_dim) for p in (content, style))
        self.number, self.seconds, self.history = 0, 0.0, []
        self.model = _model(self.network, settings.style_layers, settings.content_layers)
        self._sizes = _pyramid(self.content.shape[1:3], settings.scales)
        self._level, self._best = -1, None
        self._set_coefficients()
        self._next_level()

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

    def update(self, **changes):
        """Change weights, learning rate or number of steps; takes effect at the next step.

        Raises SettingsError for a bad value, and for a setting that can't change in a run; nothing changes then.
        """
        fixed = [name for name in changes if name not in settings_module.LIVE]
        settings = self.settings.replace(**changes)
        if fixed:
            raise SettingsError(
                f"{fixed[0]} can't change in a run, only {', '.join(settings_module.LIVE)}: start another run."
            )
        if settings.coefficients != self.settings.coefficients:
            self.settings = settings
            self._set_coefficients()
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
        optimizer.tell(losses["total"], gradient, self.settings.rate(self.number + 1))
        self.history[self.number :] = [losses]
        seconds = self.seconds + time.perf_counter() - started
        step = Step(self.number + 1, self._finished(optimizer.image), losses, seconds, self._level)
        # Ctrl-C strikes at calls, so it finds all of these done or none.
        self._optimizer, self._evaluated, self.number, self.seconds = optimizer, None, step.number, seconds
        return step

    def _evaluate(self):
        """(losses, gradient) at the image that the optimiser asks about; evaluated once."""
        if self._evaluated is None:
            losses, gradient = self.model.compiled_loss(self.settings.relative)(
                tf.constant(self._optimizer.ask()), self._targets, self._coefficients
            )
            self._evaluated = {name: float(value) for name, value in losses.items()}, gradient.numpy()
        return self._evaluated

    def _check(self, losses, gradient):
        broken = [name for name, value in losses.items() if not np.isfinite(value)]
        if not broken and not np.isfinite(gradient).all():
            broken = ["gradient"]
        if broken:
            term = min(broken, key=lambda name: ("/" not in name, name == "total"))
            raise RunError(
                f"Step {self.number + 1}: the {term} loss is not finite any more; lower the learning rate "
                f"({self.settings.learning_rate:g}) or the weights. The picture before it is kept."
            )

    def _keep_best(self, losses):
        image = self._optimizer.ask()
        if self._best is None or losses["total"] < self._best[0]:
            self._best = losses["total"], image

    def _set_coefficients(self):
        self._coefficients = {n: tf.constant(v, tf.float32) for n, v in self.settings.coefficients.items()}

    def _last_step_of_level(self):
        """Steps are shared out evenly among the levels; the last has one however few there are."""
        return self.settings.steps * (self._level + 1) // len(self._sizes)

    def _next_level(self):
        """Go to the pyramid's next level: targets at its size, the best picture so far enlarged to it."""
        size = self._sizes[self._level + 1]
        if self._level < 0:
            start = _start(self.settings, self.content, self.style, size)
        else:
            self._keep_best(self._evaluate()[0])
            start = resize(self._best[1], size=size)
        shrink = max(size) / max(self._sizes[-1])
        content = resize(self.content, size=size)
        long, short = max(self.style.shape[1:3]), min(self.style.shape[1:3])
        style = resize(self.style, max(round(long * shrink), -(-MINIMUM_SIDE * long // short)))
        for picture in (content, style):
            check_size(picture)
        targets = {"style": self.model(style)["style"], "content": self.model(content)["content"]}
        optimizer = make_optimizer(self.settings, start)
        level = self._level + 1
        self._targets, self._optimizer, self._level, self._evaluated, self._best = targets, optimizer, level, None, None

    def _finished(self, image):
        if not self.settings.preserve_colour:
            return image
        return preserve_colour(resize(self.content, size=image.shape[1:3]), image)


def preserve_colour(content, stylized):
    """The stylized image with the content image's colours: its luminance, the other's chrominance (both (1, H, W, 3)).

    Luminance is the Y of YIQ (Gatys et al. 2016, "Preserving Color in Neural Artistic Style Transfer", section 4).
    """
    luminance = np.array([0.299, 0.587, 0.114], "float32")
    return np.clip(content + ((stylized - content) @ luminance)[..., None], 0, 1)


def _picture(source, max_dim):
    image = resize(as_image(source), max_dim) if hasattr(source, "shape") else load_image(source, max_dim)
    check_size(image)
    return image


def _pyramid(size, scales):
    """Sizes from coarse to fine, each half the next; levels too small for the network are left out."""
    sizes = [tuple(max(1, round(side / 2**k)) for side in size) for k in range(scales)]
    return [s for s in reversed(sizes) if min(s) >= 32] or [size]


def _start(settings, content, style, size):
    if settings.init == "noise":
        return np.random.default_rng(settings.seed).uniform(0, 1, (1, *size, 3)).astype("float32")
    return resize(style if settings.init == "style" else content, size=size)
