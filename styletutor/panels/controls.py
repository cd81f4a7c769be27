"""A panel's controls: sliders, choices, boxes to tick, buttons, each with a label and a tooltip."""

import html
import math
import re

import ipywidgets as widgets

from ..messages import t

TITLED = (widgets.Dropdown, widgets.SelectMultiple, widgets.Text, widgets.Checkbox)


def slider(description, value, low, high, tooltip, step=1):
    """A slider for a whole number. Here and below, `t` is given each description, tooltip and option."""
    return widgets.IntSlider(
        value, low, high, step, description=t(description), tooltip=t(tooltip), layout=widgets.Layout(width="340px")
    )


def float_slider(description, value, low, high, tooltip, step=0.01):
    """A slider for a number."""
    return widgets.FloatSlider(
        value, min=low, max=high, step=step, description=t(description), tooltip=t(tooltip),
        layout=widgets.Layout(width="340px"),
    )


class LogSlider(widgets.FloatLogSlider):
    """A FloatLogSlider that keeps a value between two of its places until it is moved.

    The page rounds the value to the slider's nearest place when it shows it, and says so as if it were a move.
    """

    def set_state(self, sync_data):
        """Take what the page says, but for its rounding."""
        place = self.min + self.step * round((math.log(self.value, self.base) - self.min) / self.step)
        if math.isclose(sync_data.get("value", math.nan), self.base**place, rel_tol=1e-9):
            sync_data = {name: value for name, value in sync_data.items() if name != "value"}
        super().set_state(sync_data)


def reach(control, value):
    """Move a slider's ends apart where a value lies beyond them; a LogSlider's to a whole power, and not for 0."""
    if isinstance(control, LogSlider) and value > 0:
        power = round(math.log(value, control.base), 9)
        control.min, control.max = min(control.min, math.floor(power)), max(control.max, math.ceil(power))
    elif isinstance(control, (widgets.IntSlider, widgets.FloatSlider)):
        control.min, control.max = min(control.min, value), max(control.max, value)


def log_slider(description, value, low, high, tooltip):
    """A slider for a positive number from 10^low to 10^high."""
    return LogSlider(
        value, min=low, max=high, step=0.05, description=t(description), tooltip=t(tooltip), readout_format=".3g",
        layout=widgets.Layout(width="340px"),
    )


def dropdown(description, options, value, tooltip):
    """A choice among options: names, (label, value) pairs, or {label: value}."""
    pairs = options.items() if isinstance(options, dict) else options
    pairs = [pair if isinstance(pair, tuple) else (pair, pair) for pair in pairs]
    return widgets.Dropdown(
        options=[(t(text), option) for text, option in pairs], value=value,
        description=t(description), tooltip=t(tooltip), layout=widgets.Layout(width="340px"),
    )  # fmt: skip


def several(description, options, value, tooltip):
    """A list of names of which several, or none, may be chosen: all in sight, below its label."""
    layout = widgets.Layout(
        width="auto", height=f"{32 + 17 * len(options)}px", flex_flow="column", align_items="flex-start"
    )
    return widgets.SelectMultiple(
        options=options, value=value, description=t(description), tooltip=t(tooltip), layout=layout
    )


def checkbox(description, value, tooltip):
    """A box to tick."""
    return widgets.Checkbox(value, description=t(description), tooltip=t(tooltip), indent=False)


def button(description, tooltip, icon=""):
    """A button."""
    layout = widgets.Layout(width="auto")
    return widgets.Button(description=t(description), tooltip=t(tooltip), icon=icon, layout=layout)


def label(control):
    """A control's description as plain text."""
    return html.unescape(re.sub(r"<[^>]*>", "", control.description))


def show_tooltip(control):
    """Let the tooltip reach the page: these controls of ipywidgets 8.1 show one only where there is no description."""
    if isinstance(control, TITLED):
        control.description_allow_html = True
        title, text = html.escape(control.tooltip or "", quote=True), html.escape(label(control))
        control.description = f'<span title="{title}">{text}</span>'
    if isinstance(control, widgets.Checkbox):
        control.tooltip = None  # or the box's own would be the description with its marks
