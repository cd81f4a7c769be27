"""ContentPanel: each control, moved while a run is paused, shows what it did; the run and the panel agree."""

import time

import numpy as np
import panel_checks as checks
import pytest

import styletutor as st
from styletutor import reconstruction
from styletutor.panels import ContentPanel

MOVES = {
    "layer": "block3_conv2",
    "tv_weight": 0.6,
    "learning_rate": 0.2,
    "steps": 60,
    "optimizer": "lbfgs",
    "noise": 0.3,
    "seed": 7,
    "max_dim": 96,
    "start": checks.CLICK,
    "step": checks.CLICK,
    "reset": checks.CLICK,
}
IN_FLIGHT = {"pause", "stop"}  # they change nothing in a paused run: tested below in a running one


@pytest.fixture(scope="module")
def network():
    """The embedded network; nothing here depends on its weights' values."""
    return st.load_vgg19("embedded")


@pytest.fixture
def fresh(network):
    """A small panel before any run."""
    panel = ContentPanel(network, st.gallery.load("coffee", 128), "block2_conv1", max_dim=64, steps=10)
    yield panel
    panel.loop.discard()


@pytest.fixture
def panel(fresh):
    """The panel paused after its second step."""
    for _ in range(2):
        fresh.controls["step"].click()
        assert fresh.loop.settle(120)
    return fresh


def moves_of(panel, name):
    """A move for panel_checks that waits until the loop has done what it asks for."""

    def act(panel):
        checks.move(panel, name, MOVES)
        assert panel.loop.settle(120)

    return {name: act}


def run_long(panel):
    """Start a run that doesn't end by itself, and wait until it shows a step."""
    panel.controls["steps"].value = 1000
    panel.start()
    wait_until(lambda: panel.run is not None and panel.run.number >= 2)


def wait_until(condition, seconds=120):
    """Wait for a condition; fail when it doesn't come."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_every_control_has_a_test(panel):
    """No control is left out, here or in a test of its own."""
    assert set(MOVES) | IN_FLIGHT == set(panel.controls)


@pytest.mark.parametrize("name", MOVES)
def test_control_moves_a_picture_and_a_number(panel, name):
    """Each control changes a picture and a number beside it."""
    checks.check_control(panel, name, moves_of(panel, name))


def test_nothing_moves_without_the_handlers(panel):
    """The test above fails when a handler is removed."""
    for name in MOVES:
        checks.check_handlers_matter(panel, name, moves_of(panel, name))


@pytest.mark.parametrize("name", [n for n in MOVES if n not in ("start", "step", "reset")])
def test_controls_show_something_before_the_first_run(fresh, name):
    """Before Start, too, a slider changes a picture and a number."""
    checks.check_control(fresh, name, MOVES)


def test_accessible_and_still(fresh):
    """Words on every control and picture, and no height that changes."""
    checks.check_accessible(fresh)
    checks.check_heights_stay(fresh, {name: move for name, move in MOVES.items() if move is not checks.CLICK})


def test_works_from_another_thread(panel):
    """A callback may come from any thread."""
    checks.check_works_from_another_thread(panel, "layer", MOVES)


def test_pause_holds_the_picture_and_start_goes_on(fresh):
    """Pause holds after the step under way, Start goes on with the same run; without its handler Pause is dead."""
    run_long(fresh)
    fresh.controls["pause"].click()
    assert fresh.loop.settle(60) and fresh.loop.state == "paused"
    before, run, number = checks.seen(fresh), fresh.run, fresh.run.number
    assert "paused" in fresh.live.status.value
    time.sleep(0.1)
    assert checks.seen(fresh) == before and run.number == number
    fresh.start()
    wait_until(lambda: run.number > number + 1)
    assert fresh.run is run
    checks.remove_handlers(fresh.controls["pause"])
    fresh.controls["pause"].click()
    assert fresh.loop.state == "running"


def test_stop_keeps_the_picture(fresh):
    """Stop ends the thread and keeps the picture, Start is a fresh run; without its handler Stop is dead."""
    run_long(fresh)
    fresh.controls["stop"].click()
    fresh.wait(60)
    old, shown = fresh.run, checks.seen(fresh)
    assert fresh.loop.state == "stopped" and old.number < 1000
    assert f"step {old.number}" in checks.text_of(fresh.pictures["rebuilt"].caption.value)
    time.sleep(0.05)
    assert checks.seen(fresh) == shown
    fresh.start()
    wait_until(lambda: fresh.run is not None and fresh.run is not old and fresh.run.number)
    checks.remove_handlers(fresh.controls["stop"])
    fresh.controls["stop"].click()
    assert fresh.loop.state == "running"


def test_start_twice_is_one_run(fresh):
    """A second Start while it runs changes nothing."""
    run_long(fresh)
    run = fresh.run
    fresh.start()
    number = run.number
    wait_until(lambda: run.number > number)
    assert fresh.run is run


def test_sliders_moved_all_the_time(fresh):
    """A slider dragged from the first step on disturbs neither the run nor the curve."""
    fresh.controls["steps"].value = 30
    fresh.start()
    number = 0
    while fresh.loop.state != "stopped":
        number += 1
        fresh.controls["tv_weight"].value = number % 100 / 100
    fresh.wait(60)
    assert fresh.alert.value == "" and fresh.run.number == 30


def test_a_run_to_its_end(fresh):
    """start() and wait(): the last step is shown, best picture and shelf are there, the loss has fallen."""
    fresh.start()
    fresh.wait(120)
    assert fresh.run.number == 10 and "finished after 10 steps" in fresh.live.status.value
    assert "step 10" in checks.text_of(fresh.pictures["rebuilt"].caption.value)
    assert "block2_conv1" in fresh.pictures["shelf"].caption.value
    assert fresh.run.history[-1]["total"] < fresh.run.history[0]["total"]


def test_the_run_is_what_the_function_gives(fresh):
    """The panel's picture is, to the last bit, that of reconstruction.rebuild with the controls' values."""
    fresh.start()
    fresh.wait(120)
    image = st.load_image(st.gallery.load("coffee", 128), 64)
    run = reconstruction.rebuild(
        image, "block2_conv1", fresh.network, steps=10, optimizer="adam", max_dim=64,
        learning_rate=fresh.controls["learning_rate"].value,
    )  # fmt: skip
    for _ in run:
        pass
    np.testing.assert_array_equal(fresh.run.image, run.image)


def test_sliders_act_in_the_run(panel):
    """Moved weights, rate and steps are the run's settings at the next step."""
    for name, value in (("tv_weight", 0.5), ("learning_rate", 0.1), ("steps", 20)):
        panel.controls[name].value = value
    panel.controls["step"].click()
    assert panel.loop.settle(60)
    settings = panel.run.settings
    assert (settings.tv_weight, settings.learning_rate, settings.steps) == (0.5, pytest.approx(0.1), 20)
    assert panel.run.number == 3


def test_another_layer_while_it_runs_starts_over_and_goes_on(fresh):
    """Choosing a layer in flight ends the run and starts one at that layer; the old result stays on the shelf."""
    run_long(fresh)
    old = fresh.run
    fresh.controls["layer"].value = "block1_conv1"
    wait_until(lambda: fresh.run is not None and fresh.run.number >= 2)
    assert fresh.run is not old and fresh.run.settings.content_layers == ("block1_conv1",)
    fresh.controls["stop"].click()
    fresh.wait(60)
    assert "block1_conv1, block2_conv1" in fresh.pictures["shelf"].caption.value


def test_a_second_panel_stops_the_first(fresh, network):
    """Running the cell again leaves one loop."""
    run_long(fresh)
    other = ContentPanel(network, st.gallery.load("coffee", 64), "block1_conv1", max_dim=64)
    fresh.wait(60)
    assert fresh.loop.state == "stopped"
    other.loop.discard()


@pytest.mark.parametrize(("side", "largest"), [(160, 160), (512, 384)])
def test_size_reaches_as_far_as_the_picture(network, side, largest):
    """No place of the slider is above the picture's own size, where it would change nothing."""
    panel = ContentPanel(network, st.gallery.load("coffee", side), "block1_conv1", max_dim=64)
    panel.controls["max_dim"].value = 10_000  # the widget keeps it to its end
    assert panel.controls["max_dim"].value == largest
    assert f"Original, {largest} × " in panel.pictures["original"].caption.value
    panel.loop.discard()


def test_errors_in_the_thread_show_in_the_panel(fresh, monkeypatch):
    """What fails in the loop's thread stands in the alert as text, and the next Start works again."""

    def fail(*_, **__):
        raise RuntimeError("<injected>")

    monkeypatch.setattr(reconstruction, "rebuild", fail)
    fresh.start()
    with pytest.raises(RuntimeError, match="injected"):
        fresh.wait(60)
    assert "role='alert'" in fresh.alert.value and "&lt;injected&gt;" in fresh.alert.value
    monkeypatch.undo()
    fresh.start()
    fresh.wait(120)
    assert fresh.alert.value == "" and fresh.run.number == 10


def test_errors_in_a_callback_show_in_the_panel(fresh, monkeypatch):
    """An error in a callback is shown as text; the panel works again afterwards."""

    def fail(*_):
        raise RuntimeError("<injected>")

    checks.check_error_is_shown(
        fresh, "layer", MOVES, lambda: monkeypatch.setattr(reconstruction, "LayerTarget", fail), monkeypatch.undo,
        lambda panel: setattr(panel.controls["layer"], "value", "block4_conv1"),
    )


def test_the_learning_rate_is_adams_alone(fresh):
    """L-BFGS finds its own step length: the slider is greyed out, and comes back with Adam."""
    for optimizer, disabled in (("lbfgs", True), ("adam", False)):
        fresh.controls["optimizer"].value = optimizer
        assert fresh.controls["learning_rate"].disabled is disabled
