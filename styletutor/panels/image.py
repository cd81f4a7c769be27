"""ImagePanel: what a picture is to a computer, and what size, number type and saving do to it."""

import functools

from .. import drawing, images, pixels, plots
from ..errors import SettingsError, refuses
from ..messages import mark, t
from .base import Panel
from .controls import dropdown, float_slider, slider
from .layout import column

SHOWN = {
    mark("all three (RGB)"): "RGB", mark("red"): "red", mark("green"): "green", mark("blue"): "blue",
    mark("red and blue swapped (BGR)"): "BGR",
}  # fmt: skip
STORED = {mark("float32 in [0, 1], clipped"): "float32", mark("uint8 in 0 … 255, wraps around"): "uint8"}
FRAME = tuple(channel / 255 for channel in drawing.MARK_RGB)
SIDE = 512  # pixels are drawn as squares up to this size


class ImagePanel(Panel):
    """An image's numbers: resize it, brighten it, pick channels, save it with few levels, read a window of pixels.

    image: (1, H, W, 3) in [0, 1], or anything `load_image` takes.
    """

    @refuses(SettingsError)
    def __init__(self, image):
        super().__init__()
        self.original = images.load_image(image, SIDE)
        self._resized = functools.lru_cache(64)(lambda max_dim: images.resize(self.original, max_dim))
        self._add_controls(max(self.original.shape[1:3]))
        self.link(self.show, *self.controls)
        names = ("max_dim", "shown", "brightness", "stored", "bits", "saving", "down", "across")
        self.compose(
            (column(*(self.controls[name] for name in names)), self.picture("image", 256)),
            (self.picture("window", 200), self.picture("error", 200)),
        )
        self.show()

    def _add_controls(self, longest):
        least = min(8, longest)
        self.add("max_dim", slider("max_dim", min(256, longest), least, longest, "The longer side in pixels", 8))
        self.add("shown", dropdown("Channels", SHOWN, "RGB", "Which of the three channels are shown"))
        self.add("brightness", float_slider("Brightness", 0.0, -0.5, 0.5, "Added to every number; black to white is 1"))
        self.add("stored", dropdown("Computed in", STORED, "float32", "The number type in which the sum is done"))
        self.add("bits", slider("Bits a channel", 8, 1, 8, "Saved with 2 to this power levels in each channel"))
        saving = {"rounded": False, "truncated": True}
        self.add("saving", dropdown("Saved", saving, False, "To the nearest level, or always to the one below"))
        self.add("down", slider("Window, down (%)", 50, 0, 100, "How far down in the picture the pixels are read"))
        self.add("across", slider("Window, across (%)", 50, 0, 100, "How far across the picture the pixels are read"))

    def show(self):
        """Show the picture as it is saved, a window of its pixels, and what saving loses."""
        value = {name: control.value for name, control in self.controls.items()}
        brighten = pixels.brighten_uint8 if value["stored"] == "uint8" else pixels.brighten
        image = brighten(self._resized(value["max_dim"]), value["brightness"])
        image = pixels.channels(image, value["shown"])
        saving = value["bits"], value["saving"]
        saved, error = pixels.quantise(image, *saving), pixels.saving_error(image, *saving)
        height, width = image.shape[1:3]
        row, column = round(value["down"] / 100 * (height - 1)), round(value["across"] / 100 * (width - 1))
        self._show_pictures(saved, error, pixels.window(image, row, column))
        self._say_numbers(image, saved, row, column)

    def _show_pictures(self, saved, error, rectangle):
        top, left, bottom, right = rectangle
        large = plots.enlarge(saved, SIDE)
        times = large.shape[1] // saved.shape[1]
        drawing.frame(large[0], [times * edge for edge in rectangle], FRAME, (1.0, 1.0, 1.0))
        self.pictures["image"].show(
            _png(large), t(
                "{width} × {height} pixels, mean {mean:.3f}; the frame is the window", width=saved.shape[2],
                height=saved.shape[1], mean=saved.mean(),
            )
        )
        self.pictures["window"].show(
            plots.enlarge(saved[:, top:bottom, left:right], 200),
            t(
                "rows {top} to {bottom}, columns {left} to {right}: each square is one pixel", top=top,
                bottom=bottom - 1, left=left, right=right - 1,
            ),
        )
        self.pictures["error"].show(
            _png(plots.enlarge(plots.difference_map(pixels.strongest(error), 1), SIDE)),
            t(
                "saved minus exact (white: equal, blue: saved too dark, red: too light), in levels: mean {mean:+.2f}, "
                "from {low:+.2f} to {high:+.2f}",
                mean=error.mean(), low=error.min(), high=error.max(),
            ),
        )

    def _say_numbers(self, image, saved, row, column):
        """Shape and bytes, the window's numbers before saving, and the way of one pixel to its levels."""
        top, left, bottom, right = pixels.window(image, row, column)
        levels = 2 ** self.controls["bits"].value - 1
        exact, kept = image[0, row, column], saved[0, row, column]
        self.say(t(
            "shape {shape}: {numbers:,} numbers, {bytes:,} bytes as float32, {numbers:,} as uint8\n"
            "\n"
            "image[0, {top}:{bottom}, {left}:{right}], before saving\n"
            "{table}\n"
            "\n"
            "image[0, {row}, {column}] = {exact}   × {levels} = {scaled}   saved as {saved}",
            shape=image.shape, numbers=image.size, bytes=image.size * 4, top=top, bottom=bottom, left=left,
            right=right, table=pixels.table(image[:, top:bottom, left:right]), row=row, column=column,
            exact=_row(exact, ".3f"), levels=levels, scaled=_row(exact * levels, ".2f"),
            saved=_row(kept * levels, ".0f"),
        ))


def _png(image):
    """Packed less tightly than `images.to_bytes` does it, and faster: it follows a slider."""
    return drawing.png(images.to_pil(image))


def _row(values, form):
    return " ".join(format(float(value), form) for value in values)
