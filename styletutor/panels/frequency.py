"""FrequencyPanel: a picture's high frequencies beside another's, what changes them, and pixels seen one by one."""

from .. import charts, frequency, gallery, images
from ..errors import SettingsError, refuses
from ..frequency.recipes import EDGE, EDGES, Darkroom, Recipe
from ..messages import grouped, mark, t
from .base import Panel
from .controls import dropdown, float_slider, slider
from .layout import beside, column, heading

GIVEN, STYLIZED, SAME = mark("the picture given"), mark("the stylized picture"), mark("the same as the first")
VIEWS = {
    "x differences": mark("x differences: vertical edges"),
    "y differences": mark("y differences: horizontal edges"),
    "Sobel x": mark("Sobel x: vertical edges, smoothed"),
    "Sobel y": mark("Sobel y: horizontal edges, smoothed"),
    "Sobel magnitude": mark("Sobel magnitude: edges of any direction"),
}
KINDS = {"": 264, "_view": 264, "_crop": 178, "_crop_view": 178}  # a row's pictures and their widths in pixels
ROWS = (
    (mark("total variation Σ|Δ|"), "total_variation", ",.1f"),
    (mark("  by tf.image.total_variation"), "by_tensorflow", ",.1f"),
    (mark("  a pixel"), "a_pixel", ".4f"),
    (mark("sum of squares Σ Δ²"), "squares", ",.2f"),
    (mark("height of the edges, Σ Δ² ÷ Σ|Δ|"), "edge_height", ".4f"),
    (mark("mean |Δx|, across vertical edges"), "mean_abs_x", ".5f"),
    (mark("mean |Δy|, across horizontal edges"), "mean_abs_y", ".5f"),
    (mark("mean Δx²"), "mean_square_x", ".6f"),
    (mark("mean Δy²"), "mean_square_y", ".6f"),
)


class FrequencyPanel(Panel):
    """Two pictures' high frequencies: differences, Sobel edges, total variation; noise, blur and denoising.

    image, stylized: what `load_image` takes, at most max_dim pixels long; without `stylized` the second picture
    is the first with noise.
    """

    @refuses(SettingsError)
    def __init__(self, image, stylized=None, max_dim=256):
        super().__init__()
        self._keys, self.given = {}, {GIVEN: images.load_image(image, max_dim)}
        if stylized is not None:
            self.given[STYLIZED] = images.load_image(stylized, max_dim)
        self.made = Darkroom(self.given, max_dim)
        self._add_controls()
        self._add_pictures()
        self.link(self.show, *self.controls)
        self._lay_out()
        self.show()

    def _add_controls(self):
        names = [*self.given, *gallery.names(), EDGE, EDGES]
        second = STYLIZED if STYLIZED in self.given else SAME
        self.add("first", dropdown("First picture", names, GIVEN, "What the second picture is compared with"))
        self.add("view", dropdown(
            "View", [(text, name) for name, text in VIEWS.items()], "x differences", "Which high frequencies are shown"
        ))
        self.add("gain", float_slider("Gain", 1, 0.5, 8, "Makes small differences visible, cuts large ones off", 0.5))
        self.add("across", slider("Crop, across (%)", 40, 0, 100, "How far across the pictures the crop lies"))
        self.add("down", slider("Crop, down (%)", 40, 0, 100, "How far down the pictures the crop lies"))
        self.add("side", slider("Crop, size (pixels)", 24, 8, 64, "How many pixels wide and high the crop is", 4))
        self.add("second", dropdown("Second picture", [SAME, *names], second, "What the sliders below change"))
        self.add("noise", float_slider(
            "Noise", 0.1 if second == SAME else 0, 0, 0.5, "Standard deviation of noise added to the second picture"
        ))
        self.add("seed", slider("Noise number", 0, 0, 99, "Each number is another noise of the same strength"))
        self.add("blur", float_slider(
            "Blur radius", 0, 0, 5, "Blurs the second picture: a Gaussian of this many pixels, after the noise", 0.1
        ))
        self.add("steps", slider(
            "Denoising steps", 0, 0, 60, "Steps of Adam that lower squared distance + weight × total variation"
        ))
        self.add("weight", float_slider("Total variation weight", 0.2, 0, 1, "How much total variation counts"))

    def _add_pictures(self):
        for row in ("first", "second"):
            for kind, width in KINDS.items():
                picture = self.picture(row + kind, 170, width)
                picture.caption.layout.height = "4em" if row == "first" else "5.3em"
        self.picture("profile", 172, 310).image.layout.width = "310px"

    def _lay_out(self):
        box, shown = self.controls, self.pictures
        self.compose(
            (
                column(heading("What to look at"), *(box[n] for n in list(box)[:6])),
                column(heading("What happens to the second picture"), *(box[n] for n in list(box)[6:])),
            ),
            *(beside(*(shown[line + kind] for kind in KINDS)) for line in ("first", "second")),
            (shown["profile"], self.readout),
        )

    @property
    def _down(self):
        """Whether the view shown compares a pixel with the one below it."""
        return self.controls["view"].value in ("y differences", "Sobel y")

    def recipes(self):
        """The Recipes of both pictures that the controls show."""
        value = {name: control.value for name, control in self.controls.items()}
        second = value["first"] if value["second"] == SAME else value["second"]
        noise = value["noise"], value["seed"] if value["noise"] else 0
        denoising = (value["steps"], value["weight"]) if value["steps"] else (0, 0.0)
        return Recipe(value["first"]), Recipe(second, *noise, value["blur"], *denoising)

    def show(self):
        """Show both pictures, their views, their crops, a row of pixels, and the numbers."""
        recipes, boxes = self.recipes(), []
        self.controls["seed"].disabled, self.controls["weight"].disabled = not recipes[1].noise, not recipes[1].steps
        place = self.controls["side"].value, self.controls["across"].value / 100, self.controls["down"].value / 100
        for row, recipe in zip(("first", "second"), recipes, strict=True):
            boxes.append(frequency.crop_box(self.made.image(recipe), *place))
            self._show_picture(row, recipe, boxes[-1])
            self._show_view(row, recipe, boxes[-1])
        self._show_profile(recipes, boxes)
        self._say_numbers(*map(self.made.measured, recipes))

    def _show_changed(self, name, key, picture, caption):
        """Show picture() under a name, unless what it depends on is what it was."""
        if self._keys.get(name) != key:
            self.pictures[name].show(picture(), caption)
            self._keys[name] = key

    def _show_picture(self, row, recipe, box):
        image, numbers = self.made.image(recipe), self.made.measured(recipe)
        height, width = image.shape[1:3]
        self._show_changed(
            row, (recipe, box), lambda: frequency.framed(image, box),
            t(
                "{which}, {width} × {height}: total variation {total_variation:,.0f}, {a_pixel:.3f} a pixel{history}",
                which=t("First picture" if row == "first" else "Second picture"), width=width, height=height,
                total_variation=numbers.total_variation, a_pixel=numbers.a_pixel, history=self._history(recipe),
            ),
        )
        top, left, bottom, right = box
        self._show_changed(
            f"{row}_crop", (recipe, box, self._down), lambda: frequency.crop(image, box, self._down),
            t(
                "The frame's pixels: rows {top} to {bottom}, columns {left} to {right}", top=top, bottom=bottom - 1,
                left=left, right=right - 1,
            ),
        )

    def _history(self, recipe):
        """What was done to a picture, in a few words."""
        if recipe.steps:
            done = self.made.denoised(recipe)
            return t(
                ". Denoising: loss {loss_before:.4f} before, {loss:.4f} after {steps} steps",
                loss_before=done.loss_before, loss=done.loss, steps=recipe.steps,
            )
        noise, blur = t("noise {noise:g}", noise=recipe.noise), t("blur {blur:g}", blur=recipe.blur)
        words = [word for word, value in ((noise, recipe.noise), (blur, recipe.blur)) if value]
        return t(". Changed by {changes}", changes=t(" and ").join(words)) if words else ""

    def _show_view(self, row, recipe, box):
        view, gain = self.controls["view"].value, self.controls["gain"].value
        values, key = self.made.derivative(recipe, view), (recipe, view, gain, box)
        shown = frequency.as_picture(values, view, gain)
        zero = t("black") if view == "Sobel magnitude" else t("grey")
        top, left, bottom, right = box
        every = frequency.view_numbers(values, view, gain)
        inside = frequency.view_numbers(values[0, top:bottom, left:right], view, gain)
        self._show_changed(
            f"{row}_view", key, lambda: frequency.framed(shown, box),
            t(
                "{view} × {gain:g}, {zero} is none: mean size {mean:.4f}; {percent:.1f} % too large to show",
                view=t(view), gain=gain, zero=zero, mean=every.mean, percent=100 * every.cut_off,
            ),
        )
        self._show_changed(
            f"{row}_crop_view", key, lambda: frequency.crop(shown, box, self._down),
            t(
                "{view} of these pixels: mean size {mean:.4f}, largest {largest:.3f}", view=t(view), mean=inside.mean,
                largest=inside.largest,
            ),
        )

    def _show_profile(self, recipes, boxes):
        lines = [frequency.profile(self.made.image(r), box, self._down) for r, box in zip(recipes, boxes, strict=True)]
        along = t("row of the crop") if self._down else t("column of the crop")
        marked = t("The marked column") if self._down else t("The marked row")
        names = mark("first"), mark("second")
        series = {name: (range(len(line)), line) for name, line in zip(names, lines, strict=True)}
        (first, first_squares), (second, second_squares) = map(frequency.line_sums, lines)
        self.pictures["profile"].show(
            charts.line_chart(series, along, mark("brightness"), y_range=(0, 1), size=(620, 344)),
            t(
                "{marked}. First: Σ|Δ| {first:.3f}, Σ Δ² {first_squares:.4f}; second: Σ|Δ| {second:.3f}, Σ Δ² "
                "{second_squares:.4f}",
                marked=marked, first=first, first_squares=first_squares, second=second, second_squares=second_squares,
            ),
        )

    def _say_numbers(self, first, second):
        lines = [f"{'':36}{t('first'):>12}{t('second'):>12}{t('ratio'):>9}"]
        for label, name, form in ROWS:
            a, b = getattr(first, name), getattr(second, name)
            ratio = f"{b / a:.2f}" if a else "–"
            lines.append(f"{t(label):36}{grouped(a, form):>12}{grouped(b, form):>12}{ratio:>9}")
        self.say("\n".join(lines))
