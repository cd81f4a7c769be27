"""OptimizerPanel and the comparisons that it shows: each control moves something, and the figures are right."""

import gc
import threading
import time
import weakref

import numpy as np
import panel_checks as checks
import pytest
import tensorflow as tf

import styletutor as st
from styletutor import comparison
from styletutor.panels import OptimizerPanel

MOVES = {
    "compare": "presets", "max_dim": 96, "learning_rate": 0.2, "steps": 20, "weighing": "relative",
    "layer": "block1_conv1", "factor": 100.0, "start": checks.CLICK, "step": checks.CLICK, "reset": checks.CLICK,
}  # fmt: skip
IN_FLIGHT = {"pause", "stop"}


@pytest.fixture
def panel(quarter_network):
    """A small panel, paused after its second step."""
    panel = OptimizerPanel(quarter_network, "coffee", "mosaic", max_dim=64, steps=10)
    for _ in range(2):
        panel.controls["step"].click()
        assert panel.loop.settle(120)
    yield panel
    panel.loop.discard()


def moves_of(name):
    """A move that waits until the loop has done what it asks for."""

    def act(panel):
        checks.move(panel, name, MOVES)
        assert panel.loop.settle(120)

    return {name: act}


def test_every_control_has_a_move(panel):
    """The table above names every control of the panel."""
    checks.check_moves_are_complete(panel, {**MOVES, **dict.fromkeys(IN_FLIGHT)})
    checks.check_accessible(panel)


@pytest.mark.parametrize("name", MOVES)
def test_controls_move_pictures_and_numbers(panel, name):
    """Every control changes a picture and a number beside it."""
    if name == "layer":
        panel.controls["factor"].value = 10.0
    checks.check_control(panel, name, moves_of(name))


def test_a_race_to_the_end(panel):
    """Started, all three do ten evaluations; the curves hold ten points each, and the pyramid ends at full size."""
    panel.start()
    panel.wait(120)
    assert panel.error is None
    curves = panel.run.curves("evaluations")
    assert set(curves) == {"Adam", "L-BFGS", "pyramid"}
    assert all(list(xs) == list(range(1, 11)) and ys[0] == 1 for xs, ys in curves.values())
    assert {run.image.shape for run in panel.run.runs.values()} == {panel.run.runs["Adam"].content.shape}


def test_the_bars_are_those_of_lesson_7(quarter_network):
    """Whatever the race's size: the shares that the lesson's cell works out for the same pair, at its size."""
    panel = OptimizerPanel(quarter_network, "coffee", "mosaic", max_dim=64)
    content, style = st.gallery.load("coffee", 128), st.gallery.load("mosaic", 128)
    shares = comparison.gradient_shares(content, style, st.Settings.preset("tutorial"), quarter_network)
    shown = [float(word) for word in panel.readout.value.split() if word[0].isdigit()]
    assert shown == pytest.approx([100 * share for share in shares.values()], abs=0.1)


def test_a_race_of_presets_names_no_rate(panel):
    """Adam's rate is that of the race of optimisers; the presets keep their own."""
    assert "rate 0.02, 10 evaluations" in panel.pictures["evaluations"].caption.value
    panel.controls["compare"].value = "presets"
    caption = panel.pictures["evaluations"].caption.value
    assert "rate" not in caption and "10 evaluations" in caption


def test_an_error_is_shown(panel, monkeypatch):
    """What the comparison raises stands in the panel."""
    fine = comparison.gradient_shares

    def broken(*_):
        raise RuntimeError("<injected>")

    checks.check_error_is_shown(
        panel, "factor", MOVES, lambda: monkeypatch.setattr(comparison, "gradient_shares", broken),
        lambda: monkeypatch.setattr(comparison, "gradient_shares", fine),
        lambda p: checks.move(p, "weighing", MOVES),
    )  # fmt: skip


def test_a_race_is_its_runs(quarter_network):
    """Each contender does what it does alone, evaluation by evaluation, and seconds add up."""
    content, style = st.gallery.load("coffee", 64), st.gallery.load("mosaic", 64)
    settings = st.Settings(max_dim=64, steps=6)
    race = comparison.race_optimizers(content, style, settings, quarter_network)
    steps = list(race)
    run = st.stylize(content, style, settings.replace(optimizer="lbfgs"), quarter_network)
    alone = [step.losses["total"] for step in run]
    xs, ys = race.curves()["L-BFGS"]
    np.testing.assert_allclose(ys, np.array(alone) / alone[0], rtol=1e-5)
    assert [s.number for s in steps] == [1, 2, 3, 4, 5, 6] == list(xs)
    assert race.seconds == pytest.approx(sum(run.seconds for run in race.runs.values()))
    race.update(steps=8)
    assert len(list(race)) == 2


def test_curves_end_where_the_losses_do(quarter_network):
    """All are shares of Adam's first loss, a pyramid's too, which begins at half the size; presets have their own."""
    content, style = (st.images.resize(st.gallery.load(name, 64), size=(64, 64)) for name in ("coffee", "mosaic"))
    race = comparison.race_optimizers(content, style, st.Settings(max_dim=64, steps=6), quarter_network)
    assert len(list(race)) == 6
    first = race.runs["Adam"].history[0]["total"]
    for name, (_, ys) in race.curves().items():
        np.testing.assert_allclose(ys, [losses["total"] / first for losses in race.runs[name].history], rtol=1e-6)
    assert race.curves()["pyramid"][1][0] != 1 == race.curves()["L-BFGS"][1][0]
    presets = comparison.race_presets(content, style, quarter_network, max_dim=64, steps=2)
    assert len(list(presets)) == 2
    assert [ys[0] for _, ys in presets.curves().values()] == [1, 1, 1]


def test_a_race_keeps_the_latest_pictures_alone(quarter_network):
    """Hundreds of steps of large pictures must not fill the memory: those of earlier steps are gone."""
    picture = st.gallery.load("coffee", 64)
    race = comparison.race_optimizers(picture, picture, st.Settings(max_dim=64, steps=8), quarter_network)
    pictures = [weakref.ref(step.images["Adam"]) for step in race]
    gc.collect()
    assert sum(picture() is not None for picture in pictures) < 4  # the latest, the best and that of this loop


def test_curves_of_a_race_that_goes_on():
    """Asked for by a slider while the loop's thread adds steps, a curve has as many losses as places."""

    class Quick:
        number, seconds, settings = 0, 0.0, st.Settings(steps=10**6)

        def __next__(self):
            self.number += 1
            return st.Step(self.number, None, {"total": 1.0}, 0.0, 0)

    race, over = comparison.Race({"quick": Quick()}), threading.Event()
    next(race)

    def go_on():
        for _ in race:
            if over.is_set():
                break

    thread, lengths, end = threading.Thread(target=go_on), [], time.monotonic() + 60
    thread.start()
    try:
        while (len(lengths) < 50 or lengths[-1] == lengths[0]) and time.monotonic() < end:  # its turn may come late
            lengths.append(tuple(map(len, race.curves()["quick"])))
    finally:
        over.set()
        thread.join()
    assert all(xs == ys for xs, ys in lengths) and lengths[-1] > lengths[0]


def test_gradient_shares_by_hand(quarter_network):
    """A layer's share is the length of its own term's gradient among those of all, worked out one at a time."""
    content, style = st.gallery.load("coffee", 64), st.gallery.load("mosaic", 64)
    shares = comparison.gradient_shares(content, style, st.Settings.preset("tutorial"), quarter_network)
    lengths = {}
    for layer in st.Settings().style_layers:
        model = st.StyleContentModel((layer,), (), quarter_network)
        with tf.GradientTape() as tape:
            tape.watch(image := tf.constant(content))
            loss = tf.reduce_mean((model(image)["style"][layer] - model(style)["style"][layer]) ** 2)
        lengths[f"style/{layer}"] = np.linalg.norm(tape.gradient(loss, image))
    expected = {name: length / sum(lengths.values()) for name, length in lengths.items()}
    assert shares == pytest.approx(expected, rel=1e-3)
