"""What every panel is: controls and pictures by name, a readout of numbers, an error boundary."""

import base64
import functools
import html
import logging
from contextlib import contextmanager

import ipywidgets as widgets

from .. import images, plots
from ..errors import StyleTutorError
from ..messages import t
from . import snapshot
from .controls import show_tooltip
from .layout import row

log = logging.getLogger(__name__)

PIXELS = 240_000  # of a photo as it is sent, 200 kB at most; more is not seen at the size of a panel's pictures
CAPTION = "<div style='font-size:90%;line-height:1.35;opacity:.85;max-width:{width}px'>{text}</div>"
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

        photo: send an image as JPEG of at most PIXELS, a tenth of the bytes; for pictures that change several times a
        second.
        """
        if isinstance(picture, plots.Figure):
            picture = plots.png(picture)
        elif not isinstance(picture, bytes):
            picture = images.to_bytes(_preview(picture), ".jpg", quality=85) if photo else images.to_bytes(picture)
        self.image.format = "jpeg" if photo else "png"
        self.image.value = picture
        self.say(caption)

    def say(self, caption):
        """Show another caption (plain text)."""
        self.caption.value = CAPTION.format(width=self.width, text=html.escape(caption))


class Panel(widgets.VBox):
    """A panel: `controls` and `pictures` by name, `readout` for numbers, an alert for errors.

    A subclass builds its controls with the helpers of `controls`, calls `self.link(...)` for what happens when one
    changes, and `self.compose(...)` last. Panels compute nothing: they call the package and show what it gives.
    """

    def __init__(self):
        self.controls, self.pictures = {}, {}
        self.readout = widgets.HTML(layout=widgets.Layout(min_height="1.5em"))
        self.alert = widgets.HTML()
        self.error, self.quiet = None, False
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
        show_tooltip(control)
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

    @contextmanager
    def quietly(self):
        """Move controls without acting on each of the moves: callbacks that would look at `quiet`."""
        self.quiet = True
        try:
            yield
        finally:
            self.quiet = False

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


def _preview(image):
    """An image (1, H, W, 3) with at most PIXELS pixels."""
    scale = min(1, (PIXELS / (image.shape[1] * image.shape[2])) ** 0.5)
    return images.resize(image, size=[max(1, round(side * scale)) for side in image.shape[1:3]])
