"""Look inside the network: feature maps, their statistics, what they see of the picture, one value taken apart."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from . import drawing, vgg19
from .backend import keras
from .dissection import ConvolutionValue, PoolingValue, dissect
from .errors import ImageError, LayerError, refuses
from .images import as_image, check_size
from .messages import mark, t
from .tables import Table

__all__ = [
    "feature_maps", "layer_outputs", "statistics", "describe_outputs", "strongest_channels", "strongest_place",
    "take_apart", "receptive_field_overlay", "receptive_field_crop", "Inspection", "ConvolutionValue",
    "PoolingValue",
]
COLOURS = {  # what the network's three input channels carry, with preprocessing and without
    True: (mark("blue − mean"), mark("green − mean"), mark("red − mean")),
    False: (mark("red (blue expected)"), mark("green (with its mean)"), mark("blue (red expected)")),
}


@lru_cache(maxsize=4)
def _extractor(network, layers, preprocess):
    if preprocess:
        return vgg19.feature_extractor(network, layers)
    vgg19.check_layers(network, layers)
    raw = keras.Model(network.input, {name: network.get_layer(name).output for name in layers})
    return lambda image: raw(image * 255.0)


@refuses(LayerError)
def layer_outputs(network, image, layers=None, preprocess=True):
    """What layers give for an image (1, H, W, 3): {layer: features (1, h, w, c)}, NumPy float32.

    layers: names; None is all, in one pass. preprocess=False skips `preprocess_input`, as TensorFlow's
    tutorial does by mistake: the network gets the image × 255 as RGB, where it was trained on BGR minus
    ImageNet's mean. Raises LayerError for an unknown layer, ImageError for an image it can't use.
    """
    image = as_image(image)
    check_size(image)
    layers = vgg19.layer_names(network) if layers is None else tuple(dict.fromkeys(layers))
    outputs = _extractor(network, layers, bool(preprocess))(image)
    return {name: keras.ops.convert_to_numpy(outputs[name]).astype("float32", copy=False) for name in layers}


@refuses(LayerError)
def feature_maps(network, layer, image, preprocess=True):
    """One layer's feature maps for an image (1, H, W, 3): (1, h, w, c). See `layer_outputs`."""
    return layer_outputs(network, image, [layer], preprocess)[layer]


@dataclass(frozen=True)
class Statistics:
    """What an array is like: its shape, least, largest and mean value, and the share of exact zeros (0 to 1)."""

    shape: tuple[int, ...]
    minimum: float
    maximum: float
    mean: float
    zeros: float


@refuses(LayerError)
def statistics(features):
    """Statistics of an array of any shape: shape, minimum, maximum, mean, share of zeros."""
    values = np.asarray(features)
    mean = float(values.mean(dtype="float64"))
    return Statistics(values.shape, float(values.min()), float(values.max()), mean, float((values == 0).mean()))


class OutputTable(Table, dict):
    """{name: Statistics}, a Table."""

    HEAD = (mark("output"), mark("shape"), "min", "max", mark("mean"), mark("zeros"))

    def rows(self):
        """The table's cells as text, without the head."""
        for name, s in self.items():
            numbers = (f"{x:.4g}" for x in (s.minimum, s.maximum, s.mean))
            yield (t(name), str(s.shape).replace(" ", ""), *numbers, f"{100 * s.zeros:.1f} %")


@refuses(LayerError)
def describe_outputs(outputs):
    """{name: array} -> a table of their statistics: shape, min, max, mean, share of zeros. A dict, too."""
    return OutputTable({name: statistics(values) for name, values in outputs.items()})


@refuses(LayerError)
def strongest_channels(features, n=None):
    """The numbers of the n channels of features (1, h, w, c) with the largest mean activation, strongest first."""
    means = np.asarray(features).mean((0, 1, 2), dtype="float64")
    return [int(channel) for channel in np.argsort(-means, kind="stable")[:n]]


@refuses(LayerError)
def strongest_place(feature_map):
    """(row, column) of the largest value of a feature map (h, w), the first one where there are several."""
    feature_map = np.asarray(feature_map)
    row, column = np.unravel_index(feature_map.argmax(), feature_map.shape)
    return int(row), int(column)


@refuses(ImageError)
def receptive_field_overlay(image, rectangle):
    """An image (1, H, W, 3) with (top, left, bottom, right) framed and everything outside it darkened.

    Pixels, bottom and right exclusive, as `vgg19.receptive_field` gives them.
    """
    top, left, bottom, right = rectangle
    picture = image[0] * np.float32(0.55)
    picture[top:bottom, left:right] = image[0, top:bottom, left:right]
    drawing.frame(picture, rectangle, np.array(drawing.MARK_RGB) / 255, 1.0)
    return picture[None]


@refuses(ImageError)
def receptive_field_crop(image, rectangle):
    """The part of an image (1, H, W, 3) inside (top, left, bottom, right): (1, bottom - top, right - left, 3)."""
    top, left, bottom, right = rectangle
    return image[:, top:bottom, left:right]


@refuses(LayerError)
def take_apart(network, layer, channel, row, column, image, preprocess=True):
    """How one value of a feature map comes about: a ConvolutionValue, or a PoolingValue for a pooling layer.

    Raises LayerError for an unknown layer, or a channel or position that the layer doesn't have for this image.
    """
    return Inspection(network, image, preprocess, (layer,)).take_apart(layer, channel, row, column)


class Inspection:
    """What a network's layers give for one image, computed once; `outputs` is {layer: features (1, h, w, c)}."""

    @refuses(LayerError)
    def __init__(self, network, image, preprocess=True, layers=None):
        self.network, self.image, self.preprocess = network, as_image(image), bool(preprocess)
        if layers is not None:
            vgg19.check_layers(network, layers)
            before = dict(pairwise(vgg19.layer_names(network)[::-1]))
            layers = [name for layer in layers for name in (before.get(layer), layer) if name]
        self.outputs, self._statistics = layer_outputs(network, self.image, layers, preprocess), {}

    @refuses(LayerError)
    def input_of(self, layer):
        """What goes into a layer: (1, h, w, c) of the layer before it, or the image as the network gets it."""
        names = vgg19.layer_names(self.network)
        place = names.index(layer)
        if place:
            return self.outputs[names[place - 1]]
        if self.preprocess:
            return keras.ops.convert_to_numpy(vgg19.preprocess(self.image))
        return self.image * np.float32(255)

    @refuses(LayerError)
    def statistics(self, layer):
        """The Statistics of a layer's output, computed once."""
        if layer not in self._statistics:
            self._statistics[layer] = statistics(self.outputs[layer])
        return self._statistics[layer]

    @refuses(LayerError)
    def take_apart(self, layer, channel, row, column):
        """See `take_apart`."""
        inputs, features = self.input_of(layer), self.outputs[layer]
        names = tuple(map(t, COLOURS[self.preprocess])) if layer == vgg19.layer_names(self.network)[0] else ()
        return dissect(self.network.get_layer(layer), inputs, features, channel, row, column, names)

    @refuses(LayerError)
    def receptive_field(self, layer, row, column):
        """The rectangle of the image that one value of a layer sees; see `vgg19.receptive_field`."""
        return vgg19.receptive_field(self.network, layer, row, column, *self.image.shape[1:3])
