"""Arrays -> pictures drawn cell by cell, in a few milliseconds: what follows a slider can't wait for a figure.

Heat maps are PIL images in palette mode, which a notebook shows as they are: viridis, two colours for
frames, one transparent entry for gaps.
"""

import io
import math

import matplotlib
import numpy as np
from matplotlib.ticker import MaxNLocator
from PIL import Image, ImageDraw

from . import plots
from .messages import grouped, t
from .plots import COLOURS, INK

MARK = COLOURS[4]  # one colour for the chosen value, in every picture
MARK_RGB = tuple(int(MARK[i : i + 2], 16) for i in (1, 3, 5))
_TOP, _WHITE, _MARKED, _GAP = 252, 253, 254, 255  # palette entries: viridis is 0 to _TOP
_VIRIDIS = np.rint(matplotlib.colormaps["viridis"](np.linspace(0, 1, _TOP + 1))[:, :3] * 255).astype("uint8")
_PALETTE = _VIRIDIS.tobytes() + bytes((255, 255, 255, *MARK_RGB, 128, 128, 128))


def png(picture):
    """A PIL image as a PNG's bytes."""
    buffer = io.BytesIO()
    options = {"transparency": _GAP} if picture.mode == "P" else {}
    picture.save(buffer, "PNG", compress_level=1, **options)
    return buffer.getvalue()


def heat_map(values, side=512, mark=None, low=None, high=None):
    """Values (h, w) -> a heat map, each value a square of whole pixels, the longer side about `side`.

    mark: (row, column) of a value to frame. low, high: the ends of the colour scale (default: the extremes).
    """
    values = np.asarray(values, "float32")
    times = max(1, side // max(values.shape))
    low = values.min() if low is None else low
    high = values.max() if high is None else high
    cells = _levels(values, low, high).repeat(times, 0).repeat(times, 1)
    if mark is not None:
        row, column = mark
        frame(cells, (row * times, column * times, (row + 1) * times, (column + 1) * times), _MARKED, _WHITE)
    return _heat(cells)


def contact_sheet(maps, order=None, chosen=None, side=512, shared=False):
    """Maps (h, w, c) -> all of them in one heat map, in rows, the longer side about `side` pixels.

    order: the maps' numbers in the order in which they are shown (default 0, 1, 2 …); chosen: the number of
    one to frame. shared: one colour scale for all, from the least to the largest value of all; else each map
    has its own.
    """
    maps = np.asarray(maps, "float32")
    order = list(range(maps.shape[-1])) if order is None else list(order)
    columns, gap = math.ceil(len(order) ** 0.5), 3
    tiles = _fit(np.moveaxis(maps, -1, 0)[order], max(1, side // columns - gap))
    each = {"axis": (1, 2), "keepdims": True}
    ends = (maps.min(), maps.max()) if shared else (tiles.min(**each), tiles.max(**each))
    tiles = _levels(tiles, *ends)
    _, height, width = tiles.shape
    rows = math.ceil(len(order) / columns)
    sheet = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap), _GAP, "uint8")
    for place, tile in enumerate(tiles):
        top, left = (gap + n * (size + gap) for n, size in zip(divmod(place, columns), tile.shape, strict=True))
        sheet[top : top + height, left : left + width] = tile
        if order[place] == chosen:
            frame(sheet, (top, left, top + height, left + width), _MARKED, _WHITE)
    return _heat(sheet)


def frame(array, rectangle, outer=MARK_RGB, inner=(255, 255, 255)):
    """Draw a frame around (top, left, bottom, right), bottom and right exclusive, into an array (h, w, …).

    Two pixels of `outer` around one of `inner`, outside the rectangle; at the array's border, inside.
    """
    height, width = array.shape[:2]
    top, left, bottom, right = rectangle
    for distance, colour in ((1, inner), (2, outer), (3, outer)):
        inset = 3 - distance  # at the border: outer, outer, inner
        y1, x1 = max(top - distance, inset), max(left - distance, inset)
        y2, x2 = min(bottom + distance - 1, height - 1 - inset), min(right + distance - 1, width - 1 - inset)
        array[y1, x1 : x2 + 1] = array[y2, x1 : x2 + 1] = colour
        array[y1 : y2 + 1, x1] = array[y1 : y2 + 1, x2] = colour


def histogram(values, mark=None, bins=60, size=(640, 340)):
    """How often each value occurs, on a logarithmic count axis, as a PIL image with a clear background.

    mark: a value at which a line is drawn. size: (width, height) in pixels, for display at half of it.
    """
    values = np.ravel(np.asarray(values, "float32"))
    low, high = float(values.min()), float(values.max())
    counts, edges = np.histogram(values, bins, (low, high) if high > low else (low, low + 1.0))
    axes = _Axes(size, edges, counts.max())
    for count, start, end in zip(counts, edges[:-1], edges[1:], strict=True):
        if count:
            axes.bar(start, end, count)
    if mark is not None:
        axes.line(mark)
    return axes.picture


class _Axes:
    """A linear axis of values across, a logarithmic one of counts up, drawn on a clear picture."""

    def __init__(self, size, edges, most):
        self.picture = Image.new("RGBA", size)
        self._draw, font = ImageDraw.Draw(self.picture), plots.font(22)
        self._left, self._top, self._right, self._bottom = 92, 16, size[0] - 30, size[1] - 66
        self._low, self._high = edges[0], edges[-1]
        self._decades = math.log10(most) + 0.4  # the axis begins at half a count
        for power in range(math.floor(math.log10(most)) + 1):
            y = self._up(10**power)
            self._draw.line([self._left, y, self._right, y], fill=INK + "50", width=1)
            self._draw.text((self._left - 8, y), grouped(10**power), INK, font, anchor="rm")
        self._draw.line([self._left, self._bottom, self._right, self._bottom], fill=INK, width=2)
        for value in MaxNLocator(5).tick_values(self._low, self._high):
            if self._low <= value <= self._high:
                self._draw.text((self._across(value), self._bottom + 8), f"{value:g}", INK, font, anchor="ma")
        self._draw.text(((self._left + self._right) / 2, size[1] - 4), t("activation"), INK, font, anchor="md")

    def _across(self, value):
        return self._left + (self._right - self._left) * (value - self._low) / (self._high - self._low)

    def _up(self, count):
        return self._bottom - (self._bottom - self._top) * math.log10(2 * count) / self._decades

    def bar(self, start, end, count):
        """A bar from one value to another."""
        box = [self._across(start) + 1, self._up(count), self._across(end) - 1, self._bottom]
        self._draw.rectangle(box, fill=COLOURS[0])

    def line(self, value):
        """The mark at one value."""
        self._draw.line([self._across(value), self._top, self._across(value), self._bottom], fill=MARK, width=5)


def _levels(values, low, high):
    """Values as palette entries 0 to _TOP; all 0 where the scale has no length."""
    scaled = (values - low) / np.maximum(np.float32(high) - low, 1e-12)
    return np.rint(np.clip(scaled, 0, 1) * _TOP).astype("uint8")


def _heat(entries):
    picture = Image.fromarray(entries)
    picture.putpalette(_PALETTE)
    return picture


def _fit(tiles, side):
    """Tiles (n, h, w) enlarged, or averaged over whole blocks, to a longer side of at most `side`."""
    longest = max(tiles.shape[1:])
    if longest <= side:
        times = side // longest
        return tiles.repeat(times, 1).repeat(times, 2)
    block = math.ceil(longest / side)
    n, height, width = len(tiles), tiles.shape[1] // block, tiles.shape[2] // block
    return tiles[:, : height * block, : width * block].reshape(n, height, block, width, block).mean((2, 4))
