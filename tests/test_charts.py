"""Charts drawn with Pillow: curves lie where their values say."""

import io

import numpy as np
import pytest
from PIL import Image, ImageColor
from skimage.color import deltaE_ciede2000, rgb2lab

from styletutor import charts
from styletutor.plots import INK

SIZE = (400, 300)


def drawn(*args, **kwargs):
    """The chart as an array (H, W, 4)."""
    return np.asarray(Image.open(io.BytesIO(charts.line_chart(*args, size=SIZE, **kwargs))))


def places(picture, number):
    """(rows, columns) inside the axes at which a curve's colour stands."""
    colour = np.array(ImageColor.getrgb(charts.LINE_COLOURS[number]))
    found = (picture[..., :3] == colour).all(-1) & (picture[..., 3] == 255)
    found[:50] = False  # the legend
    return np.nonzero(found)


def test_curves_lie_where_their_values_say():
    """A constant is a level line at its share of the axis, a rising line ends higher than it begins."""
    picture = drawn({"level": ([0, 10], [0.25, 0.25]), "rising": ([0, 10], [0, 1])}, "x", "y", y_range=(0, 1))
    rows, columns = places(picture, 0)
    assert rows.max() - rows.min() < 8 and columns.max() - columns.min() > 200
    top, bottom = 56, SIZE[1] - 70
    assert rows.mean() == pytest.approx(bottom - 0.25 * (bottom - top), abs=3)
    rows, columns = places(picture, 1)
    assert rows[columns < 150].mean() > rows[columns > 300].mean() + 80


@pytest.mark.parametrize("last", [100, 1000, 100_000])
def test_the_last_number_of_the_scale_is_whole(last):
    """At the right end of the x axis a long number moves inwards: nothing reaches the picture's edge."""
    picture = drawn({"level": ([0, last], [0.5, 0.5])}, "x", "y", y_range=(0, 1))
    below = picture[SIZE[1] - 66 : SIZE[1] - 30, SIZE[0] - 40 :, 3]
    assert below.any() and not below[:, -1].any()


def test_logarithmic_decades_are_equally_high():
    """1, 0.1 and 0.01 lie at the top, in the middle and at the bottom; what isn't positive is left out."""
    picture = drawn({"loss": ([0, 1, 2, 3], [1, 0.1, 0.01, 0])}, "step", "loss", log=True)
    rows, columns = places(picture, 0)
    left, middle, right = (rows[np.abs(columns - x) < 6].mean() for x in (112, 244, 376))
    assert left < middle < right and middle == pytest.approx((left + right) / 2, abs=6)


@pytest.mark.parametrize("log", [False, True])
def test_a_single_point_is_a_dot_and_nothing_is_an_empty_chart(log):
    """Before the first step there is one value, or none: neither fails."""
    assert len(places(drawn({"one": ([3], [0.2])}, "x", "y", log=log), 0)[0]) > 20
    assert len(places(drawn({"none": ([], [])}, "x", "y", log=log), 0)[0]) == 0


def test_a_history_that_grows_meanwhile():
    """A training goes on in its thread while a slider has the chart of its losses drawn."""
    history = []

    class Losses(dict):
        def get(self, *arguments):
            if len(history) < 20:
                history.append(Losses(self))
            return super().get(*arguments)

    history.append(Losses(total=1.0, style=0.5))
    assert charts.loss_chart(history, 10).startswith(b"\x89PNG") and len(history) > 1


def test_a_mark_is_a_dotted_line():
    """A mark changes pixels above its place only, over the axes' height."""
    series = {"a": ([0, 10], [0, 1])}
    without, marked = drawn(series, "x", "y"), drawn(series, "x", "y", marks=(5,))
    rows, columns = np.nonzero((without != marked).any(-1))
    assert columns.max() - columns.min() < 6 and rows.max() - rows.min() > 120
    assert columns.mean() == pytest.approx((112 + SIZE[0] - 24) / 2, abs=2)


def test_the_page_shows_through():
    """Around the curves the picture is clear, for light and dark pages."""
    assert (drawn({"a": ([0, 1], [0, 1])}, "x", "y")[..., 3] == 0).mean() > 0.8


@pytest.mark.parametrize("kind", ["protanopia", "deuteranopia", "tritanopia"])
def test_curves_differ_for_colour_blind_readers(kind):
    """As each kind of dichromat sees them (Machado, Oliveira and Fernandes 2009), no two curves' colours are alike."""
    seen = {  # severity 1
        "protanopia": [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]],
        "deuteranopia": [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]],
        "tritanopia": [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]],
    }[kind]
    colours = np.array([ImageColor.getrgb(colour) for colour in charts.LINE_COLOURS]) / 255
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ np.transpose(seen), 0, 1)
    lab = rgb2lab(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))
    distances = [deltaE_ciede2000(lab[i], lab[j]) for i in range(4) for j in range(i)]
    assert min(distances) > 10


@pytest.mark.parametrize("page", ["#FFFFFF", "#111111"])  # JupyterLab's light theme, and its dark one
def test_charts_are_readable_on_light_and_dark_pages(page):
    """WCAG's contrast: text about as much as any one grey has on both pages, curves the 3 to 1 asked of graphics."""

    def luminance(colour):
        values = np.array(ImageColor.getrgb(colour)) / 255
        linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722] + 0.05

    def contrast(colour):
        return max(luminance(colour), luminance(page)) / min(luminance(colour), luminance(page))

    assert contrast(INK) > 4.3
    assert min(map(contrast, charts.LINE_COLOURS)) > 3
