"""ContentPanel: a picture rebuilt from one layer's features, live."""

import threading

from .. import charts, drawing, gallery, images, reconstruction
from ..errors import SettingsError, refuses
from ..layer_names import CONVOLUTIONS
from ..messages import t
from ..vgg19 import layer_table, load_vgg19
from .controls import dropdown, float_slider, log_slider, slider
from .layout import beside, column
from .live import LiveControls, LivePanel

NEW_RUN = ("layer", "optimizer", "noise", "seed", "max_dim")  # what only another run can take
LIVE = ("tv_weight", "learning_rate", "steps")
TERMS = ("total", "content", "total_variation")
OPTIMIZERS = [("Adam", "adam"), ("L-BFGS", "lbfgs")]


class ContentPanel(LivePanel):
    """What a layer knows of a picture: start from noise and lower the content loss at that layer alone.

    network: from `load_vgg19`; None loads "auto". image: what `load_image` takes; None is the gallery's chelsea.
    layer, max_dim, steps: the controls' first values. Of the panels of a kind, only the newest runs.
    """

    @refuses(SettingsError)
    def __init__(self, network=None, image=None, layer="block4_conv2", max_dim=160, steps=200, kind="content"):
        super().__init__()
        self.network = network or load_vgg19()
        self._original = gallery.load("chelsea") if image is None else images.load_image(image)
        self._shelf, self._marks, self._drawing = {}, [], threading.Lock()
        self._add_controls(layer, max_dim, steps)
        self._add_pictures()
        self.live = LiveControls(self, kind, self._make_run, self._draw, self._show_start)
        self.loop = self.live.loop
        self.link(self._start_over, *NEW_RUN)
        self.link(self._tune, *LIVE)
        self._lay_out()
        self._show_start()

    def _add_controls(self, layer, max_dim, steps):
        self.add("layer", dropdown(
            "Layer", CONVOLUTIONS, layer, "The layer whose features are all that the run is told"
        ))
        self.add("tv_weight", float_slider(
            "Total variation weight", 0.1, 0, 1, "How much smoothness counts beside the features; acts while it runs"
        ))
        self.add("learning_rate", log_slider(
            "Learning rate", 0.05, -3, 0, "How far Adam moves a value in a step (1: black to white); acts while it runs"
        ))
        self.add("steps", slider("Steps", steps, 10, 1000, "Where the run ends; acts while it runs", 10))
        self.add("optimizer", dropdown("Optimiser", OPTIMIZERS, "adam", "What turns the gradient into a step"))
        self.add("noise", float_slider("Noise at the start", 1, 0, 1, "1 starts from noise, 0 from flat grey", 0.05))
        self.add("seed", slider("Noise number", 0, 0, 99, "Each number starts from another noise"))
        largest = max(64, min(384, max(self._original.shape)))  # no picture is ever enlarged
        self.add("max_dim", slider("Size", max_dim, 64, largest, "The longer side in pixels", 32))
        for name in ("seed", "max_dim", "noise"):
            self.controls[name].continuous_update = False  # each change starts over

    def _add_pictures(self):
        for name in ("original", "rebuilt", "difference", "features", "features_rebuilt", "curve"):
            self.picture(name, 180, 260)
        self.picture("shelf", 80, 800)
        for name, picture in self.pictures.items():
            picture.caption.layout.height = "2.8em" if name in ("original", "rebuilt", "difference") else "5.2em"

    def _lay_out(self):
        box, shown = self.controls, self.pictures
        self.compose(
            (
                column(*(box[name] for name in ("layer", *LIVE))),
                column(*(box[name] for name in ("optimizer", "noise", "seed", "max_dim"))),
            ),
            self.live.box,
            beside(shown["original"], shown["rebuilt"], shown["difference"]),
            beside(shown["features"], shown["features_rebuilt"], shown["curve"]),
            shown["shelf"],
        )

    def _options(self):
        """What `reconstruction.rebuild` is told."""
        return {name: self.controls[name].value for name in (*NEW_RUN, *LIVE)}

    def _make_run(self):
        self._marks = []
        return reconstruction.rebuild(self._target.image, network=self.network, **self._options())

    def _show_start(self):
        """The beginning: the picture, its features, and the noise that the run starts from."""
        value = self._options()
        image = images.resize(self._original, value["max_dim"])
        self._target = reconstruction.LayerTarget(image, value["layer"], self.network)
        self._marks = []
        height, width = image.shape[1:3]
        self.pictures["original"].show(image, t(
            "Original, {width} × {height} pixels", width=width, height=height,
        ), photo=True)
        self._show_features("features", t("What the layer finds in the original"), self._target.features)
        start = reconstruction.start_image(height, width, value["noise"], value["seed"])
        self._show_picture(0, start)
        self._show_shelf()

    def _start_over(self):
        """What only another run can take: go back to the start, and go on at once if one is running."""
        self.controls["learning_rate"].disabled = self.controls["optimizer"].value == "lbfgs"
        self.begin_again()

    def _tune(self):
        """A weight, the rate or the number of steps: takes effect at the run's next step."""
        self.loop.update(**{name: self.controls[name].value for name in LIVE})
        run = self.run
        if run is not None and self.loop.state != "stopped":
            one_drag = self.controls["steps"].value // 20
            self._marks = [*(m for m in self._marks if m < run.number - one_drag), run.number]
        self._show_curve()

    def _draw(self, step, run):
        """Show a step; called in the loop's thread, a few times a second."""
        self._shelf[self._target.layer] = step.image
        self._show_picture(step.number, step.image)
        self._show_shelf()

    def _show_picture(self, number, image):
        target = self._target
        now = target.compare(image)
        self._now = number, now
        what = t("Rebuilt, step {number}", number=number) if number else t("The start")
        self.pictures["rebuilt"].show(image, t(
            "{what}: relative content loss {loss:.4g}", what=what, loss=now.loss,
        ), photo=True)
        self.pictures["difference"].show(
            reconstruction.difference(target.image, image),
            t(
                "Rebuilt − original (grey: the same): {pixels:.1f} of 255 levels, root mean square", pixels=now.pixels,
            ), photo=True,
        )
        self._show_features("features_rebuilt", t("What it finds in the rebuilt picture"), now.features)
        self._show_curve()
        self._say_numbers(now)

    def _show_features(self, name, what, features):
        """The mean over the channels, both pictures on the scale of the original."""
        mean, top = reconstruction.channel_mean(features), reconstruction.channel_mean(self._target.features).max()
        _, height, width, channels = features.shape
        self.pictures[name].show(
            drawing.png(drawing.heat_map(mean, 520, low=0, high=top)),
            t(
                "{what}: mean of {channels} maps of {width} × {height}; yellow {top:.3g}, on average {average:.4g}",
                what=what, channels=channels, width=width, height=height, top=top, average=mean.mean(),
            ),
        )

    def _show_curve(self):
        """The loss step by step, or before the first the start's; drawn by either thread, one at a time."""
        with self._drawing:
            value, (number, now) = self._options(), self._now
            variation = value["tv_weight"] * now.variation
            history = list(self.run.history) if self.run else []  # a copy: the loop's thread goes on adding to it
            xs = range(1, len(history) + 1) if history else (0,)
            history = history or [{"total": now.loss + variation, "content": now.loss, "total_variation": variation}]
            adam = t("learning rate {rate:.3g}", rate=value["learning_rate"])
            rate = adam if value["optimizer"] == "adam" else "L-BFGS"
            series = {term.replace("_", " "): (xs, [losses[term] for losses in history]) for term in TERMS}
            chart = charts.line_chart(
                series, t("step, {rate}", rate=rate), "", x_range=(0, max(value["steps"], *xs)), log=True,
                marks=self._marks, size=(520, 360),
            )
            self.pictures["curve"].show(
                chart, t(
                    "Loss: content {loss:.4g} + {weight:g} × total variation {variation:.4g} = {total:.4g} at step "
                    "{number} of {steps}, {rate}",
                    loss=now.loss, weight=value["tv_weight"], variation=now.variation, total=now.loss + variation,
                    number=number, steps=value["steps"], rate=rate,
                ),
            )

    def _show_shelf(self):
        """The original and what was rebuilt from each layer so far."""
        names = [name for name in CONVOLUTIONS if name in self._shelf]
        pictures = [self._target.image, *(self._shelf[name] for name in names)]
        nothing = t("The original; whatever is rebuilt will stand beside it")
        caption = t("The original; rebuilt from {names}", names=", ".join(names)) if names else nothing
        self.pictures["shelf"].show(reconstruction.strip(pictures), caption, photo=True)

    def _say_numbers(self, now):
        layer, (_, height, width, channels) = self._target.layer, self._target.features.shape
        rows, columns = self._target.image.shape[1:3]
        field = layer_table(self.network)[layer].receptive_field
        self.say(t(
            "{layer}: {channels} feature maps of {width} × {height} = {values:,} numbers, each of which sees "
            "{field} × {field} pixels; picture: {columns} × {rows} × 3 = {numbers:,} numbers\n"
            "features differ by {percent:.1f} % of their length, pixels by {pixels:.1f} of 255 levels, total "
            "variation {variation:.3f} a pixel",
            layer=layer, channels=channels, width=width, height=height, values=channels * width * height,
            field=field, columns=columns, rows=rows, numbers=3 * columns * rows, percent=100 * now.loss**0.5,
            pixels=now.pixels, variation=now.variation,
        ))
