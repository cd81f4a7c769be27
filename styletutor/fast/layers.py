"""The layers of the transformation network that Keras doesn't bring; keras.ops alone, any picture size."""

import numpy as np

from ..backend import keras

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
    """

    def build(self, shapes):
        features, code = shapes
        shape = (code[-1], features[-1])
        self.gamma = self.add_weight(shape=shape, initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=shape, initializer="zeros", name="beta")

    def call(self, inputs):
        features, code = inputs
        mean, variance = ops.moments(features, axes=(1, 2), keepdims=True)
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
class DepthToSpace(keras.layers.Layer):
    """Channels become 2 × 2 pixels: (n, h, w, 4 c) -> (n, 2 h, 2 w, c) (Shi et al. 2016, sub-pixel convolution)."""

    def call(self, inputs):
        n, h, w, c = ops.shape(inputs)
        x = ops.transpose(ops.reshape(inputs, (n, h, w, 2, 2, c // 4)), (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (n, 2 * h, 2 * w, c // 4))

    def compute_output_shape(self, shape):
        return (shape[0], *(side and 2 * side for side in shape[1:3]), shape[3] // 4)
