"""A decoded picture -> an image: upright, composited, sRGB, with the tones it has. In bands, so that memory lasts."""

import io
import re

import numpy as np
from PIL import Image, ImageCms

from .bitmaps import float_top
from .errors import ImageError
from .messages import t

BACKGROUND = (255, 255, 255)  # what shows through transparent pixels
BAND = 1 << 21  # pixels that are turned into floats at a time
BIG = 8_000_000  # pixels of a picture that is scaled down in 8 bits, for memory's sake
MAX_RESULT = 25_000_000  # pixels of an image: 12 bytes each
_UNSIGNED = 2.0**32 - 1  # white of unsigned 32 bits
_XMP_ORIENTATION = re.compile(rb"""tiff:Orientation(?:\s*=\s*["']|\s*>\s*)([1-8])\s*["'<]""")


def fit(size, max_dim):
    """(height, width) scaled so that the longer side is at most max_dim, neither below 1; None keeps them."""
    longest = max(size)
    if max_dim is None or longest <= max_dim:
        return tuple(size)
    return tuple(max(1, round(side * max_dim / longest)) for side in size)


def image_of(picture, max_dim, content=b""):
    """The image of a PIL image; content: the file's bytes, where it is a PNG's."""
    width, height = picture.size
    result = fit((height, width), max_dim)
    if result[0] * result[1] > MAX_RESULT:
        raise ImageError(t(
            "has {width} × {height} pixels; at full size the most is {millions} million, give max_dim", width=width,
            height=height, millions=MAX_RESULT // 10**6,
        ))
    painted = picture.tile[0][1] if picture.format == "GIF" and picture.tile else None
    picture.load()
    width, height = picture.size  # a TIFF turns itself upright
    colours, rows = _Colours(picture, content, painted), max(1, BAND // width)
    boxes = ((0, top, width, min(top + rows, height)) for top in range(0, height, rows))
    bands = ((box[1], colours(picture.crop(box), box[1])) for box in boxes)
    if width * height <= BIG:
        return _upright(np.concatenate([band for _, band in bands]), _orientation(picture))[None]
    whole = Image.new("RGB", (width, height))
    for top, band in bands:
        whole.paste(Image.fromarray(np.rint(band * 255).astype("uint8")), (0, top))
    whole = whole.resize(fit((height, width), max_dim)[::-1], Image.Resampling.LANCZOS, reducing_gap=3)
    return _upright(np.asarray(whole) / np.float32(255), _orientation(picture))[None]


def image_of_samples(samples, orientation=1):
    """The image of samples (H, W, 1 to 4) in [0, 1]."""
    colours, alpha = samples, None
    if samples.shape[-1] in (2, 4):
        colours, alpha = samples[..., :-1], samples[..., -1:]
    if colours.shape[-1] == 1:
        colours = colours.repeat(3, -1)
    if colours.shape[-1] != 3 or not colours.size:
        raise ValueError(t("samples of shape {shape} are no colours", shape=samples.shape))
    return _upright(composite(np.clip(colours, 0, 1).astype("float32"), alpha), orientation)[None]


def composite(colours, alpha):
    """Colours (..., 3) in [0, 1] on the background, by alpha (..., 1); None: opaque."""
    if alpha is None:
        return colours
    alpha = np.asarray(alpha, "float32")
    return np.clip(colours * alpha + (1 - alpha) * (np.float32(BACKGROUND) / 255), 0, 1)  # rounding goes over 1


class _Colours:
    """Turns bands of a picture into float32 (h, w, 3), sRGB in [0, 1], composited."""

    def __init__(self, picture, content, painted):
        self.mode, self.painted = picture.mode, painted
        self.key = _transparent_value(picture, content)
        self.has_alpha = picture.has_transparency_data and self.key is None
        if picture.format == "TGA" and picture.mode in ("RGBA", "LA"):
            self.has_alpha = picture.getchannel("A").getextrema() != (0, 0)  # a channel that nobody filled in
        self.top = _highest(picture)
        self.transforms, self.profile = {}, picture.info.get("icc_profile")

    def __call__(self, band, top):
        if self.top is not None:
            values = np.asarray(band)
            if self.mode == "I" and self.top == _UNSIGNED:
                values = values.view("uint32")
            finite = values.astype("float32") if self.mode != "F" else np.where(np.isfinite(values), values, 0)
            colours = np.clip(finite / np.float32(self.top), 0, 1)[..., None].repeat(3, -1)
            alpha = None if self.key is None else (values != self.key)[..., None]
        else:
            alpha = None
            if self.key is not None:
                alpha = (np.asarray(band).reshape(band.height, band.width, -1) != self.key).any(-1, keepdims=True)
            elif self.has_alpha:
                band = band.convert({"La": "LA", "LA": "LA"}.get(band.mode, "RGBA"))
                alpha = np.asarray(band.getchannel("A"), "float32")[..., None] / 255
            colours = np.asarray(self._to_srgb(_opaque(band)), "float32") / 255
        if self.painted:
            alpha = self._unpainted(alpha, band, top)
        return composite(colours, alpha)

    def _unpainted(self, alpha, band, top):
        """Alpha that is 0 outside the part of its screen that a GIF's first frame paints."""
        left, upper, right, lower = self.painted
        inside = np.zeros((band.height, band.width, 1), "float32")
        inside[max(upper - top, 0) : max(lower - top, 0), left:right] = 1
        return inside if alpha is None else inside * alpha

    def _to_srgb(self, band):
        """An opaque band as RGB, through its colour profile where that fits; a broken one says nothing."""
        if band.mode not in ("RGB", "L", "CMYK", "LAB"):
            band = band.convert("RGB")
        if band.mode not in self.transforms:
            self.transforms[band.mode] = _transform(self.profile, band.mode)
        transform = self.transforms[band.mode]
        return ImageCms.applyTransform(band, transform) if transform else band.convert("RGB")


def _opaque(band):
    """The band without its alpha channel, its colours untouched."""
    return band.convert({"LA": "L", "RGBA": "RGB"}.get(band.mode, band.mode))


def _transform(profile, mode):
    """LittleCMS' way from a profile (bytes or None) and mode to sRGB, or None."""
    if not profile and mode != "LAB":
        return None
    try:
        source = ImageCms.createProfile("LAB") if mode == "LAB" else ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError):
        return None


def _highest(picture):
    """The value that is white in a picture of 16 or more bits or of floats; None for others, whose white is 255."""
    if picture.mode == "F":
        return float_top(np.asarray(picture))
    if picture.mode.startswith("I;16"):
        bits = getattr(picture, "tag_v2", {}).get(258, (16,))[0]
        return 2.0 ** (12 if bits == 12 else 16) - 1
    if picture.mode == "I":
        low, high = picture.getextrema()
        if getattr(picture, "tag_v2", {339: (2,)}).get(339, (1,))[0] == 1:  # unsigned, which Pillow takes for signed
            return 65535.0 if 0 <= low and high <= 65535 else _UNSIGNED
        return 65535.0 if high <= 65535 else 2.0**31 - 1
    return None


def _transparent_value(picture, content):
    """The value, or values of RGB, that a picture without alpha channel declares transparent, as its pixels have it.

    Pillow gives the number in the PNG, which has the file's depth: 0 … 15 for 4 bits, 0 … 65535 for 16.
    """
    key = picture.info.get("transparency")
    bits = content[24] if picture.format == "PNG" and len(content) > 24 else 8
    if picture.mode == "L" and isinstance(key, int) and bits < 8:
        return key % 2**bits * 255 // (2**bits - 1)
    if picture.mode == "RGB" and isinstance(key, tuple):
        return tuple(value >> 8 for value in key) if bits == 16 else key
    return key if picture.mode in ("1", "L", "I", "I;16") and isinstance(key, int) else None


def _orientation(picture):
    """Which way up a picture was stored, 1 to 8, from its EXIF or else its XMP; 1 for what makes no sense."""
    try:
        value = picture.getexif().get(0x0112)
    except Exception:  # damaged tags don't damage the picture
        value = None
    if value is None:
        xmp = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp") or b""
        match = _XMP_ORIENTATION.search(xmp if isinstance(xmp, bytes) else str(xmp).encode())
        value = int(match[1]) if match else 1
    return value if value in range(1, 9) else 1


def _upright(pixels, orientation):
    """Pixels (H, W, 3) turned as EXIF's orientation says: row 0 and column 0 are where its table has them."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
