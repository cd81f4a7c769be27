"""The transformation network: encoder, residual blocks, decoder, after Johnson et al. 2016, in keras.ops alone.

Different from the paper: instance normalisation with parameters that a style's code decides (Dumoulin et al. 2017),
interpolation and at last a sub-pixel convolution (Shi et al. 2016) instead of transposed ones, whose checkerboards
Odena et al. 2016 explain, mirrored borders, noise among the features at each size, and blocks at an eighth of the
resolution with skips past them, which is cheaper.
"""

from ..backend import keras
from .layers import ConditionalNorm, CutLike, DepthToSpace, Noise, ReflectedConv2D, Twice

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
    x = net.residual(net.grow(x, quarter, "quarter_up"), "quarter_block", noise=True)
    x = net.grow(x, half, "half_up")
    x = net.convolve(net.noisy(x, "half_mix"), widths[0], "half_mix")
    x = CutLike(name="cut", dtype="float32")([net.paint(x, "paint"), image])
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

    def grow(self, x, skipped, name):
        """Twice as high and wide, plus what was skipped. Smooth, so that no pixel knows whether it is odd or even."""
        x = self.plain(x, skipped.shape[-1], name, bias=False)
        x = Twice(name=f"{name}_twice", dtype="float32")(x)
        x = CutLike(name=f"{name}_cut", dtype="float32")([x, skipped])
        x = keras.layers.Add(name=f"{name}_sum", dtype="float32")([x, skipped])
        x = ConditionalNorm(name=f"{name}_norm", dtype="float32")([x, self.code])
        return keras.layers.ReLU(name=f"{name}_relu", dtype="float32")(x)

    def paint(self, x, name):
        """The picture, twice as high and wide: a convolution whose four sub-pixels begin alike (Aitken et al. 2017)."""
        x = self.plain(x, 4 * 3, name)
        kernel = x._keras_history.operation.kernel
        kernel.assign(keras.ops.tile(kernel[..., :3], (1, 1, 1, 4)))
        return DepthToSpace(name=f"{name}_pixels", dtype="float32")(x)
