"""One value of a feature map, computed again from what it is made of: patch, kernel, products, bias, ReLU."""

from dataclasses import dataclass, field

import numpy as np

from ..backend import keras
from ..errors import LayerError
from ..messages import t
from . import markup
from .markup import short


@dataclass(frozen=True, eq=False)
class ConvolutionValue:
    """One value of a convolution layer's feature map and what it is made of.

    patch (3, 3, c_in): the input around the position, zero outside the picture; kernel (3, 3, c_in); bias.
    products_sum = Σ patch · kernel, before_relu = products_sum + bias, value = max(before_relu, 0), computed
    in float64; feature: the same value as the network gave it. input_names: what the input channels are called.
    """

    layer: str
    channel: int
    row: int
    column: int
    patch: np.ndarray = field(repr=False)
    kernel: np.ndarray = field(repr=False)
    bias: float
    products_sum: float
    before_relu: float
    value: float
    feature: float
    input_names: tuple[str, ...] = ()

    @property
    def contributions(self):
        """What each input channel adds to the sum of products: (c_in,)."""
        return (self.patch.astype("float64") * self.kernel).sum((0, 1))

    def strongest_inputs(self, n=4):
        """The numbers of the n input channels that contribute most, either way, strongest first."""
        return [int(i) for i in np.argsort(-np.abs(self.contributions), kind="stable")[:n]]

    def __str__(self):
        return t(
            "{layer}, channel {channel}, row {row}, column {column}: Σ of {size:,} products {products} + bias "
            "{bias} = {before}, ReLU → {value}; the feature map says {feature}",
            layer=self.layer, channel=self.channel, row=self.row, column=self.column, size=self.patch.size,
            products=short(self.products_sum), bias=short(self.bias), before=short(self.before_relu),
            value=short(self.value), feature=short(self.feature),
        )

    def _repr_html_(self):
        return markup.convolution(self)


@dataclass(frozen=True, eq=False)
class PoolingValue:
    """One value of a pooling layer: patch (2, 2) of the same channel, and its largest value or its mean.

    kind is "max pooling" or "average pooling"; feature: the same value as the network gave it.
    """

    layer: str
    kind: str
    channel: int
    row: int
    column: int
    patch: np.ndarray
    value: float
    feature: float

    def __str__(self):
        how = t("the largest") if self.kind == "max pooling" else t("the mean")
        numbers = ", ".join(short(x) for x in self.patch.ravel())
        return t(
            "{layer}, channel {channel}, row {row}, column {column}: {how} of {numbers} is {value}; the feature "
            "map says {feature}",
            layer=self.layer, channel=self.channel, row=self.row, column=self.column, how=how, numbers=numbers,
            value=short(self.value), feature=short(self.feature),
        )

    def _repr_html_(self):
        return markup.pooling(self)


def dissect(layer, inputs, features, channel, row, column, input_names=()):
    """Take apart one value of a Keras layer's features (1, h, w, c), given the layer's inputs (1, h', w', c_in).

    Raises LayerError for a channel or position outside of the features.
    """
    height, width, channels = features.shape[1:]
    for what, index, size in ((t("channel"), channel, channels), (t("row"), row, height), (t("column"), column, width)):
        if not 0 <= index < size:
            raise LayerError(t(
                "{name} has no {what} {index} here: expected 0 to {last}.", name=layer.name, what=what, index=index,
                last=size - 1,
            ))
    at = layer.name, int(channel), int(row), int(column)
    feature = float(features[0, row, column, channel])
    if not isinstance(layer, keras.layers.Conv2D):
        return _dissect_pooling(layer, inputs, feature, *at[1:])
    kernels, biases = layer.get_weights()
    padded = np.pad(inputs[0], ((1, 1), (1, 1), (0, 0)))
    patch, kernel, bias = padded[row : row + 3, column : column + 3], kernels[..., channel], float(biases[channel])
    total = float((patch.astype("float64") * kernel).sum())
    return ConvolutionValue(*at, patch, kernel, bias, total, total + bias, max(total + bias, 0.0), feature, input_names)


def _dissect_pooling(layer, inputs, feature, channel, row, column):
    patch = inputs[0, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2, channel]
    largest = isinstance(layer, keras.layers.MaxPooling2D)
    kind, value = ("max pooling", patch.max()) if largest else ("average pooling", patch.mean(dtype="float64"))
    return PoolingValue(layer.name, kind, channel, row, column, patch, float(value), feature)
