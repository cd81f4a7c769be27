"""What a Gram matrix keeps of a picture and what it forgets; a texture rebuilt from nothing else.

Source: Gatys, Ecker and Bethge 2015, "Texture Synthesis Using Convolutional Neural Networks".
"""

from dataclasses import dataclass

import numpy as np

from .errors import LayerError, SettingsError, refuses
from .inspection import feature_maps, strongest_place
from .messages import mark, t
from .settings import Settings
from .style import gram_matrix, squared_error
from .transfer import stylize
from .vgg19 import layer_table, load_vgg19, receptive_field

PICTURE = mark("the picture itself")  # stands before the layers: its three channels are red, green and blue
SHUFFLES = ("nothing", "positions", "pixels", "tiles")


@dataclass(frozen=True)
class LayerStyle:
    """An image (1, H, W, 3), its features (1, h, w, c) at a layer, their Gram matrix (c, c): NumPy arrays."""

    layer: str
    image: np.ndarray
    features: np.ndarray
    gram: np.ndarray


@dataclass(frozen=True)
class ChannelProduct:
    """Two feature maps (h, w), their product (h, w), its mean G_cd, the (row, column) where it is largest."""

    map_c: np.ndarray
    map_d: np.ndarray
    product: np.ndarray
    value: float
    strongest: tuple[int, int]


@refuses(LayerError)
def layers(network):
    """What has a Gram matrix: `PICTURE`, then each convolution and pooling layer."""
    return (PICTURE, *(row.name for row in layer_table(network)))


@refuses(LayerError)
def features_at(image, layer, network=None):
    """The features (1, h, w, c) of an image (1, H, W, 3) at a layer, a NumPy array.

    At `PICTURE` they are the image itself. network: from `load_vgg19`; None loads "auto".
    Raises LayerError for an unknown layer, ImageError for an image under 32 pixels.
    """
    if layer == PICTURE:
        return image
    return feature_maps(network or load_vgg19(), layer, image)


@refuses(LayerError)
def gram_at(features):
    """The Gram matrix (c, c) of features (1, h, w, c), divided by h·w, as a NumPy array."""
    return gram_matrix(features)[0].numpy()


@refuses(LayerError)
def layer_style(image, layer, network=None):
    """An image (1, H, W, 3) with its features and their Gram matrix at a layer: a LayerStyle.

    Raises what `features_at` raises.
    """
    features = features_at(image, layer, network)
    return LayerStyle(layer, image, features, gram_at(features))


@refuses(LayerError)
def channel_product(features, c, d):
    """The maps of channels c and d of features (1, h, w, c'), their product and its mean: a ChannelProduct.

    Raises LayerError for a channel that isn't there.
    """
    map_c, map_d = _maps(features, c, d)
    product = map_c * map_d
    mean = float(product.mean(dtype="float64"))
    return ChannelProduct(map_c, map_d, product, mean, strongest_place(product))


def _maps(features, c, d):
    channels = features.shape[-1]
    for channel in (c, d):
        if not 0 <= channel < channels:
            raise LayerError(t(
                "There is no channel {channel}: these features have 0 to {last}.", channel=channel, last=channels - 1,
            ))
    maps = np.asarray(features)[0]
    return maps[..., c], maps[..., d]


@refuses(LayerError)
def strongest_pair(gram):
    """(c, d), c < d: the channels whose entry of a Gram matrix (c', c') is the largest off the diagonal."""
    above = np.triu(np.ones_like(gram, bool), 1)
    return strongest_place(np.where(above, gram, -np.inf))


@refuses(LayerError)
def style_distance(gram, target, relative=True):
    """How far a Gram matrix is from a target's, a float: ‖G − A‖² / ‖A‖², or the mean of (G − A)².

    What `Settings.relative` chooses between for a layer of the style loss (Gatys et al. 2015, eq. 3 up to
    constants).
    """
    return float(squared_error(np.asarray(gram), np.asarray(target), relative))


@refuses(LayerError)
def shuffle_positions(features, seed=0):
    """Features (n, h, w, c) with their h·w positions in another order, the same for all channels.

    At each position the channels stay together, so the Gram matrix doesn't change. On an image this
    shuffles the pixels.
    """
    features = np.asarray(features)
    n, height, width, channels = features.shape
    order = np.random.default_rng(seed).permutation(height * width)
    return features.reshape(n, height * width, channels)[:, order].reshape(features.shape)


@refuses(LayerError)
def shuffle_tiles(image, tile=16, seed=0):
    """An image (n, H, W, c) cut into squares of `tile` pixels that change places, each kept as it is inside.

    What is left over at the right and bottom edge stays where it is. Raises SettingsError for a tile
    that is no whole number from 1 to the shorter side.
    """
    image = np.array(image)
    n, height, width, channels = image.shape
    if tile not in range(1, min(height, width) + 1):
        raise SettingsError(t(
            "tile is {tile!r}, expected a whole number from 1 to {most}.", tile=tile, most=min(height, width),
        ))
    rows, columns = height // tile, width // tile
    whole = image[:, : rows * tile, : columns * tile]
    tiles = whole.reshape(n, rows, tile, columns, tile, channels).swapaxes(2, 3)
    tiles = shuffle_positions(tiles.reshape(n, rows, columns, -1), seed)
    tiles = tiles.reshape(n, rows, columns, tile, tile, channels).swapaxes(2, 3)
    image[:, : rows * tile, : columns * tile] = tiles.reshape(whole.shape)
    return image


@refuses(LayerError)
def shuffle_style(style, shuffle, seed=0, tile=16, network=None):
    """A LayerStyle after a shuffle of the features' "positions" or the picture's "pixels" or "tiles".

    Shuffled positions leave the Gram matrix as it is. Shuffled pixels or tiles go through the network anew:
    its convolutions see other neighbourhoods. Raises SettingsError for a shuffle that is none of `SHUFFLES`.
    """
    if shuffle not in SHUFFLES:
        raise SettingsError(t(
            "shuffle is {shuffle!r}, expected one of {shuffles}.", shuffle=shuffle, shuffles=", ".join(SHUFFLES),
        ))
    if shuffle == "nothing":
        return style
    if shuffle == "positions" and style.layer != PICTURE:  # a picture's positions are its pixels
        features = shuffle_positions(style.features, seed)
        return LayerStyle(style.layer, style.image, features, gram_at(features))
    tile = tile if shuffle == "tiles" else 1
    return layer_style(shuffle_tiles(style.image, tile, seed), style.layer, network)


@refuses(LayerError)
def seen_by(network, layer, row, column, height, width):
    """The rectangle (top, left, bottom, right) of an (height, width) picture that a feature of a layer sees.

    As `receptive_field`; at `PICTURE` a pixel sees itself.
    """
    if layer == PICTURE:
        return row, column, row + 1, column + 1
    return receptive_field(network, layer, row, column, height, width)


@refuses(LayerError)
def heat(values, top, decades=None):
    """Gram entries on the scale of a heat map: divided by `top`, with `decades` logarithmic; signs are kept.

    Logarithmic, ±top is ±1 and whatever is smaller than top·10^-decades is 0: the entries of ReLU features
    span several powers of ten.
    """
    ratio = np.abs(values) / max(top, 1e-30)
    if decades:
        ratio = np.maximum(1 + np.log10(np.maximum(ratio, 1e-30)) / decades, 0)
    return np.sign(values) * ratio


TEXTURE = {
    "style_layers": ("block1_conv1", "block1_pool", "block2_pool", "block3_pool", "block4_pool"),
    "style_weight": 1.0,
    "content_layers": (),
    "content_weight": 0.0,
    "tv_weight": 5e-4,  # not in the paper: takes the noise that no layer sees
    "init": "noise",
    "optimizer": "lbfgs",
    "scales": 2,  # not in the paper: half the size first, for the large forms
    "steps": 200,
    "max_dim": 256,
}


@refuses(LayerError)
def rebuild_texture(style, network=None, **changes):
    """Start rebuilding a style picture's texture from noise, by its Gram matrices alone: a `Run` to iterate.

    style: an image (1, H, W, 3), or whatever `load_image` takes; the texture has its size, at most max_dim.
    network: from `load_vgg19`; None loads "auto". changes: any of `Settings`, instead of those of `TEXTURE`,
    whose style layers are the paper's (Gatys et al. 2015, section 4). What lies along the picture's edge
    tends to come back there: convolutions see where the zeros around it begin. Raises as `stylize` does.
    """
    return stylize(style, style, Settings().replace(**{**TEXTURE, **changes}), network)
