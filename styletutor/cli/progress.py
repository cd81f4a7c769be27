"""What the command says to its reader: lines on standard error, and how far a long piece of work is."""

import os
import sys
import time

from ..messages import t

EVERY = 10.0  # seconds between two lines where there is no terminal to draw a bar in


def say(text):
    """One line on standard error, "styletutor: …"; line breaks and control characters of `text` can't reach it.

    Where its reader has left, as in `2>&1 | head -1`, nothing is said and the work goes on.
    """
    words = " ".join(str(text).split())
    try:
        print("styletutor:", "".join(c if c.isprintable() else ascii(c)[1:-1] for c in words), file=sys.stderr)
    except BrokenPipeError:
        silence(sys.stderr)


def silence(stream):
    """Let what a stream still holds, and all that follows, go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Progress:
    """A bar with the time left on a terminal, elsewhere a line every ten seconds. A context manager.

    total: how much there is, or None; unit: "step" or "B"; what: the bar's title.
    """

    def __init__(self, total, unit, what):
        self.total, self.unit, self.what, self.done = total, unit, what, 0
        self._started = self._spoken = time.monotonic()
        self._bar = None
        if sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(
                total=total, unit=t(unit), unit_scale=unit == "B", desc=what, file=sys.stderr, dynamic_ncols=True
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._bar is not None:
            self._bar.close()

    def reach(self, done, note=""):
        """Tell how much is done so far, and a note such as the loss."""
        if self._bar is not None:
            self._bar.set_postfix_str(note, refresh=False)
            self._bar.update(done - self.done)
        self.done = done
        if self._bar is None and time.monotonic() - self._spoken >= EVERY:
            self._spoken = time.monotonic()
            say(", ".join(filter(None, (f"{self.what}: {self._amount()}", note, self._left()))))

    def above(self, speak, text):
        """Let `print` or `say` put a line where it doesn't cut through the bar."""
        if self._bar is not None:
            self._bar.clear()
        speak(text)
        if self._bar is not None:
            self._bar.refresh()

    def _amount(self):
        if self.unit == "B":
            done, total = f"{self.done / 1e6:.1f}", f"{self.total / 1e6:.1f}" if self.total else ""
            return t("{done} of {total} MB", done=done, total=total) if total else f"{done} MB"
        done = f"{t(self.unit)} {self.done}"
        return t("{done} of {total}", done=done, total=self.total) if self.total else done

    def _left(self):
        if not self.total or not self.done:
            return ""
        seconds = (time.monotonic() - self._started) / self.done * (self.total - self.done)
        return t("about {seconds:.0f} s left", seconds=seconds)
