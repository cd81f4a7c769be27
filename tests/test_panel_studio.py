"""StyleStudio: each control, moved while a run is paused, shows what it did; the run and the panel agree."""

import datetime
import threading
import time

import numpy as np
import panel_checks as checks
import pytest

import styletutor as st
from styletutor import images
from styletutor.panels import StyleStudio
from styletutor.panels.studio_controls import FACTORS, OWN

MOVES = {
    "content": "coffee",
    "content_path": lambda panel: setattr(panel.controls["content_path"], "value", str(panel.picture_file)),
    "content_upload": lambda panel: setattr(panel.controls["content_upload"], "value", panel.uploads),
    "style": st.gallery.styles()[1],
    "style_path": lambda panel: setattr(panel.controls["style_path"], "value", str(panel.picture_file)),
    "style_upload": lambda panel: setattr(panel.controls["style_upload"], "value", panel.uploads),
    "preset": "tutorial",
    "network": "embedded",
    "content_layers": ("block3_conv1", "block4_conv2"),
    "style_layers": ("block1_conv1",),
    "max_dim": 96,
    "optimizer": "lbfgs",
    "init": "noise",
    "preserve_colour": True,
    "style_weight": 1000.0,
    "content_weight": 30.0,
    "tv_weight": 20.0,
    "steps": 60,
    **dict.fromkeys(FACTORS, 3.0),
    "start": checks.CLICK,
    "step": checks.CLICK,
    "reset": checks.CLICK,
    "past": 0,
    "pin": checks.CLICK,
    "undo": checks.CLICK,
    "render_size": 320,
    "render": lambda panel: (panel.controls["render"].click(), panel.render.loop.wait(120)),
}
# these show what they do elsewhere than in a picture and a number: each has a test of its own, below or in
# test_panel_render.py
ELSEWHERE = {"learning_rate", "pause", "stop", "file", "save", "code", "render_network", "render_stop", "render_save"}


@pytest.fixture
def studio(tmp_path):
    """A small studio paused after a few steps, scrubbed to its latest picture."""
    panel = StyleStudio(settings=st.Settings(max_dim=64, steps=12))
    panel.picture_file = images.save_image(st.gallery.load("rocket", 80), tmp_path / "own picture.png")
    content = panel.picture_file.read_bytes()
    panel.uploads = ({"name": "upload.png", "type": "image/png", "size": len(content), "content": content}
                     | {"last_modified": datetime.datetime.now(datetime.UTC)},)
    for _ in range(2):
        panel.controls["step"].click()
        assert panel.loop.settle(120)
    panel.controls["past"].value = panel.controls["past"].max
    panel.controls["tv_weight"].value = 0.5  # what Undo takes back
    assert panel.loop.settle(60)
    yield panel
    panel.loop.discard()
    panel.render.loop.discard()


def settled(move):
    """The move, and then a wait for the thread to have done what it asked for."""

    def act(panel):
        if callable(move):
            move(panel)
        elif move is checks.CLICK:
            act.control.click()
        else:
            assert act.control.value != move
            act.control.value = move
        assert panel.loop.settle(120)

    return act


def moves_of(panel, name):
    """A move for panel_checks that waits for the loop."""
    act = settled(MOVES[name])
    act.control = panel.controls[name]
    return {name: act}


def test_every_control_has_a_test(studio):
    """No control is left out, here or in a test of its own."""
    assert set(MOVES) | ELSEWHERE == set(studio.controls)


@pytest.mark.parametrize("name", sorted(MOVES))
def test_moving_a_control_changes_picture_and_number(studio, name):
    """Each control changes a picture's bytes and a number; without its handlers it changes neither."""
    moves = moves_of(studio, name)
    checks.check_control(studio, name, moves)


def test_without_its_handlers_a_control_does_nothing(studio):
    """The check before this one sees the handlers at work: with them removed nothing moves."""
    for name in MOVES:
        checks.check_handlers_matter(studio, name, moves_of(studio, name))


def test_accessible(studio):
    """Each control has a description and a tooltip, each picture a fixed height and a caption."""
    checks.check_accessible(studio)


def test_learning_rate_acts_at_the_next_step(studio):
    """A step with a larger learning rate gives another picture than the same step without the change."""
    before = studio.run._optimizer.image
    studio.controls["learning_rate"].value = 0.5
    studio.controls["step"].click()
    assert studio.loop.settle(60)
    moved = np.abs(studio.run._optimizer.image - before).max()
    twin = st.stylize(studio.content.load(64), studio.style.load(64), st.Settings(max_dim=64, steps=12))
    pictures = [next(twin).image for _ in range(3)]
    assert moved > 5 * np.abs(pictures[2] - pictures[1]).max()


def test_stop_pause_and_start_again(studio):
    """Stop keeps the picture and says after how many steps; Start then begins a fresh run."""
    studio.controls["stop"].click()
    studio.wait(60)
    assert "stopped after 2 steps" in studio.live.status.value
    old = studio.run
    studio.start()
    studio.wait(120)
    assert studio.run is not old and studio.run.number == 12
    assert "finished after 12 steps" in studio.live.status.value


def test_a_second_start_has_a_film_of_its_own(studio):
    """The strip and its past pictures are the running run's, from its first step to its latest."""
    for weight in (None, 500.0):
        studio.controls["style_weight"].value = weight or studio.controls["style_weight"].value
        studio.controls["stop"].click()
        studio.wait(60)
        studio.start()
        studio.wait(120)
    assert studio.run.settings.style_weight == 500.0
    steps = studio.film.frames
    assert steps[0].losses == studio.run.history[0] and "step 1:" in studio.pictures["past"].caption.value
    assert steps[-1].number == 12 and steps[-1].losses == studio.run.history[-1]
    assert "from step 1 to 12" in studio.pictures["strip"].caption.value


def test_pin_before_the_first_step_keeps_what_is_shown(studio):
    """While another run is being prepared the former result stands there still: Pin keeps that, with its settings."""
    former, go = studio.run, threading.Event()
    studio.controls["stop"].click()
    studio.wait(60)
    make = studio._make_run
    studio.loop.start(lambda: go.wait(60) and make())
    try:
        assert studio.run is None
        studio.controls["pin"].click()
    finally:
        go.set()
    assert studio.alert.value == "" and studio.compare.pinned[0] == former.settings
    studio.wait(120)


def test_pause_says_so(studio):
    """Pause in flight: the status line says paused, with steps a second and time left."""
    studio.controls["steps"].value = 2000
    studio.start()
    studio.controls["pause"].click()
    assert studio.loop.settle(60)
    for words in ("paused", "steps a second", "left"):
        assert words in studio.live.status.value


def test_weights_in_a_stopped_run_show_their_losses(studio):
    """After the end a moved weight still shows what it would weigh, in the readout."""
    studio.controls["stop"].click()
    studio.wait(60)
    before = checks.seen(studio)
    studio.controls["style_weight"].value = 500.0
    after = checks.seen(studio)
    assert before[0]["budget"] != after[0]["budget"] and before[1] != after[1]


def test_save_writes_the_best_picture_with_its_settings(studio, tmp_path, monkeypatch):
    """Save writes run.image, never over a file, with the settings inside, and offers it as a download."""
    monkeypatch.chdir(tmp_path)
    studio.controls["file"].value = "mine <b>.png"
    studio.controls["save"].click()
    studio.controls["save"].click()
    saved = tmp_path / "mine <b>.png", tmp_path / "mine <b>-2.png"
    for path in saved:
        assert np.abs(st.load_image(path, None) - studio.run.image).max() <= 0.5 / 255 + 1e-6
        assert st.Settings.from_json(images.read_settings(path)) == studio.run.settings
    assert "<b>" not in studio.saved.value and "download=" in studio.saved.value


def test_saving_nothing_says_so(studio, tmp_path, monkeypatch):
    """Before a run there is nothing to save, and no file appears."""
    monkeypatch.chdir(tmp_path)
    studio.controls["reset"].click()
    studio.controls["save"].click()
    assert "nothing to save" in studio.saved.value
    assert not list(tmp_path.glob("stylized*"))


def test_the_code_makes_the_same_picture(studio, tmp_path, monkeypatch):
    """The Python that the panel shows, executed, gives exactly the panel's picture; the style keeps its own size."""
    monkeypatch.chdir(tmp_path)
    studio.base = studio.base.replace(style_scale=2.0)
    studio.controls["tv_weight"].value = 3.0
    studio.controls["reset"].click()
    studio.controls["code"].click()
    assert "st.stylize" in studio.code.value
    studio.start()
    studio.wait(120)
    names = {}
    exec(studio.python(), names)
    assert np.array_equal(names["run"].image, studio.run.image)
    side = studio.settings.style_dim
    np.testing.assert_array_equal(studio.run.style, st.gallery.load(studio.style.name, side))
    assert (tmp_path / "stylized-image.png").is_file()
    studio.controls["code"].click()
    assert studio.code.value == ""


def test_no_setting_is_cut_to_a_slider():
    """Settings beyond the sliders' usual ends, given at the beginning, stand there as they are."""
    settings = st.Settings(steps=4000, max_dim=32, tv_weight=50.0, style_weight=1e8, learning_rate=1e-6)
    assert StyleStudio(settings=settings).settings == settings


def test_presets_set_the_controls(studio):
    """A preset's numbers arrive at the controls and in the settings; what no control shows comes along too."""
    for name in st.settings.presets():
        studio.controls["preset"].value = name
        preset = st.Settings.preset(name)
        assert studio.settings.replace(layer_weights=None) == preset.replace(layer_weights=None)
        assert {k: pytest.approx(v) for k, v in studio.settings.coefficients.items()} == preset.coefficients


@pytest.mark.parametrize(("settings", "said"), [
    (st.Settings.preset("tutorial"), "tutorial"), (st.Settings.preset("tutorial", tv_weight=3.0), OWN),
])  # fmt: skip
def test_the_preset_given_is_named(settings, said):
    """A studio begins with its settings' name where they are a preset's."""
    assert StyleStudio(settings=settings, network="embedded").controls["preset"].value == said


def test_a_page_that_rounds_is_no_hand():
    """A slider's nearest place, which the page says when it shows it, is no move; the place beside it is one."""
    controls = StyleStudio(network="embedded").controls
    for place, rate, preset in ((-1.7, 0.02, "quick"), (-1.65, 10**-1.65, OWN), (-1.7, 10**-1.7, OWN)):
        controls["learning_rate"].set_state({"value": 10**place})
        assert controls["learning_rate"].value == rate and controls["preset"].value == preset


def test_a_number_moved_by_hand_leaves_the_preset(studio):
    """After a slider is moved the box says so, and choosing the preset again sets the slider back."""
    studio.controls["preset"].value = "tutorial"
    studio.controls["tv_weight"].value = 7.0
    assert studio.controls["preset"].value == OWN
    studio.controls["preset"].value = "tutorial"
    assert studio.controls["tv_weight"].value == 0.0


def test_an_unreadable_path_is_an_alert_and_the_run_stays(studio):
    """A wrong path shows one sentence; pictures and run are as they were."""
    before = checks.seen(studio)
    studio.controls["style_path"].value = "no such <picture>.jpg"
    assert "no such &lt;picture&gt;.jpg" in studio.alert.value
    assert checks.seen(studio) == before and studio.run.number == 2


def test_F56_an_error_in_the_thread_is_an_alert(studio, monkeypatch):
    """What fails in the background shows in the panel, is raised by wait, and Start works again afterwards."""

    def broken(run):
        raise RuntimeError("<injected>")

    monkeypatch.setattr(st.Run, "__next__", broken)
    studio.start()
    with pytest.raises(RuntimeError):
        studio.wait(60)
    assert "role='alert'" in studio.alert.value and "&lt;injected&gt;" in studio.alert.value
    monkeypatch.undo()
    studio.start()
    studio.wait(120)
    assert studio.run.number == 12 and studio.alert.value == ""


def test_another_picture_in_flight_starts_over_at_once(studio):
    """Choosing another style while it runs begins a fresh run with it."""
    studio.controls["steps"].value = 2000
    studio.start()
    old = studio.run
    studio.controls["style"].value = st.gallery.styles()[2]
    assert studio.loop.state == "running"
    studio.controls["stop"].click()
    studio.wait(60)
    assert studio.run is not old


def test_a_style_layers_factor_leaves_content_alone():
    """quick compares content at block4_conv1, too: the slider of that style layer moves the style's term only."""
    quick = st.Settings.preset("quick")
    panel = StyleStudio()
    panel.controls["factor_block4_conv1"].value = 2.0
    panel.controls["factor_block1_conv1"].value = 0.0
    changed = {"style/block4_conv1": 2 * quick.coefficients["style/block4_conv1"], "style/block1_conv1": 0}
    assert panel.settings.coefficients == pytest.approx(quick.coefficients | changed)


def test_layers_chosen_while_it_runs(caplog):
    """The last step of the run that ends is drawn with its own layers, not with those just chosen."""
    panel = StyleStudio(settings=st.Settings(max_dim=64, steps=2000))
    panel.start()
    try:
        for layers in (("block1_conv1", "block1_conv2"), ("block3_conv2",)):
            end = time.monotonic() + 60
            while not (panel.run and panel.run.number):
                assert time.monotonic() < end
                time.sleep(0.01)
            panel.controls["style_layers"].value = layers
            assert not [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    finally:
        panel.loop.discard()
