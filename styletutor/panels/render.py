"""The studio's draft made larger, in the background, while the draft stays usable."""

from .. import drafts, edges, pace, transfer, weights
from ..messages import t
from ..vgg19 import load_vgg19
from .controls import button, dropdown, slider
from .layout import column, row
from .live import Progress, duration
from .studio_controls import networks

SIZES = 256, 1536  # pixels; VGG19 at 1024 takes about 4 GB of memory
WIDTHS = {"embedded": weights.QUARTER_WIDTHS}


def clock_for(network, image, settings):
    """(pace.Clock, steps) of a run with a network of this name on a content image (1, H, W, 3)."""
    widths = WIDTHS.get(weights.resolve(network), weights.FULL_WIDTHS)
    sizes = [edges.seen(size, settings.margin) for size in transfer.pyramid(image.shape[1:3], settings.scales)]
    return pace.Clock(widths, sizes, settings.precision), settings.steps


class Render:
    """Size, network, Render and its own progress: the draft's settings of that moment, in a loop behind the draft's.

    panel: has `settings`, the pickers `content` and `style`, and the draft's `loop`. `box` holds the controls,
    the panel's picture "render" what they give.
    """

    def __init__(self, panel):
        self.panel = panel
        best = "imagenet" if "imagenet" in networks() else "embedded"
        panel.add("render_size", slider(
            "Render size", 512, *SIZES, tooltip="The longer side of the finished picture, in pixels", step=64
        )).continuous_update = False
        panel.add("render_network", dropdown(
            "Render network", networks(), best, "Which network makes the finished picture; imagenet once downloaded"
        ))
        panel.add("render", button(
            "Render", "Make the draft's settings into a larger picture; a draft that runs goes first, at about two "
            "thirds of its speed", "picture-o",  # measured with the embedded network, 256 beside 512 pixels
        ))
        panel.add("render_stop", button("Stop rendering", "End the render and keep its picture", "stop"))
        panel.add("render_save", button("Save the render", "Write the render beside the draft, as a PNG", "save"))
        self.progress = Progress(panel, "render", lambda: self._make_run(), self._draw, self._expect, behind=panel.loop)
        self.loop = self.progress.loop
        panel.link(self._start, "render")
        panel.link(self.loop.stop, "render_stop")
        panel.link(self.show_plan, "render_size", "render_network")
        panel.picture("render", 340, 510).image.layout.width = "510px"
        bar, status = self.progress.progress, self.progress.status
        bar.layout.width = status.layout.width = "340px"
        status.layout.height = "60px"  # two lines
        buttons = row(panel.controls["render"], panel.controls["render_stop"])
        self.box = column(panel.controls["render_size"], panel.controls["render_network"], buttons, bar, status)

    @property
    def settings(self):
        """The Settings that Render would use now."""
        return drafts.render_settings(self.panel.settings, self.panel.controls["render_size"].value)

    def show_plan(self):
        """What Render would do now and about how long it would take; before the first, the picture it begins with."""
        if self.loop.state != "stopped":
            return
        clock, steps = self._expect()
        image = self.panel.content.load(self.settings.max_dim)
        plan = t(
            "{size}, {steps} steps on {network}, about {left}", size=_size(image), steps=steps, network=self._network,
            left=duration(clock.left(steps)),
        )
        self.progress.say(t("not started: {plan}", plan=plan))
        if self.loop.run is None:
            self.panel.pictures["render"].show(image, t(
                "the render comes here: {plan}", plan=plan,
            ), photo=True)

    @property
    def _network(self):
        return self.panel.controls["render_network"].value

    def _expect(self):
        settings = self.settings
        return clock_for(self._network, self.panel.content.load(settings.max_dim), settings)

    def _start(self):
        settings, network = self.settings, self._network
        pictures = self.panel.content.load(settings.max_dim), self.panel.style.load(settings.style_dim)
        self._make_run = lambda: transfer.stylize(*pictures, settings, load_vgg19(network))
        self.progress.start()

    def _draw(self, step, run):
        caption = t(
            "render, step {number} of {steps}: {size}", number=step.number, steps=run.settings.steps,
            size=_size(step.image),
        )
        self.panel.pictures["render"].show(step.image, caption, photo=True)


def _size(image):
    return t("{width} × {height} pixels", width=image.shape[2], height=image.shape[1])
