"""`fast.stylize`: a picture in a style, in one pass through a trained network."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .. import colour, gallery, memory, packaged, sources
from ..errors import SettingsError, refuses, shortened
from ..messages import mark, t
from ..settings import Settings
from ..sources import check_blend
from . import network as networks
from .network import FastNetwork, is_number

GALLERY, ARBITRARY = "fast_gallery", "fast_arbitrary"  # .npz and .json in the package's data
PASS = 150  # bytes a pixel at the peak of one pass: measured 137 to 146 from 2048 to 8192 pixels, FewSteps takes less


@dataclass(frozen=True)
class Style:
    """A style as `read` gives it: the network that paints in it, and what that network knows of it."""

    network: object
    code: object


@refuses(SettingsError)
def read(style, network=None, blend=None):
    """Read a style once, for `stylize` to paint in as often as wanted without a look at its pictures: a `Style`.

    style, network, blend: as in `stylize`; a list may hold Styles of single pictures beside pictures, and weighing
    them otherwise takes no time. Raises ImageError, SettingsError or WeightsError.
    """
    if isinstance(style, FastNetwork):
        network, style = style, None
    return (_of_picture if _is_picture(style, network) else _of_name)(style, blend, network)


@refuses(SettingsError)
def stylize(content, style, strength=1.0, preserve_colour=False, max_dim=512, network=None, blend=None):
    """The content picture in a style, as an image (1, H, W, 3), in one pass through a trained network.

    content: whatever `load_image` takes, brought to a longer side of at most max_dim pixels (None keeps its size).
    style: a style's name (`names()`), {name: weight, …} for a blend of several, or a FastNetwork that `train` made;
    anything else is a picture, whatever `load_image` takes, or a list of them, which `blend` weighs, such as (2, 1).
    Or what `read` made of any of these, which is quicker for pictures.
    strength: 0 is the content picture, 1 the style; between, both are mixed. preserve_colour: keep the content's
    colours and take the style's light and dark only. network: whose styles the names are, default the gallery's; for a
    picture what reads it, default the arbitrary network; FewSteps() optimises in some twenty steps instead.
    Raises ImageError, SettingsError (an unknown name, a strength outside 0 to 1), WeightsError, or RunError where the
    picture takes more memory than is free.
    """
    strength = checked_strength(strength)
    style = read(style, network, blend)
    content = sources.load(content, max_dim)
    _enough_memory(content.shape[1:3])
    made = style.network.apply(content, style.code)
    if preserve_colour:
        made = colour.preserve_colour(content, made)
    return np.float32(1 - strength) * content + np.float32(strength) * made


def names():
    """The names of the styles that the packaged network knows: a tuple of str."""
    return gallery.PAINTED


def gallery_network():
    """The packaged FastNetwork, which knows the gallery's painted styles. Raises WeightsError where it is damaged."""
    return _packaged(GALLERY, t("The gallery network"), networks.from_bytes)


def arbitrary_network():
    """The packaged ArbitraryNetwork, which paints in the style of any picture in one pass.

    Raises WeightsError where it is damaged.
    """
    from .arbitrary import from_bytes

    return _packaged(ARBITRARY, t("The arbitrary network"), from_bytes)


@lru_cache(maxsize=2)
def _packaged(file, name, from_bytes):
    return from_bytes(packaged.read(file, name), name)


def _is_picture(style, network):
    """Whether a style is a picture rather than names: text is where it looks like a path or an address."""
    if isinstance(style, str):
        return style not in getattr(network, "names", ()) and bool(set("/\\.") & set(style))
    if isinstance(style, dict):
        return "content" in style or any(isinstance(value, dict) for value in style.values())  # an upload
    return style is not None


def _of_name(style, blend, network):
    network = gallery_network() if network is None else network
    if hasattr(network, "read"):
        raise SettingsError(t(
            "This network paints in the style of a picture: style is {style}, expected a picture.",
            style=shortened(repr(style)),
        ))
    if blend is not None:
        raise SettingsError(t("blend weighs style pictures; give names their weights in a dict."))
    return Style(network, network.code(style))


def _of_picture(style, blend, network):
    styles = style if isinstance(style, list) else [style]
    if not styles:
        raise SettingsError(t("The list of style pictures is empty: give at least one."))
    known = [s.network for s in styles if isinstance(s, Style)]
    network = known[0] if known and network is None else network
    if any(other is not network for other in known):
        raise SettingsError(t("This style was read by another network; read it again with this one."))
    if isinstance(style, Style) and blend is None:
        return style
    if isinstance(network, FastNetwork):
        raise SettingsError(t(
            "This network knows its styles by name, {names}: for a picture leave network out, or give it the arbitrary "
            "network.", names=shortened(", ".join(network.names)),
        ))
    blend = Settings(style_blend=blend).style_blend
    check_blend(blend, len(styles))
    found = [_loaded(s) for s in styles]
    network = arbitrary_network() if network is None else network
    return Style(network, network.read(*found, blend=blend))


def _loaded(style):
    """What a network reads: a picture as an image, or the code that it made of one before."""
    if isinstance(style, Style):
        return style.code
    return gallery.load(style, 512) if isinstance(style, str) and style in names() else sources.load(style, 512)


def _enough_memory(size):
    """Refuse a picture of size (height, width) whose pass takes more memory than is free: RunError.

    It can't go by strips: each normalisation needs the whole picture's mean and deviation.
    """
    memory.enough(PASS * size[0] * size[1] + memory.OVERHEAD, mark(
        "A picture of {width} × {height} pixels takes about {memory:.1f} GiB of memory in one pass, and {free:.1f} are "
        "free: lower max_dim, or close other programs.",
    ), size)


def checked_strength(value):
    """A strength as a float. Raises SettingsError unless it is a number from 0 to 1."""
    if not is_number(value) or not 0 <= value <= 1:
        raise SettingsError(t("strength is {value}, expected a number from 0 to 1.", value=shortened(repr(value))))
    return float(value)
