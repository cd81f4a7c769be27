"""The buttons and the status line of a panel that runs an optimisation."""

import html

import ipywidgets as widgets

from .base import button, row
from .loop import Loop

BUTTONS = {
    "start": ("Start", "Start the optimisation, or go on after a pause", "play"),
    "pause": ("Pause", "Stop after this step, ready to go on", "pause"),
    "step": ("Step", "Do one step, then pause", "step-forward"),
    "stop": ("Stop", "End the optimisation and keep the picture", "stop"),
    "reset": ("Reset", "Throw the run away and show the start again", "undo"),
}


def status_text(number, steps, seconds, first, losses):
    """The status line: step, steps a second, time left, loss.

    first: (number, seconds) of the first step, whose compiling would spoil the rate; seconds without pauses.
    """
    done, spent = (number - first[0], seconds - first[1]) if number > first[0] else (number, seconds)
    rate = done / max(spent, 1e-9)
    left = (steps - number) / max(rate, 1e-9)
    clock = f"{left:.0f} s" if left < 90 else f"{left / 60:.0f} min"
    return f"step {number} of {steps} · {rate:.1f} steps a second · {clock} left · loss {losses['total']:.4g}"


class LiveControls:
    """Start, Pause, Step, Stop and Reset wired to a Loop, a progress bar and the status line, in `box`.

    make_run(): gives a fresh run. draw(step, run): shows a step; it runs in the loop's thread.
    reset(): shows the panel's beginning again; called by the Reset button once the loop has ended.
    """

    def __init__(self, panel, kind, make_run, draw, reset):
        self.panel, self._make_run, self._draw, self._reset = panel, make_run, draw, reset
        self.loop = Loop(kind, self._on_step, self._on_end, panel.show_error)
        self.status = widgets.HTML("not started", layout=widgets.Layout(height="28px"))
        self.progress = widgets.IntProgress(0, 0, 1, layout=widgets.Layout(width="160px"))
        self._first = None
        for name, texts in BUTTONS.items():
            panel.add(name, button(*texts))
            panel.link(self.reset if name == "reset" else getattr(self, f"_press_{name}"), name)
        self.box = row(*(panel.controls[name] for name in BUTTONS), self.progress, self.status)

    def say(self, text):
        """Show plain text as the status line."""
        self.status.value = html.escape(text)

    def _press_start(self):
        self.loop.start(self._fresh_run)
        self._say_state()

    def _press_step(self):
        self.loop.step(self._fresh_run)

    def _press_pause(self):
        self.loop.pause()
        self._say_state()

    def _press_stop(self):
        self.loop.stop()

    def reset(self):
        """What the Reset button does: end the run, forget it, show the panel's beginning."""
        self.loop.discard()
        self.progress.value = 0
        self.say("not started")
        self._reset()

    def _fresh_run(self):
        self._first = None
        self.say("preparing the targets …")
        return self._make_run()

    def _on_step(self, step, run):
        self._first = self._first or (step.number, step.seconds)
        self._draw(step, run)
        self.progress.max, self.progress.value = run.settings.steps, step.number
        self._text = status_text(step.number, run.settings.steps, step.seconds, self._first, step.losses)
        self._say_state()

    def _on_end(self, run):
        if run is not None and run.number:
            finished = run.number >= run.settings.steps
            self.say(f"{'finished' if finished else 'stopped'} after {run.number} steps in {run.seconds:.1f} s")

    def _say_state(self):
        state = self.loop.state
        if self._first and state != "stopped":
            self.say(self._text + (" · paused" if state == "paused" else ""))
