"""The layers of the transformation network that Keras doesn't bring; keras.ops alone, any picture size."""

import numpy as np

from ..backend import keras, tf

ops = keras.ops
TILE = 64  # rows and columns of a noise tile, which repeats beyond


@keras.saving.register_keras_serializable("styletutor")
class ReflectedConv2D(keras.layers.Conv2D):
    """A convolution whose border is the mirrored picture, not zeros, which would leave a frame in the result.

    (n, h, w, c) -> (n, ⌈h / stride⌉, ⌈w / stride⌉, filters); h and w at least as large as the kernel.
    """

    def call(self, inputs):
        low, high = (self.kernel_size[0] - 1) // 2, self.kernel_size[0] // 2
        return super().call(ops.pad(inputs, ((0, 0), (low, high), (low, high), (0, 0)), mode="reflect"))

    def compute_output_shape(self, shape):
        sides = (side and -(-side // stride) for side, stride in zip(shape[1:3], self.strides, strict=True))
        return (shape[0], *sides, self.filters)


@keras.saving.register_keras_serializable("styletutor")
class ConditionalNorm(keras.layers.Layer):
    """Conditional instance normalisation: [(n, h, w, c), style code (n, d)] -> (n, h, w, c).

    z = γ (x − μ(x)) / σ(x) + β, with mean and deviation over the places of each picture and channel, and γ and β
    linear in the style's code (Dumoulin et al. 2017, eq. 5; with a code of one number it is Ulyanov et al. 2016).
    The weights are kept as a RATE-th of what they stand for: under Adam, whose steps are alike for all weights, they
    then move RATE times as fast as a kernel's, and styles part sooner.
    """

    RATE = 6.0

    def build(self, shapes):
        features, code = shapes
        shape = (code[-1], features[-1])
        self.gamma = self.add_weight(shape=shape, initializer=keras.initializers.Constant(1 / self.RATE), name="gamma")
        self.beta = self.add_weight(shape=shape, initializer="zeros", name="beta")

    def call(self, inputs):
        features, code = inputs
        mean, variance = ops.moments(features, axes=(1, 2), keepdims=True)
        code = code * self.RATE
        scale = ops.matmul(code, self.gamma)[:, None, None] * ops.rsqrt(variance + 1e-5)
        return features * scale + (ops.matmul(code, self.beta)[:, None, None] - mean * scale)

    def compute_output_shape(self, shapes):
        return shapes[0]


@keras.saving.register_keras_serializable("styletutor")
class Noise(keras.layers.Layer):
    """Appends `channels` channels of seeded noise, so that a plain sky can get strokes: (n, h, w, c) -> (…, c + k).

    The same for every picture; in training at another place each time, so that nothing is learnt by position.
    """

    def __init__(self, channels, seed, **options):
        super().__init__(**options)
        self.channels, self.seed = channels, seed
        self.tile = np.random.default_rng(seed).standard_normal((TILE, TILE, channels)).astype("float32")
        self.places = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        shape = ops.shape(inputs)
        moved = keras.random.randint((2,), 0, TILE, seed=self.places) if training else (0, 0)
        rows, columns = (ops.mod(ops.arange(shape[i + 1], dtype="int32") + moved[i], TILE) for i in range(2))
        noise = ops.take(ops.take(ops.convert_to_tensor(self.tile), rows, axis=0), columns, axis=1)[None]
        return ops.concatenate([inputs, ops.broadcast_to(noise, (shape[0], shape[1], shape[2], self.channels))], -1)

    def compute_output_shape(self, shape):
        return (*shape[:-1], shape[-1] + self.channels)

    def get_config(self):
        return {**super().get_config(), "channels": self.channels, "seed": self.seed}


@keras.saving.register_keras_serializable("styletutor")
class CutLike(keras.layers.Layer):
    """[(n, h, w, c), a map (n, h', w', …)] -> (n, h', w', c): drops the rows and columns that an odd size has not."""

    def call(self, inputs):
        features, like = inputs
        shape = ops.shape(like)
        return features[:, : shape[1], : shape[2]]

    def compute_output_shape(self, shapes):
        return (*shapes[1][:3], shapes[0][-1])


@keras.saving.register_keras_serializable("styletutor")
class Twice(keras.layers.Layer):
    """Bilinear interpolation to twice the size: (n, h, w, c) -> (n, 2 h, 2 w, c), also for sizes not known yet."""

    def call(self, inputs):
        _, h, w, _ = ops.shape(inputs)
        resize = tf.image.resize if tf else ops.image.resize  # Keras' own asks whether a size is known
        return resize(inputs, (2 * h, 2 * w))

    def compute_output_shape(self, shape):
        return (shape[0], *(side and 2 * side for side in shape[1:3]), shape[3])


@keras.saving.register_keras_serializable("styletutor")
class DepthToSpace(keras.layers.Layer):
    """Channels become 2 × 2 pixels: (n, h, w, 4 c) -> (n, 2 h, 2 w, c) (Shi et al. 2016, sub-pixel convolution)."""

    def call(self, inputs):
        n, h, w, c = ops.shape(inputs)
        x = ops.transpose(ops.reshape(inputs, (n, h, w, 2, 2, c // 4)), (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (n, 2 * h, 2 * w, c // 4))

    def compute_output_shape(self, shape):
        return (shape[0], *(side and 2 * side for side in shape[1:3]), shape[3] // 4)


@keras.saving.register_keras_serializable("styletutor")
class Statistics(keras.layers.Layer):
    """[(n, h, w, c) of several layers] -> (n, Σ (2 c + 1)): each channel's mean and deviation, as shares of its layer's
    mean deviation, and after them the logarithm of that: Gram matrices scale with it.
    """

    def call(self, features):
        found = []
        for values in features:
            mean, variance = ops.moments(values, axes=(1, 2))
            deviation = ops.sqrt(variance + 1e-6)
            level = ops.mean(deviation, axis=-1, keepdims=True)
            found += [mean / level - 1, deviation / level - 1, ops.log(level) - 6.0]
        return ops.concatenate(found, -1)

    def compute_output_shape(self, shapes):
        return (shapes[0][0], sum(2 * shape[-1] + 1 for shape in shapes))


@keras.saving.register_keras_serializable("styletutor")
class ColourMoments(keras.layers.Layer):
    """Image (n, h, w, 3) -> (n, 12): the mean of its colours and, row by row, their covariance."""

    def call(self, image):
        mean, covariance = colour_moments(image)
        return ops.concatenate([mean, ops.reshape(covariance, (-1, 9))], -1)

    def compute_output_shape(self, shape):
        return (shape[0], 12)


@keras.saving.register_keras_serializable("styletutor")
class ColourTransport(keras.layers.Layer):
    """[image (n, h, w, 3), colour moments (n, 12)] -> the image with that mean and covariance, cut to [0, 1].

    x becomes A (x − μ) + μ', A = Σ^-½ (Σ^½ Σ' Σ^½)^½ Σ^-½: of all linear maps that do so the one that moves the
    colours least (Pitié and Kokaram 2007, "The linear Monge-Kantorovitch linear colour mapping").
    """

    def call(self, inputs):
        image, wanted = inputs
        mean, covariance = colour_moments(image)
        root, inverse = square_root(covariance)
        target = ops.reshape(wanted[:, 3:], (-1, 3, 3))
        middle, _ = square_root(_product(root, _product(target, root)))
        matrix = _product(inverse, _product(middle, inverse))
        shift = wanted[:, :3] - ops.matmul(matrix, mean[..., None])[..., 0]  # the matrix is symmetric
        moved = ops.matmul(ops.reshape(image, (-1, ops.shape(image)[1] * ops.shape(image)[2], 3)), matrix)
        return ops.clip(ops.reshape(moved, ops.shape(image)) + shift[:, None, None], 0.0, 1.0)

    def compute_output_shape(self, shapes):
        return shapes[0]


def colour_moments(image):
    """Mean (n, 3) and covariance (n, 3, 3) of an image's colours, the covariance a little more than it is."""
    shape = ops.shape(image)
    flat = ops.reshape(image, (-1, shape[1] * shape[2], 3))
    mean = ops.mean(flat, axis=1)
    centred = flat - mean[:, None]
    covariance = ops.matmul(ops.transpose(centred, (0, 2, 1)), centred) / ops.cast(shape[1] * shape[2], "float32")
    return mean, covariance + 1e-4 * ops.eye(3)


def square_root(matrix, rounds=12):
    """The square root of a symmetric positive matrix (n, 3, 3) and its inverse, by products alone.

    The coupled Newton-Schulz iteration (Higham 2008, "Functions of Matrices", eq. 6.35).
    """
    trace = ops.trace(matrix, axis1=1, axis2=2)[:, None, None]
    eye = ops.eye(3)  # once: an unrolled loop is compiled op by op
    root, inverse = matrix / trace, ops.broadcast_to(eye, ops.shape(matrix))
    for _ in range(rounds):
        step = 1.5 * eye - 0.5 * _product(inverse, root)
        root, inverse = _product(root, step), _product(step, inverse)
    return root * ops.sqrt(trace), inverse / ops.sqrt(trace)


def _product(a, b):
    """The matrix products (n, k, m) in all of float32's digits; a GPU's matmul keeps ten bits of each factor."""
    return ops.sum(ops.expand_dims(a, 3) * ops.expand_dims(b, 1), axis=2)
