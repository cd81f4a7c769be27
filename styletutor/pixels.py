"""What happens to a picture's numbers: channels, brightness in two number types, saving by rounding or truncating.

NumPy and Pillow only. An image is float32 (1, H, W, 3), RGB in [0, 1]; a level is one of the whole numbers
that a saved picture keeps for each channel, 0 to 255 with 8 bits.
"""

import io

import numpy as np
from PIL import Image

from . import images
from .errors import ImageError, refuses
from .messages import t

CHANNELS = ("red", "green", "blue")


@refuses(ImageError)
def channels(image, which="RGB"):
    """The image with some of its channels: "red", "green" or "blue" sets the other two to 0, "BGR" swaps red and blue.

    "RGB" leaves it as it is. The sum of the three single channels is the image. Raises ImageError for another name.
    """
    if which in CHANNELS:
        return image * (np.arange(3) == CHANNELS.index(which)).astype(image.dtype)
    if which not in ("RGB", "BGR"):
        raise ImageError(t(
            "There is no choice of channels {which!r}; choose RGB, BGR, {channels}.", which=which,
            channels=", ".join(CHANNELS),
        ))
    return image if which == "RGB" else image[..., ::-1]


@refuses(ImageError)
def brighten(image, amount):
    """The image plus `amount` (black to white is 1), clipped to [0, 1]."""
    return np.clip(image + np.float32(amount), 0, 1)


@refuses(ImageError)
def brighten_uint8(image, amount):
    """The same sum in uint8, which holds 0 to 255 and wraps around: 250 + 10 gives 4. An image (1, H, W, 3) again."""
    levels = np.rint(image * 255).astype("uint8")
    return (levels + np.uint8(round(amount * 255) % 256)) / np.float32(255)


@refuses(ImageError)
def quantise(image, bits=8, truncate=False):
    """The image as it comes back after saving with 2^bits levels a channel, rounded to the nearest or truncated.

    Rounding is off by at most half a level and by nothing on average; truncating, as uint8(255 * image) does, by
    up to one level and always to the dark side. Raises ImageError unless bits is a whole number from 1 to 16.
    """
    top = _top(bits)
    levels = np.asarray(image, "float32") * top
    return (np.floor(levels) if truncate else np.rint(levels)) / top


@refuses(ImageError)
def saving_error(image, bits=8, truncate=False):
    """Saved minus exact, in levels: (1, H, W, 3), in [-0.5, 0.5] where rounded, in (-1, 0] where truncated."""
    return (quantise(image, bits, truncate) - image) * _top(bits)


@refuses(ImageError)
def strongest(error):
    """Of each pixel's values the one furthest from 0, with its sign: (1, H, W, 3) -> (H, W)."""
    furthest = np.abs(error[0]).argmax(-1)[..., None]
    return np.take_along_axis(error[0], furthest, -1)[..., 0]


@refuses(ImageError)
def window(image, row, column, size=5):
    """The rectangle (top, left, bottom, right) of size × size pixels around a pixel, moved inside the picture."""
    height, width = image.shape[1:3]
    top = min(max(row - size // 2, 0), max(height - size, 0))
    left = min(max(column - size // 2, 0), max(width - size, 0))
    return top, left, min(top + size, height), min(left + size, width)


@refuses(ImageError)
def table(image):
    """The numbers of a small image as aligned text: a block for each channel, three decimals."""
    blocks = [[" ".join(f"{value:.3f}" for value in row) for row in image[0, ..., c]] for c in range(3)]
    heads = [t(name).ljust(len(block[0])) for name, block in zip(CHANNELS, blocks, strict=True)]
    return "\n".join("    ".join(parts) for parts in [heads, *zip(*blocks, strict=True)])


@refuses(ImageError)
def awkward_files(image):
    """Three files {name: bytes} of one image that a few lines of naive code misread, and load_image doesn't.

    "sideways": a JPEG from a camera that was turned, its EXIF orientation (tag 0x0112) says so; "transparent": a
    PNG cut out along an ellipse, black where it can't be seen; "sixteen_bit": a grey PNG with 65,536 levels.
    """
    picture = images.to_pil(image)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by a quarter clockwise
    sideways = _encode(picture.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif, quality=95)
    height, width = image.shape[1:3]
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    inside = (x**2 + y**2 < 1)[..., None]
    cut_out = np.concatenate([np.asarray(picture) * inside, 255 * inside], -1).astype("uint8")
    grey = np.rint(image[0].mean(-1) * 65535).astype("uint16")
    return {
        "sideways": sideways,
        "transparent": _encode(Image.fromarray(cut_out), "PNG"),
        "sixteen_bit": _encode(Image.fromarray(grey), "PNG"),
    }


def _top(bits):
    """The highest level of a number of bits: 255 for 8."""
    if isinstance(bits, bool) or not isinstance(bits, int) or not 1 <= bits <= 16:
        raise ImageError(t("bits is {bits!r}, expected a whole number from 1 to 16.", bits=bits))
    return np.float32(2**bits - 1)


def _encode(picture, kind, **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
