"""Readers of the kinds of picture that Pillow refuses or gets wrong: BMP, PAM and colour PFM, rare TIFFs. NumPy alone.

Pillow 13 reads 4-bit grey palettes of BMP as 8-bit ones, drops the alpha of 16-bit BMP, and knows few of its masks;
it takes a TIFF where white is 0 for its negative, and knows no colour TIFF of floats. Each reader takes a file's
bytes and gives samples (H, W, 1 to 4), uint8 or float in [0, 1], the last of 2 or 4 being alpha; damaged bytes
raise nearly anything, which styletutor.decode turns into an ImageError.
"""

import io
import logging
import re
import struct
import time

import numpy as np

from .messages import t

RGB, RLE8, RLE4, BITFIELDS, RLE24, ALPHABITFIELDS = 0, 1, 2, 3, 4, 6  # 4 is RLE24 under OS/2's header alone
UNPACKED = (1, 8, 32773, 32946, 34925)  # TIFF's compressions: none, Deflate, PackBits, old Deflate, LZMA
FLOAT_PREDICTOR = 3  # of TIFF's tag 317
_SILENT = logging.NullHandler()
_EVERY = 1 << 14  # commands of a run-length code between two looks at the clock


def read_bmp(content, check_size, deadline):
    """Samples of a BMP: Windows' and OS/2's headers, 1 to 32 bits, any masks, run lengths, from the top or bottom.

    check_size(width, height) raises where there are too many pixels; deadline: of time.thread_time.
    Source: Microsoft, "Bitmap Header Types"; the names of compressions follow it.
    """
    data_at, header = struct.unpack_from("<II", content, 10)
    if header == 12:
        width, height, _, bits = struct.unpack_from("<HHHH", content, 18)
        compression = colours = 0
    else:
        width, height, _, bits = struct.unpack_from("<iiHH", content, 18)
        known = struct.unpack_from("<IIiiI", content, 30) if header >= 40 else (0,) * 5
        compression, colours = known[0], known[4]
    upwards, height = height > 0, abs(height)
    check_size(width, height)
    if bits <= 8:
        after = 14 + header + (12 if compression == BITFIELDS and header == 40 else 0)
        palette = _bmp_palette(content, after, data_at, colours or 1 << bits, 3 if header == 12 else 4)
        if compression == RGB:
            indices = _bmp_rows(content, data_at, width, height, bits)
        else:
            indices = _bmp_runs(content[data_at:], width, height, {RLE8: 8, RLE4: 4}[compression], deadline)
        pixels = palette[np.minimum(indices, len(palette) - 1)]
    elif header == 64 and compression == RLE24:
        pixels = _bmp_runs(content[data_at:], width, height, 24, deadline)
    else:
        pixels = _bmp_direct(content, data_at, width, height, bits, _bmp_masks(content, header, bits, compression))
    return np.ascontiguousarray(pixels[::-1] if upwards else pixels)


def _bmp_palette(content, start, end, count, entry):
    """The colours (n, 3) that lie between the header and the pixels, whatever number the header claims."""
    room = (end - start) // entry if end > start else count
    table = np.frombuffer(content[start : start + min(count, room, 256) * entry], "uint8")
    return table[: len(table) // entry * entry].reshape(-1, entry)[:, 2::-1]


def _bmp_rows(content, start, width, height, bits):
    """Indices (h, w) of 1, 2, 4 or 8 bits; rows fill whole words of 4 bytes."""
    stride = (width * bits + 31) // 32 * 4
    rows = np.frombuffer(content, "uint8", stride * height, start).reshape(height, stride)
    if bits == 8:
        return rows[:, :width]
    shifts = np.arange(8 - bits, -1, -bits, dtype="uint8")
    return ((rows[..., None] >> shifts) & (2**bits - 1)).reshape(height, -1)[:, :width]


def _bmp_masks(content, header, bits, compression):
    """The masks of red, green, blue and alpha."""
    if compression == RGB:
        return {16: (0x7C00, 0x3E0, 0x1F, 0), 24: (0xFF0000, 0xFF00, 0xFF, 0), 32: (0xFF0000, 0xFF00, 0xFF, 0)}[bits]
    if compression not in (BITFIELDS, ALPHABITFIELDS):
        raise ValueError(t("a BMP of compression {compression} is not read", compression=compression))
    masks = struct.unpack_from("<IIII", content, 54)
    return masks if header >= 56 or compression == ALPHABITFIELDS else (*masks[:3], 0)


def _bmp_direct(content, start, width, height, bits, masks):
    """Pixels (h, w, 3 or 4) of 16, 24 or 32 bits, each channel stretched to 0 … 255."""
    stride = (width * bits + 31) // 32 * 4
    rows = np.frombuffer(content, "uint8", stride * height, start).reshape(height, stride)
    pixels = rows[:, : width * bits // 8].reshape(height, width, bits // 8)
    words = np.zeros((height, width, 4), "uint8")
    words[..., : bits // 8] = pixels
    words = words.view("<u4")[..., 0]
    channels = []
    for mask in masks[: 4 if masks[3] else 3]:
        shift = (mask & -mask).bit_length() - 1 if mask else 0
        while mask >> shift > 0xFFFF:  # of more than 16 bits the upper 16
            shift += 1
        top = mask >> shift
        table = np.rint(np.arange(top + 1) * (255 / (top or 1))).astype("uint8")
        channels.append(table[(words & np.uint32(mask)) >> np.uint32(shift)])
    if len(channels) == 4 and not channels[3].any():  # a channel that nobody filled in
        channels.pop()
    return np.stack(channels, -1)


def _bmp_runs(data, width, height, bits, deadline):
    """Indices (h, w), or pixels (h, w, 3) for 24 bits, of a run-length code; what it skips stays 0."""
    rows = np.zeros((height, width, bits // 8 or 1), "uint8")
    x = y = at = commands = 0
    size = bits // 8 or 1

    def put(raw, count, times):
        nonlocal x
        values = np.frombuffer(raw, "uint8")
        values = np.stack([values >> 4, values & 15], -1) if bits == 4 else values
        values = np.tile(values.reshape(-1, size), (times, 1))[:count]
        if y < height:
            rows[y, x : x + count] = values[: max(width - x, 0)]
        x += count

    while y < height:
        commands += 1
        if commands % _EVERY == 0 and time.thread_time() > deadline:
            raise TimeoutError
        count, value = data[at], data[at + 1]
        if count:  # a run
            put(data[at + 1 : at + 1 + size], count, count)
            at += 1 + size
        elif value == 0:  # end of the row
            x, y, at = 0, y + 1, at + 2
        elif value == 1:  # end of the picture
            break
        elif value == 2:  # a jump
            x, y, at = x + data[at + 2], y + data[at + 3], at + 4
        else:  # pixels one by one, in whole words of 2 bytes
            length = (value + 1) // 2 if bits == 4 else value * size
            put(data[at + 2 : at + 2 + length], value, 1)
            at += 2 + length + length % 2
    return rows[..., ::-1] if bits == 24 else rows[..., 0]


def read_pam(content, check_size):
    """Samples of a PAM (P7) or a colour PFM (PF). Source: the manual pages pam(5) of Netpbm and pfm(5)."""
    if content[:2] == b"PF":
        match = re.match(rb"PF\s+(\d+)\s+(\d+)\s+(\S+)\s", content[:200])
        width, height, scale = int(match[1]), int(match[2]), float(match[3])
        check_size(width, height)
        values = np.frombuffer(content, "<f4" if scale < 0 else ">f4", width * height * 3, match.end())
        return float_tones(values.reshape(height, width, 3)[::-1])
    head, _, _ = content[:4096].partition(b"ENDHDR\n")
    fields = dict(line.split(None, 1) for line in head.split(b"\n")[1:] if b" " in line and line[:1] != b"#")
    width, height, depth, top = (int(fields[key]) for key in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL"))
    check_size(width, height)
    kind = "uint8" if top < 256 else ">u2"
    values = np.frombuffer(content, kind, width * height * depth, len(head) + 7).reshape(height, width, depth)
    return (values[..., :4] / np.float32(top)).clip(0, 1)


def read_tiff(content, check_size):
    """(samples, orientation) of a TIFF's first page: any size of sample, floats, white as 0, planes, palettes.

    Not the compressions that only libtiff undoes; those Pillow reads, for the common kinds of samples.
    """
    import tifffile  # takes a while, and few pictures need it

    logging.getLogger("tifffile").addHandler(_SILENT)  # or its remarks on odd tags go to stderr
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        page = file.pages.first
        check_size(page.imagewidth, page.imagelength)
        if page.samplesperpixel > 64:
            raise ValueError(t("more than 64 samples a pixel"))
        segments = zip(page.dataoffsets, page.databytecounts, strict=True)
        if not all(at > 0 and size > 0 and at + size <= len(content) for at, size in segments):
            raise EOFError(t("part of the picture is missing"))
        values = page.asarray()
        if page.axes == "SYX":
            values = np.moveaxis(values, 0, -1)
        values = values.reshape(page.imagelength, page.imagewidth, -1)
        tag = page.tags.get(274)
        return _tiff_colours(page, values), tag.value if tag else 1


def _tiff_colours(page, values):
    """A page's samples as grey or RGB in [0, 1], with alpha where it says that it has one."""
    kind = page.photometric.name
    if kind == "PALETTE":
        return (page.colormap[:, values[..., 0]].transpose(1, 2, 0) / 65535).astype("float32")
    if values.dtype.kind == "f":
        values = float_tones(values)
    elif values.dtype.kind == "u":
        values = (values / (2.0**page.bitspersample - 1)).astype("float32")
    else:
        most = np.iinfo(values.dtype).max  # programs that have no unsigned 16 bits write those as signed 32
        values = values.astype("float64") / (65535 if most > 65535 and values.max() <= 65535 else most)
    colours = {"MINISWHITE": 1, "MINISBLACK": 1, "RGB": 3, "SEPARATED": 4}[kind]
    alpha = values[..., colours : colours + 1] if page.extrasamples and page.extrasamples[0] in (1, 2) else None
    values = values[..., :colours]
    if alpha is not None and page.extrasamples[0] == 1:  # multiplied by alpha already
        values = np.divide(values, alpha, out=np.zeros_like(values), where=alpha > 0)
    if kind == "MINISWHITE":
        values = 1 - values
    if kind == "SEPARATED":
        values = (1 - values[..., :3]) * (1 - values[..., 3:])
    return values if alpha is None else np.concatenate([values, alpha], -1)


def float_top(values):
    """The float that is white: 1 where none is above it, else 255, or 65535."""
    most = values.max(where=np.isfinite(values), initial=0)
    return 1.0 if most <= 1 else 255.0 if most <= 255 else 65535.0


def float_tones(values):
    """Floats as tones in [0, 1], by `float_top`; what is not finite is black."""
    return np.clip(np.where(np.isfinite(values), values, 0) / float_top(values), 0, 1).astype("float32")
