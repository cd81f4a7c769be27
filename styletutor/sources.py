"""The pictures that a run works from: content, styles, mask and start, loaded and checked once, then at any size."""

import numpy as np

from . import memory
from .colour import LUMINANCE, match_colours
from .errors import ImageError, SettingsError
from .images import MINIMUM_SIDE, as_image, check_size, load_image, resize
from .messages import t

RESIZED, MATCHED = 40, 100  # bytes a pixel that `resize` and `match_colours` take at their peak, as measured


class Sources:
    """Content image, style images, mask and start of a run, at the size that the settings ask for.

    content, style, mask, start: what `transfer.stylize` takes. Raises ImageError, or SettingsError where the
    settings and what was given don't agree.
    """

    def __init__(self, content, style, settings, mask=None, start=None):
        self.settings = settings
        self.content = load(content, settings.max_dim)
        styles = style if isinstance(style, list) else [style]
        if not styles:
            raise ImageError(t("The list of style pictures is empty: give at least one."))
        self.styles = [self._style(source) for source in styles]
        check_blend(settings.style_blend, len(styles))
        size = self.content.shape[1:3]
        self.mask = None if mask is None else _mask(mask, size)
        self.start = None if start is None else resize(load(start, settings.max_dim), size=size)
        if settings.init == "picture" and start is None:
            raise SettingsError(t("init is 'picture', but no picture was given: stylize(…, start=picture)."))

    def content_at(self, size):
        """The content image at (height, width). Raises ImageError for a size too small for the network."""
        return _checked(resize(self.content, size=size))

    def styles_at(self, share):
        """The style images at a share of their size, none smaller than the network can take."""
        return [_checked(_scaled(style, share)) for style in self.styles]

    def mask_at(self, size):
        """The mask (height, width), or None."""
        return None if self.mask is None else resize(self.mask, size=size)[0, ..., 0]

    def start_at(self, size):
        """The image that a run begins with at (height, width)."""
        if self.settings.init == "noise":
            return np.random.default_rng(self.settings.seed).uniform(0, 1, (1, *size, 3)).astype("float32")
        images = {"content": self.content, "style": self.styles[0], "picture": self.start}
        return resize(images[self.settings.init], size=size)

    def _style(self, source):
        """A style picture at style_scale times the size that it would have without; enlarged where need be."""
        wanted, scale = self.settings.max_dim, self.settings.style_scale
        style = load(source, self.settings.style_dim)
        longer = max(style.shape[1:3])
        share = min(wanted, longer) * scale / longer
        size = _size(style, share)
        taken = max(RESIZED * (share != 1), MATCHED * self.settings.match_colours)
        memory.enough(taken * size[0] * size[1], memory.STYLE, size)
        style = _checked(_scaled(style, share))
        return match_colours(style, self.content) if self.settings.match_colours else style


def load(source, max_dim):
    """An image large enough for the network, from whatever `load_image` takes. Raises ImageError."""
    return _checked(resize(as_image(source), max_dim) if hasattr(source, "shape") else load_image(source, max_dim))


def check_blend(blend, count):
    """Raise SettingsError where style_blend hasn't one number for each style picture."""
    if blend is not None and len(blend) != count:
        raise SettingsError(t(
            "style_blend has {numbers} numbers for {count} style pictures: give one for each.", numbers=len(blend),
            count=count,
        ))


def _scaled(image, share):
    """The image at a share of its size, but not under the network's least."""
    return image if share == 1 else resize(image, size=_size(image, share))


def _size(image, share):
    """(height, width) of the image at a share of its size, as `_scaled`."""
    height, width = image.shape[1:3]
    if share == 1:
        return height, width
    longer = max(round(max(height, width) * share), -(-MINIMUM_SIDE * max(height, width) // min(height, width)))
    share = longer / max(height, width)
    return max(1, round(height * share)), max(1, round(width * share))


def _checked(image):
    check_size(image)
    return image


def _mask(source, size):
    """A mask as an image of the content's size: an array (H, W) in [0, 1], or a picture's luminance."""
    mask = resize(load_image(source, max(size)), size=size)
    mask = np.repeat((mask @ LUMINANCE)[..., None], 3, -1)
    if not mask.max() > 1 / 255:
        raise ImageError(t(
            "The mask is black everywhere: it is white, 1, where the style goes, and 0 where it doesn't."
        ))
    return mask
