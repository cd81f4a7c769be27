"""A network's layers: their names, widths, strides and receptive fields."""

import difflib
from dataclasses import astuple, dataclass
from functools import lru_cache

from ..backend import keras
from ..errors import LayerError, refuses
from ..messages import either, mark, t
from ..tables import Table


@refuses(LayerError)
def layer_names(network):
    """The names of the layers whose output can be asked for, in order, without the input."""
    return tuple(layer.name for layer in network.layers if not isinstance(layer, keras.layers.InputLayer))


@refuses(LayerError)
def layer_tuple(layers):
    """A tuple of names, from one name or several. Raises LayerError for what is neither."""
    try:
        return (layers,) if isinstance(layers, str) else tuple(layers)
    except TypeError as error:
        raise LayerError(t(
            "{layers!r} names no layers; expected names such as 'block4_conv2'.", layers=layers,
        )) from error


@refuses(LayerError)
def check_layers(network, layers):
    """Raise LayerError for the first name that the network doesn't have, with the nearest ones that it has."""
    known = layer_names(network)
    for name in layers:
        if not isinstance(name, str) or name not in known:
            raise _unknown(name, known)


def _unknown(name, known):
    """The LayerError for a name that is none of the known ones, with the nearest of them."""
    near = difflib.get_close_matches(str(name), known, 3, 0.3) or known[:3]
    return LayerError(t("The network has no layer {name!r}; did you mean {near}?", name=name, near=either(near)))


@refuses(LayerError)
def widths(network):
    """Channels of the five blocks."""
    return tuple(network.get_layer(f"block{b}_conv1").filters for b in range(1, 6))


@dataclass(frozen=True)
class LayerRow:
    """One line of a layer table: stride and receptive field in pixels of the picture, parameters as a count."""

    name: str
    kind: str
    channels: int
    stride: int
    receptive_field: int
    parameters: int


class LayerTable(Table, tuple):
    """LayerRows in order, or one by its name; a Table."""

    HEAD = (
        mark("name"), mark("kind"), mark("channels"), mark("stride"), mark("receptive field"), mark("parameters")
    )  # fmt: skip
    WORDS = 2

    def rows(self):
        """The table's cells as text, without the head."""
        for row in self:
            yield (row.name, t(row.kind), *map(str, astuple(row)[2:]))

    def __getitem__(self, key):
        if isinstance(key, str):
            for row in self:
                if row.name == key:
                    return row
            raise _unknown(key, [row.name for row in self])
        return super().__getitem__(key)


@refuses(LayerError)
@lru_cache(maxsize=8)
def layer_table(network):
    """Name, kind, channels, stride, receptive field and parameters of each layer of the convolutional part.

    With kernel k and the stride s of what came before, the receptive field grows by (k - 1)·s; pooling
    doubles s (Dumoulin and Visin 2016, "A guide to convolution arithmetic", relationship 5 chained).
    """
    rows, stride, field = [], 1, 1
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D):
            field += 2 * stride
            kind = mark("convolution")
        elif layer.name.endswith("_pool"):
            field, stride = field + stride, stride * 2
            kind = mark("max pooling") if isinstance(layer, keras.layers.MaxPooling2D) else mark("average pooling")
        else:
            continue
        rows.append(LayerRow(layer.name, kind, layer.output.shape[-1], stride, field, layer.count_params()))
    return LayerTable(rows)


@refuses(LayerError)
def receptive_field(network, layer, row, column, height, width):
    """The rectangle (top, left, bottom, right) of an (height, width) picture that one feature can see.

    Pixels, bottom and right exclusive, cut at the picture's edge; row and column index the layer's feature map.
    """
    size, padding, stride = layer_table(network)[layer].receptive_field, 0, 1
    for name in layer_names(network):
        if name.endswith("_pool"):
            stride *= 2
        else:
            padding += stride  # a 3×3 convolution with "same" padding starts one cell further out
        if name == layer:
            break
    top, left = row * stride - padding, column * stride - padding
    return max(top, 0), max(left, 0), min(top + size, height), min(left + size, width)
