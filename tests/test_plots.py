"""Plots: colours where they belong, text drawn literally, figures that a notebook shows without pyplot."""

import sys

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import same_color

from styletutor import plots


def test_colour_map_spans_the_values():
    """The least value has the map's first colour, the largest its last, and the shape is an image's."""
    image = plots.colour_map([[0.0, 1.0], [2.0, 4.0]], "gray")
    assert image.shape == (1, 2, 2, 3) and image.dtype == np.float32
    assert image[0, 0, 0] == pytest.approx([0, 0, 0]) and image[0, 1, 1] == pytest.approx([1, 1, 1])
    assert image[0, 1, 0] == pytest.approx([0.5, 0.5, 0.5], abs=0.01)


def test_colour_map_of_a_flat_array_is_finite():
    """All values equal: one colour, no division by zero."""
    assert np.isfinite(plots.colour_map(np.full((2, 2), 3.0))).all()


def test_difference_map_is_white_at_zero():
    """Zero is white whatever the extremes, negative is blue, positive is red."""
    image = plots.difference_map(np.array([[-1.0, 0.0, 4.0]]))[0, 0]
    assert image[1].min() > 0.95
    assert image[0][2] > image[0][0] and image[2][0] > image[2][2]


def test_enlarge_repeats_pixels():
    """Each pixel becomes a square of a whole number of pixels; a large image stays as it is."""
    image = np.arange(12, dtype="float32").reshape(1, 2, 2, 3)
    large = plots.enlarge(image, 7)
    assert large.shape == (1, 6, 6, 3) and (large[0, :3, :3] == image[0, 0, 0]).all()
    assert plots.enlarge(image, 1) is not None and plots.enlarge(image, 1).shape == image.shape


@pytest.mark.parametrize("text", [r"$x\frac{1$", "100 $", "a_b^c", "<img src=x>"])
def test_titles_are_drawn_literally(text):
    """Dollar signs start no formula: a title with half a formula is drawn, and differs from none."""
    image = np.zeros((1, 8, 8, 3), "float32")
    assert plots.png(plots.side_by_side(**{text: image})) != plots.png(plots.side_by_side(**{" ": image}))


def test_a_long_title_stays_over_its_picture():
    """Its letters get smaller, so that it isn't cut off at the plot's edge."""
    figure = plots.side_by_side(1.9, short=np.zeros((1, 8, 8, 3)), **{"many small edges " * 3: np.zeros((1, 8, 8, 3))})
    title = figure.axes[1].title.get_window_extent(FigureCanvasAgg(figure).get_renderer())
    assert title.x0 > 0 and title.x1 < figure.bbox.x1


def test_a_legend_has_no_ground_of_its_own():
    """Its words have the colour of the axes, and the page shows through: it is read on light and dark pages."""
    legend = plots.loss_curves([{"total": 2.0}, {"total": 1.0}]).axes[0].get_legend()
    assert not legend.get_frame_on() and same_color(legend.get_texts()[0].get_color(), plots.INK)


def test_a_notebook_shows_a_plot_without_pyplot():
    """A plot gives its own PNG; making it never touches pyplot's state."""
    history = [{"total": 1.0 / n, "style": 0.5 / n, "content": 0.0, "total_variation": 0.0} for n in range(1, 9)]
    pyplot = sys.modules.get("matplotlib.pyplot")
    before = pyplot.get_fignums() if pyplot else None
    assert plots.loss_curves(history)._repr_png_().startswith(b"\x89PNG")
    assert (pyplot.get_fignums() if pyplot else None) == before


def test_loss_curves_show_what_is_there():
    """Each positive term is a curve over the steps; a term that is always 0 is left out."""
    history = [{"total": 2.0, "style": 1.0, "content": 1.0, "total_variation": 0.0}, {"total": 1.0, "style": 0.5}]
    axes = plots.loss_curves(history).axes[0]
    assert [line.get_label() for line in axes.lines] == ["total", "style", "content"]
    assert list(axes.lines[0].get_ydata()) == [2.0, 1.0] and list(axes.lines[0].get_xdata()) == [1, 2]
    assert plots.png(plots.loss_curves([])).startswith(b"\x89PNG")


def test_bars_are_as_long_as_their_values():
    """One bar a name, in order from the top, with the value as its length."""
    axes = plots.bars({"a": 1.0, "b$": 3.0}, "share").axes[0]
    assert [bar.get_width() for bar in axes.patches] == [1.0, 3.0] and axes.get_xlabel() == "share"
