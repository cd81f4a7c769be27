"""What the packaged fast networks learn, on any of Keras' backends: the loss of `fast.Training`, a batch at once."""

import numpy as np

from ..backend import keras
from ..vgg19 import feature_extractor
from .rehearsal import gram_matrices

ops = keras.ops
FETCHED = 10  # steps whose losses stay on the device until they are looked at


class Lesson(keras.Model):
    """[crops, aims] -> what a network makes of them; fitting it trains the network, seen through a frozen judge.

    fast: the network to train; judge: a VGG19 or what has the names of its layers. The loss is `stylize`'s, relative,
    each picture's by itself. `recent` are the last steps' losses in the order of `terms`.
    """

    def __init__(self, fast, settings, judge):
        super().__init__()
        self.fast, self.settings = fast, settings
        self.features = feature_extractor(judge, settings.style_layers + settings.content_layers)
        self.features.trainable = False
        self.terms = [*settings.coefficients, "style", "content", "total"]
        self.recent = self.add_weight(shape=(FETCHED, len(self.terms)), initializer="zeros", trainable=False)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        crops, aims = x
        losses = self.losses_of(y_pred, crops, self.grams_of(aims))
        row = ops.stop_gradient(ops.stack([losses[name] for name in self.terms]))
        self.recent.assign(ops.concatenate([self.recent[1:], row[None]]))
        return losses["total"]

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        return {}

    def losses_of(self, made, crops, grams):
        """The means over a batch of its weighted losses by name, scalars.

        made, crops: (n, h, w, 3); grams: {style layer: (n, c, c)}.
        """
        seen, held = self.features(made), self.features(crops)
        content = {name: held[name] for name in self.settings.content_layers}
        terms = {f"style/{name}": _apart(gram_matrices(seen[name]), gram) for name, gram in grams.items()}
        counts = _counts(content)
        terms |= {f"content/{name}": counts * _apart(seen[name], value) for name, value in content.items()}
        terms["total_variation"] = _variation(made)
        losses = {name: weight * ops.mean(terms[name]) for name, weight in self.settings.coefficients.items()}
        for kind in ("style", "content"):
            losses[kind] = sum((v for n, v in losses.items() if n.startswith(f"{kind}/")), ops.zeros(()))
        losses["total"] = losses["style"] + losses["content"] + losses["total_variation"]
        return losses


class GalleryLesson(Lesson):
    """For a FastNetwork; aims are codes (n, styles). styles: {name: image (1, h, w, 3)}, one for each of its names."""

    def __init__(self, fast, settings, judge, styles):
        super().__init__(fast, settings, judge)
        self.painter, self.grams = fast.model, {}
        seen = [self.features(np.asarray(styles[name], "float32")) for name in fast.names]
        for layer in settings.style_layers:
            grams = ops.concatenate([gram_matrices(features[layer]) for features in seen])
            self.grams[layer] = self.add_weight(shape=grams.shape, trainable=False, name=f"{layer}_grams")
            self.grams[layer].assign(grams)
        self.built = True

    def call(self, inputs, training=False):
        return self.painter(inputs, training=training)

    def grams_of(self, codes):
        return {layer: ops.einsum("ns,scd->ncd", codes, gram) for layer, gram in self.grams.items()}


class ArbitraryLesson(Lesson):
    """For an ArbitraryNetwork; aims are style pictures (n, h, w, 3)."""

    def __init__(self, fast, settings, judge):
        super().__init__(fast, settings, judge)
        self.painter, self.reader = fast.painter, fast.reader
        self.built = True

    def call(self, inputs, training=False):
        crops, styles = inputs
        return self.painter([crops, self.reader(styles)], training=training)

    def grams_of(self, styles):
        seen = self.features(styles)
        return {layer: ops.stop_gradient(gram_matrices(seen[layer])) for layer in self.settings.style_layers}


def _apart(value, target):
    """‖value − target‖² / ‖target‖² of each picture, (n,), as `style.squared_error`."""
    axes = tuple(range(1, len(value.shape)))
    power = ops.mean(ops.square(target), axis=axes)
    return ops.mean(ops.square(value - target), axis=axes) / ops.maximum(power, 1e-12)


def _variation(image):
    """Total variation a pixel of each picture, (n,)."""
    across, down = image[:, :, 1:] - image[:, :, :-1], image[:, 1:] - image[:, :-1]
    summed = sum(ops.sum(ops.abs(d), axis=(1, 2, 3)) for d in (across, down))
    return summed / ops.cast(ops.shape(image)[1] * ops.shape(image)[2], "float32")


def _counts(content):
    """How much each crop's content counts, (n,), as `fast.Training` has it: plain ones less."""
    power = sum(ops.mean(ops.square(value), axis=(1, 2, 3)) for value in content.values())
    return 2 * power / (power + ops.mean(power) + 1e-9)
