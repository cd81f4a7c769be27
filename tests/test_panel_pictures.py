"""PicturesPanel: pick two pictures and see both; what it shows is what it gives."""

import datetime

import numpy as np
import panel_checks as checks
import pytest

import styletutor as st
from styletutor import gallery, images
from styletutor.panels import PicturesPanel


def path_of(role):
    """The move that types the path of an own picture."""
    return lambda panel: setattr(panel.controls[f"{role}_path"], "value", str(panel.picture_file))


def upload_of(role):
    """The move that uploads a picture."""
    return lambda panel: setattr(panel.controls[f"{role}_upload"], "value", panel.uploads)


MOVES = {
    "content": "coffee",
    "content_path": path_of("content"),
    "content_upload": upload_of("content"),
    "style": "geometry",
    "style_path": path_of("style"),
    "style_upload": upload_of("style"),
    "max_dim": 128,
}


@pytest.fixture
def panel(tmp_path):
    """The panel at a small size, with a file and an upload at hand."""
    panel = PicturesPanel(max_dim=96)
    panel.picture_file = images.save_image(gallery.load("rocket", 80), tmp_path / "own picture.png")
    content = panel.picture_file.read_bytes()
    file = {"name": "upload.png", "type": "image/png", "size": len(content), "content": content}
    panel.uploads = ({**file, "last_modified": datetime.datetime.now(datetime.UTC)},)
    return panel


def test_every_control_has_a_move(panel):
    """No control is forgotten here."""
    checks.check_moves_are_complete(panel, MOVES)


@pytest.mark.parametrize("name", MOVES)
def test_control_moves_a_picture_and_a_number(panel, name):
    """Each control changes a picture and a number beside it."""
    checks.check_control(panel, name, MOVES)


@pytest.mark.parametrize("name", MOVES)
def test_nothing_moves_without_the_handler(panel, name):
    """The test above fails when the handler is removed."""
    checks.check_handlers_matter(panel, name, MOVES)


def test_accessible_and_still(panel):
    """Words on every control and picture, and no height that changes."""
    checks.check_accessible(panel)
    checks.check_heights_stay(panel, MOVES)


def test_gives_what_it_shows(panel):
    """`content` and `style` are the images chosen, and the readout is the code that loads them."""
    panel.controls["content"].value = "astronaut"
    assert np.array_equal(panel.content, gallery.load("astronaut", 96))
    assert np.array_equal(panel.style, gallery.load("swirls", 96))
    assert "content = st.gallery.load('astronaut', 96)" in checks.text_of(panel.readout.value)
    assert gallery.describe("astronaut") in checks.text_of(panel.pictures["content"].caption.value)


def test_own_picture_by_path(panel):
    """A path typed in is chosen at once, and named in the caption and in the code."""
    MOVES["content_path"](panel)
    assert panel.content.shape == (1, 53, 80, 3)
    assert f"content = st.load_image({str(panel.picture_file)!r}, 96)" in checks.text_of(panel.readout.value)


def test_missing_file_is_said_and_the_last_picture_stays(panel):
    """A path that leads nowhere gives one sentence in the panel; picking a picture takes it away."""
    before = checks.seen(panel)
    panel.controls["content_path"].value = "nowhere.jpg"
    assert "There is no file nowhere.jpg." in checks.text_of(panel.alert.value)
    assert checks.seen(panel) == before
    panel.controls["content"].value = "coffee"
    assert panel.alert.value == "" and np.array_equal(panel.content, st.gallery.load("coffee", 96))


def test_error_is_shown_and_goes(panel, monkeypatch):
    """An error inside appears in the panel, and the panel goes on afterwards."""

    def broken(*_):
        raise RuntimeError("<injected>")

    checks.check_error_is_shown(
        panel, "content", MOVES,
        lambda: monkeypatch.setattr(gallery, "load", broken), monkeypatch.undo,
        lambda panel: setattr(panel.controls["style"], "value", "geometry"),
    )  # fmt: skip


def test_works_from_another_thread(panel):
    """A callback may come from any thread."""
    checks.check_works_from_another_thread(panel, "content", MOVES)
