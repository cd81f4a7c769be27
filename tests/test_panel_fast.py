"""FastPanel: each control moves the one pass or the training, what is trained can be used and saved, errors show."""

import numpy as np
import panel_checks as checks
import pytest

from styletutor import fast, gallery, images, load_image
from styletutor.fast.photographs import Crops
from styletutor.panels import FastPanel, picker
from styletutor.panels.fast import ANY, OWN

MOVES = {
    "content": "rocket", "painted": "mosaic", "second": "mosaic", "blend": 0.9, "strength": 0.5, "max_dim": 96,
    "preserve_colour": True,
}  # fmt: skip
TRAINING = {"start", "pause", "step", "stop", "reset", "steps", "style", "file", "save"}
OTHERS = {f"{role}_{way}" for role in ("content", "style") for way in ("path", "upload")}


def different(names):
    """A network that was never trained, each of whose styles is another one all the same."""
    network, rng = fast.FastNetwork(names), np.random.default_rng(0)
    norms = {n: a + rng.normal(0, 0.3, a.shape) for n, a in network.arrays().items() if n.endswith(("gamma", "beta"))}
    network.set_arrays({**network.arrays(), **norms})
    return network


@pytest.fixture(scope="module")
def panel(tmp_path_factory):
    """A panel with small crops, after two steps of training."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("panel"))
        panel = FastPanel(different(("swirls", "mosaic")), "coffee", "linocut", 64, 10, Crops(0, 48, 1))
        for _ in range(2):
            panel.controls["step"].click()
            assert panel.loop.settle(400)
        yield panel
        panel.loop.discard()


@pytest.fixture(autouse=True)
def as_it_was(panel):
    """Every test begins with the same controls."""
    values = {"painted": "swirls", "second": "none", "blend": 0.5, "strength": 1.0, "max_dim": 64, "content": "coffee",
              "preserve_colour": False}  # fmt: skip
    for name, value in values.items():
        panel.controls[name].value = value
    panel.clear_error()


def test_every_control_has_a_move(panel):
    """The tables above name every control of the panel."""
    checks.check_moves_are_complete(panel, {*MOVES, *TRAINING, *OTHERS})
    checks.check_accessible(panel)


@pytest.mark.parametrize("name", MOVES)
def test_controls_act_at_once(panel, name):
    """Another style, share, strength or size is another result, and another number beside it."""
    if name == "blend":
        panel.controls["second"].value = "mosaic"
    before = bytes(panel.pictures["result"].image.value)
    checks.check_control(panel, name, MOVES)
    assert bytes(panel.pictures["result"].image.value) != before


def test_what_has_no_effect_is_disabled(panel):
    """A network of one style has nothing to blend with; without a second style there is no share of it."""

    def disabled():
        return [name for name in MOVES if panel.controls[name].disabled]

    assert disabled() == ["blend"]
    panel.controls["second"].value = "mosaic"
    assert disabled() == []
    panel.controls["painted"].value = OWN
    assert disabled() == ["second", "blend"]


def test_what_is_shown_is_what_stylize_gives(panel):
    """A blend at half strength: the picture of the same call in Python."""
    for name, value in {"second": "mosaic", "blend": 0.25, "strength": 0.5}.items():
        panel.controls[name].value = value
    content = gallery.load("coffee", 64)
    made = fast.stylize(content, {"swirls": 0.75, "mosaic": 0.25}, 0.5, network=panel.network)
    shown, expected = bytes(panel.pictures["result"].image.value), images.to_bytes(made, ".jpg", quality=85)
    np.testing.assert_allclose(load_image(shown), load_image(expected), atol=0.02)
    assert "75% swirls, 25% mosaic" in panel.pictures["result"].caption.value


def test_training_shows_and_can_be_used(panel, tmp_path):
    """Two steps are shown; the network they made styles the result; saved, it loads as the same network."""
    assert "after training step 2" in panel.pictures["preview"].caption.value
    painted = bytes(panel.pictures["result"].image.value)
    panel.controls["painted"].value = OWN
    assert panel.alert.value == "" and bytes(panel.pictures["result"].image.value) != painted
    panel.controls["file"].value = str(tmp_path / "mine.npz")
    for _ in range(2):
        panel.controls["save"].click()
    assert panel.alert.value == ""
    saved = fast.load(tmp_path / "mine.npz")
    assert (tmp_path / "mine-2.npz").is_file()
    content = gallery.load("coffee", 64)
    np.testing.assert_allclose(saved(content), panel.run.model(content), atol=0.01)
    checks.check_control(panel, "step", {"step": step})


def step(panel):
    """Press Step and wait."""
    panel.controls["step"].click()
    assert panel.loop.settle(400)


def test_budget_and_reset(panel):
    """The number of steps acts while it waits; at the end the loop stops there; Reset forgets the network."""
    panel.controls["steps"].min = 1
    panel.controls["steps"].value = panel.run.number + 1
    panel.start()
    panel.wait(400)
    assert panel.run.number == panel.controls["steps"].value and panel.error is None
    panel.controls["reset"].click()
    assert panel.run is None and "before training" in panel.pictures["preview"].caption.value
    panel.controls["painted"].value = OWN
    assert "press Start" in checks.text_of(panel.alert.value)
    panel.controls["save"].click()
    assert "nothing to save" in checks.text_of(panel.alert.value)


def test_an_error_is_shown(panel, monkeypatch):
    """What the pass raises stands in the panel."""
    fine = fast.stylize

    def broken(*_, **__):
        raise RuntimeError("<injected>")

    checks.check_error_is_shown(
        panel, "strength", MOVES, lambda: monkeypatch.setattr(fast, "stylize", broken),
        lambda: monkeypatch.setattr(fast, "stylize", fine), lambda p: checks.move(p, "painted", MOVES),
    )  # fmt: skip


def test_any_picture_can_be_the_style(panel):
    """The style picture below, alone or blended with one of the gallery, and another as soon as it is chosen."""
    for name, value in {"painted": ANY, "second": "mosaic", "blend": 0.25}.items():
        panel.controls[name].value = value
    assert panel.alert.value == "" and "75% linocut, 25% mosaic" in panel.pictures["result"].caption.value
    content, styles = gallery.load("coffee", 64), [gallery.load(name, 512) for name in ("linocut", "mosaic")]
    made = images.to_bytes(fast.stylize(content, styles, blend=(3, 1)), ".jpg", quality=85)
    np.testing.assert_allclose(load_image(bytes(panel.pictures["result"].image.value)), load_image(made), atol=0.02)
    panel.controls["second"].value = "none"
    before = bytes(panel.pictures["result"].image.value)
    panel.controls["style"].value = "autumn"
    assert "100% autumn" in panel.pictures["result"].caption.value
    assert bytes(panel.pictures["result"].image.value) != before
    panel.controls["style"].value = "linocut"


def test_a_style_picture_is_read_once(panel, monkeypatch):
    """Strength and shares move without a look at a picture's file or features; another picture is read, once."""
    for name, value in {"painted": ANY, "second": "mosaic"}.items():
        panel.controls[name].value = value
    read, loaded = [], []
    monkeypatch.setattr(fast, "read", lambda style, before=fast.read: read.append(style) or before(style))
    monkeypatch.setattr(gallery, "load", lambda *given, before=gallery.load: loaded.append(given) or before(*given))
    for name in ("strength", "blend", "strength"):
        panel.controls[name].value -= 0.125
    assert panel.alert.value == "" and read == [] and loaded == []
    panel.controls["style"].value = "pointillism"
    panel.controls["strength"].value -= 0.125
    panel.controls["style"].value = "linocut"
    assert len(read) == 2 and loaded == [("pointillism", 512)]


def test_no_picture_of_ones_own_yet(panel):
    """It is said again at each move, until there is one or another is chosen."""
    for role, painted in (("content", "swirls"), ("style", ANY)):
        panel.controls["painted"].value = painted
        before, panel.controls[role].value = panel.controls[role].value, picker.OWN
        for strength in (0.75, 0.5):
            assert "No picture of your own yet" in checks.text_of(panel.alert.value)
            panel.controls["strength"].value = strength
        panel.controls[role].value = before
        assert panel.alert.value == ""


def test_a_picture_of_ones_own_is_the_newest(panel, tmp_path):
    for name in ("coffee", "rocket"):
        images.save_image(gallery.load(name, 64), tmp_path / f"{name}.png")
        panel.controls["content_path"].value = str(tmp_path / f"{name}.png")
        found = panel.content.load(64)
        np.testing.assert_allclose(found, gallery.load(name, 64), atol=0.51 / 255)
        assert panel.content.load(64) is found
    with pytest.raises(ValueError, match="read-only"):
        found += 1
