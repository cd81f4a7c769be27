"""Picture <-> image: load, resize, save. The only code that opens pictures.

An image is a NumPy float32 array of shape (1, H, W, 3), RGB in [0, 1]. A picture is a file, or bytes, or
whatever else `load_image` takes.
"""

from .arrays import MINIMUM_SIDE, as_image, check_size, resize, to_pil
from .loading import MAX_BYTES, load_image, uploaded
from .saving import LONGEST_SIDE, SAVE_FORMATS, check_target, read_settings, save_image, to_bytes

__all__ = [
    "LONGEST_SIDE", "MAX_BYTES", "MINIMUM_SIDE", "SAVE_FORMATS", "as_image", "check_size", "check_target",
    "load_image", "read_settings", "resize", "save_image", "to_bytes", "to_pil", "uploaded",
]  # fmt: skip
