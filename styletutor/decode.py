"""A picture's bytes -> an image. The room behind `load_image`, with styletutor.tones for what comes after opening.

Pillow opens most kinds, styletutor.bitmaps the rest. Only the formats listed here are tried, whatever a file is
called; size is checked before a pixel is decoded. Nothing global is changed: not Pillow's limits, and warnings are
silenced for this thread's work under a lock.
"""

import io
import re
import struct
import threading
import time
import warnings
from contextlib import contextmanager

from PIL import Image

from . import bitmaps, tones
from .errors import ImageError, shortened
from .messages import mark, t

# What Pillow may open. The common ones, and of the rest those whose decoders are small and bounded. Not: EPS (starts
# Ghostscript), WMF and EMF (Windows draws them), PSD, DDS, BLP, FITS, FLI, ICNS and others that no camera, browser or
# paint program hands out as a plain picture.
FORMATS = (
    *("PNG", "JPEG", "WEBP", "GIF", "TIFF", "PPM", "AVIF", "ICO", "CUR", "JPEG2000", "QOI", "PCX", "SGI", "XBM"),
    "TGA",  # last: it has no signature and takes nearly anything
)
MAX_PIXELS = 80_000_000
GREEDY = {"WEBP": 40_000_000, "AVIF": 40_000_000, "JPEG2000": 25_000_000}  # decoded in several times the memory
MAX_SECONDS = 7  # of computing, for a decoder that reads bit by bit; a busy machine takes longer by the clock
MAX_SCAN_PIXELS = 4e9  # a progressive JPEG goes over its pixels once a scan
MAX_RARE = 20_000_000  # pixels of what NumPy decodes to floats

_ONE_AT_A_TIME = threading.RLock()
_HINTS = (
    (rb"^.{4}ftyp(heic|heix|hevc|heim|heis|mif1|msf1)", mark(
        "a HEIC picture, as iPhones take them: save it as JPEG first"
    )),
    (rb"^(\xff\x0a|\x00\x00\x00\x0cJXL )", mark("a JPEG XL picture: save it as PNG or JPEG first")),
    (rb"^\s*(<\?xml|<!--|<svg)", mark("no picture of pixels but text such as SVG: export it as PNG first")),
    (rb"^(?i:\s*<(!doctype )?html)", mark("a web page: give the address of the picture itself")),
    (rb"^8BPS", mark("a Photoshop file: export it as PNG first")),
    (rb"^(%!PS|\xc5\xd0\xd3\xc6|%PDF)", mark("a page description: export it as PNG first")),
)


def decode(content, name, max_dim=None):
    """The image of a picture's bytes, longer side at most max_dim. Raises ImageError, whose cause is the decoder's."""
    with reading(name, content[:64]):
        return _decode(content, max_dim)


def from_pil(picture, max_dim=None):
    """The image of a PIL image, longer side at most max_dim. Raises ImageError."""
    with reading(t("the picture given")):
        check_size(*picture.size)
        return tones.image_of(picture, max_dim)


def _decode(content, max_dim):
    if content[:2] == b"BM":
        pixels = bitmaps.read_bmp(content, check_size, time.thread_time() + MAX_SECONDS)
        return tones.image_of(Image.fromarray(pixels), max_dim)
    if content[:2] in (b"P7", b"PF"):
        return tones.image_of_samples(bitmaps.read_pam(content, check_rare))
    try:
        picture = open_picture(content)
    except SyntaxError:
        if content[:2] not in (b"II", b"MM"):
            raise
        return tones.image_of_samples(*bitmaps.read_tiff(content, check_rare))
    with picture:
        if picture.format == "TIFF" and _is_misread(picture):
            return tones.image_of_samples(*bitmaps.read_tiff(content, check_rare))
        return tones.image_of(picture, max_dim, content)


def _is_misread(picture):
    """Whether Pillow opens a TIFF but takes it wrongly: styletutor.bitmaps reads it, or says that it is too rare.

    White as 0, 32-bit integers, compressed floats of the other byte order, planes of more than 8 bits.
    """
    tags = picture.tag_v2
    deep = tags.get(258, (1,))[0] > 8
    wrong = picture.mode in ("I", "F") or (deep and (tags.get(262) == 0 or tags.get(284) == 2))
    if wrong and (tags.get(259, 1) not in bitmaps.UNPACKED or tags.get(317) == bitmaps.FLOAT_PREDICTOR):
        return tags.prefix == b"MM" or tags.get(262) == 0
    return wrong


class _Timed(io.BytesIO):
    """Bytes that can't be read any more when the time is over: what stops a slow decoder."""

    def __init__(self, content):
        super().__init__(content)
        self._deadline = time.thread_time() + MAX_SECONDS

    def read(self, size=-1):
        if time.thread_time() > self._deadline:
            raise TimeoutError(t("decoding takes too long"))
        return super().read(size)


def open_picture(content, formats=FORMATS):
    """Pillow's picture of a file's bytes, not decoded yet, its size checked. Raises SyntaxError for other formats.

    It asks Pillow's plugins in turn as Image.open does, which would judge sizes by a global limit.
    """
    Image.init()
    failure = None
    for kind in formats:
        factory, accept = Image.OPEN[kind]
        known = accept(content[:16]) if accept else failure is None or content[:2] == b"\0\0"
        if not known or isinstance(known, str):  # text says that a library is missing
            continue
        if kind in ("ICO", "CUR"):
            _check_icon(content)
        try:
            if kind == "CUR":
                picture = Image.OPEN["ICO"][0](_Timed(_icon_of_cursor(content)), "")
            else:
                picture = factory(_Timed(content), "")
        except (SyntaxError, IndexError, TypeError, KeyError, struct.error) as error:
            failure = error
            continue
        check_size(*picture.size, GREEDY.get(kind, MAX_PIXELS))
        if kind == "JPEG" and content.count(b"\xff\xda") * picture.width * picture.height > MAX_SCAN_PIXELS:
            raise ImageError(t("is a JPEG of more scans than a camera or program writes"))
        return picture
    raise SyntaxError(t("no format that is read here")) from failure


def _check_icon(content):
    """Raise ImageError for an icon that holds a PNG of too many pixels, whatever size it claims itself."""
    for match in re.finditer(rb"\x89PNG\r\n\x1a\n.{8}(.{8})", content, re.DOTALL):
        check_size(*struct.unpack(">II", match[1]))


def _icon_of_cursor(content):
    """A cursor's bytes as the icon's that it is but for its hot spot: Pillow shows what a cursor's mask hides."""
    icon = bytearray(content)
    icon[2] = 1
    for entry in range(6, 6 + 16 * struct.unpack_from("<H", content, 4)[0], 16):
        (at,) = struct.unpack_from("<I", content, entry + 12)
        bits = 32 if content[at : at + 4] == b"\x89PNG" else struct.unpack_from("<H", content, at + 14)[0]
        struct.pack_into("<HH", icon, entry + 4, 1, bits)
    return bytes(icon)


def check_size(width, height, most=MAX_PIXELS):
    """Raise ImageError where there are more pixels than are read."""
    if width < 1 or height < 1:
        raise ValueError(t("no pixels"))
    if width * height > most:
        raise ImageError(t(
            "has {width} × {height} pixels; the most that is read is {millions} million", width=width, height=height,
            millions=most // 10**6,
        ))


def check_rare(width, height):
    """`check_size` for what is decoded to floats."""
    check_size(width, height, MAX_RARE)


@contextmanager
def reading(name, head=b""):
    """Whatever a decoder raises on damaged bytes (nearly anything), as an ImageError that begins with the name."""
    name = shortened(name)
    try:
        with _ONE_AT_A_TIME, warnings.catch_warnings():  # the lock, because these filters are everyone's
            warnings.simplefilter("ignore")  # Pillow's remarks about tags
            yield
    except ImageError as error:
        raise ImageError(t(
            "{name} {error}: make it smaller, or choose another picture.", name=name, error=error,
        )) from error
    except MemoryError as error:
        raise ImageError(t("{name} needs more memory than there is: make it smaller.", name=name)) from error
    except TimeoutError as error:
        raise ImageError(t("{name} takes too long to decode: save it as PNG or JPEG.", name=name)) from error
    except Exception as error:
        raise ImageError(t("{name} {fault}.", name=name, fault=_fault(head, error))) from error


def _fault(head, error):
    """What is wrong with a file that begins with `head`, in a few words."""
    for pattern, words in _HINTS:
        if re.match(pattern, head, re.DOTALL):
            return t("is {words}", words=t(words))
    if "imagecodecs" in str(error) or (isinstance(error, ImportError) and head[:2] in (b"II", b"MM")):  # tifffile
        return t("is a TIFF of a rare kind: save it as PNG, or as a TIFF of 8 or 16 bits, first")
    if "truncated" in str(error) or isinstance(error, EOFError):
        return t("is damaged: it ends too early; copy or fetch it again")
    return t("is no picture that can be read (PNG, JPEG, WebP, GIF, TIFF, BMP or AVIF), or it is damaged")
