"""The transformation network: encoder, residual blocks, decoder, after Johnson et al. 2016, in keras.ops alone.

Different from the paper: instance normalisation with parameters that a style's code decides (Dumoulin et al. 2017),
upsampling before a convolution instead of a transposed one, whose checkerboards Odena et al. 2016 explain, mirrored
borders, noise among the features, an eighth of the resolution and skips past it, which make it six times cheaper.
"""

from ..backend import keras
from .layers import ConditionalNorm, CutLike, DepthToSpace, Noise, ReflectedConv2D

WIDTHS = (24, 48, 80)  # channels at a half, a quarter and an eighth of the picture's size
BLOCKS = 4
NOISE = 4


def build(codes, widths=WIDTHS, blocks=BLOCKS, seed=0):
    """A Keras model: [image (n, h, w, 3) in [0, 1], style code (n, codes)] -> image of the same size, untrained.

    Any size from 32 pixels a side on. A code is a style's weights: one-hot for one style, a mixture for a blend.
    """
    image = keras.Input((None, None, 3), name="image", dtype="float32")
    code = keras.Input((codes,), name="code", dtype="float32")
    net = _Builder(code, seed)
    half = net.convolve(image, widths[0], "half", kernel=5, stride=2)
    quarter = net.convolve(half, widths[1], "quarter", stride=2)
    x = net.convolve(quarter, widths[2], "eighth", stride=2)
    for i in range(1, blocks + 1):
        x = net.residual(x, f"block{i}", noise=i == 1)
    x = net.convolve(net.join(x, quarter, "quarter_up"), widths[1], "quarter_mix")
    x = net.residual(x, "quarter_block")
    x = net.convolve(net.join(x, half, "half_up"), widths[0], "half_mix")
    x = net.plain(x, 12, "paint")
    x = CutLike(name="cut", dtype="float32")([DepthToSpace(name="pixels", dtype="float32")(x), image])
    return keras.Model([image, code], keras.layers.Activation("sigmoid", name="bound", dtype="float32")(x), name="fast")


class _Builder:
    """Convolutions with normalisation, named and seeded in order. Each layer's precision is said, not the thread's."""

    def __init__(self, code, seed):
        self.code, self.seed, self.tiles = code, seed, 0

    def plain(self, x, filters, name, kernel=3, stride=1, bias=True):
        self.seed += 1
        start = keras.initializers.HeNormal(seed=self.seed)
        return ReflectedConv2D(
            filters, kernel, stride, use_bias=bias, kernel_initializer=start, name=name, dtype="float32"
        )(x)

    def normalised(self, x, filters, name, **options):
        x = self.plain(x, filters, name, bias=False, **options)
        return ConditionalNorm(name=f"{name}_norm", dtype="float32")([x, self.code])

    def convolve(self, x, filters, name, **options):
        return keras.layers.ReLU(name=f"{name}_relu", dtype="float32")(self.normalised(x, filters, name, **options))

    def residual(self, x, name, noise=False):
        """x + norm(conv(relu(norm(conv(x))))), without an activation after the sum (Gross and Wilber 2016)."""
        inner = self.noisy(x, name) if noise else x
        inner = self.convolve(inner, x.shape[-1], f"{name}_a")
        inner = self.normalised(inner, x.shape[-1], f"{name}_b")
        return keras.layers.Add(name=f"{name}_sum", dtype="float32")([x, inner])

    def noisy(self, x, name):
        self.tiles += 1  # the same noise whatever the seed: it is part of the network, and not in its file
        return Noise(NOISE, self.tiles, name=f"{name}_noise", dtype="float32")(x)

    def join(self, x, skipped, name):
        """Twice as large, beside what was skipped, and noise."""
        x = keras.layers.UpSampling2D(2, name=name, dtype="float32")(x)
        x = CutLike(name=f"{name}_cut", dtype="float32")([x, skipped])
        return self.noisy(keras.layers.Concatenate(name=f"{name}_join", dtype="float32")([x, skipped]), name)
