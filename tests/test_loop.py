"""The background loop: one thread, and every command within a step."""

import dataclasses
import threading
import time

import numpy as np
import pytest

from styletutor.panels.loop import Loop
from styletutor.panels.saving import resting


@dataclasses.dataclass(frozen=True)
class Step:
    """What a run yields, as far as the loop cares."""

    number: int
    losses: dict


class Counter:
    """A run that counts; each step takes a hundredth of a second, and records which thread did it."""

    def __init__(self, steps=10**6):
        self.number, self.weight, self.weights, self.threads, self.steps = 0, 1.0, [], set(), steps

    @property
    def losses(self):
        """The loss is the weight."""
        return {"total": self.weight}

    def update(self, weight):
        """Change the weight; a bad one is an error."""
        if weight < 0:
            raise ValueError("negative")
        self.weight = weight

    def __next__(self):
        if self.number >= self.steps:
            raise StopIteration
        time.sleep(0.01)
        self.number += 1
        self.weights.append(self.weight)
        self.threads.add(threading.current_thread())
        return Step(self.number, self.losses)


@pytest.fixture
def loop():
    """A loop that keeps what it was told to draw; ended after the test."""
    made = Loop("test", lambda step, run: made.drawn.append(step), lambda run: None, lambda error: None)
    made.drawn = []
    yield made
    made.discard()


def until(condition):
    """Wait until the condition holds, at most half a minute."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_runs_to_the_end_and_draws_the_last_step(loop):
    """Without commands it does every step, and the last is drawn whatever the drawing rate."""
    loop.start(lambda: Counter(30))
    loop.wait(30)
    assert loop.state == "stopped" and loop.run.number == 30 and loop.drawn[-1].number == 30


def test_F54_start_twice_is_one_thread(loop):
    """A second Start, or one from another thread, never makes a second loop."""
    run = Counter()
    loop.start(lambda: run)
    until(lambda: run.number > 2)
    loop.start(lambda: pytest.fail("a second run was made"))
    thread = threading.Thread(target=loop.start, args=(lambda: pytest.fail("a second run was made"),))
    thread.start()
    thread.join()
    until(lambda: run.number > 6)
    assert len(run.threads) == 1


def test_F55_pause_and_stop_act_within_a_step(loop):
    """After Pause and after Stop at most the step under way is finished."""
    run = Counter()
    loop.start(lambda: run)
    until(lambda: run.number > 2)
    loop.pause()
    number = run.number
    assert loop.settle(30) and run.number <= number + 1 and loop.state == "paused"
    assert loop.drawn[-1].number == run.number
    loop.start(lambda: run)
    until(lambda: run.number > number + 3)
    loop.stop()
    number = run.number
    loop.wait(30)
    assert run.number <= number + 1 and loop.state == "stopped" and loop.run is run


def test_single_step(loop):
    """Step does one step and pauses, from the start and in a pause."""
    run = Counter()
    loop.step(lambda: run)
    assert loop.settle(30) and run.number == 1 and loop.state == "paused"
    loop.step(lambda: run)
    assert loop.settle(30) and run.number == 2 and [s.number for s in loop.drawn] == [1, 2]


def test_F55_a_weight_acts_within_two_steps(loop):
    """A weight changed in flight is the run's at the latest two steps on."""
    run = Counter()
    loop.start(lambda: run)
    until(lambda: run.number > 5)
    loop.update(weight=7.0)
    number = run.number
    until(lambda: run.number > number + 5)
    assert 7.0 in run.weights[number : number + 2]


def test_a_weight_changed_in_a_pause_is_drawn(loop):
    """In a pause nothing moves but the losses, which are those of the new weight."""
    run = Counter()
    loop.step(lambda: run)
    loop.settle(30)
    loop.update(weight=3.0)
    assert loop.settle(30) and run.number == 1
    assert loop.drawn[-1].losses == {"total": 3.0} and loop.drawn[-2].losses == {"total": 1.0}


def test_F56_errors_are_raised_by_wait(loop):
    """What fails in the thread is not lost: wait raises it, and the loop can start again."""
    loop.start(Counter)
    until(lambda: loop.run and loop.run.number)
    loop.update(weight=-1.0)
    with pytest.raises(ValueError, match="negative"):
        loop.wait(30)
    loop.start(lambda: Counter(3))
    loop.wait(30)
    assert loop.run.number == 3


def test_start_right_after_stop_starts_again(loop):
    """Start waits for the step that Stop let finish, and makes a fresh run."""
    first = Counter()
    loop.start(lambda: first)
    until(lambda: first.number)
    loop.stop()
    loop.start(lambda: Counter(2))
    loop.wait(30)
    assert loop.run is not first and loop.run.number == 2


def test_F54_a_new_loop_of_a_kind_stops_the_old(loop):
    """Running a cell again makes a new panel; the old one's thread ends."""
    run = Counter()
    loop.start(lambda: run)
    until(lambda: run.number)
    other = Loop("test", None, None, None)
    loop.wait(30)
    assert loop.state == "stopped" and other.state == "stopped"
    number = run.number
    time.sleep(0.1)
    assert run.number == number


def test_F59_drawing_takes_a_small_share(loop):
    """A slow drawing is done seldom: most of the thread's time goes to steps."""
    loop._on_step = lambda step, run: (time.sleep(0.05), loop.drawn.append(step))
    run = Counter(150)
    loop.start(lambda: run)
    loop.wait(60)
    assert 2 <= len(loop.drawn) < 150 / 10


@pytest.mark.parametrize("gone", ["closed", "raising"])
def test_F57_a_widget_that_is_gone(gone):
    """A widget closed in the middle of a run lets it go on to its end; one that raises ends it with one error."""
    from styletutor.panels.base import Picture

    picture, errors, ended = Picture(), [], []

    def draw(step, run):
        if run.number >= 5:
            picture.close()
            picture.image.close()
            if gone == "raising":
                raise RuntimeError("the widget is gone")
        picture.show(np.zeros((1, 8, 8, 3), "float32"), "a step")

    made = Loop(f"gone {gone}", draw, ended.append, errors.append)
    made.start(lambda: Counter(60))
    assert made.settle(30)
    made.stop()
    until(lambda: made.state == "stopped")
    assert len(errors) == (gone == "raising") and len(ended) == 1
    assert made.run.number == 60 or errors


@pytest.mark.parametrize("press", ["pause", "stop", "step"])
def test_saving_waits_for_the_step_under_way(loop, press):
    """Save right after Pause, Stop or Step: the run is at rest when it is asked for its picture."""

    class Slow(Counter):
        busy = False

        def __next__(self):
            self.busy = True
            time.sleep(0.3)
            step = super().__next__()
            self.busy = False
            return step

    loop.start(Slow)
    until(lambda: loop.run and loop.run.busy)
    if press == "step":
        loop.pause()
        assert loop.settle(30)
        loop.step(Slow)
        until(lambda: loop.run.busy)
    else:
        getattr(loop, press)()
    with resting(loop):
        assert not loop.run.busy
    assert loop.state == ("stopped" if press == "stop" else "paused")


def test_a_loop_behind_another_gives_way(loop):
    """While the first runs, the one behind it rests as long as it works; alone it doesn't rest."""
    behind = Loop("behind", lambda step, run: None, lambda run: None, lambda error: None, behind=loop)
    first, second = Counter(), Counter()
    loop.start(lambda: first)
    behind.start(lambda: second)
    until(lambda: second.number > 5)
    beside = seconds_for(second, 20)
    assert first.number > second.number
    loop.stop()
    loop.wait(30)
    assert seconds_for(second, 20) < 0.8 * beside
    behind.discard()


def seconds_for(run, steps):
    """How long the run takes for so many steps from now."""
    number, began = run.number, time.monotonic()
    until(lambda: run.number >= number + steps)
    return time.monotonic() - began
