"""Pictures come in: `load_image`, from whatever a picture's bytes can come in."""

import os
import stat

from PIL import Image

from .. import atomic, decode, download
from ..errors import ImageError, refuses, shortened
from ..messages import t
from .arrays import as_image, check_max_dim, resize

MAX_BYTES = 100 * 2**20


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
    check_max_dim(max_dim)
    if isinstance(source, Image.Image):
        return resize(decode.from_pil(source, max_dim), max_dim)
    content = content_of(source, allow_private)
    if content is None:
        return resize(as_image(source), max_dim)
    return resize(decode.decode(*content, max_dim), max_dim)


def content_of(source, allow_private=False):
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


def is_address(path):
    """Whether what stands where a path could is a URL, of whatever kind."""
    return "://" in path[:16] or path[:5].lower() == "data:"


def _read_path(path, allow_private):
    """(bytes, name) from a path or an http(s) URL; only regular files, at most one byte more than MAX_BYTES.

    One open file is checked and read: what happens to the name meanwhile doesn't matter. Opening a pipe doesn't wait.
    """
    if is_address(path):
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
