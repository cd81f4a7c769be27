"""What every panel is made of: controls, pictures with captions, a readout of numbers, and an error boundary."""

import base64
import functools
import html
import logging
import math
import re

import ipywidgets as widgets

from .. import images, plots
from ..errors import StyleTutorError
from ..messages import t
from . import snapshot

log = logging.getLogger(__name__)

CAPTION = "<div style='font-size:90%;line-height:1.35;opacity:.85;max-width:{width}px'>{text}</div>"
SLIDERS = (widgets.IntSlider, widgets.FloatSlider, widgets.FloatLogSlider, widgets.SelectionSlider)
LABELLED = (*SLIDERS, widgets.Dropdown, widgets.SelectMultiple, widgets.Text)
TITLED = (widgets.Dropdown, widgets.SelectMultiple, widgets.Text, widgets.Checkbox)
PHOTOS = "<style>.styletutor-photos>*>img{aspect-ratio:3/2;height:auto!important}</style>"  # no Layout says it
MONOSPACE = "<pre style='font-size:90%;line-height:1.35;margin:0;white-space:pre-wrap;word-break:normal'>{}</pre>"


class Picture(widgets.VBox):
    """An image with a caption in text; its height is fixed, so that the page doesn't jump."""

    def __init__(self, height=256, width=None):
        self.image = widgets.Image(format="png", layout=widgets.Layout(height=f"{height}px", width="auto"))
        self.image.layout.object_fit, self.image.layout.object_position = "contain", "left"
        self.caption = widgets.HTML()
        self.width = width or round(height * 1.4)
        super().__init__([self.image, self.caption], layout=widgets.Layout(margin="0 12px 8px 0"))

    def show(self, picture, caption, photo=False):
        """Show an image (1, H, W, 3), a matplotlib figure or a PNG's bytes, with its caption (plain text).

        photo: send an image as JPEG, a tenth of the bytes; for pictures that change several times a second.
        """
        if isinstance(picture, plots.Figure):
            picture = plots.png(picture)
        elif not isinstance(picture, bytes):
            picture = images.to_bytes(picture, ".jpg" if photo else ".png", quality=85)
        self.image.format = "jpeg" if photo else "png"
        self.image.value = picture
        self.say(caption)

    def say(self, caption):
        """Show another caption (plain text)."""
        self.caption.value = CAPTION.format(width=self.width, text=html.escape(caption))


class Panel(widgets.VBox):
    """A panel: `controls` and `pictures` by name, `readout` for numbers, an alert for errors.

    A subclass builds its controls with the helpers below, calls `self.link(...)` for what happens when one
    changes, and `self.compose(...)` last. Panels compute nothing: they call the package and show what it gives.
    """

    def __init__(self):
        self.controls, self.pictures = {}, {}
        self.readout = widgets.HTML(layout=widgets.Layout(min_height="1.5em"))
        self.alert = widgets.HTML()
        self.error = None
        super().__init__()

    def __repr__(self):
        """What a reader sees where no widgets are shown."""
        return t("{name}: run this cell in JupyterLab to play with it", name=type(self).__name__)

    def _repr_mimebundle_(self, **options):
        """Beside the widget its pictures as they are now: a saved notebook may be read where no widgets are shown."""
        shown = [p.image for p in self.pictures.values() if p.image.value and p.layout.display != "none"]
        sheet = snapshot.sheet([(image.value, int(image.layout.height.removesuffix("px"))) for image in shown])
        pictures = {"image/jpeg": base64.b64encode(sheet).decode()} if sheet else {}
        return super()._repr_mimebundle_(**options) | pictures

    def add(self, name, control):
        """Keep a control under a name (tests and lessons use it) and return it."""
        self.controls[name] = control
        control.style.description_width = "initial"
        _show_tooltip(control)
        return control

    def picture(self, name, height=256, width=None):
        """Make a Picture under a name; width is that of its caption."""
        self.pictures[name] = Picture(height, width)
        return self.pictures[name]

    def link(self, callback, *names):
        """Call `callback()` whenever one of the named controls changes (a button: is clicked), inside the boundary."""
        callback = self.guarded(callback)
        for name in names:
            control = self.controls[name]
            if isinstance(control, widgets.Button):
                control.on_click(lambda _: callback())
            else:
                control.observe(lambda _: callback(), "value")

    def guarded(self, callback):
        """The callback inside the error boundary: what it raises is shown in the panel, and kept in `error`."""

        @functools.wraps(callback)
        def inside(*args, **kwargs):
            try:
                self.clear_error()
                return callback(*args, **kwargs)
            except Exception as error:
                self.show_error(error)

        return inside

    def show_error(self, error):
        """Show an error in the panel as text, one sentence; the log keeps the traceback of an unexpected one."""
        self.error = error
        text = str(error) if isinstance(error, StyleTutorError) else f"{type(error).__name__}: {error}"
        if not isinstance(error, StyleTutorError):
            log.error("unexpected error in %s", type(self).__name__, exc_info=error)
        self.alert.value = (
            "<div role='alert' style='border-left:4px solid #D55E00;padding:4px 8px;white-space:pre-wrap'>"
            f"{html.escape(text)}</div>"
        )

    def clear_error(self):
        """Take the last error away."""
        self.error = None
        if self.alert.value:
            self.alert.value = ""

    def say(self, text):
        """Show numbers and sentences (plain text, lines kept) in the readout."""
        self.readout.value = MONOSPACE.format(html.escape(text))

    def compose(self, *rows):
        """Lay out the panel: rows of widgets (a tuple is a row that wraps), the alert and the readout below.

        A readout that stands in a row already isn't repeated.
        """
        made = [row(*r) if isinstance(r, tuple) else r for r in rows]
        placed = any(self.readout in r for r in rows if isinstance(r, tuple))
        self.children = [*made, self.alert, *(() if placed else (self.readout,))]


def row(*children):
    """Widgets beside each other, wrapping on a narrow page."""
    return widgets.HBox(children, layout=widgets.Layout(flex_flow="row wrap", align_items="flex-start"))


def beside(*pictures):
    """Pictures that stay beside each other: at most as wide as their captions, narrower on a narrow page."""
    for picture in pictures:
        picture.image.layout.width, picture.image.layout.object_position = "100%", "left bottom"
        picture.layout.flex, picture.layout.max_width = f"{picture.width} 1 0%", f"{picture.width}px"
    together = row(*pictures)
    together.layout.flex_flow = "row nowrap"
    return together


def photos_beside(*pictures):
    """Pictures beside each other in places of 3 : 2, which are lower too where they are narrower: no empty space."""
    together = beside(*pictures)
    together.children += (widgets.HTML(PHOTOS, layout=widgets.Layout(display="none")),)
    return together.add_class("styletutor-photos")


def column(*children):
    """Widgets below each other, their labels of one width, with room for a dropdown's longest option and to drag."""
    labelled = [c for c in children if isinstance(c, LABELLED) and c.style.description_width == "initial"]
    width = 2 + 0.85 * max((len(label(c)) for c in labelled), default=0)  # in ch; letters are narrower than digits
    for control in labelled:
        control.style.description_width = f"{width:.1f}ch"
        if isinstance(control, widgets.Dropdown):
            longest = 0.85 * max(map(len, dict(control.options)), default=0)
            control.layout.min_width = f"{width + longest + 6:.1f}ch"  # 6: the arrow, and the space around the text
            control.layout.max_width = "100%"
        elif isinstance(control, SLIDERS):
            control.layout.min_width = f"calc({width:.1f}ch + 170px)"  # half of it for the number
    return widgets.VBox(children, layout=widgets.Layout(margin="0 12px 0 0"))


def heading(text):
    """A line in bold above controls."""
    return widgets.HTML(f"<b>{html.escape(t(text))}</b>")


def label(control):
    """A control's description as plain text."""
    return html.unescape(re.sub(r"<[^>]*>", "", control.description))


def _show_tooltip(control):
    """Let the tooltip reach the page: these controls of ipywidgets 8.1 show one only where there is no description."""
    if isinstance(control, TITLED):
        control.description_allow_html = True
        title, text = html.escape(control.tooltip or "", quote=True), html.escape(label(control))
        control.description = f'<span title="{title}">{text}</span>'
    if isinstance(control, widgets.Checkbox):
        control.tooltip = None  # or the box's own would be the description with its marks


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


def checkbox(description, value, tooltip):
    """A box to tick."""
    return widgets.Checkbox(value, description=t(description), tooltip=t(tooltip), indent=False)


def button(description, tooltip, icon=""):
    """A button."""
    layout = widgets.Layout(width="auto")
    return widgets.Button(description=t(description), tooltip=t(tooltip), icon=icon, layout=layout)
