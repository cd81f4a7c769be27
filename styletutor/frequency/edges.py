"""One strong edge and many small ones, and a closer look: a part of an image, and the brightness along a line."""

import numpy as np

from ..drawing import MARK_RGB, frame
from ..errors import ImageError, refuses
from ..plots import enlarge


@refuses(ImageError)
def strong_edge(height=64, width=64):
    """An image of one strong edge: black left, white right. Its total variation is 3·height, and so are its squares."""
    ramp = (np.arange(width) >= width // 2).astype("float32")
    return np.broadcast_to(ramp[:, None], (1, height, width, 3)).copy()


@refuses(ImageError)
def small_edges(height=64, width=64):
    """An image of many small edges, black to white in equal steps of a pixel.

    Its total variation is that of `strong_edge`, its sum of squares (width − 1) times smaller.
    """
    ramp = np.linspace(0, 1, width, dtype="float32")
    return np.broadcast_to(ramp[:, None], (1, height, width, 3)).copy()


@refuses(ImageError)
def crop_box(image, side, across, down):
    """(top, left, bottom, right) of a square of `side` pixels, bottom and right exclusive, inside an image.

    across, down: where it lies, from 0 (left, top) to 1 (right, bottom). The last column and row, which have
    no difference to a next one, stay out.
    """
    height, width = image.shape[1] - 1, image.shape[2] - 1
    side = max(1, min(side, height, width))
    top, left = round((height - side) * down), round((width - side) * across)
    return top, left, top + side, left + side


@refuses(ImageError)
def crop(image, box, down=False, side=192):
    """The part of an image inside (top, left, bottom, right), each pixel a square, about `side` pixels in all.

    Marks at both ends show the row that `profile` reads, or with `down` the column.
    """
    top, left, bottom, right = box
    picture = enlarge(image[:, top:bottom, left:right], side)
    lines = picture[0].swapaxes(0, 1) if down else picture[0]
    times = lines.shape[0] // ((right - left) if down else (bottom - top))
    middle = lines.shape[0] // times // 2 * times
    for end in (slice(0, 6), slice(-6, None)):
        lines[middle : middle + times, end] = np.array(MARK_RGB) / 255
    return picture


@refuses(ImageError)
def framed(image, box):
    """An image with (top, left, bottom, right) framed."""
    picture = image[0].copy()
    frame(picture, box, np.array(MARK_RGB) / 255, 1.0)
    return picture[None]


@refuses(ImageError)
def profile(image, box, down=False):
    """Brightness (mean of R, G and B) along the middle row of a box, or with `down` its middle column: a 1-D array."""
    top, left, bottom, right = box
    brightness = image[0, top:bottom, left:right].mean(-1)  # (h, w)
    return brightness[:, brightness.shape[1] // 2] if down else brightness[brightness.shape[0] // 2]


@refuses(ImageError)
def line_sums(values):
    """(Σ|Δ|, Σ Δ²) of a 1-D array: one strong edge and many small ones have the same first, another second sum."""
    differences = np.diff(np.asarray(values, "float64"))
    return float(np.abs(differences).sum()), float(np.square(differences).sum())
