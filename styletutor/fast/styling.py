"""`fast.stylize`: a picture in a style, in one pass."""

import json
from functools import lru_cache
from importlib import resources

import numpy as np

from .. import colour, gallery, sources
from ..errors import SettingsError, WeightsError, shortened
from ..messages import t
from .network import FastNetwork, from_bytes

WEIGHTS, REPORT = "fast_gallery.npz", "fast_gallery.json"


def stylize(content, style, strength=1.0, preserve_colour=False, max_dim=512, network=None):
    """The content picture in a style, as an image (1, H, W, 3): one pass through a trained network, no optimisation.

    content: whatever `load_image` takes, brought to a longer side of at most max_dim pixels (None keeps its size).
    style: a style's name (`names()`), {name: weight, …} for a blend of several, or a FastNetwork that `train` made.
    strength: 0 is the content picture, 1 the style; between, both are mixed. preserve_colour: keep the content's
    colours and take the style's light and dark only. network: whose styles the names are, default the gallery's.
    Raises ImageError, SettingsError (an unknown name, a strength outside 0 to 1) or WeightsError.
    """
    strength = _strength(strength)
    if isinstance(style, FastNetwork):
        network, style = style, None
    network = gallery_network() if network is None else network
    code = network.code(style)  # a wrong name shall be known before a picture is loaded
    content = sources.load(content, max_dim)
    made = network.apply(content, code)
    if preserve_colour:
        made = colour.preserve_colour(content, made)
    return np.float32(1 - strength) * content + np.float32(strength) * made


def names():
    """The names of the styles that the packaged network knows: a tuple of str."""
    return gallery.PAINTED


@lru_cache(maxsize=1)
def gallery_network():
    """The packaged FastNetwork, which knows the gallery's painted styles. Raises WeightsError where it is damaged."""
    folder = resources.files("styletutor") / "data"
    try:
        content, report = (folder / WEIGHTS).read_bytes(), json.loads((folder / REPORT).read_text())
        expected = report["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(t("The gallery network is missing or damaged: reinstall styletutor.")) from error
    return from_bytes(content, t("The gallery network"), expected)


def _strength(value):
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not number or not 0 <= value <= 1:
        raise SettingsError(t("strength is {value}, expected a number from 0 to 1.", value=shortened(repr(value))))
    return float(value)
