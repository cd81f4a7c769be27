"""Any style in one pass: a small network reads a style picture, the transformation network paints as it says.

Source: Ghiasi, Lee, Kudlur, Dumoulin and Shlens 2017, "Exploring the Structure of a Real-Time, Arbitrary Neural
Artistic Stylization Network". Different from it: the style is read from the means and deviations of the embedded
network's features, as Huang and Belongie 2017 do ("Arbitrary Style Transfer in Real-time with Adaptive Instance
Normalization"), and colours are no matter of learning: before and after the network they are brought to the style's
mean and covariance by the optimal linear transport, as Li et al. 2017 do with features ("Universal Style Transfer via
Feature Transforms").
"""

from functools import cached_property

import numpy as np

from ..backend import keras
from ..errors import SettingsError, refuses
from ..layer_names import STYLE_LAYERS
from ..messages import t
from ..vgg19 import feature_extractor, load_vgg19
from . import saved
from .architecture import build
from .layers import ColourMoments, ColourTransport, Statistics

ops = keras.ops
TRAITS = 64  # numbers of a style's code, after a constant 1
HIDDEN = 256


def build_reader(network, traits=TRAITS, hidden=HIDDEN, seed=0):
    """A Keras model: style image (n, h, w, 3) -> (n, 1 + traits + 12): a 1, its traits, its colours' moments.

    network: a frozen VGG19, such as the embedded one. Trainable are the two dense layers alone.
    """
    image = keras.Input((None, None, 3), name="style", dtype="float32")
    features = feature_extractor(network, STYLE_LAYERS)
    features.trainable = False
    seen = features(image)
    x = Statistics(name="statistics", dtype="float32")([seen[name] for name in STYLE_LAYERS])
    for name, units, activation in (("read", hidden, "relu"), ("traits", traits, None)):
        seed += 1
        start = keras.initializers.VarianceScaling(1.0 if activation else 0.1, seed=seed)
        x = keras.layers.Dense(units, activation, kernel_initializer=start, name=name, dtype="float32")(x)
    colours = ColourMoments(name="colours", dtype="float32")(image)
    one = ops.ones_like(x[:, :1])
    return keras.Model(image, ops.concatenate([one, x, colours], -1), name="reader")


def build_painter(traits=TRAITS, seed=0):
    """A Keras model: [image (n, h, w, 3), what the reader says (n, 1 + traits + 12)] -> image of the same size."""
    image = keras.Input((None, None, 3), name="image", dtype="float32")
    said = keras.Input((1 + traits + 12,), name="code", dtype="float32")
    fast = build(1 + traits, seed=seed)
    code, colours = said[:, : 1 + traits], said[:, 1 + traits :]
    before = ColourTransport(name="before", dtype="float32")([image, colours])
    after = ColourTransport(name="after", dtype="float32")([fast([before, code]), colours])
    return keras.Model([image, said], after, name="painter")


class ArbitraryNetwork(saved.SavedNetwork):
    """Paints a picture in the style of another: `read` a style once, then `apply` it to as many pictures as wanted."""

    def __init__(self, seed=0, network=None):
        self.reader = build_reader(network or load_vgg19("embedded"), seed=seed)
        self.painter = build_painter(seed=seed)

    @cached_property
    def _read(self):
        return saved.compiled(self.reader, saved.IMAGE)

    @cached_property
    def _paint(self):
        return saved.compiled(
            lambda image, code: self.painter([image, code]), saved.IMAGE, (None, self.painter.input_shape[1][-1])
        )

    @refuses(SettingsError)
    def read(self, *styles, blend=None):
        """The code (1, 77) of a style image (1, h, w, 3), or of several, weighed by `blend`, such as (2, 1).

        In the place of an image its code may stand: what was read before isn't read again.
        """
        if not styles:
            raise SettingsError(t("The list of style pictures is empty: give at least one."))
        return np.average([self._code(style) for style in styles], 0, blend).astype("float32")

    def _code(self, style):
        if np.ndim(style) == 2:
            return style
        return ops.convert_to_numpy(self._read(ops.convert_to_tensor(style, "float32")))

    @refuses(SettingsError)
    def apply(self, image, code):
        """The image (1, H, W, 3) in the style of a code."""
        return ops.convert_to_numpy(self._paint(*(ops.convert_to_tensor(value, "float32") for value in (image, code))))

    def variables(self):
        """The trained variables by name, "layer/weight"."""
        return saved.variables(self.reader, self.painter.get_layer("fast"))

    def states(self):
        """What a checkpoint keeps besides."""
        return saved.states(self.painter.get_layer("fast"))

    def begin(self, fast):
        """Take the transformation network of a FastNetwork.

        The constant 1 of a code then means the mean of its styles, and a trait for each what sets it apart.
        """
        known, arrays = fast.arrays(), self.arrays()
        for name, array in arrays.items():
            if name.endswith(("/gamma", "/beta")):
                mean = known[name].mean(0)
                array[0], array[1 : 1 + len(known[name])] = mean, known[name] - mean
                array[1 + len(known[name]) :] = 0
            elif name in known:
                array[...] = known[name]
        self.set_arrays(arrays)


def from_bytes(content, name):
    """The ArbitraryNetwork in an .npz's bytes, called `name` in errors. Raises WeightsError."""
    return saved.from_bytes(lambda about: ArbitraryNetwork(), content, name)
