"""The studio's Pin and Undo: a result kept beside the running one, and the last move of a control taken back."""

import html
import time

import ipywidgets as widgets

from .. import drafts
from ..messages import t
from .controls import button, label
from .layout import row


class Compare:
    """Pin and Undo; `box` holds them, the panel's picture "pinned" is what was pinned.

    names: the controls whose moves can be undone. state(): what undoing needs, beside the controls' values, to put
    things back. restore(values, state): put them back.
    """

    def __init__(self, panel, names, state, restore):
        self.panel, self._state, self._restore = panel, state, restore
        self.moves, self.pinned, self._names = drafts.Moves(), None, names
        panel.add("pin", button("Pin", "Keep the result as it is now, beside the one that runs", "thumb-tack"))
        panel.add("undo", button("Undo", "Take back the last move of a slider or choice", "undo")).disabled = True
        self.said = widgets.HTML()
        panel.picture("pinned", 340, 510).image.layout.width = "510px"
        panel.pictures["pinned"].caption.layout.min_height = "60px"  # three lines: what differs, as it comes
        for name in names:
            panel.controls[name].observe(panel.guarded(self._moved), "value")
        panel.link(self._undo, "undo")
        self.box = row(panel.controls["pin"], panel.controls["undo"], self.said)

    def pin(self, image, settings, what):
        """Keep an image (1, H, W, 3), the Settings that made it, and what it is, in words."""
        self.pinned = settings, what
        self.panel.pictures["pinned"].show(image, t("pinned, {what}", what=what), photo=True)
        self.tell(settings)

    def tell(self, settings):
        """Say beside the pinned picture where its settings differ from the running ones."""
        if self.pinned:
            then, what = self.pinned
            controls, pairs = self.panel.controls, drafts.differences(then, settings)
            names = {name: label(controls[name]) if name in controls else name for name in pairs}
            told = "; ".join(
                t("{name} {then}, now {now}", name=names[name], then=_short(a), now=_short(b))
                for name, (a, b) in pairs.items()
            )
            told = told or t("The settings are the same now.")
            self.panel.pictures["pinned"].say(t("pinned, {what}. {told}", what=what, told=told))

    def _moved(self, change):
        name = next(n for n in self._names if self.panel.controls[n] is change["owner"])
        state = self._state()
        if state is None:  # moved by the panel, not by hand
            return
        before = {n: self.panel.controls[n].value for n in self._names} | {name: change["old"]}
        self.moves.add(name, (before, state), time.monotonic())
        self.panel.controls["undo"].disabled = False

    def _undo(self):
        if not self.moves:
            return
        name, (values, state) = self.moves.undo()
        self.panel.controls["undo"].disabled = not self.moves
        self._restore(values, state)
        self.said.value = html.escape(t(
            "{control}: back at {value}", control=label(self.panel.controls[name]), value=_short(values[name]),
        ))


def _short(value):
    """A setting's value in a reader's words."""
    if isinstance(value, bool):
        return t("on") if value else t("off")
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_short(one)}" for name, one in value.items())
    if isinstance(value, tuple):
        return ", ".join(value)
    return t("none") if value is None else t(str(value))
