"""Training a transformation network: the loss of `stylize`, its gradient taken to the weights instead of the pixels.

Source: Johnson, Alahi and Fei-Fei 2016, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution".
"""

import math
import time

import numpy as np

from .. import sources
from ..backend import keras, tf
from ..errors import RunError, SettingsError, refuses, shortened
from ..images import MINIMUM_SIDE
from ..messages import t
from ..model import StyleContentModel
from ..optimizers import warm_cosine
from ..pace import Budget
from ..settings import Settings
from ..style import loss_terms, weighted
from ..transfer import Step
from ..vgg19 import load_vgg19
from . import photographs
from .network import FastNetwork, is_number
from .styling import gallery_network

LOSS = Settings.preset("quick", content_layers="block4_conv2", max_dim=512)
PEAK, PEAK_CONTINUED, WARM_UP = 2e-3, 1.5e-3, 0.05
PREVIEW_SECONDS = 1.0  # between two previews
MOST_MINUTES = 1_000_000


@refuses(SettingsError)
def train(style, network=None, minutes=3.0, settings=None, steps=None, seed=0, crops=None, start="packaged"):
    """Start training a network for one style; returns a Training, which does a step each time it is iterated.

    style: whatever `load_image` takes. network: whose features the loss compares, default the embedded VGG19.
    minutes: of training, pauses left out, or a number of steps where `steps` is given: only that is the same on each
    machine. settings: the loss's weights and layers, and the style's size; default the preset quick with block4_conv2
    as its only content layer, which the packaged networks were trained with, at 512 pixels. crops: what to train on,
    see `photographs.Crops`; by default one crop of 256 pixels a step, of the course's own photographs: in the same
    minutes that comes further than more or smaller ones. start: a FastNetwork to go on from; "packaged" is the
    gallery's, which knows strokes in general already, and None begins with random weights.
    Raises ImageError, SettingsError or WeightsError before the first step, RunError at a step that diverges.
    """
    settings = settings or LOSS
    seed = Settings(seed=seed).seed
    if crops is not None and not callable(getattr(crops, "batch", None)):
        raise SettingsError(t(
            "crops is {crops}, expected None or an object with a method batch(step).", crops=shortened(repr(crops)),
        ))
    picture = sources.load(style, settings.max_dim)
    steps = None if steps is None else settings.replace(steps=steps).steps
    budget = {"minutes": _minutes(minutes), "steps": steps}
    if start is None:
        fast = FastNetwork(("style",), seed)
    else:
        fast = (gallery_network() if start == "packaged" else _network(start)).new_style("style")
    peak = PEAK if start is None else PEAK_CONTINUED
    return Training(fast, {"style": picture}, settings, network, seed=seed, crops=crops, peak=peak, **budget)


class Training:
    """A training in progress. Iterate it for `Step`s; leaving the loop loses nothing, iterating again goes on.

    fast: the FastNetwork to train; `model` is the same. styles: {name: image}, one for each of its names. A step's
    image is the preview: the held-out photograph in the style that `shown` names, renewed about once a second; its
    losses are the batch's means, weighted as in `stylize`.
    """

    def __init__(
        self, fast, styles, settings, network=None, minutes=3.0, steps=None, seed=0, crops=None, peak=PEAK,
        compiled=True,
    ):  # fmt: skip
        self.model, self.peak = fast, peak
        self.settings = settings.replace(steps=steps) if steps else settings
        self.network = network or load_vgg19("embedded")
        self.budget = Budget(minutes, steps)
        self.crops = crops or photographs.Crops(seed)
        self.number, self.seconds, self.history, self.seed = 0, 0.0, [], seed
        self.preview = photographs.held_out()
        self._judge = StyleContentModel(
            settings.style_layers, settings.content_layers, self.network
        )
        self._prepare(styles)
        self._optimizer = _Adam(peak, beta_2=0.99, global_clipnorm=10.0, name="adam")
        self._optimizer.build(list(fast.variables().values()))
        graph = tf.function(self._descend, reduce_retracing=True, autograph=False)
        self._compiled = graph if compiled else self._descend
        self._shown_at, self._image = -math.inf, None

    @property
    def share(self):
        """The part of the budget that is used up, 0 to 1."""
        return self.budget.share(self.number, self.seconds)

    @property
    def image(self):
        """The preview as the network makes it now, (1, H, W, 3)."""
        return self.model(self.preview, self.shown)

    @property
    def losses(self):
        """The latest step's losses."""
        return dict(self.history[-1]) if self.history else {}

    @property
    def sizes(self):
        """What a step is worth in pixels, as [(height, width)]: so many crops above each other."""
        return [(self.crops.side * self.crops.count, self.crops.side)]

    def update(self, steps):
        """Train for so many steps in all instead; acts at the next one. Raises SettingsError."""
        self.settings = self.settings.replace(steps=steps)
        self.budget = Budget(steps=self.settings.steps)

    def variables(self):
        """All that a checkpoint has to keep."""
        return [*self.model.variables().values(), *self._optimizer.variables, *self.model.states()]

    def _prepare(self, styles):
        """Keep the styles' Gram matrices: {layer: (styles, c, c)}."""
        self.shown = self.model.names[0]
        seen = [self._judge(tf.constant(styles[name])) for name in self.model.names]
        self._grams = {layer: tf.concat([s["style"][layer] for s in seen], 0) for layer in self.settings.style_layers}

    def __iter__(self):
        return self

    def __next__(self):
        if self.share >= 1:
            raise StopIteration
        started = time.perf_counter()
        batch = _checked(self.crops.batch(self.number))
        aims = self._aims(len(batch))
        self._optimizer.learning_rate = learning_rate(self.share, self.peak)
        losses = {n: float(v) for n, v in self._compiled(tf.constant(batch), tf.constant(aims)).items()}
        if not math.isfinite(losses["total"]):
            raise RunError(t(
                "Step {number}: the training diverged; start again with another seed.", number=self.number + 1,
            ))
        self.history.append(losses)
        self.number += 1
        self._renew_preview(started)
        self.seconds += time.perf_counter() - started
        return Step(self.number, self._image, losses, self.seconds, 0)

    def _renew_preview(self, now):
        if now - self._shown_at >= PREVIEW_SECONDS or self.share >= 1:
            self._image, self._shown_at = self.image, now

    def _aims(self, count):
        return photographs.turns(self.seed, self.number, count, len(self.model.names))

    def _make(self, batch, codes):
        """What the network makes of crops in the styles of these codes, and those styles' Gram matrices."""
        grams = {layer: tf.einsum("ns,scd->ncd", codes, gram) for layer, gram in self._grams.items()}
        return self.model.model([batch, codes], training=True), grams

    def _descend(self, batch, aims):
        """One step of Adam on a batch of crops (n, h, w, 3) and what is to be made of them; gives the losses' means."""
        content = self._judge.extractor(batch)
        variables = list(self.model.variables().values())
        with tf.GradientTape() as tape:
            made, grams = self._make(batch, aims)
            losses = self._losses(made, content, grams)
        self._optimizer.apply(tape.gradient(losses["total"], variables), variables)
        return losses

    def _losses(self, made, content, grams):
        """The losses of `stylize`, each picture's by itself, and their means."""
        outputs, found = self._judge(made), []
        counts = self._counts(content)
        for i in range(made.shape[0]):
            one = slice(i, i + 1)
            own = {kind: {layer: value[one] for layer, value in outputs[kind].items()} for kind in outputs}
            targets = {
                "style": {layer: value[one] for layer, value in grams.items()},
                "content": {layer: content[layer][one] for layer in self.settings.content_layers},
            }
            terms = loss_terms(own, targets, self.settings.relative, made[one])
            terms = {name: counts[i] * term if name.startswith("content/") else term for name, term in terms.items()}
            found.append(weighted(terms, self.settings.coefficients))
        return {name: tf.add_n([losses[name] for losses in found]) / len(found) for name in found[0]}

    def _counts(self, content):
        """How much each crop's content counts, (n,): less where it is plainer than the others, 1 where it is alone.

        Relative errors of an almost plain crop are huge, whatever the network does, and would drown the others'.
        """
        powers = [tf.reduce_mean(tf.square(content[layer]), [1, 2, 3]) for layer in self.settings.content_layers]
        power = tf.add_n(powers) if powers else tf.ones(tf.shape(next(iter(content.values())))[:1])
        return 2 * power / (power + tf.reduce_mean(power) + 1e-9)


class _Adam(keras.optimizers.Adam):
    """Adam for one device. Keras' own adds gradients up over devices, and so keeps each training's graph for ever.

    That is a custom gradient of TensorFlow's, as in `filters.without_value`: 35 MB a training.
    """

    def _all_reduce_sum_gradients(self, grads_and_vars):
        return grads_and_vars


def learning_rate(share, peak=PEAK, warm_up=WARM_UP):
    """Adam's rate at a share of the budget."""
    return warm_cosine(share, peak, warm_up, 0.05)


def _checked(batch):
    """A batch of crops as float32. Raises SettingsError for what is none."""
    shape = np.shape(batch)
    if len(shape) != 4 or shape[-1] != 3 or not shape[0] or min(shape[1:3]) < MINIMUM_SIDE:
        raise SettingsError(t(
            "crops gave an array of shape {shape}, expected (n, h, w, 3) with crops of at least {least} pixels a side.",
            shape=shape, least=MINIMUM_SIDE,
        ))
    return np.asarray(batch, "float32")


def _network(start):
    if not isinstance(start, FastNetwork):
        raise SettingsError(t(
            "start is {start}, expected 'packaged', None or a FastNetwork.", start=shortened(repr(start)),
        ))
    return start


def _minutes(value):
    if not is_number(value) or not 0 < value <= MOST_MINUTES:
        raise SettingsError(t(
            "minutes is {value}, expected a number above 0, at most {most:,}.", value=shortened(repr(value)),
            most=MOST_MINUTES,
        ))
    return value
