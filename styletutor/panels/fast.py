"""FastPanel: a picture in any style in one pass, at every move of a slider; and a network of your own."""

import time
from pathlib import Path

import ipywidgets as widgets

from .. import charts, fast, gallery
from ..errors import SettingsError, refuses
from ..fast.ways import optimisation_seconds
from ..messages import mark, t
from .controls import button, checkbox, dropdown, float_slider, slider
from .layout import column
from .live import LiveControls, LivePanel, duration
from .picker import PicturePicker
from .saving import free_path, resting

ANY, OWN, NONE = mark("the style picture below"), mark("the one you train below"), mark("none")
PASS = ("painted", "second", "blend", "strength", "preserve_colour", "max_dim")  # what the one pass depends on
STEPS = 200  # of optimisation, which one pass is compared with


class FastPanel(LivePanel):
    """Styles and blends of trained networks, live; below, a network for one style is trained while you watch.

    network: a FastNetwork, default the gallery's. content, style: gallery names; `style` is what Start trains for, and
    what the arbitrary network paints in where the style is the picture below.
    max_dim, steps: the controls' first values. crops: what to train on, as in `fast.train`.
    """

    @refuses(SettingsError)
    def __init__(self, network=None, content="chelsea", style="linocut", max_dim=256, steps=300, crops=None):
        super().__init__()
        self.network, self._crops = network or fast.gallery_network(), crops
        self._seen, self._styles = set(), {}
        self.content = PicturePicker(self, "content", gallery.contents(), content, self._new_content)
        self.style = PicturePicker(self, "style", gallery.styles(), style, self._new_style)
        self._add_controls(max_dim, steps)
        self.picture("content", 110, 160)
        for name, height, width in (("result", 340, 510), ("preview", 256, 360), ("curves", 190, 350)):
            self.picture(name, height, width).image.layout.width = f"{width}px"
        self.live = LiveControls(self, "fast", self._make_run, self._draw, self._show_start)
        self.loop = self.live.loop
        self.link(self._show, *PASS)
        self.link(self._tune, "steps")
        self.link(self._save, "save")
        box, shown = self.controls, self.pictures
        self.compose(
            (self.content.box, shown["content"], column(*(box[name] for name in PASS))),
            (shown["result"], self.readout),
            (self.style.box, column(box["steps"], box["file"], box["save"])),
            self.live.box,
            (shown["preview"], shown["curves"]),
        )
        self._new_content()

    def _add_controls(self, max_dim, steps):
        names = self.network.names
        self.add("painted", dropdown("Style", [*names, ANY, OWN], names[0], "One that a network knows, or a picture"))
        self.add("second", dropdown(
            "Second style", [NONE, *names], NONE, "A style to blend in; none leaves one alone"
        ))
        self.add("blend", float_slider("Its share", 0.5, 0, 1, "How much of the blend the second style makes up"))
        self.add("strength", float_slider("Strength", 1.0, 0, 1, "From 0, the content picture, to 1, the style"))
        self.add("preserve_colour", checkbox("Keep the content's colours", False, "Take the light and dark alone"))
        self.add("max_dim", slider("Size", max_dim, 64, 768, "The longer side of the result in pixels", 32))
        self.add("steps", slider("Training steps", steps, 5, 3000, "How long it is trained; acts while it runs", 5))
        self.add("file", widgets.Text(
            "my-style.npz", description=t("File"), tooltip=t("Where Save writes the network that was trained")
        ))
        self.add("save", button("Save the network", "Write what was trained; fast.load reads it again", "save"))

    def _asked(self):
        """({name: its share}, what `fast.stylize` is given for it)."""
        box = self.controls
        first, second = box["painted"].value, box["second"].value
        if first == OWN:
            if self.run is None:
                raise SettingsError(t(
                    "There is no network of yours yet: choose a style picture below and press Start."
                ))
            return {OWN: 1.0}, {"style": self.run.model}
        shares = {first: 1.0 if second == NONE else 1 - box["blend"].value}
        if second != NONE:
            shares[second] = shares.get(second, 0) + box["blend"].value
        if first != ANY:
            return shares, {"style": shares, "network": self.network}
        return shares, {"style": [self._read(name) for name in shares], "blend": tuple(shares.values())}

    def _read(self, name):
        """What the arbitrary network reads of a gallery picture or, by the name ANY, of the one below: once of each."""
        picture = self.style.load(512) if name == ANY else name
        known, style = self._styles.get(name, (None, None))
        if known is not picture:
            style = fast.read([picture])
            self._styles[name] = picture, style
        return style

    def _show(self):
        """One pass through the network with what the controls say, and the seconds it took."""
        box, (shares, asked) = self.controls, self._asked()
        box["second"].disabled = box["painted"].value == OWN
        box["blend"].disabled = box["second"].disabled or box["second"].value == NONE
        content = self.content.load(box["max_dim"].value)
        options = {name: box[name].value for name in ("strength", "preserve_colour")} | asked
        painter = {OWN: id(asked["style"]), ANY: ANY}.get(box["painted"].value)
        if (kind := (painter, content.shape)) not in self._seen:
            fast.stylize(content, **options)  # builds the graph, which isn't timed
            self._seen.add(kind)
        began = time.perf_counter()
        result = fast.stylize(content, **options)
        seconds = time.perf_counter() - began
        blend = ", ".join(f"{share:.0%} {self.style.name if n == ANY else t(n)}" for n, share in shares.items())
        self.pictures["result"].show(result, t(
            "{name}, {width} × {height} pixels; {blend}; strength {strength:.2f}; on average {change:.4f} from the "
            "content", name=self.content.name, width=content.shape[2], height=content.shape[1], blend=blend,
            strength=options["strength"], change=abs(result - content).mean(),
        ), photo=True)
        other = optimisation_seconds(content.shape[1:3], STEPS)
        self.say(t(
            "one pass: {seconds:.3f} s\n{steps} steps of optimisation at this size: about {other}, "
            "{times:.0f} times as long", seconds=seconds, steps=STEPS, other=duration(other), times=other / seconds,
        ))

    def _new_content(self):
        image = self.content.load(self.controls["max_dim"].value)
        self.pictures["content"].show(image, t("the content picture: {name}", name=self.content.name), photo=True)
        self._show()
        if self.run is None:
            self._show_start()

    def _new_style(self):
        self.begin_again()
        if self.controls["painted"].value == ANY:
            self._show()

    def _make_run(self):
        """A training with the content picture as its preview."""
        options = {"steps": self.controls["steps"].value, "crops": self._crops, "start": self.network}
        training = fast.train(self.style.load(512), **options)
        training.preview = self.content.load(256)
        return training

    def _tune(self):
        self.loop.update(steps=self.controls["steps"].value)
        self._show_curves()

    def _show_start(self):
        image = self.content.load(256)
        caption = t("before training step 1: press Start to learn {name}", name=self.style.name)
        self.pictures["preview"].show(image, caption, photo=True)
        self._show_curves()

    def _draw(self, step, run):
        """Show a training step; called in the loop's thread."""
        caption = t(
            "after training step {number}, {seconds:.0f} s: what it makes of the content", number=step.number,
            seconds=step.seconds,
        )
        self.pictures["preview"].show(step.image, caption, photo=True)
        self._show_curves()

    def _show_curves(self):
        run, steps = self.run, self.controls["steps"].value
        self.pictures["curves"].show(
            charts.loss_chart(run.history if run else [], steps),
            t("the weighted loss of the crops that it is shown, over {steps} training steps", steps=steps),
        )

    def _save(self):
        if self.run is None:
            raise SettingsError(t("There is nothing to save yet: press {press}.", press=t("Start")))
        with resting(self.loop):
            path = self.run.model.save(free_path(Path(self.controls["file"].value or "my-style.npz")))
        self.live.say(t("saved as {path}", path=path))
