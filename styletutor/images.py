"""Picture <-> image: load, resize, save. The only code that opens pictures.

An image is a NumPy float32 array of shape (1, H, W, 3), RGB in [0, 1]. A picture is a file, or bytes, or
whatever else `load_image` takes.
"""

import io
import os
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from . import download
from .errors import ImageError, SaveError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "PPM", "AVIF", "ICO", "TGA", "JPEG2000")
SAVE_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}
SAVE_FORMATS[".bmp"] = "BMP"
MAX_BYTES = 100 * 2**20
MAX_PIXELS = 80_000_000
BACKGROUND = (255, 255, 255)  # what shows through transparent pixels
_SETTINGS_KEY = "styletutor:settings"


def load_image(source, max_dim=512):
    """Load a picture as an image: float32 (1, H, W, 3), RGB in [0, 1], longer side at most max_dim pixels.

    source: a path, an http(s) URL, bytes, a file object, a PIL image, an array, or the value of an
    ipywidgets FileUpload. Upright by its EXIF orientation, transparent pixels on white, 16-bit pictures
    with their tones, the first frame of an animation. Never enlarged; max_dim=None keeps the size.
    Raises ImageError (what can't be read) or DownloadError (what can't be fetched).
    """
    if max_dim is not None and (isinstance(max_dim, bool) or not isinstance(max_dim, int) or max_dim < 1):
        raise ImageError(f"max_dim is {max_dim!r}, expected a positive whole number of pixels or None.")
    if isinstance(source, Image.Image):
        with _reading("the picture given"):
            return resize(_pixels(source), max_dim)
    upload = uploaded(source)
    if upload is not None:
        return _decode(*upload, max_dim)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _decode(bytes(source), "the bytes given", max_dim)
    if isinstance(source, (str, os.PathLike)):
        return _decode(*_read(os.fspath(source)), max_dim)
    if isinstance(source, io.TextIOBase):
        raise ImageError("The file given is open for text; open it with mode 'rb'.")
    if hasattr(source, "read"):
        name = getattr(source, "name", "the file given")
        with _reading(name):
            content = source.read(MAX_BYTES + 1)
        return _decode(content, name, max_dim)
    return resize(as_image(source), max_dim)


def as_image(array):
    """Check an array and give it as an image. Floats must lie in [0, 1], uint8 in [0, 255] is scaled.

    Shapes (H, W), (H, W, 1), (H, W, 3), (H, W, 4) and (1, H, W, 3). Raises ImageError naming shape and type.
    """
    try:
        array = np.asarray(array)
    except (TypeError, ValueError) as error:
        raise ImageError(f"{type(array).__name__} is no picture that can be read: {error}") from error
    if array.dtype.kind not in "fu" or array.dtype.itemsize > 8:
        raise ImageError(
            f"This {array.dtype} array is no image: expected floats in [0, 1] or uint8 in [0, 255], "
            "such as load_image gives."
        )
    shape = array.shape
    array = array[0] if array.ndim == 4 and shape[0] == 1 else array
    array = array[..., None] if array.ndim == 2 else array
    if array.ndim != 3 or array.shape[-1] not in (1, 3, 4) or 0 in array.shape:
        raise ImageError(f"An array of shape {shape} is no image: expected (1, H, W, 3) or (H, W, 3).")
    if array.dtype.kind == "u":
        array = array / np.float32(np.iinfo(array.dtype).max)
    low, high = float(array.min()), float(array.max())
    if not (np.isfinite(low) and np.isfinite(high)) or low < -1e-4 or high > 1 + 1e-4:
        raise ImageError(
            f"The values of this {shape} float array go from {low:g} to {high:g}: expected finite ones in [0, 1]; "
            "divide by 255 where that is their range."
        )
    array = array.astype("float32", copy=False)
    if array.shape[-1] == 4:
        array = array[..., :3] * array[..., 3:] + (1 - array[..., 3:]) * (np.float32(BACKGROUND) / 255)
    if array.shape[-1] == 1:
        array = np.repeat(array, 3, -1)
    return np.clip(array, 0, 1)[None]


def resize(image, max_dim=None, size=None):
    """An image (1, H, W, 3) scaled to a longer side of at most max_dim, or to size = (height, width) exactly."""
    height, width = image.shape[1:3]
    if size is None:
        if max_dim is None or max(height, width) <= max_dim:
            return image
        scale = max_dim / max(height, width)
        size = max(1, round(height * scale)), max(1, round(width * scale))
    if size == (height, width):
        return image
    channels = [
        Image.fromarray(np.ascontiguousarray(image[0, ..., c])).resize(size[::-1], Image.Resampling.LANCZOS)
        for c in range(3)
    ]
    return np.clip(np.stack([np.asarray(c) for c in channels], -1), 0, 1)[None]


def to_bytes(image, suffix=".png", settings=None, quality=92):
    """Encode an image as a picture's bytes, rounded (not cut) to 8 bits; a PNG carries the settings as text."""
    kind = SAVE_FORMATS.get(suffix.lower())
    if kind is None:
        raise SaveError(f"Pictures can't be saved as {suffix!r}; choose one of {', '.join(SAVE_FORMATS)}.")
    options = {"quality": quality} if kind in ("JPEG", "WEBP") else {}
    if kind == "PNG":
        options["compress_level"] = 4
        if settings is not None:
            options["pnginfo"] = PngImagePlugin.PngInfo()
            options["pnginfo"].add_text(_SETTINGS_KEY, settings.to_json())
    buffer = io.BytesIO()
    to_pil(image).save(buffer, kind, **options)
    return buffer.getvalue()


def to_pil(image):
    """The PIL image of an image, rounded to 8 bits. Raises ImageError for what isn't an image."""
    return Image.fromarray(np.rint(as_image(image)[0] * 255).astype("uint8"))


def save_image(image, path, settings=None, overwrite=False):
    """Write an image; the suffix decides the format, a PNG carries the settings. Returns the path.

    The file appears whole or not at all. Raises SaveError for an unknown suffix, a missing folder, or a
    file that exists, unless `overwrite` is True.
    """
    path = Path(path)
    content = to_bytes(image, path.suffix, settings)
    check_target(path, overwrite)
    partial = None
    try:
        handle, partial = tempfile.mkstemp(prefix=".styletutor-", suffix=path.suffix, dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(partial, 0o666 & ~mask)
        os.replace(partial, path)
    except OSError as error:
        raise SaveError(f"{path} can't be written: {error.strerror}.") from error
    finally:
        if partial:
            Path(partial).unlink(missing_ok=True)
    return path


def check_target(path, overwrite=False):
    """Raise SaveError where an image can't be saved at this path, before any work is done for it."""
    path = Path(path)
    if path.suffix.lower() not in SAVE_FORMATS:
        raise SaveError(f"{path.name!r} doesn't end in one of {', '.join(SAVE_FORMATS)}.")
    if path.is_dir():
        raise SaveError(f"{path} is a folder; name a file in it.")
    if not path.parent.is_dir():
        raise SaveError(f"The folder {path.parent} doesn't exist; make it first.")
    if not os.access(path.parent, os.W_OK):
        raise SaveError(f"The folder {path.parent} can't be written to; choose another one.")
    if path.exists() and not overwrite:
        raise SaveError(f"{path} exists already; choose another name, or ask for it to be overwritten.")


def read_settings(path):
    """The JSON text of the settings that a saved PNG carries, or None."""
    try:
        with Image.open(path, formats=["PNG"]) as picture:
            return picture.text.get(_SETTINGS_KEY)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ImageError(f"{path} is no PNG picture that can be read: {error}") from error


def uploaded(source):
    """(bytes, name) of a FileUpload's value (ipywidgets 8: tuple of dicts; 7: dict by name), else None."""
    try:
        if isinstance(source, dict) and "content" in source:
            return bytes(source["content"]), str(source.get("name", "the upload"))
        if isinstance(source, dict) and source:
            name, entry = next(iter(source.items()))
            return bytes(entry["content"]), str(name)
    except (KeyError, TypeError) as error:
        raise ImageError("This dict is no upload: expected the value of a FileUpload.") from error
    if isinstance(source, tuple) and source and isinstance(source[0], dict):
        return uploaded(source[0])
    if isinstance(source, (dict, tuple)) and not source:
        raise ImageError("No picture was chosen.")
    return None


def _read(path):
    """(bytes, name) from a path or an http(s) URL; only regular files, at most MAX_BYTES."""
    if "://" in path[:16]:
        return download.read_url(path, MAX_BYTES), path
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise ImageError(f"{path} is not a file; give the path of a picture.")
        with open(path, "rb") as file:
            return file.read(MAX_BYTES + 1), path
    except FileNotFoundError as error:
        raise ImageError(f"There is no file {path}.") from error
    except ImageError:
        raise
    except (OSError, ValueError) as error:
        raise ImageError(f"{path!r} can't be read: {getattr(error, 'strerror', None) or error}.") from error


def _decode(content, name, max_dim):
    if len(content) > MAX_BYTES:
        raise ImageError(f"{name} is larger than {MAX_BYTES >> 20} MB, the most that is read.")
    with _reading(name), Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        width, height = picture.size
        if width * height > MAX_PIXELS:
            raise ImageError(
                f"{name} has {width} × {height} pixels; the most that is read is {MAX_PIXELS // 10**6} million."
            )
        return resize(_pixels(picture), max_dim)


@contextmanager
def _reading(name):
    """Whatever a decoder raises on damaged bytes (Pillow's raise nearly anything), as an ImageError."""
    try:
        yield
    except (ImageError, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        most = MAX_PIXELS // 10**6
        raise ImageError(f"{name} has too many pixels; the most that is read is {most} million.") from error
    except Exception as error:
        kinds = "PNG, JPEG, WebP, GIF, TIFF, BMP or AVIF"
        short = str(name)[-200:]
        raise ImageError(f"{short} is no picture that can be read ({kinds}), or it is damaged.") from error


def _pixels(picture):
    """A PIL image as an image: upright, composited, sRGB, 16-bit and float tones kept."""
    picture.load()
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I;16") or picture.mode in ("I", "F"):
        return as_image(_deep_grey(picture))
    if "transparency" in picture.info or picture.mode in ("RGBA", "LA", "PA", "La", "RGBa"):
        rgba = picture.convert("RGBA")
        ground = Image.new("RGBA", rgba.size, (*BACKGROUND, 255))
        profile = picture.info.get("icc_profile")
        picture = Image.alpha_composite(ground, rgba).convert("RGB")
        picture.info["icc_profile"] = profile  # compositing drops it
    return as_image(np.asarray(_to_srgb(picture)))


def _deep_grey(picture):
    """16-bit, 32-bit or float grey values scaled to [0, 1]; `convert("RGB")` would clip them to white."""
    values = np.asarray(picture).astype("float64")
    if picture.mode == "F":
        low, high = values.min(), values.max()
        top = 1.0 if low >= 0 and high <= 1 else 255.0 if high <= 255 else 65535.0
    else:
        top = 65535.0 if values.max() <= 65535 else 2.0**32 - 1
    return np.clip(values / top, 0, 1).astype("float32")


def _to_srgb(picture):
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in ("RGB", "L", "CMYK"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            return ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken profile says nothing about the pixels
    return picture.convert("RGB")
