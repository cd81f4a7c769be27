"""LayerPanel, headless: every control moves a picture and a number; errors show; it follows the layer."""

import numpy as np
import panel_checks as checks
import pytest

import styletutor as st
from styletutor import inspection, vgg19
from styletutor.errors import ImageError, WeightsError
from styletutor.panels.layer import LayerPanel

CLASSES = [("tabby", 0.6), ("tiger cat", 0.3), ("lynx", 0.05), ("Egyptian cat", 0.03), ("mouse", 0.02)]


@pytest.fixture(scope="module")
def image():
    """A picture with something everywhere."""
    y, x = np.mgrid[0:64, 0:80] / 64
    picture = np.stack([x / 1.25, y, 0.5 + 0.5 * np.sin(25 * x * y)], -1)
    noise = np.random.default_rng(2).uniform(-0.1, 0.1, picture.shape)
    return np.clip(picture + noise, 0, 1)[None].astype("float32")


@pytest.fixture
def panel(image, monkeypatch):
    """A panel on the embedded network; the classifier, which is not in the package, is stood in for."""
    monkeypatch.setattr(vgg19, "predict_top5", lambda image: CLASSES)
    return LayerPanel(st.load_vgg19("embedded"), image)


def another(name):
    """Move a slider to the next value, at the end to the one before."""

    def move(panel):
        control = panel.controls[name]
        control.value += 1 if control.value < control.max else -1

    return move


MOVES = {
    "layer": "block3_conv2",
    "channel": another("channel"),
    "row": another("row"),
    "column": another("column"),
    "all_channels": True,
    "sort": True,
    "same_scale": True,
    "skip_preprocess": True,
    "strongest": checks.CLICK,
    "top5": checks.CLICK,
}


def ordinary_channel(panel):
    """A channel that is neither dead, nor the one with the layer's largest value, nor at its own rank."""
    features = panel.view.features
    tops, order = features.max((0, 1, 2)), inspection.strongest_channels(features)
    panel.controls["channel"].value = next(
        n for n, top in enumerate(tops) if 0 < top < tops.max() and order[n] != n
    )


PREPARE = {"sort": ordinary_channel, "same_scale": ordinary_channel, "strongest": another("row")}


def test_every_control_has_a_move(panel):
    """A control without a move in this test would go untested."""
    checks.check_moves_are_complete(panel, MOVES)


@pytest.mark.parametrize("name", MOVES)
def test_moving_a_control_changes_a_picture_and_a_number(panel, name):
    """Each control does something that can be seen and read."""
    checks.check_control(panel, name, MOVES, PREPARE.get(name))


@pytest.mark.parametrize("name", MOVES)
def test_without_its_handler_a_control_does_nothing(panel, name):
    """It is the control's own handler that makes the difference."""
    checks.check_handlers_matter(panel, name, MOVES, PREPARE.get(name))


def test_controls_and_pictures_say_what_they_are(panel):
    """Descriptions, tooltips, captions and fixed heights are there, and stay."""
    checks.check_accessible(panel)
    checks.check_heights_stay(panel, MOVES, another("row"))


def test_an_error_is_shown_and_the_panel_lives_on(panel, monkeypatch):
    """What a callback raises appears as an alert and goes with the next move."""
    take_apart = inspection.Inspection.take_apart

    def broken(*args):
        raise RuntimeError("<injected>")

    checks.check_error_is_shown(
        panel, "channel", MOVES,
        lambda: monkeypatch.setattr(inspection.Inspection, "take_apart", broken),
        lambda: monkeypatch.setattr(inspection.Inspection, "take_apart", take_apart),
        another("row"),
    )


@pytest.mark.parametrize("name", ["layer", "channel", "skip_preprocess"])
def test_callbacks_may_come_from_any_thread(panel, name):
    """A move from another thread changes the panel as well."""
    checks.check_works_from_another_thread(panel, name, MOVES)


def test_without_the_classifier_the_button_says_how_to_get_it(panel, monkeypatch):
    """The error's sentence is shown, the button can be pressed again, and no empty picture appears."""

    def missing(image):
        raise WeightsError("run `styletutor download classifier`")

    monkeypatch.setattr(vgg19, "predict_top5", missing)
    panel.controls["top5"].click()
    assert "styletutor download classifier" in panel.alert.value
    assert panel.pictures["top5"].layout.display == "none" and not panel.controls["top5"].disabled


def test_sliders_follow_the_layer_and_stay_at_the_same_spot(panel):
    """In every layer the sliders end at its size, and the receptive field holds the spot that was chosen."""
    panel.controls["row"].value, panel.controls["column"].value = 10, 30  # of 32 × 40 in block2_conv1
    for layer, features in panel.inspection.outputs.items():
        panel.controls["layer"].value = layer
        sizes = tuple(panel.controls[name].max + 1 for name in ("row", "column", "channel"))
        assert sizes == features.shape[1:]
        top, left, bottom, right = panel.inspection.receptive_field(layer, *panel.view.at)
        assert top <= 21 < bottom and left <= 61 < right
    panel.controls["layer"].value = "block2_conv1"
    assert panel.view.at == (10, 30)


def test_the_numbers_shown_are_those_of_the_network(panel):
    """The caption's value, the statistics and the value taken apart agree with the features themselves."""
    panel.controls["layer"].value = "block3_conv1"
    panel.controls["channel"].value = 7
    features = panel.inspection.outputs["block3_conv1"]
    row, column = panel.view.at
    assert f": {features[0, row, column, 7]:.4g}." in panel.pictures["map"].caption.value
    assert f"{features.mean(dtype='float64'):.4g}" in panel.readout.value
    assert f"channel 7, row {row}, column {column}" in panel.taken_apart.value


def test_strongest_place_is_the_largest_value(panel):
    """The button goes to where the feature map is largest."""
    another("row")(panel)
    panel.controls["strongest"].click()
    assert panel.view.value == panel.view.feature_map.max()


def test_ranked_channels_come_strongest_first(panel):
    """With the box ticked the slider counts ranks: the first is the channel with the largest mean."""
    panel.controls["sort"].value = True
    panel.controls["channel"].value = 0
    means = panel.view.features.mean((0, 1, 2))
    assert means[panel.view.channel] == means.max()
    assert panel.controls["channel"].description == "Rank"


def test_features_are_computed_once(image, monkeypatch):
    """Whatever the sliders do, the network runs once with preprocessing and once without."""
    runs, layer_outputs = [], inspection.layer_outputs
    monkeypatch.setattr(inspection, "layer_outputs", lambda *args: runs.append(1) or layer_outputs(*args))
    panel = LayerPanel(st.load_vgg19("embedded"), image)
    for name in ("layer", "channel", "row", "column", "all_channels", "skip_preprocess", "sort"):
        checks.move(panel, name, MOVES)
    panel.controls["skip_preprocess"].value = False
    assert len(runs) == 2


def test_the_picture_may_be_given_in_any_way_and_must_be_large_enough(image, tmp_path):
    """A path works like an image, a large picture is made smaller, a tiny one is refused."""
    path = st.save_image(image, tmp_path / "picture.png")
    panel = LayerPanel(st.load_vgg19("embedded"), str(path), max_dim=40)
    assert panel.image.shape == (1, 32, 40, 3)
    with pytest.raises(ImageError, match="32"):
        LayerPanel(st.load_vgg19("embedded"), image[:, :16])
