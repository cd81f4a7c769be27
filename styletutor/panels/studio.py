"""StyleStudio: everything on one panel. Pick pictures, press Start, move any weight while it runs."""

import html
from pathlib import Path

import ipywidgets as widgets

from .. import charts, gallery, images, transfer
from ..errors import SettingsError, refuses
from ..messages import mark, t
from ..settings import LIVE, Settings
from ..vgg19 import load_vgg19
from .base import MONOSPACE
from .compare import Compare
from .film import Film
from .layout import column, photos_beside
from .live import LiveControls, LivePanel
from .picker import LABELS, PicturePicker
from .render import Render, clock_for
from .saving import download_link, free_path, resting
from .studio_controls import FACTORS, OWN, STARTS_OVER, WEIGHTS, add_controls, settings_of, show_settings
from .studio_words import at_step, numbers, program

BEGINNING = {
    "result": mark("before step 1: press Start"),
    "past": mark("before step 1: past pictures come here"),
    "pinned": mark("before step 1: Pin keeps a result here"),
}


class StyleStudio(LivePanel):
    """Style transfer live: pictures, network, layers, preset, weights, Start; every weight acts while it runs.

    Pin keeps a result beside the running one, Undo takes back the last move, Render makes the draft larger.
    content, style: gallery names to begin with (default: the first ones). settings: default
    `Settings.preset("quick")`. network: a name that `load_vgg19` knows.
    """

    @refuses(SettingsError)
    def __init__(self, content="chelsea", style=None, settings=None, network="auto"):
        super().__init__()
        self.base = settings or Settings.preset("quick")
        self.film = Film()
        self.content = PicturePicker(self, "content", gallery.contents(), content, self._start_over)
        self.style = PicturePicker(self, "style", gallery.styles(), style or gallery.styles()[0], self._start_over)
        self.boxes = add_controls(self, self.base, network)
        self._add_pictures()
        self.live = LiveControls(self, "studio", self._make_run, self._draw, self._show_start, self._expect)
        self.loop = self.live.loop
        self.compare = Compare(self, ("preset", *STARTS_OVER, *WEIGHTS, *FACTORS), self._by_hand, self._restore)
        self.render = Render(self)
        self.code, self.saved = widgets.HTML(), widgets.HTML()
        self._link()
        self._lay_out()
        self._show_start()

    @property
    def settings(self):
        """The Settings that the controls show. Raises SettingsError."""
        return settings_of(self.controls, self.base)

    def python(self):
        """The Python program that makes the same picture without the panel."""
        pictures = self.content.code("settings.max_dim"), self.style.code("settings.style_dim")
        return program(self.settings, *pictures, self.controls["network"].value)

    def _add_pictures(self):
        sizes = {
            "content": (110, 160), "style": (110, 160), "result": (340, 510), "curves": (190, 350),
            "budget": (190, 350), "past": (190, 510), "strip": (64, 510),
        }  # fmt: skip
        for name, (height, width) in sizes.items():
            self.picture(name, height, width).image.layout.width = f"{width}px"

    def _link(self):
        self.link(self._leave_preset, *STARTS_OVER, *WEIGHTS, *FACTORS)
        self.link(self._start_over, *STARTS_OVER)
        self.link(self._tune, *WEIGHTS, *FACTORS)
        self.link(self._take_preset, "preset")
        self.link(self._show_past, "past")
        self.link(self._save, "save")
        self.link(self._save_render, "render_save")
        self.link(self._pin, "pin")
        self.link(self._toggle_code, "code")

    def _lay_out(self):
        pictures, controls, boxes = self.pictures, self.controls, self.boxes
        self.compose(
            (self.content.box, pictures["content"], self.style.box, pictures["style"]),
            (boxes["how"], boxes["layers"], self.render.box),
            (boxes["weights"], boxes["factors"], pictures["curves"]),
            self.live.box,
            self.compare.box,
            photos_beside(pictures["result"], pictures["pinned"]),
            (pictures["render"], column(pictures["strip"], controls["past"], pictures["past"])),
            (controls["file"], controls["save"], controls["render_save"], controls["code"], self.saved),
            self.code,
            (pictures["budget"], self.readout),
        )

    def _make_run(self):
        self.film.clear()
        settings = self.settings
        content, style = self.content.load(settings.max_dim), self.style.load(settings.style_dim)
        return transfer.stylize(content, style, settings, load_vgg19(self.controls["network"].value))

    def _expect(self):
        settings = self.settings
        return clock_for(self.controls["network"].value, self.content.load(settings.max_dim), settings)

    def _show_start(self):
        """The beginning: both pictures, and the content picture where the result will be."""
        self.film.clear()
        self._latest = None
        for picker, name in ((self.content, "content"), (self.style, "style")):
            image = picker.load(self.settings.max_dim)
            size = t("{width} × {height} pixels", width=image.shape[2], height=image.shape[1])
            caption = f"{t(LABELS[name])}: {t(picker.name)}, {size}"
            self.pictures[name].show(image, caption, photo=True)
            if name == "content":
                for place, caption in BEGINNING.items():
                    if place != "pinned" or not self.compare.pinned:
                        self.pictures[place].show(image, t(caption), photo=True)
                self.pictures["strip"].show(images.resize(image, 64), t("the strip of past pictures"))
        self._show_numbers(None)
        self.render.show_plan()

    def _start_over(self):
        """Another picture, network, layer or size needs another run; it starts at once if one is running."""
        if not self.quiet:
            self.begin_again()

    def _leave_preset(self):
        """Numbers moved by hand are no preset's any more; choosing it again then sets them back."""
        if not self.quiet:
            with self.quietly():
                self.controls["preset"].value = OWN

    def _take_preset(self):
        name = self.controls["preset"].value
        if name == OWN:
            return
        self.base = Settings.preset(name)
        with self.quietly():
            show_settings(self.controls, self.base)
        self._start_over()

    def _by_hand(self):
        """What Undo needs beside the controls' values; None while the panel itself moves them."""
        return None if self.quiet else self.base

    def _restore(self, values, base):
        """Put the controls back to these values: a new run where one is needed, else at the next step."""
        changed = {name for name, value in values.items() if self.controls[name].value != value}
        self.base = base
        with self.quietly():
            for name in changed:
                self.controls[name].value = values[name]
        if changed & {"preset", *STARTS_OVER}:
            self._start_over()
        else:
            self._tune()

    def _tune(self):
        """A weight, the learning rate or the number of steps: acts at the run's next step."""
        if self.quiet:
            return
        changes = {name: getattr(self.settings, name) for name in LIVE}
        if self.loop.state == "stopped" and self.run:
            self.run.update(**changes)
            self._show_numbers(self.run.losses)
        else:
            self.loop.update(**changes)
            if self.run is None:
                self._show_numbers(None)

    def _draw(self, step, run):
        """Show a step; called in the loop's thread, a few times a second."""
        self._latest = step, run
        self.film.add(step)
        frames = self.film.frames
        self.controls["past"].max = len(frames) - 1
        if len(frames) == 1:  # another run begins
            self._show_past()
        self.pictures["result"].show(step.image, t(
            "step {number} of {steps}", number=step.number, steps=run.settings.steps,
        ), photo=True)
        span = t("from step {first} to {last}", first=frames[0].number, last=frames[-1].number)
        self.pictures["strip"].show(self.film.strip(), span, photo=True)
        curves = charts.loss_chart(run.history, run.settings.steps)
        self.pictures["curves"].show(curves, t("the terms of the weighted loss, step by step"))
        self._show_numbers(step.losses, run.settings)  # the controls may name other layers already
        self.compare.tell(run.settings)

    def _show_numbers(self, losses, settings=None):
        """The readout and the bars: each term's part of the loss, or before a run its weight."""
        settings = settings or self.settings
        terms = {name: (losses or settings.coefficients)[name] for name in settings.coefficients}
        what = mark("part of the loss") if losses else mark("weight")
        caption = t("each term's part of the loss") if losses else t("each term's weight")
        self.pictures["budget"].show(charts.bar_chart(terms, what), caption)
        if losses is None:
            self.pictures["curves"].show(charts.loss_chart([], settings.steps), t("the loss comes here, step by step"))
        self.say(numbers(settings, self.controls["network"].value, losses))

    def _show_past(self):
        frames = self.film.frames
        if frames:
            step = frames[min(self.controls["past"].value, len(frames) - 1)]
            self.pictures["past"].show(step.image, at_step(step), photo=True)

    def _save(self):
        self._write(self.loop, self.controls["file"].value or "stylized-image.png", mark("Start"))

    def _save_render(self):
        path = Path(self.controls["file"].value or "stylized-image.png")
        self._write(self.render.loop, path.with_stem(f"{path.stem}-render"), mark("Render"))

    def _pin(self):
        if self._latest is None:
            self.compare.said.value = t("There is nothing to pin yet: press Start.")
        else:
            step, run = self._latest
            self.compare.pin(step.image, run.settings, at_step(step))

    def _write(self, loop, name, press):
        """Write the best picture of a loop's run and offer it as a download; the run waits meanwhile."""
        if loop.run is None:
            self.saved.value = t("There is nothing to save yet: press {press}.", press=t(press))
            return
        with resting(loop):
            path = images.save_image(loop.run.image, free_path(Path(name)), loop.run.settings)
        self.saved.value = t("saved as {path}", path=html.escape(str(path))) + download_link(path)

    def _toggle_code(self):
        self.code.value = "" if self.code.value else MONOSPACE.format(html.escape(self.python()))
