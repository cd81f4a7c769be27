"""Pictures in the making: style transfer with the student itself, for the student to be taught on.

Style transfer looks for pictures that satisfy the network, and so finds those on which a student errs: it thinks
that the content is held where its teacher sees it gone. Taught on them it stops (Ross, Gordon and Bagnell 2011, "A
reduction of imitation learning and structured prediction to no-regret online learning").
"""

import numpy as np

from ..backend import keras
from ..layer_names import STYLE_LAYERS
from ..vgg19 import feature_extractor
from .calibrate import network_of
from .student import fold

ops = keras.ops
CONTENT_LAYERS = ("block4_conv2", "block5_conv2")
RATE, STEPS, LIFE = 0.02, 2, 96  # Adam's; steps a batch; mean steps in a picture's life
COPIED = 20  # batches between two copies of the student


class Rehearsal:
    """`count` pictures of `side` pixels in the making, each with its own pair, weights and age."""

    def __init__(self, student, pictures, seed, side, count):
        self.student, self.pictures, self.seed = student, pictures, seed
        half = keras.config.dtype_policy().compute_dtype == "bfloat16"
        self._network = network_of(fold(student), "bfloat16" if half else "float32")
        self.canvas = Canvas(feature_extractor(self._network, (*STYLE_LAYERS, *CONTENT_LAYERS)), count, side)
        self.canvas.compile(optimizer=keras.optimizers.Adam(RATE, beta_2=0.99))
        self.canvas.optimizer.build(self.canvas.trainable_variables)
        for slot in range(count):
            self._renew(np.random.default_rng((seed, 4_000_003, slot)), slot)

    @property
    def variables(self):
        """All that a checkpoint has to keep."""
        return [*self.canvas.variables, *self.canvas.optimizer.variables]

    def batch(self, step):
        """The pictures STEPS steps further on, then their contents: (2·count, side, side, 3) in [0, 1].

        Now and then a picture begins anew.
        """
        rng = np.random.default_rng((self.seed, 3_000_003, step))
        count = self.canvas.image.shape[0]
        if rng.random() < count * STEPS / LIFE:
            self._renew(rng, rng.integers(count))
        if step % COPIED == 0:
            self._network.set_weights(list(fold(self.student).values()))
        for _ in range(STEPS):
            self.canvas.train_on_batch(np.zeros((1, 1), "float32"))
        return np.concatenate([ops.convert_to_numpy(v) for v in (self.canvas.image, self.canvas.content)])

    def _renew(self, rng, slot):
        """Give a slot a new pair, new weights and a new start: the content picture, or now and then noise."""
        side = self.canvas.image.shape[1]
        content, style = (self.pictures.crop(rng, side, rng.random() < share) for share in (0.3, 0.5))
        start = content if rng.random() < 0.8 else rng.uniform(0, 1, content.shape)
        weights = np.exp(rng.uniform(np.log(2), np.log(100))) / 5 * np.exp(rng.uniform(-2, 0, len(STYLE_LAYERS)))
        content_weights = rng.dirichlet((1, 0.5)) * (rng.random() < 0.9)
        variation = np.exp(rng.uniform(-4, 0)) * (rng.random() < 0.5)
        self.canvas.put(slot, start, content, style, np.array([*weights, *content_weights, variation]))


@keras.saving.register_keras_serializable("styletutor")
class Inside(keras.constraints.Constraint):
    """Keeps a picture in [0, 1]."""

    def __call__(self, value):
        return ops.clip(value, 0.0, 1.0)


@keras.saving.register_keras_serializable("styletutor")
class Canvas(keras.Model):
    """Pictures as a model's only trainable weight: fitting it is style transfer, on any of Keras' backends.

    features: image -> {layer: features}, frozen. The loss is `transfer`'s, relative, with weights of its own for
    each picture: one a style layer, one a content layer, one for total variation.
    """

    def __init__(self, features, count, side):
        super().__init__()
        self.features = features
        features.trainable = False
        shape = (count, side, side, 3)
        self.image = self.add_weight(shape=shape, constraint=Inside(), name="image")
        self.content = self.add_weight(shape=shape, trainable=False, name="content")
        self.style = self.add_weight(shape=shape, trainable=False, name="style")
        terms = len(STYLE_LAYERS) + len(CONTENT_LAYERS) + 1
        self.coefficients = self.add_weight(shape=(count, terms), trainable=False, name="coefficients")
        self.built = True

    def put(self, slot, *values):
        """Replace one picture, its content, its style and its coefficients."""
        for variable, value in zip((self.image, self.content, self.style, self.coefficients), values, strict=True):
            everything = ops.convert_to_numpy(variable).copy()
            everything[slot] = value
            variable.assign(everything)

    def call(self, inputs):
        return self.features(ops.convert_to_tensor(self.image))

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        contents, styles = (self.features(ops.convert_to_tensor(v)) for v in (self.content, self.style))
        terms = [_apart(gram_matrices(y_pred[name]), gram_matrices(styles[name])) for name in STYLE_LAYERS]
        terms += [_apart(y_pred[name], contents[name]) for name in CONTENT_LAYERS]
        image = ops.convert_to_tensor(self.image)
        across, down = image[:, :, 1:] - image[:, :, :-1], image[:, 1:] - image[:, :-1]
        terms += [3 * sum(ops.mean(ops.abs(d), axis=(1, 2, 3)) for d in (across, down))]
        return ops.sum(ops.stack(terms, 1) * self.coefficients)


def gram_matrices(features):
    """Gram matrices of a batch, divided by h·w, on any backend: (n, h, w, c) -> (n, c, c), as `style.gram_matrix`."""
    n, h, w, c = ops.shape(features)
    flat = ops.reshape(features, (n, h * w, c))
    return ops.matmul(ops.transpose(flat, (0, 2, 1)), flat) / ops.cast(h * w, features.dtype)


def _apart(value, target):
    """‖value − target‖² / ‖target‖² of each picture, (n,)."""
    axes = tuple(range(1, len(value.shape)))
    power = ops.sum(ops.square(target), axis=axes)
    return ops.sum(ops.square(value - target), axis=axes) / (power + 1e-6 * ops.mean(power) + 1e-12)
