"""From a draft to the picture that is kept: its settings at another size, what differs, what was moved last."""

import math
from dataclasses import fields

PAUSE = 0.7  # seconds; a control at rest for longer begins another move


def render_settings(draft, max_dim):
    """The draft's Settings for a picture of max_dim: the draft once more, then a level at each doubling of its size.

    Each level does as many steps as the draft did, so that the render begins with the draft's own picture and its
    larger strokes stay where they are. Weights are the draft's; where they are relative they mean the same.
    """
    levels = max(0, round(math.log2(max_dim / draft.max_dim)))
    scales = min(6, draft.scales + levels)
    return draft.replace(max_dim=max_dim, scales=scales, steps=draft.steps * scales // draft.scales)


def differences(settings, other):
    """{name: (value in settings, value in other)} of the settings that differ."""
    pairs = {f.name: (getattr(settings, f.name), getattr(other, f.name)) for f in fields(settings)}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


class Moves:
    """What stood before each move of a control, so that it can be taken back; a drag is one move, however many ticks.

    A state is whatever the caller wants back; moves older than the latest `kept` are forgotten.
    """

    def __init__(self, kept=100):
        self._kept, self._moves, self._name, self._time = kept, [], None, -math.inf

    def __len__(self):
        return len(self._moves)

    def add(self, name, before, now):
        """A control moved at `now` (seconds); `before` is the state before it did."""
        if name != self._name or now - self._time > PAUSE or not self._moves:
            self._moves = [*self._moves[1 - self._kept :], (name, before)]
        self._name, self._time = name, now

    def undo(self):
        """(name, state before it) of the latest move, which is forgotten; None where there is none."""
        self._name = None
        return self._moves.pop() if self._moves else None
