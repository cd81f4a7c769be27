"""PicturesPanel: pick a content image and a style image, and see both."""

from .. import gallery
from ..errors import SettingsError, refuses
from ..messages import t
from .base import Panel
from .controls import slider
from .layout import column
from .picker import OWN, PicturePicker


class PicturesPanel(Panel):
    """Pick two pictures, from the gallery, by path or address, or by upload; `content` and `style` give them.

    content, style: gallery names to begin with. max_dim: the longer side in pixels.
    """

    @refuses(SettingsError)
    def __init__(self, content="chelsea", style="swirls", max_dim=256):
        super().__init__()
        self.pickers = {
            role: PicturePicker(self, role, names, value, self.show)
            for role, names, value in (("content", gallery.contents(), content), ("style", gallery.styles(), style))
        }
        self.add("max_dim", slider("Size", max_dim, 64, 512, "The longer side of both pictures, in pixels", 32))
        self.link(self.show, "max_dim")
        sides = (column(picker.box, self.picture(role, 220)) for role, picker in self.pickers.items())
        self.compose(tuple(sides), self.controls["max_dim"])
        self.show()

    @property
    def content(self):
        """The content image chosen: (1, H, W, 3) in [0, 1]. Raises ImageError or DownloadError."""
        return self.pickers["content"].load(self.controls["max_dim"].value)

    @property
    def style(self):
        """The style image chosen: (1, H, W, 3) in [0, 1]. Raises ImageError or DownloadError."""
        return self.pickers["style"].load(self.controls["max_dim"].value)

    def show(self):
        """Show both pictures with their captions, and the Python that loads them."""
        max_dim, code = self.controls["max_dim"].value, []
        for role, picker in self.pickers.items():
            image = picker.load(max_dim)
            what = gallery.describe(picker.name) if picker.choice.value != OWN else f"{picker.name}."
            size = t(
                "{width} × {height} pixels, mean {mean:.3f}", width=image.shape[2], height=image.shape[1],
                mean=image.mean(),
            )
            self.pictures[role].show(image, f"{what} {size}", photo=True)
            code.append(f"{role} = {picker.code(max_dim)}")
        self.say("\n".join(code))
