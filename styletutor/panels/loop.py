"""One background thread that iterates a run, and can be paused, stepped, stopped and told new weights.

Callbacks may come from any thread (which one differs between kernels), so they only change a few values under
a lock; the thread looks at them once a step.
"""

import contextlib
import dataclasses
import functools
import sys
import threading
import time
import weakref

DRAW_SECONDS = 0.2  # at most five pictures a second
DRAW_SHARE = 0.2  # of the thread's time; a slow drawing is done less often
SECONDS_AT_EXIT = 1  # for the step under way when the process ends

_loops = weakref.WeakSet()


@functools.cache
def _end_with_process():
    """Have the loops end when the main thread does, which is before what carries their messages ends.

    atexit would be too late: a kernel's sockets may have gone by then.
    """
    threading.Thread(target=_end_after_main_thread, name="end_of_loops", daemon=False).start()


def _end_after_main_thread():
    threading.main_thread().join()
    loops = list(_loops)
    for loop in loops:
        loop.silence()
    for loop in loops:
        loop.discard(SECONDS_AT_EXIT)
    with contextlib.suppress(AttributeError, OSError, ValueError):  # none, or nobody reads it
        sys.stdout.flush()  # in a kernel this waits until every message before it is sent


class Loop:
    """Iterates a run in a daemon thread.

    on_step(step, run): called in the thread, at most every DRAW_SECONDS, always for the last step before a
    pause or the end, and again with its new losses when a weight changes in a pause.
    on_end(run): called in the thread when it ends. on_error(error): before that, if it failed.
    behind: a loop that goes first: while it runs, this one rests after each step for as long as the step took.
    A new loop of a kind stops the older ones of that kind: running a cell again leaves one thread.
    """

    def __init__(self, kind, on_step, on_end, on_error, behind=None):
        self.kind, self.run, self.error, self._behind = kind, None, None, behind
        self._on_step, self._on_end, self._on_error = on_step, on_end, on_error
        self._changed = threading.Condition()
        self._wanted, self._single, self._changes, self._thread = "stop", False, {}, None
        self._idle = False
        _end_with_process()
        for other in list(_loops):
            if other.kind == kind:
                other.stop()
        _loops.add(self)

    @property
    def state(self):
        """"running", "paused" or "stopped"."""
        with self._changed:
            if self._thread is None:
                return "stopped"
            return "paused" if self._wanted == "pause" else "running"

    def start(self, make_run, paused=False):
        """Go on where it paused, else start a thread that iterates make_run(); while it runs, do nothing."""
        if self._wanted == "stop":
            self._join(30)  # the step that was under way when Stop was pressed
        with self._changed:
            if self._thread is None:
                self.run, self.error, self._changes, self._single = None, None, {}, False
                self._thread = threading.Thread(
                    target=self._work, args=(make_run,), name=f"styletutor {self.kind}", daemon=True
                )
                self._wanted = "pause" if paused else "run"
                self._thread.start()
            elif self._wanted == "pause":
                self._wanted = "run"
            self._changed.notify_all()

    def pause(self):
        """Stop after the present step, ready to go on."""
        with self._changed:
            if self._wanted == "run":
                self._wanted = "pause"
                self._changed.notify_all()

    def step(self, make_run):
        """Do one step, then pause."""
        with self._changed:
            if self._thread is None:
                self.start(make_run, paused=True)
            self._wanted, self._single = "pause", True
            self._changed.notify_all()

    def stop(self):
        """End the thread after the present step; the run is kept."""
        with self._changed:
            self._wanted = "stop"
            self._changed.notify_all()

    def silence(self):
        """Stop, and call nothing any more."""
        self._on_step = self._on_end = self._on_error = lambda *_: None
        self.stop()

    def discard(self, seconds=30):
        """Stop, wait for the thread, and forget the run. Not from the loop's own thread."""
        self.stop()
        self._join(seconds)
        self.run = None

    def update(self, **changes):
        """Change settings of the run at its next step; without a run, nothing."""
        with self._changed:
            self._changes.update(changes)
            self._changed.notify_all()

    def wait(self, seconds=None):
        """Wait until the thread has ended (paused counts as not ended); raise what it raised.

        Interrupted, by Ctrl-C or a time limit on the cell, it stops the thread.
        """
        try:
            self._join(seconds)
        except KeyboardInterrupt:
            self.stop()
            raise
        if self.error is not None:
            raise self.error

    def settle(self, seconds=60):
        """Wait until the thread has ended, or is paused with nothing left to do; says whether it has come to that."""
        with self._changed:
            return self._changed.wait_for(lambda: self._thread is None or (self._idle and not self._pending()), seconds)

    def _join(self, seconds):
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(seconds)

    def _pending(self):
        return self._wanted != "pause" or self._single or self._changes

    def _work(self, make_run):
        try:
            self.run = make_run()
            self._iterate(self.run)
        except Exception as error:
            self.error = error
            self._on_error(error)
        try:
            self._on_end(self.run)
        finally:
            with self._changed:
                self._thread, self._wanted = None, "stop"
                self._changed.notify_all()

    def _iterate(self, run):
        next_drawing, undrawn, last = 0.0, None, None
        while True:
            changes, wanted, single = self._take_command()
            if changes:
                run.update(**changes)
                if last and wanted == "pause":
                    undrawn = dataclasses.replace(last, losses=run.losses)
            began = time.monotonic()
            step = next(run, None) if single or wanted == "run" else None
            undrawn, last = step or undrawn, step or last
            started = time.monotonic()
            if undrawn and (step is None or single or started >= next_drawing):
                self._on_step(undrawn, run)
                ended, undrawn = time.monotonic(), None
                next_drawing = ended + max(DRAW_SECONDS, (ended - started) * (1 / DRAW_SHARE - 1))
            if step is None:
                if wanted != "pause":
                    return
                self._wait_for_command()
            elif self._behind and self._behind.state == "running":
                self._rest(started - began)

    def _take_command(self):
        with self._changed:
            command = self._changes, self._wanted, self._single
            self._changes, self._single = {}, False
            return command

    def _rest(self, seconds):
        with self._changed:
            self._changed.wait_for(lambda: self._wanted != "run", seconds)

    def _wait_for_command(self):
        with self._changed:
            self._idle = True
            self._changed.notify_all()
            self._changed.wait_for(self._pending)
            self._idle = False
