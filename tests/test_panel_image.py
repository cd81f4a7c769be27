"""ImagePanel: every control shows what it does, in a picture and in numbers."""

import numpy as np
import panel_checks as checks
import pytest

import styletutor as st
from styletutor import pixels
from styletutor.panels import ImagePanel

MOVES = {
    "max_dim": 24,
    "shown": "BGR",
    "brightness": 0.25,
    "stored": "uint8",
    "bits": 3,
    "saving": True,
    "down": 10,
    "across": 80,
}


@pytest.fixture
def panel():
    """The panel on a small photograph."""
    return ImagePanel(st.gallery.load("coffee", 96))


def brightened(panel):
    """The number type matters once something is added."""
    panel.controls["brightness"].value = 0.3


def test_every_control_has_a_move(panel):
    """No control is forgotten here."""
    checks.check_moves_are_complete(panel, MOVES)


@pytest.mark.parametrize("name", MOVES)
def test_control_moves_a_picture_and_a_number(panel, name):
    """Each control changes a picture and a number beside it."""
    checks.check_control(panel, name, MOVES, brightened if name == "stored" else None)


@pytest.mark.parametrize("name", MOVES)
def test_nothing_moves_without_the_handler(panel, name):
    """The test above fails when the handler is removed."""
    checks.check_handlers_matter(panel, name, MOVES, brightened if name == "stored" else None)


def test_accessible_and_still(panel):
    """Words on every control and picture, and no height that changes."""
    checks.check_accessible(panel)
    checks.check_heights_stay(panel, MOVES)


def test_works_from_another_thread(panel):
    """A callback may come from any thread."""
    checks.check_works_from_another_thread(panel, "bits", MOVES)


def test_error_is_shown_and_goes(panel, monkeypatch):
    """An error inside appears in the panel, and the panel goes on afterwards."""

    def broken(*_):
        raise RuntimeError("<injected>")

    checks.check_error_is_shown(
        panel, "bits", MOVES,
        lambda: monkeypatch.setattr(pixels, "quantise", broken), monkeypatch.undo,
        lambda panel: setattr(panel.controls["bits"], "value", 2),
    )  # fmt: skip


def test_readout_holds_the_window_of_the_image(panel):
    """The numbers in the readout are those of the image, and the levels are 255 times them, rounded."""
    image = st.images.resize(panel.original, panel.controls["max_dim"].value)
    row, column = round((image.shape[1] - 1) / 2), round((image.shape[2] - 1) / 2)
    text = checks.text_of(panel.readout.value)
    assert f"shape {image.shape}" in text
    assert pixels.table(image[:, row - 2 : row + 3, column - 2 : column + 3]) in text
    levels = np.rint(image[0, row, column] * 255)
    assert text.rstrip().endswith("saved as " + " ".join(f"{level:.0f}" for level in levels))


def test_truncating_one_bit_leaves_only_pure_white(panel):
    """With two levels rounded, light things stay; truncated, all but the purest white goes black."""
    panel.controls["bits"].value, mean = 1, {}
    for way in (False, True):
        panel.controls["saving"].value = way
        mean[way] = float(checks.seen(panel)[1][2])
    assert mean[True] < mean[False]


@pytest.mark.parametrize("shape", [(1, 40, 64, 3), (1, 8, 8, 3), (1, 300, 4, 3)])
def test_any_picture_will_do(shape):
    """Small and narrow pictures too, at every place of the window."""
    panel = ImagePanel(np.random.default_rng(0).random(shape, "float32"))
    for percent in (0, 100):
        panel.controls["down"].value = panel.controls["across"].value = percent
    panel.controls["max_dim"].value = 8
    assert panel.alert.value == ""


def test_takes_a_path(tmp_path):
    """Anything that load_image takes, the panel takes."""
    path = st.save_image(st.gallery.load("rocket", 40), tmp_path / "rocket.png")
    assert ImagePanel(str(path)).original.shape == (1, 27, 40, 3)


@pytest.mark.parametrize("size", [(1, 1), (4, 4), (2, 9)])
def test_a_picture_of_a_few_pixels(size):
    """An array that a learner typed in is shown too, though the size slider can hardly move."""
    image = np.linspace(0, 1, 3 * size[0] * size[1], dtype="float32").reshape(1, *size, 3)
    panel = ImagePanel(image)
    panel.controls["bits"].value = 1
    assert panel.error is None and f"shape {image.shape}" in panel.readout.value
