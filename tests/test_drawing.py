"""Pictures drawn cell by cell: colours, sizes, frames."""

import io

import matplotlib
import numpy as np
import pytest
from PIL import Image

from styletutor import drawing

MARK = np.array([0xD5, 0x5E, 0x00])


def rgb(picture):
    """The pixels as a PNG's reader sees them."""
    return np.asarray(Image.open(io.BytesIO(drawing.png(picture))).convert("RGBA")).astype(int)


def viridis(share):
    """matplotlib's own colour."""
    return np.array(matplotlib.colormaps["viridis"](float(share))[:3]) * 255


def test_heat_map_shows_each_value_as_a_square_in_viridis():
    """Two by three values on 90 pixels become squares of 30 in the colours that matplotlib gives them."""
    pixels = rgb(drawing.heat_map([[0, 1, 2], [3, 4, 5]], side=90))
    assert pixels.shape == (60, 90, 4)
    for number, square in enumerate(pixels.reshape(2, 30, 3, 30, 4).swapaxes(1, 2).reshape(6, -1, 4)):
        assert (square == square[0]).all()
        assert np.abs(square[0, :3] - viridis(number / 5)).max() <= 3


def test_heat_map_uses_the_scale_it_is_given():
    """The same values on a scale twice as long are half as bright; a flat map is dark, without a warning."""
    assert np.abs(rgb(drawing.heat_map([[0, 1]], 2, high=2))[0, 1, :3] - viridis(0.5)).max() <= 3
    assert np.abs(rgb(drawing.heat_map(np.full((4, 4), 7.0)))[..., :3] - viridis(0)).max() <= 1


def test_heat_map_frames_the_marked_value_and_leaves_it_visible():
    """Around the marked square runs the mark's colour; the square itself keeps its own."""
    plain, marked = (rgb(drawing.heat_map(np.arange(9).reshape(3, 3), 90, mark)) for mark in (None, (1, 1)))
    assert (marked[30:60, 30:60] == plain[30:60, 30:60]).all()
    assert (marked[28, 28:62, :3] == MARK).all() and (marked[28:62, 61, :3] == MARK).all()
    assert (marked[29, 30:60, :3] == 255).all()


@pytest.mark.parametrize("rectangle", [(0, 0, 20, 30), (0, 0, 1, 1), (19, 29, 20, 30), (5, 0, 20, 9)])
def test_frames_stay_inside_the_picture(rectangle):
    """A frame at the border is drawn inside of it: all four sides can be seen."""
    array = np.zeros((20, 30), "uint8")
    drawing.frame(array, rectangle, 2, 1)
    rows, columns = np.nonzero(array == 2)
    assert rows.min() == max(rectangle[0] - 3, 0) and rows.max() == min(rectangle[2] + 2, 19)
    assert columns.min() == max(rectangle[1] - 3, 0) and columns.max() == min(rectangle[3] + 2, 29)


def test_contact_sheet_shows_the_maps_in_the_order_given():
    """Four flat maps on a common scale stand in two rows, brightest where the order puts them."""
    maps = np.stack([np.full((2, 2), v, "float32") for v in (0, 1, 2, 3)], -1)
    sheet = rgb(drawing.contact_sheet(maps, order=[3, 2, 1, 0], side=40, shared=True))
    half = sheet.shape[0] // 2
    corners = [sheet[half // 2 + y, half // 2 + x, :3] for y in (0, half) for x in (0, half)]
    for colour, share in zip(corners, (1, 2 / 3, 1 / 3, 0), strict=True):
        assert np.abs(colour - viridis(share)).max() <= 3


def test_contact_sheet_scales_each_map_on_its_own_unless_asked():
    """Two maps that differ by a factor look the same, and differ on a shared scale."""
    ramp = np.arange(16, dtype="float32").reshape(4, 4)
    maps = np.stack([ramp, 10 * ramp], -1)
    own, shared = (rgb(drawing.contact_sheet(maps, side=20, shared=flag)) for flag in (False, True))
    left, right = slice(3, 7), slice(3 + 7, 7 + 7)
    assert (own[3:7, left] == own[3:7, right]).all()
    assert (shared[3:7, left] != shared[3:7, right]).any()


def test_contact_sheet_averages_maps_that_are_too_large():
    """A map of 64 columns on a tile of some 17 becomes the mean of its 4 × 4 blocks; gaps are clear."""
    maps = np.random.default_rng(0).uniform(size=(64, 64, 1)).astype("float32")
    sheet = rgb(drawing.contact_sheet(maps, side=20))
    blocks = maps[..., 0].reshape(16, 4, 16, 4).mean((1, 3))
    expected = viridis_map((blocks - blocks.min()) / np.ptp(blocks))
    assert np.abs(sheet[3:19, 3:19, :3] - expected).max() <= 3
    assert (sheet[0, :, 3] == 0).all() and (sheet[3:19, 3:19, 3] == 255).all()


def viridis_map(shares):
    """matplotlib's colours of an array."""
    return matplotlib.colormaps["viridis"](shares)[..., :3] * 255


def test_contact_sheet_frames_the_chosen_map():
    """Choosing another map moves the frame to it, wherever the order has put it."""
    maps = np.random.default_rng(0).uniform(size=(8, 8, 4)).astype("float32")
    sheets = [rgb(drawing.contact_sheet(maps, order=[2, 0, 3, 1], chosen=n, side=60)) for n in (2, 1)]
    first, last = ((sheet[..., :3] == MARK).all(-1).nonzero() for sheet in sheets)
    assert first[0].max() < last[0].min() + 6 and first[1].max() < last[1].min() + 6


def test_histogram_draws_a_bar_for_each_value_and_the_mark_where_it_belongs():
    """The mark of the largest value is to the right of the smallest one's; the background is clear."""
    values = np.array([0.0, 0.0, 0.0, 5.0, 10.0])
    pictures = [rgb(drawing.histogram(values, mark)) for mark in (0, 5, 10)]
    places = [(picture[..., :3] == MARK).all(-1).nonzero()[1].mean() for picture in pictures]
    assert places[0] < places[1] < places[2]
    assert places[1] == pytest.approx((places[0] + places[2]) / 2, abs=1)
    assert (pictures[0][..., 3] == 0).mean() > 0.5
    blue = (rgb(drawing.histogram(values))[..., :3] == [0x00, 0x72, 0xB2]).all(-1)
    heights = np.sort(blue.sum(0)[blue.any(0)])
    assert heights[-1] > heights[0] > 0


@pytest.mark.parametrize("values", [[0.0] * 9, [3.0], [-1e6, 1e6], [1e-7, 2e-7]])
def test_histogram_of_odd_values(values):
    """Constant, single, huge and tiny values give a picture too."""
    assert drawing.histogram(values, values[0]).size == (640, 340)
