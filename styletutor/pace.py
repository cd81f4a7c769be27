"""How long steps take, expected from the work they are and then as measured; how much of a budget is used up."""

import os
from collections import deque
from dataclasses import dataclass

from .layer_names import DEPTHS

SPEED = 8e10  # multiply-adds a second and core in float32, about what a present processor does in these convolutions
WINDOW = 25  # measurements that count; five a second come while a run is shown

_shown = {}  # (widths, precision, kind): multiply-adds a second, as the latest run on this machine had them


def cores():
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def work(widths, height, width):
    """Multiply-adds of one step on a picture: forward, and about twice as much back.

    widths: channels of the network's five blocks; after each block height and width are halved.
    """
    total, channels = 0, 3
    for block, (count, out) in enumerate(zip(DEPTHS, widths, strict=True)):
        total += 9 * out * (channels + (count - 1) * out) / 4**block
        channels = out
    return 3 * total * height * width


class Clock:
    """Steps a second and seconds left of a run.

    widths: the network's channels a block. sizes: (height, width) of what the network sees at each level of the run;
    levels share its steps evenly. kind: of what there are steps; those of a training do more than the network's part
    in them. Before two measurements the rate is what an earlier run of this kind had, or a present processor has.
    """

    def __init__(self, widths, sizes, precision="float32", kind="Run"):
        self._key = tuple(widths), precision, kind
        self._work = [work(widths, *size) for size in sizes]
        self._speed = _shown.get(self._key) or SPEED * min(cores(), 8)
        self._done, self._last = 0.0, 0
        self.resume()

    def resume(self):
        """The run was paused: the time until the next measurement doesn't count."""
        self._measured = deque(maxlen=WINDOW)

    def tell(self, number, level, now):
        """Step `number`, counted from 1, was done at level `level` by the time `now` in seconds."""
        self._done += (number - self._last) * self._work[level]
        self._last = number
        self._measured.append((self._done, now))
        done, since = self._measured[0]
        if self._done > done and now > since:
            self._speed = _shown[self._key] = (self._done - done) / (now - since)

    def rate(self, level=0):
        """Steps a second at a level."""
        return self._speed / self._work[level]

    def left(self, steps):
        """Seconds until `steps` steps are done."""
        ends = [steps * (level + 1) // len(self._work) for level in range(len(self._work))]
        starts = [max(self._last, start) for start in (0, *ends)]
        levels = zip(starts, ends, self._work, strict=False)
        return sum(max(0, end - start) * work for start, end, work in levels) / self._speed


@dataclass(frozen=True)
class Budget:
    """How long to train: minutes of training time, or a number of steps where `steps` is given."""

    minutes: float = 60.0
    steps: int | None = None

    def share(self, step, seconds):
        """The part of the budget that is used up, 0 to 1."""
        return min(1.0, step / self.steps if self.steps else seconds / (60 * self.minutes))
