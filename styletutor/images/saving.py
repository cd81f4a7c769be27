"""Pictures go out: images as files, and the settings that a PNG carries."""

import io
import math
import os
import re
from pathlib import Path

from PIL import PngImagePlugin

from .. import atomic, decode
from ..errors import ImageError, SaveError, refuses, shortened
from ..messages import t
from .arrays import to_pil
from .loading import content_of

SAVE_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}
SAVE_FORMATS[".bmp"] = "BMP"
LONGEST_SIDE = {"JPEG": 65_500, "WEBP": 16_383}  # pixels that these can hold
_SETTINGS_KEY = "styletutor:settings"
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|$)", re.IGNORECASE)


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
    content, name = content_of(path) or (b"", t("what was given"))
    with decode.reading(name), decode.open_picture(content, ["PNG"]) as picture:
        picture.load()
        return picture.text.get(_SETTINGS_KEY)
