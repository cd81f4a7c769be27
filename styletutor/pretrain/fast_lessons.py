"""What the packaged fast networks learn, on any of Keras' backends: the loss of `fast.Training`, a batch at once."""

import numpy as np

from ..backend import keras
from ..vgg19 import feature_extractor
from .rehearsal import gram_matrices

ops = keras.ops
FETCHED = 10  # steps whose losses stay on the device until they are looked at


class Lesson(keras.Model):
    """[crops, aims] -> what a network makes of them; fitting it trains the network, seen through frozen judges.

    fast: the network to train; judges: VGG19s or what has the names of its layers, whose losses are averaged; sights:
    by what each of them shrinks the pictures that it looks at, (1, 2) for their own size and half of it. The loss is
    `stylize`'s, relative, each picture's by itself. `recent` are the last steps' losses in the order of `terms`.
    """

    def __init__(self, fast, settings, judges, sights=(1,)):
        super().__init__()
        self.fast, self.settings, self.sights = fast, settings, sights
        layers = settings.style_layers + settings.content_layers
        self.judges = [feature_extractor(judge, layers) for judge in judges]
        for judge in self.judges:
            judge.trainable = False
        self.terms = [*settings.coefficients, "style", "content", "total"]
        self.recent = self.add_weight(shape=(FETCHED, len(self.terms)), initializer="zeros", trainable=False)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        crops, aims = x
        losses = self.losses_of(y_pred, crops, self.grams_of(aims), self.counts_of(aims))
        row = ops.stop_gradient(ops.stack([losses[name] for name in self.terms]))
        self.recent.assign(ops.concatenate([self.recent[1:], row[None]]))
        return losses["total"]

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        return {}

    def counts_of(self, aims):
        return 1.0

    def losses_of(self, made, crops, grams, counts=1.0):
        """The means over a batch of its weighted losses by name, scalars.

        made, crops: (n, h, w, 3); grams: as from `grams_in`; counts: how much each crop's style counts, (n,).
        """
        seen, held = self.seen(made), self.seen(crops)
        views = [self._terms(*view) for view in zip(seen, held, grams, strict=True)]
        terms = {name: sum(view[name] for view in views) / len(views) for name in views[0]}
        terms |= {name: counts * value for name, value in terms.items() if name.startswith("style/")}
        terms["total_variation"] = _variation(made)
        losses = {name: weight * ops.mean(terms[name]) for name, weight in self.settings.coefficients.items()}
        for kind in ("style", "content"):
            losses[kind] = sum((v for n, v in losses.items() if n.startswith(f"{kind}/")), ops.zeros(()))
        losses["total"] = losses["style"] + losses["content"] + losses["total_variation"]
        return losses

    def seen(self, image):
        """What each judge sees of an image (n, h, w, 3) in each size: [{layer: features}]."""
        sizes = [image if by == 1 else ops.average_pool(image, by, by) for by in self.sights]
        return [judge(size) for judge in self.judges for size in sizes]

    def grams_in(self, image):
        """The Gram matrices (n, c, c) of the style layers in what is `seen` of an image: [{layer: matrices}]."""
        return [{n: gram_matrices(found[n]) for n in self.settings.style_layers} for found in self.seen(image)]

    def _terms(self, seen, held, grams):
        """{term: what a picture's result is apart from its aims, (n,)}, all but the total variation."""
        content = {name: held[name] for name in self.settings.content_layers}
        terms = {f"style/{name}": _apart(gram_matrices(seen[name]), gram) for name, gram in grams.items()}
        counts = _counts(content)
        return terms | {f"content/{name}": counts * _apart(seen[name], value) for name, value in content.items()}


class GalleryLesson(Lesson):
    """For a FastNetwork; aims are codes (n, styles).

    styles: {name: image (1, h, w, 3)}, one for each of its names; emphasis: {name: how much more its style weighs}.
    """

    def __init__(self, fast, settings, judges, styles, sights=(1,), emphasis=None):
        super().__init__(fast, settings, judges, sights)
        self.painter, self.grams = fast.model, []
        self.emphasis = np.array([(emphasis or {}).get(name, 1) for name in fast.names], "float32")
        each = [self.grams_in(np.asarray(styles[name], "float32")) for name in fast.names]
        for view in zip(*each, strict=True):
            self.grams.append({layer: self._kept([found[layer] for found in view]) for layer in view[0]})
        self.built = True

    def _kept(self, grams):
        kept = self.add_weight(shape=(len(grams), *grams[0].shape[1:]), trainable=False)
        kept.assign(ops.concatenate(grams))
        return kept

    def call(self, inputs, training=False):
        return self.painter(inputs, training=training)

    def grams_of(self, codes):
        return [{n: ops.einsum("ns,scd->ncd", codes, gram) for n, gram in view.items()} for view in self.grams]

    def counts_of(self, codes):
        return ops.matmul(codes, self.emphasis[:, None])[:, 0]


class ArbitraryLesson(Lesson):
    """For an ArbitraryNetwork; aims are style pictures (n, h, w, 3)."""

    def __init__(self, fast, settings, judges, sights=(1,)):
        super().__init__(fast, settings, judges, sights)
        self.painter, self.reader = fast.painter, fast.reader
        self.built = True

    def call(self, inputs, training=False):
        crops, styles = inputs
        return self.painter([crops, self.reader(styles)], training=training)

    def grams_of(self, styles):
        return [{n: ops.stop_gradient(gram) for n, gram in view.items()} for view in self.grams_in(styles)]


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
