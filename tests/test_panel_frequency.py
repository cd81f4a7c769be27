"""FrequencyPanel: every control shows what it does, in a picture and in numbers."""

import numpy as np
import panel_checks as checks
import pytest

import styletutor as st
from styletutor import frequency
from styletutor.panels import FrequencyPanel

MOVES = {
    "first": "one strong edge",
    "view": "Sobel magnitude",
    "gain": 3.0,
    "across": 90,
    "down": 10,
    "side": 12,
    "second": "many small edges",
    "noise": 0.3,
    "seed": 5,
    "blur": 2.0,
    "steps": 12,
    "weight": 0.7,
}


@pytest.fixture(scope="module")
def image():
    """A small photograph."""
    return st.gallery.load("coffee", 80)


@pytest.fixture
def panel(image):
    """The panel on it."""
    return FrequencyPanel(image)


def prepare_for(name):
    """The weight of total variation matters once there are denoising steps."""
    return (lambda panel: setattr(panel.controls["steps"], "value", 10)) if name == "weight" else None


def test_every_control_has_a_move(panel):
    """No control is forgotten here."""
    checks.check_moves_are_complete(panel, MOVES)


@pytest.mark.parametrize("name", MOVES)
def test_control_moves_a_picture_and_a_number(panel, name):
    """Each control changes a picture and a number beside it."""
    checks.check_control(panel, name, MOVES, prepare_for(name))


@pytest.mark.parametrize("name", MOVES)
def test_nothing_moves_without_the_handler(panel, name):
    """The test above fails when the handler is removed."""
    checks.check_handlers_matter(panel, name, MOVES, prepare_for(name))


def test_accessible_and_still(panel):
    """Words on every control and picture, and no height that changes."""
    checks.check_accessible(panel)
    checks.check_heights_stay(panel, MOVES)


def test_works_from_another_thread(panel):
    """A callback may come from any thread."""
    checks.check_works_from_another_thread(panel, "view", MOVES)


def test_errors_show_in_the_panel(panel, monkeypatch):
    """An error in a callback is shown as text; the panel works again afterwards."""

    def fail(*_):
        raise RuntimeError("<injected>")

    checks.check_error_is_shown(
        panel, "blur", MOVES, lambda: monkeypatch.setattr(frequency.recipes, "blur", fail), monkeypatch.undo,
        lambda panel: setattr(panel.controls["blur"], "value", 1.0),
    )


def test_first_and_second_are_the_same_without_changes(panel):
    """With noise off, both rows show the same bytes and the ratios are 1."""
    panel.controls["noise"].value = 0
    pictures = checks.seen(panel)[0]
    for kind in ("", "_view", "_crop", "_crop_view"):
        assert pictures["first" + kind] == pictures["second" + kind]
    assert "1.00" in panel.readout.value and "1.01" not in panel.readout.value


def test_stylized_picture_is_the_second(image):
    """A second picture given stands in the second row at once, unchanged, and is measured."""
    stylized = frequency.small_edges(40, 60)
    panel = FrequencyPanel(image, stylized)
    assert panel.controls["second"].value == "the stylized picture" and panel.controls["noise"].value == 0
    assert f"{frequency.measure(stylized).total_variation:,.1f}" in checks.text_of(panel.readout.value)


def test_readout_is_what_the_functions_give(panel, image):
    """The numbers beside the pictures are `measure`'s, and both total variations agree."""
    panel.controls["noise"].value = 0.2
    noisy = frequency.measure(frequency.add_noise(image, 0.2, 0))
    text = checks.text_of(panel.readout.value)
    assert text.count(f"{frequency.measure(image).total_variation:,.1f}") == 2
    assert text.count(f"{noisy.total_variation:,.1f}") == 2 and f"{noisy.squares:,.2f}" in text


def test_order_of_changes(panel, image):
    """Noise, then blur, then denoising: the second picture is the three functions one after the other."""
    for name, value in (("noise", 0.2), ("blur", 1.0), ("steps", 5), ("weight", 0.3)):
        panel.controls[name].value = value
    expected = frequency.denoise(frequency.blur(frequency.add_noise(image, 0.2, 0), 1.0), 0.3, 5).image
    np.testing.assert_array_equal(panel.made.image(panel.recipes()[1]), expected)


def test_controls_without_effect_are_greyed_out(panel):
    """The noise's number without noise, the weight without steps: disabled, and enabled again with them."""
    box = panel.controls
    assert not box["seed"].disabled and box["weight"].disabled
    box["noise"].value, box["steps"].value = 0, 3
    assert box["seed"].disabled and not box["weight"].disabled


def test_unchanged_pictures_are_not_drawn_again(panel, monkeypatch):
    """A slider of the second picture leaves the first row's pictures alone: they are not encoded again."""
    drawn = []
    for name, picture in panel.pictures.items():
        monkeypatch.setattr(picture, "show", lambda *_, name=name: drawn.append(name))
    panel.controls["noise"].value = 0.25
    assert set(drawn) == {"second", "second_view", "second_crop", "second_crop_view", "profile"}


def test_bad_picture_is_refused():
    """What isn't a picture raises the package's error at once."""
    with pytest.raises(st.StyleTutorError):
        FrequencyPanel(np.zeros((3, 3)) + np.nan)
