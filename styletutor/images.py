"""Picture <-> image: load, resize, save. The only code that opens pictures.

An image is a NumPy float32 array of shape (1, H, W, 3), RGB in [0, 1]. A picture is a file, or bytes, or
whatever else `load_image` takes.
"""

import io
import math
import os
import re
import stat
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

from . import atomic, decode, download, tones
from .errors import ImageError, SaveError, refuses, shortened
from .messages import t

SAVE_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}
SAVE_FORMATS[".bmp"] = "BMP"
LONGEST_SIDE = {"JPEG": 65_500, "WEBP": 16_383}  # pixels that these can hold
MAX_BYTES = 100 * 2**20
MINIMUM_SIDE = 32  # of what VGG19 takes: it halves a picture five times
_SETTINGS_KEY = "styletutor:settings"
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|$)", re.IGNORECASE)


@refuses(ImageError)
def load_image(source, max_dim=512, allow_private=False):
    """Load a picture as an image: float32 (1, H, W, 3), RGB in [0, 1], longer side at most max_dim pixels.

    source: a path, an http(s) URL, bytes, a file object, a PIL image, an array, or the value of an
    ipywidgets FileUpload. Upright by the orientation that EXIF or XMP tells, transparent pixels on white,
    16-bit and float pictures with their tones, the first frame of an animation, colour profiles brought to
    sRGB (a PNG's gAMA is ignored). Never enlarged; max_dim=None keeps the size. allow_private: fetch from this
    machine and the local network too, as a class may want.
    Raises ImageError (what can't be read) or DownloadError (what can't be fetched).
    """
    _check_max_dim(max_dim)
    if isinstance(source, Image.Image):
        return resize(decode.from_pil(source, max_dim), max_dim)
    content = _content(source, allow_private)
    if content is None:
        return resize(as_image(source), max_dim)
    return resize(decode.decode(*content, max_dim), max_dim)


def _check_max_dim(max_dim):
    if max_dim is not None and (isinstance(max_dim, bool) or not isinstance(max_dim, int) or max_dim < 1):
        raise ImageError(t(
            "max_dim is {max_dim}, expected a positive whole number of pixels or None.",
            max_dim=shortened(repr(max_dim)),
        ))


def _content(source, allow_private=False):
    """(bytes, name) of whatever a file's bytes can come in; None for the rest."""
    upload = uploaded(source)
    if upload is not None:
        content = upload
    elif isinstance(source, (bytes, bytearray, memoryview)):
        content = bytes(source), t("the bytes given")
    elif isinstance(source, (str, os.PathLike)):
        content = _read_path(os.fsdecode(source), allow_private)
    elif hasattr(source, "read"):
        content = _read_file(source)
    else:
        return None
    if len(content[0]) > MAX_BYTES:
        raise ImageError(t(
            "{name} is larger than {most} MB, the most that is read.", name=shortened(content[1]), most=MAX_BYTES >> 20,
        ))
    return content


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
    _check_max_dim(max_dim)
    size = tuple(size or tones.fit(image.shape[1:3], max_dim))
    if size == image.shape[1:3]:
        return image
    channels = [
        Image.fromarray(np.ascontiguousarray(image[0, ..., c])).resize(size[::-1], Image.Resampling.LANCZOS)
        for c in range(3)
    ]
    return np.clip(np.stack([np.asarray(c) for c in channels], -1), 0, 1)[None]


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


@refuses(SaveError)
def to_bytes(image, suffix=".png", settings=None, quality=92):
    """Encode an image as a picture's bytes, rounded (not cut) to 8 bits; a PNG carries the settings as text."""
    kind = SAVE_FORMATS.get(str(suffix).lower())
    if kind is None:
        raise SaveError(t(
            "Pictures can't be saved as {suffix!r}; choose one of {formats}.", suffix=suffix,
            formats=", ".join(SAVE_FORMATS),
        ))
    picture = to_pil(image)
    if max(picture.size) > LONGEST_SIDE.get(kind, math.inf):
        raise SaveError(t(
            "The picture is {width} × {height} pixels and a {kind} at most {most} on a side: save it as PNG.",
            width=picture.width, height=picture.height, kind=kind, most=LONGEST_SIDE[kind],
        ))
    options = {"quality": quality} if kind in ("JPEG", "WEBP") else {}
    if kind == "PNG":
        options["compress_level"] = 4
        if settings is not None:
            options["pnginfo"] = PngImagePlugin.PngInfo()
            options["pnginfo"].add_text(_SETTINGS_KEY, settings.to_json())
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


@refuses(ImageError)
def to_pil(image):
    """The PIL image of an image, rounded to 8 bits. Raises ImageError for what isn't an image."""
    return Image.fromarray(np.rint(as_image(image)[0] * 255).astype("uint8"))


@refuses(SaveError)
def save_image(image, path, settings=None, overwrite=False):
    """Write an image; the suffix decides the format, a PNG carries the settings. Returns the path.

    The file appears whole or not at all. Nothing of the source but its pixels is in it. Raises SaveError for an
    unknown suffix, a missing folder, or a file that exists, unless `overwrite` is True; a link is replaced then.
    """
    path = _path(path)
    content = to_bytes(image, path.suffix, settings)
    check_target(path, overwrite)
    return atomic.save(path, content, overwrite)


@refuses(SaveError)
def check_target(path, overwrite=False, formats=SAVE_FORMATS):
    """Raise SaveError where an image can't be saved at this path, before any work is done for it."""
    path = _path(path)
    name = shortened(path)
    if path.suffix.lower() not in formats:
        raise SaveError(t(
            "{name!r} doesn't end in one of {formats}.", name=shortened(path.name), formats=", ".join(formats),
        ))
    if _RESERVED.match(path.name):
        raise SaveError(t(
            "{name!r} is a name that Windows keeps for a device; choose another, which every machine can read.",
            name=name,
        ))
    if os.path.isdir(path):
        raise SaveError(t("{name} is a folder; name a file in it.", name=name))
    if not os.path.isdir(path.parent):
        raise SaveError(t("The folder {folder} doesn't exist; make it first.", folder=shortened(path.parent)))
    if not os.access(path.parent, os.W_OK):
        raise SaveError(t(
            "The folder {folder} can't be written to; choose another one.", folder=shortened(path.parent),
        ))
    if os.path.lexists(path) and not overwrite:
        raise atomic.taken(path)


def _path(path):
    """A Path to save at. Raises SaveError for what can't be one."""
    try:
        if b"\0" in os.fsencode(path):
            raise ValueError(t("it holds a null character"))
        return Path(path)
    except (TypeError, ValueError) as error:
        raise SaveError(t(
            "A picture can't be saved at {path}; give the path of a file.", path=shortened(repr(path)),
        )) from error


@refuses(ImageError)
def read_settings(path):
    """The JSON text of the settings that a saved PNG carries, or None. Raises ImageError for what is no PNG."""
    content, name = _content(path) or (b"", t("what was given"))
    with decode.reading(name), decode.open_picture(content, ["PNG"]) as picture:
        picture.load()
        return picture.text.get(_SETTINGS_KEY)


@refuses(ImageError)
def uploaded(source):
    """(bytes, name) of a FileUpload's value (ipywidgets 8: tuple of dicts; 7: dict by name), else None."""
    try:
        if isinstance(source, dict) and "content" in source:
            return bytes(memoryview(source["content"])), str(source.get("name", t("the upload")))
        if isinstance(source, dict) and source:
            name, entry = next(iter(source.items()))
            return bytes(memoryview(entry["content"])), str(name)
    except (KeyError, TypeError) as error:
        raise ImageError(t("This dict is no upload: expected the value of a FileUpload.")) from error
    if isinstance(source, tuple) and source and isinstance(source[0], dict):
        return uploaded(source[0])
    if isinstance(source, (dict, tuple)) and not source:
        raise ImageError(t("No picture was chosen."))
    return None


def _read_path(path, allow_private):
    """(bytes, name) from a path or an http(s) URL; only regular files, at most one byte more than MAX_BYTES.

    One open file is checked and read: what happens to the name meanwhile doesn't matter. Opening a pipe doesn't wait.
    """
    if "://" in path[:16] or path[:5].lower() == "data:":
        return download.read_url(path, MAX_BYTES, allow_private=allow_private), path
    name = shortened(path)
    try:
        with atomic.reading(path) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ImageError(t("{name} is not a file; give the path of a picture.", name=name))
            content = file.read(MAX_BYTES + 1) if status.st_size <= MAX_BYTES else bytes(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise ImageError(t("There is no file {name}.", name=name)) from error
    except (IsADirectoryError, OSError, ValueError) as error:
        if isinstance(error, ImageError):
            raise
        why = getattr(error, "strerror", None) or error
        if os.path.isdir(path):
            raise ImageError(t("{name} is not a file: {why}.", name=name, why=why)) from error
        raise ImageError(t("{name} can't be read: {error}.", name=name, error=why)) from error
    return content, path


def _read_file(file):
    """(bytes, name) from a file object, read to its end or to one byte more than MAX_BYTES."""
    name, parts, left = getattr(file, "name", t("the file given")), [], MAX_BYTES + 1
    try:
        while left > 0 and (part := file.read(left)):
            if isinstance(part, str):
                raise ImageError(t("The file given is open for text; open it with mode 'rb'."))
            parts.append(bytes(part))
            left -= len(part)
    except ImageError:
        raise
    except Exception as error:  # a stranger's object raises what it likes
        raise ImageError(t("{name} can't be read: {error}.", name=shortened(name), error=shortened(error))) from error
    return b"".join(parts), str(name)
