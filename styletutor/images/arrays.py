"""Images as arrays: checked, resized, handed to Pillow."""

import numpy as np
from PIL import Image

from .. import tones
from ..errors import ImageError, refuses, shortened
from ..messages import t

MINIMUM_SIDE = 32  # of what VGG19 takes: it halves a picture five times


@refuses(ImageError)
def as_image(array):
    """Check an array and give it as an image. Floats must lie in [0, 1], uint8 in [0, 255] is scaled.

    Shapes (H, W), (H, W, 1), (H, W, 3), (H, W, 4) and (1, H, W, 3). Raises ImageError naming shape and type.
    """
    try:
        array = np.asarray(array)
    except (TypeError, ValueError) as error:
        kind = type(array).__name__
        raise ImageError(t("{kind} is no picture that can be read: {error}", kind=kind, error=error)) from error
    if array.dtype.kind not in "fu" or array.dtype.itemsize > 8:
        raise ImageError(t(
            "This {dtype} array is no image: expected floats in [0, 1] or uint8 in [0, 255], such as load_image "
            "gives.",
            dtype=array.dtype,
        ))
    shape = array.shape
    array = array[0] if array.ndim == 4 and shape[0] == 1 else array
    array = array[..., None] if array.ndim == 2 else array
    if array.ndim != 3 or array.shape[-1] not in (1, 3, 4) or 0 in array.shape:
        raise ImageError(t("An array of shape {shape} is no image: expected (1, H, W, 3) or (H, W, 3).", shape=shape))
    if array.dtype.kind == "u":
        array = array / np.float32(np.iinfo(array.dtype).max)
    low, high = float(array.min()), float(array.max())
    if not (np.isfinite(low) and np.isfinite(high)) or low < -1e-4 or high > 1 + 1e-4:
        raise ImageError(t(
            "The values of this {shape} float array go from {low:g} to {high:g}: expected finite ones in [0, 1]; "
            "divide by 255 where that is their range.",
            shape=shape, low=low, high=high,
        ))
    array = array.astype("float32", copy=False)
    if array.shape[-1] == 4:
        array = tones.composite(array[..., :3], array[..., 3:])
    if array.shape[-1] == 1:
        array = np.repeat(array, 3, -1)
    return np.clip(array, 0, 1)[None]


@refuses(ImageError)
def resize(image, max_dim=None, size=None):
    """An image (1, H, W, 3) scaled to a longer side of at most max_dim, or to size = (height, width) exactly."""
    check_max_dim(max_dim)
    size = tuple(size or tones.fit(image.shape[1:3], max_dim))
    if size == image.shape[1:3]:
        return image
    channels = [
        Image.fromarray(np.ascontiguousarray(image[0, ..., c])).resize(size[::-1], Image.Resampling.LANCZOS)
        for c in range(3)
    ]
    return np.clip(np.stack([np.asarray(c) for c in channels], -1), 0, 1)[None]


def check_max_dim(max_dim):
    """Raise ImageError for what is no longest side."""
    if max_dim is not None and (isinstance(max_dim, bool) or not isinstance(max_dim, int) or max_dim < 1):
        raise ImageError(t(
            "max_dim is {max_dim}, expected a positive whole number of pixels or None.",
            max_dim=shortened(repr(max_dim)),
        ))


@refuses(ImageError)
def check_size(image):
    """Raise ImageError for an image too small for the five halvings of VGG19."""
    height, width = image.shape[1:3]
    if min(height, width) < MINIMUM_SIDE:
        raise ImageError(t(
            "The picture is {width} × {height} pixels; VGG19 needs at least {least} on each side: choose a larger "
            "or less narrow one.",
            width=width, height=height, least=MINIMUM_SIDE,
        ))


@refuses(ImageError)
def to_pil(image):
    """The PIL image of an image, rounded to 8 bits. Raises ImageError for what isn't an image."""
    return Image.fromarray(np.rint(as_image(image)[0] * 255).astype("uint8"))
