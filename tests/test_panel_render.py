"""The studio's Render, Pin and Undo: the draft made larger behind it, results side by side, moves taken back."""

import dataclasses
import hashlib
import threading
import time

import h5py
import numpy as np
import panel_checks as checks
import pytest

import styletutor as st
from styletutor import drafts, gallery, images, pace, strips, weights
from styletutor.panels import StyleStudio
from styletutor.panels.render import clock_for


@pytest.fixture
def studio():
    """A small studio before any run, whose render is small too."""
    panel = StyleStudio(settings=st.Settings(max_dim=64, steps=10))
    panel.controls["render_size"].min = 64
    panel.controls["render_size"].value = 128
    yield panel
    panel.render.loop.discard()
    panel.loop.discard()


def caption(panel, name):
    """A picture's caption as text."""
    return checks.text_of(panel.pictures[name].caption.value)


def two_steps(studio):
    """The draft, paused after its second step."""
    for _ in range(2):
        studio.controls["step"].click()
        assert studio.loop.settle(120)


def test_render_is_the_drafts_settings_larger(studio):
    """Render gives, to the last bit, what stylize gives with the draft's settings at the larger size."""
    studio.controls["style_weight"].value = 50.0
    studio.controls["render"].click()
    studio.render.loop.wait(120)
    settings = drafts.render_settings(studio.settings, 128)
    assert settings.scales == 2 and settings.style_weight == pytest.approx(50)
    content, style = (picker.load(128) for picker in (studio.content, studio.style))
    run = st.stylize(content, style, settings, st.load_vgg19("embedded"))
    for _ in run:
        pass
    np.testing.assert_array_equal(studio.render.loop.run.image, run.image)
    assert "step 20 of 20: 128 × 85 pixels" in caption(studio, "render")
    assert "finished after 20 steps" in studio.render.progress.status.value
    assert studio.run is None, "the draft was not touched"


def test_the_plan_says_how_long(studio):
    """Before Render stand the size, the steps, the network and about how long it takes; each control changes them."""
    before = caption(studio, "render")
    assert "128 × 85 pixels, 20 steps on embedded, about" in before
    studio.controls["render_network"].value = "random"
    assert "on random" in caption(studio, "render")
    studio.controls["render_size"].value = 256
    assert "256 × 170 pixels" in studio.render.progress.status.value


def test_render_keeps_the_settings_it_began_with(studio):
    """Weights moved while it renders are the draft's alone."""
    studio.controls["steps"].value = 2000
    studio.controls["render"].click()
    wait_until(lambda: studio.render.loop.run is not None and studio.render.loop.run.number)
    studio.controls["style_weight"].value = 1.0
    studio.controls["render_stop"].click()
    studio.render.loop.wait(60)
    assert studio.render.loop.run.settings.style_weight == pytest.approx(20, rel=0.01)


def test_the_draft_goes_on_beside_the_render(studio):
    """Both run at once, in two threads; Render pressed twice is one render; each stops by its own button."""
    studio.controls["steps"].value = 2000
    for name in ("start", "render", "render"):
        studio.controls[name].click()
    wait_until(lambda: studio.run and studio.render.loop.run and studio.render.loop.run.number > 2)
    names = [thread.name for thread in threading.enumerate() if thread.name.startswith("styletutor")]
    assert sorted(names) == ["styletutor render", "styletutor studio"]
    number = studio.run.number
    wait_until(lambda: studio.run.number > number + 3)
    studio.controls["render_stop"].click()
    studio.render.loop.wait(60)
    assert "stopped after" in studio.render.progress.status.value and studio.loop.state == "running"


def test_save_the_render(studio, tmp_path, monkeypatch):
    """It is written beside the draft's file under its own name, with its settings; before there is one, it says so."""
    monkeypatch.chdir(tmp_path)
    studio.controls["render_save"].click()
    assert "press Render" in studio.saved.value
    studio.controls["render"].click()
    studio.render.loop.wait(120)
    studio.controls["render_save"].click()
    path = tmp_path / "stylized-image-render.png"
    assert st.Settings.from_json(images.read_settings(path)) == studio.render.loop.run.settings
    assert max(images.load_image(path, None).shape) == 128


def test_saving_in_flight_lets_the_run_go_on(studio, tmp_path, monkeypatch):
    """Save while it runs waits for the step under way, writes, and the run goes on."""
    monkeypatch.chdir(tmp_path)
    studio.controls["steps"].value = 2000
    studio.start()
    wait_until(lambda: studio.run and studio.run.number > 2)
    studio.controls["save"].click()
    assert (tmp_path / "stylized-image.png").is_file() and studio.loop.state == "running"
    number = studio.run.number
    wait_until(lambda: studio.run.number > number)


@pytest.fixture
def imagenet(tmp_path, monkeypatch):
    """A file in the layout of Keras' ImageNet weights, verified, in the cache; its numbers are seeded."""
    path = tmp_path / weights.IMAGENET.name
    arrays = weights.seeded().arrays
    with h5py.File(path, "w") as file:
        for layer in weights.CONVOLUTIONS:
            names = {f"{layer}_W_1:0": "kernel", f"{layer}_b_1:0": "bias"}
            file.create_group(layer).attrs["weight_names"] = [name.encode() for name in names]
            for name, part in names.items():
                file[layer][name] = arrays[f"{layer}/{part}"]
    digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    file = dataclasses.replace(weights.IMAGENET, size=path.stat().st_size, checksum=f"md5:{digest}")
    monkeypatch.setattr(weights, "IMAGENET", file)
    monkeypatch.setenv("STYLETUTOR_CACHE", str(tmp_path))


def test_without_imagenet_the_render_is_embedded(studio):
    """VGG19 isn't offered where it is not on this machine."""
    assert studio.controls["render_network"].value == "embedded"
    assert "imagenet" not in studio.controls["render_network"].options


def test_imagenet_where_it_is_on_this_machine(imagenet):
    """With Keras' file in the cache, Render takes VGG19 at full width by itself; the draft may stay embedded."""
    studio = StyleStudio(settings=st.Settings(max_dim=64, steps=10), network="embedded")
    assert studio.controls["render_network"].value == "imagenet"
    studio.controls["render_size"].min = 64
    studio.controls["render_size"].value = 96
    studio.controls["render"].click()
    studio.render.loop.wait(300)
    run = studio.render.loop.run
    assert "ImageNet" in run.network.source and st.vgg19.widths(run.network) == weights.FULL_WIDTHS
    assert run.number == 20


def test_pin_keeps_the_result_beside_the_running_one(studio):
    """The pinned picture stays while the run goes on, and says where the settings differ now."""
    studio.controls["pin"].click()
    assert "nothing to pin" in studio.compare.said.value
    two_steps(studio)
    studio.controls["pin"].click()
    pinned = studio.pictures["pinned"].image.value
    assert pinned == studio.pictures["result"].image.value and "pinned, step 2" in caption(studio, "pinned")
    assert "settings are the same" in caption(studio, "pinned")
    studio.controls["style_weight"].value = 100.0
    studio.controls["step"].click()
    assert studio.loop.settle(60)
    assert studio.pictures["pinned"].image.value == pinned != studio.pictures["result"].image.value
    assert "Style weight 20, now 100" in caption(studio, "pinned")
    told = {
        "Keep the content's colours off, now on": {"preserve_colour": True},
        "Content layers block4_conv2, now block2_conv2, block4_conv2": {
            "content_layers": ("block2_conv2", "block4_conv2")
        },
        "layer_weights none, now block5_conv1 0.3": {"layer_weights": {"block5_conv1": 0.3}},
    }
    for words, changes in told.items():
        studio.compare.tell(studio.compare.pinned[0].replace(**changes))
        assert words in caption(studio, "pinned")
    studio.controls["reset"].click()
    assert studio.pictures["pinned"].image.value == pinned


def test_undo_takes_back_a_drag(studio):
    """All ticks of a drag at once, in the control, in the run and in the numbers."""
    two_steps(studio)
    before = studio.controls["style_weight"].value
    for value in (30.0, 50.0, 90.0):
        studio.controls["style_weight"].value = value
    assert not studio.controls["undo"].disabled
    studio.controls["undo"].click()
    assert studio.controls["style_weight"].value == before and studio.controls["undo"].disabled
    assert "Style weight: back at 20" in studio.compare.said.value
    studio.controls["step"].click()
    assert studio.loop.settle(60)
    assert studio.run.settings.style_weight == before and studio.run.number == 3


def test_undo_takes_back_a_preset(studio):
    """A preset is one move: all its numbers go, also those that no control shows."""
    before = studio.settings
    studio.controls["preset"].value = "tutorial"
    assert studio.settings.beta_1 != before.beta_1
    studio.controls["undo"].click()
    assert studio.settings == before and studio.controls["undo"].disabled


def test_undo_goes_back_move_by_move(studio):
    """Two controls, then a preset left by hand: three moves, undone from the latest."""
    studio.controls["tv_weight"].value = 1.0
    studio.controls["preset"].value = "quick"
    studio.controls["learning_rate"].value = 0.5
    assert studio.controls["preset"].value == "my own"
    studio.controls["undo"].click()
    assert studio.controls["preset"].value == "quick" and studio.controls["learning_rate"].value != 0.5
    studio.controls["undo"].click()
    assert studio.controls["tv_weight"].value == 1.0
    studio.controls["undo"].click()
    assert studio.controls["tv_weight"].value == 0.0 and studio.controls["undo"].disabled


def test_status_says_rate_and_time_left_at_once(studio):
    """From the first moment, before a step is done, the status line says both, as expected; then as measured."""
    said = []
    studio.live.status.observe(lambda change: said.append(change["new"]), "value")
    studio.start()
    studio.wait(120)
    assert "about" in said[0] and "steps a second" in said[0] and "left" in said[0]
    assert all("steps a second" in text and "left" in text for text in said[:-1])


@pytest.mark.parametrize("margin", [0, 8])
def test_time_is_expected_of_what_the_network_sees(monkeypatch, margin):
    """Before and in a run, time left is in proportion to the pictures that the loss gets, level by level."""
    monkeypatch.setattr(pace, "_shown", {(weights.QUARTER_WIDTHS, "float32", "Run"): 1.0})  # multiply-adds a second
    given = []
    loss_function = strips.loss_function
    monkeypatch.setattr(strips, "loss_function", lambda *args: given.append(args[-1]) or loss_function(*args))
    content, settings = gallery.load("chelsea", 128), st.Settings(max_dim=128, scales=2, steps=4, margin=margin)
    run, taken = st.stylize(content, gallery.load("swirls", 64), settings, st.load_vgg19("embedded")), 0
    for _ in run:
        taken += pace.work(weights.QUARTER_WIDTHS, *given[-1])
    clock, steps = clock_for("embedded", content, settings)
    assert clock.left(steps) == pytest.approx(taken)
    assert pace.Clock(weights.QUARTER_WIDTHS, run.sizes).left(steps) == pytest.approx(taken)


def wait_until(condition, seconds=120):
    """Wait for a condition; fail when it doesn't come."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
