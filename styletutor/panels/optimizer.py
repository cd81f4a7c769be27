"""OptimizerPanel: optimisers or presets side by side, live; and which layer the gradient listens to."""

import threading

from .. import charts, comparison, gallery, images
from ..errors import SettingsError, refuses
from ..layer_names import STYLE_LAYERS
from ..messages import mark, t
from ..reconstruction import strip
from ..settings import Settings
from ..vgg19 import load_vgg19
from .controls import dropdown, log_slider, slider
from .layout import beside, column
from .live import LiveControls, LivePanel
from .studio_controls import layer_weights

WAYS = [(mark("Adam, L-BFGS, pyramid"), "optimizers"), (mark("presets: gatys, keras, d2l"), "presets")]
WEIGHING = [(mark("relative, as quick"), "relative"), (mark("as the tutorial"), "tutorial")]
NEW_RACE = ("compare", "max_dim")
BARS_SIZE = 128  # pixels, as in lesson 7; at 96 block5's maps are 6 by 4, mostly border, and its share twice as large


class OptimizerPanel(LivePanel):
    """Three ways to the same picture take their steps in turn: loss against evaluations and against seconds.

    network: from `load_vgg19`; None loads "auto". content, style: gallery names. max_dim, steps: the
    controls' first values. Below: each style layer's share of the gradient, under the weights chosen.
    """

    @refuses(SettingsError)
    def __init__(self, network=None, content="chelsea", style="swirls", max_dim=160, steps=60):
        super().__init__()
        self.network = network or load_vgg19()
        self._content, self._style = gallery.load(content), gallery.load(style)
        self._drawing = threading.Lock()
        self._add_controls(max_dim, steps)
        for name in ("evaluations", "seconds"):
            self.picture(name, 200, 360)
        self.picture("pictures", 150, 760)
        self.picture("budget", 200, 380)
        self.live = LiveControls(self, "optimizer", self._make_run, self._draw, self._show_start)
        self.loop = self.live.loop
        self.link(self._start_over, *NEW_RACE)
        self.link(self._tune, "learning_rate", "steps")
        self.link(self._weigh, "weighing", "layer", "factor")
        box, shown = self.controls, self.pictures
        self.compose(
            (column(box["compare"], box["max_dim"]), column(box["learning_rate"], box["steps"])),
            self.live.box,
            beside(shown["evaluations"], shown["seconds"]),
            shown["pictures"],
            (column(box["weighing"], box["layer"], box["factor"]), shown["budget"]),
        )
        self._show_start()

    def _add_controls(self, max_dim, steps):
        self.add("compare", dropdown("Compare", WAYS, "optimizers", "What takes its steps side by side"))
        self.add("max_dim", slider("Size", max_dim, 64, 384, "The longer side in pixels; a change starts over", 32))
        self.controls["max_dim"].continuous_update = False
        self.add("learning_rate", log_slider(
            "Adam's learning rate", 0.02, -3, 0, "How far Adam moves a pixel in a step; acts while it runs"
        ))
        self.add("steps", slider("Evaluations", steps, 10, 500, "How many each of them gets; acts while it runs", 10))
        self.add("weighing", dropdown("Weights", WEIGHING, "tutorial", "Which weights the bars are worked out with"))
        self.add("layer", dropdown("Layer", STYLE_LAYERS, "block4_conv1", "The layer whose weight the factor changes"))
        self.add("factor", log_slider("Its factor", 1.0, -3, 3, "Multiplies the weight of that layer, in the bars"))

    def _settings(self):
        return Settings(**{name: self.controls[name].value for name in ("max_dim", "steps", "learning_rate")})

    def _pictures(self):
        size = self.controls["max_dim"].value
        return images.resize(self._content, size), images.resize(self._style, size)

    def _make_run(self):
        pictures, settings = self._pictures(), self._settings()
        if self.controls["compare"].value == "optimizers":
            return comparison.race_optimizers(*pictures, settings, self.network)
        sizes = {"max_dim": settings.max_dim, "steps": settings.steps}
        return comparison.race_presets(*pictures, self.network, **sizes)

    def _start_over(self):
        """Other contenders or another size need another race; it starts at once if one is running."""
        self.controls["learning_rate"].disabled = self.controls["compare"].value == "presets"
        self.begin_again()

    def _tune(self):
        """The rate or the number of evaluations: acts at the next step. The presets keep their own rates."""
        names = ("steps",) if self.controls["compare"].value == "presets" else ("learning_rate", "steps")
        self.loop.update(**{name: self.controls[name].value for name in names})
        self._show_curves()

    def _show_start(self):
        content, style = self._pictures()
        self.pictures["pictures"].show(
            strip([content, style], 150),
            t(
                "content and style, {width} × {height} pixels: press Start", width=content.shape[2],
                height=content.shape[1],
            ), photo=True,
        )
        self._show_curves()
        self._weigh()

    def _draw(self, step, run):
        """Show a step of all contenders; called in the loop's thread."""
        finest = max(image.shape[1] for image in step.images.values())
        shown = [images.resize(image, size=(finest, round(finest * image.shape[2] / image.shape[1])))
                 for image in step.images.values()]
        names = ", ".join(map(t, step.images))
        self.pictures["pictures"].show(
            strip(shown, 150), t(
                "after {number} evaluations each, from the left: {names}", number=step.number, names=names,
            ), photo=True
        )
        self._show_curves()

    def _show_curves(self):
        """Both charts: each contender's loss as a share of a first one."""
        with self._drawing:
            box, run = self.controls, self.run
            curves = run.curves("evaluations") if run else {}
            names = list(comparison.OPTIMIZERS if box["compare"].value == "optimizers" else comparison.PRESETS)
            told, axis = t("{steps} evaluations", steps=box["steps"].value), t("evaluations")
            if box["compare"].value == "optimizers":
                told = t("Adam's rate {rate:.3g}, {steps}", rate=box["learning_rate"].value, steps=told)
                axis = t("evaluations, {rate}", rate=told)
            now = "; ".join(f"{t(n)} {ys[-1]:.3g}" for n, (_, ys) in curves.items() if ys)
            now = now or t("of {names}", names=", ".join(map(t, names)))
            self.pictures["evaluations"].show(
                charts.line_chart(curves or {n: ((), ()) for n in names}, axis, "",
                                  x_range=(1, max(box["steps"].value, 2)), log=True),
                t("Loss as a share of the first one, against evaluations ({rate}): {now}", rate=told, now=now),
            )
            curves = run.curves("seconds") if run else {}
            took = "; ".join(f"{t(n)} {xs[-1]:.1f} s" for n, (xs, _) in curves.items() if xs) or t("0 s yet")
            self.pictures["seconds"].show(
                charts.line_chart(curves or {n: ((), ()) for n in names}, mark("seconds of computing"), "", log=True),
                t("The same against seconds of computing: {took}", took=took),
            )

    def _weigh(self):
        """The bars: each style layer's share of the gradient at the content image, at lesson 7's size."""
        box = self.controls
        content, style = (images.resize(image, BARS_SIZE) for image in (self._content, self._style))
        base = Settings.preset("tutorial" if box["weighing"].value == "tutorial" else "quick")
        weights = layer_weights(base, {box["layer"].value: box["factor"].value})
        shares = comparison.gradient_shares(content, style, base.replace(layer_weights=weights), self.network)
        self.pictures["budget"].show(
            charts.bar_chart({n.removeprefix("style/"): s for n, s in shares.items()}, mark("share of the gradient")),
            t(
                "Each style layer's share of the gradient; {layer} weighs {factor:.3g} times", layer=box["layer"].value,
                factor=box["factor"].value,
            ),
        )
        self.say("  ".join(f"{n.removeprefix('style/')} {100 * share:.1f} %" for n, share in shares.items()))
