"""The buttons, the progress bar and the status line of a panel that runs an optimisation."""

import html
import time

import ipywidgets as widgets

from .. import pace, vgg19
from ..messages import counted, mark, t
from .base import Panel
from .controls import button
from .layout import row
from .loop import Loop

BUTTONS = {
    "start": (mark("Start"), mark("Start the optimisation, or go on after a pause"), "play"),
    "pause": (mark("Pause"), mark("Stop after this step, ready to go on"), "pause"),
    "step": (mark("Step"), mark("Do one step, then pause"), "step-forward"),
    "stop": (mark("Stop"), mark("End the optimisation and keep the picture"), "stop"),
    "reset": (mark("Reset"), mark("Throw the run away and show the start again"), "refresh"),
}


def duration(seconds):
    """Seconds with their unit: "8 s", "12 min"; both languages write them so."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


class Progress:
    """A Loop with a progress bar and a status line.

    make_run(): gives a fresh transfer.Run. draw(step, run): shows a step; it runs in the loop's thread.
    expect(): a pace.Clock for the run that would be made now, and its number of steps. behind: as in Loop.
    """

    def __init__(self, panel, kind, make_run, draw, expect=None, behind=None):
        self._make_run, self._draw, self._expect = make_run, draw, expect
        self.loop = Loop(kind, self._on_step, self._on_end, panel.show_error, behind)
        line = widgets.Layout(width="540px", max_width="100%", height="28px")  # nothing moves with the text's length
        self.status = widgets.HTML(t("not started"), layout=line)
        self.progress = widgets.IntProgress(0, 0, 1, layout=widgets.Layout(width="160px"))
        self._clock, self._text = None, ""

    def say(self, text):
        """Show plain text as the status line."""
        self.status.value = html.escape(text)

    def start(self):
        """Start, or go on after a pause."""
        self._resume()
        self.loop.start(self._fresh_run)
        self.say_state()

    def step(self):
        """Do one step, then pause."""
        self._resume()
        self.loop.step(self._fresh_run)

    def forget(self):
        """End the run and forget it."""
        self.loop.discard()
        self.progress.value, self._text, self._clock = 0, "", None
        self.say(t("not started"))

    def _resume(self):
        if self._clock and self.loop.state == "paused":
            self._clock.resume()

    def _fresh_run(self):
        """In the loop's thread: say what can be known before the first step, and make the run."""
        self._text, self._clock, text = "", None, t("preparing …")
        if self._expect:
            clock, steps = self._expect()
            text = t(
                "preparing · about {rate:.3g} steps a second · about {left} left", rate=clock.rate(),
                left=duration(clock.left(steps)),
            )
        self.say(text)
        return self._make_run()

    def _on_step(self, step, run):
        if self._clock is None:
            kind = type(run).__name__
            self._clock = pace.Clock(vgg19.widths(run.network), run.sizes, run.settings.precision, kind)
        steps = run.settings.steps
        self._clock.tell(step.number, step.scale, time.monotonic())
        self._draw(step, run)
        self.progress.max, self.progress.value = steps, step.number
        rate, left = self._clock.rate(step.scale), self._clock.left(steps)
        self._text = (t(
            "step {number} of {steps} · {rate:.3g} steps a second · {left} left · loss {loss:.4g}",
            number=step.number, steps=steps, rate=rate, left=duration(left), loss=step.losses["total"],
        ))
        self.say_state()

    def _on_end(self, run):
        if run is not None and run.number:
            finished = run.number >= run.settings.steps
            seconds = run.seconds
            if finished:
                text = t("finished after {steps} steps in {seconds:.1f} s", steps=run.number, seconds=seconds)
            else:
                one = mark("stopped after {count} step in {seconds:.1f} s")
                text = counted(one, mark("stopped after {count} steps in {seconds:.1f} s"), run.number, seconds=seconds)
            self.say(text)

    def say_state(self):
        """Show the latest step's line, and whether the run is paused."""
        state = self.loop.state
        if self._text and state != "stopped":
            self.say(self._text + (t(" · paused") if state == "paused" else ""))


class LiveControls(Progress):
    """Start, Pause, Step, Stop and Reset wired to a Loop, a progress bar and the status line, in `box`.

    make_run, draw, expect: as in Progress. reset(): shows the panel's beginning again; called by the Reset button
    once the loop has ended.
    """

    def __init__(self, panel, kind, make_run, draw, reset, expect=None):
        super().__init__(panel, kind, make_run, draw, expect)
        self._show_beginning = reset
        actions = {"start": self.start, "pause": self._pause, "step": self.step, "stop": self.loop.stop}
        for name, texts in BUTTONS.items():
            panel.add(name, button(*texts))
            panel.link(actions.get(name, self.reset), name)
        self.box = row(*(panel.controls[name] for name in BUTTONS), self.progress, self.status)

    def _pause(self):
        self.loop.pause()
        self.say_state()

    def reset(self):
        """What the Reset button does: end the run, forget it, show the panel's beginning."""
        self.forget()
        self._show_beginning()


class LivePanel(Panel):
    """A panel that runs an optimisation: `live` are its buttons and their loop, `loop` that loop."""

    @property
    def run(self):
        """What the last Start runs, for instance a transfer.Run; None before it."""
        return self.loop.run

    def start(self):
        """Press Start."""
        self.controls["start"].click()

    def begin_again(self):
        """Show the beginning of another run, which starts at once where one is running."""
        running = self.loop.state == "running"
        self.live.reset()
        if running:
            self.start()

    def wait(self, seconds=None):
        """Wait for the run to end; raises what it raised."""
        self.loop.wait(seconds)
