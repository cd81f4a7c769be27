"""Curves drawn with Pillow in a few milliseconds, for what follows a slider or a running optimisation."""

import io
import math

from matplotlib.ticker import MaxNLocator
from PIL import Image, ImageDraw

from . import plots
from .messages import mark, t
from .plots import COLOURS, INK

LINE_COLOURS = (COLOURS[0], COLOURS[4], COLOURS[2], COLOURS[3])  # blue, vermilion, green, purple
WIDTHS = (6, 4, 4, 4)  # the first curve is thicker, so that a curve that covers it leaves it visible
FONT = 22  # pixels; a chart is shown at half its size


def line_chart(series, x_label, y_label, x_range=None, y_range=None, log=False, marks=(), size=(720, 400)):
    """Curves {label: (xs, ys)} -> a PNG's bytes, transparent around them, for display at half of `size`.

    x_range, y_range: (low, high), default the extremes. log: a logarithmic y axis; what isn't positive is left
    out. marks: places on the x axis that get a dotted line.
    """
    points = {label: _positive(curve) if log else list(zip(*curve, strict=True)) for label, curve in series.items()}
    every = [point for curve in points.values() for point in curve]
    axes = _Axes(
        size,
        x_range or _extremes([x for x, _ in every]),
        y_range or _extremes([y for _, y in every], log),
        log,
    )
    axes.draw_scales(t(x_label), t(y_label))
    for x in marks:
        axes.mark(x)
    for number, curve in enumerate(points.values()):
        axes.curve(curve, LINE_COLOURS[number % 4], WIDTHS[number % 4])
    axes.legend(list(map(t, points)))
    return _png(axes.picture)


def loss_chart(history, steps, terms=("total", "style", "content", "total_variation"), size=(720, 400)):
    """A run's history (a list of dicts of floats) -> a PNG's bytes: a curve a term over 1 to `steps`, log scale."""
    history = list(history)  # a copy: a run's own may grow meanwhile, in its thread
    numbers = range(1, len(history) + 1)
    series = {
        term.replace("_", " "): (numbers, [losses.get(term, 0.0) for losses in history])
        for term in terms
        if any(losses.get(term, 0.0) > 0 for losses in history)
    }
    return line_chart(series, mark("step"), mark("loss"), x_range=(1, max(steps, 2)), log=True, size=size)


def bar_chart(values, label, size=(760, 400)):
    """A horizontal bar for each {name: value}, values at least 0, -> a PNG's bytes, for display at half of `size`."""
    picture = Image.new("RGBA", size)
    draw, font = ImageDraw.Draw(picture), plots.font(FONT)
    values = {t(name): value for name, value in values.items()}
    left, right = 16 + max(draw.textlength(name, font) for name in values), size[0] - 110
    pitch, longest = (size[1] - 44) / len(values), max(max(values.values()), 1e-30)
    for number, (name, value) in enumerate(values.items()):
        y, end = (number + 0.5) * pitch, left + (right - left) * value / longest
        draw.text((left - 10, y), name, INK, font, anchor="rm")
        draw.rectangle([left, y - 0.3 * pitch, end, y + 0.3 * pitch], fill=COLOURS[0])
        draw.text((end + 8, y), f"{value:.3g}", INK, font, anchor="lm")
    draw.text((left, size[1] - 4), t(label), INK, font, anchor="ld")
    return _png(picture)


def _png(picture):
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _positive(curve):
    return [(x, y) for x, y in zip(*curve, strict=True) if y > 0]


def _extremes(values, log=False):
    """The least and largest, widened where they are the same."""
    low, high = min(values, default=1 if log else 0), max(values, default=1)
    if log:
        return (low, high) if high > 1.5 * low else (low / 2, high * 2)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


class _Axes:
    """Two axes with their scales on a clear picture; `curve` and `mark` take values of the data."""

    def __init__(self, size, x_range, y_range, log):
        self.picture = Image.new("RGBA", size)
        self.draw, self.font = ImageDraw.Draw(self.picture), plots.font(FONT)
        self.left, self.top, self.right, self.bottom = 112, 56, size[0] - 24, size[1] - 70
        self.x_range, self.y_range, self.log = x_range, y_range, log

    def across(self, x):
        """The pixel of a place on the x axis."""
        low, high = self.x_range
        return self.left + (self.right - self.left) * (x - low) / (high - low)

    def up(self, y):
        """The pixel of a place on the y axis."""
        low, high, y = (math.log10(v) for v in (*self.y_range, y)) if self.log else (*self.y_range, y)
        return self.bottom - (self.bottom - self.top) * (y - low) / (high - low)

    def draw_scales(self, x_label, y_label):
        """The axes, their numbers and labels."""
        for y in self._y_ticks():
            self.draw.line([self.left, self.up(y), self.right, self.up(y)], fill=INK + "50", width=1)
            self.draw.text((self.left - 10, self.up(y)), f"{y:.3g}", INK, self.font, anchor="rm")
        for x in self._inside(MaxNLocator(5, integer=True).tick_values(*self.x_range), self.x_range):
            number = f"{x:g}"
            last = self.picture.width - self.draw.textlength(number, self.font) / 2 - 2  # 1000 would be cut off
            self.draw.text((min(self.across(x), last), self.bottom + 8), number, INK, self.font, anchor="ma")
        self.draw.line([self.left, self.bottom, self.right, self.bottom], fill=INK, width=2)
        self.draw.text(((self.left + self.right) / 2, self.picture.height - 4), x_label, INK, self.font, anchor="md")
        self.draw.text((4, 4), y_label, INK, self.font, anchor="la")

    def _y_ticks(self):
        if not self.log:
            return self._inside(MaxNLocator(4).tick_values(*self.y_range), self.y_range)
        low, high = (math.floor(math.log10(v)) for v in self.y_range)
        every = max(1, math.ceil((high - low) / 5))
        ticks = self._inside([10.0**k for k in range(low, high + 2, every)], self.y_range)
        if len(ticks) > 1:
            return ticks
        return self._inside([m * 10.0**k for k in sorted({low, high}) for m in (1, 2, 5)], self.y_range)

    @staticmethod
    def _inside(values, limits):
        return [value for value in values if limits[0] <= value <= limits[1]]

    def curve(self, points, colour, width):
        """A curve through (x, y) points, a dot where there is one; what is beyond the y axis is drawn at its end."""
        low, high = self.y_range
        places = [(self.across(x), self.up(min(max(y, low), high))) for x, y in points[:: max(1, len(points) // 600)]]
        if len(places) > 1:
            self.draw.line(places, fill=colour, width=width, joint="curve")
        for x, y in places[:1] if len(places) == 1 else ():
            self.draw.ellipse([x - 6, y - 6, x + 6, y + 6], fill=colour)

    def mark(self, x):
        """A dotted line up from a place on the x axis."""
        for y in range(self.top, self.bottom, 12):
            self.draw.line([self.across(x), y, self.across(x), y + 5], fill=INK, width=3)

    def legend(self, labels):
        """Each curve's label after a piece of its line, from the right end of the top."""
        x = self.right
        for number, label in reversed(list(enumerate(labels))):
            x -= self.draw.textlength(label, self.font)
            self.draw.text((x, 4), label, INK, self.font, anchor="la")
            self.draw.line([x - 44, 18, x - 8, 18], fill=LINE_COLOURS[number % 4], width=WIDTHS[number % 4])
            x -= 72
