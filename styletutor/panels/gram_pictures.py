"""The pictures that GramPanel shows: heat maps with an entry framed, feature maps, a framed photograph."""

from functools import lru_cache

import matplotlib
import numpy as np
from PIL import Image

from .. import drawing, texture

SIDE = 256  # pixels, about; each entry or position is a square of whole pixels
COLOURS, WHITE, BLACK = 253, 253, 254  # a palette is a colour map's colours, white, black


def gram_map(gram, top, decades, pair):
    """A Gram matrix (c, c) as a PNG's bytes: dark at 0, yellow at `top`, the entry `pair` framed."""
    return _heat_map(texture.heat(gram, top, decades), pair, "viridis")


def difference_map(difference, top, decades, pair):
    """A difference of two as a PNG's bytes: white at 0, red to `top`, blue to -`top`, `pair` framed."""
    return _heat_map(0.5 + 0.5 * texture.heat(difference, top, decades), pair, "RdBu_r")


def feature_map(values, top):
    """A feature map (h, w) as a PNG's bytes: dark at 0, yellow at `top`."""
    return drawing.png(drawing.heat_map(values, SIDE, low=0.0, high=top))


def product_map(product, top):
    """A product of two feature maps (h, w) by its square root, which shows more than the few largest."""
    return feature_map(np.sqrt(np.maximum(product, 0)), top**0.5)


def framed(image, rectangle):
    """A copy of an image (1, H, W, 3) with a frame around (top, left, bottom, right), white outside black."""
    image = image.copy()
    drawing.frame(image[0], rectangle, outer=1.0, inner=0.0)
    return image


def _heat_map(values, pair, colours):
    """Values (c, c) in [0, 1] with dots along an entry's row and column to a frame around it."""
    size = max(1, SIDE // len(values))
    entries = np.rint(np.clip(values, 0, 1) * (COLOURS - 1)).astype("uint8").repeat(size, 0).repeat(size, 1)
    top, left = pair[0] * size, pair[1] * size
    entries[top + size // 2, :left:2] = entries[:top:2, left + size // 2] = WHITE
    grow = max(0, len(entries) // 24 - size - 6) // 2  # an entry of two pixels would be lost in its frame
    box = top - grow, left - grow, top + size + grow, left + size + grow
    drawing.frame(entries, box, WHITE, BLACK)  # seen on every colour of both maps
    picture = Image.fromarray(entries)
    picture.putpalette(_palette(colours))
    return drawing.png(picture)


@lru_cache
def _palette(name):
    colours = np.rint(matplotlib.colormaps[name](np.linspace(0, 1, COLOURS))[:, :3] * 255).astype("uint8")
    return colours.tobytes() + bytes((255, 255, 255, 0, 0, 0))
