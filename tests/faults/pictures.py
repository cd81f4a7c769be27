"""Makers of picture files, by hand from the formats' specifications: what Pillow reads wrongly it also writes so.

Each maker takes samples as a NumPy array and gives a file's bytes; none uses an imaging library.
"""

import struct
import zlib

import numpy as np

ZSTANDARD = 50000  # as a TIFF's compression, registered with Adobe by libtiff
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def samples(height, width, channels, bits, seed=0):
    """Random samples (height, width, channels), each from 0 to 2^bits - 1."""
    kind = "uint8" if bits <= 8 else "uint16" if bits <= 16 else "uint32"
    return np.random.default_rng(seed).integers(0, 2**bits, (height, width, channels)).astype(kind)


def packed(rows, bits):
    """Rows of samples (h, n), most significant bit first, each row padded to whole bytes: (h, bytes)."""
    if bits % 8 == 0:
        return np.frombuffer(rows.astype(f">u{bits // 8}").tobytes(), "uint8").reshape(len(rows), -1)
    bit = (rows[..., None] >> np.arange(bits - 1, -1, -1)) & 1
    return np.packbits(bit.reshape(len(rows), -1).astype("uint8"), axis=1)


# --- PNG (ISO/IEC 15948)


def png_chunk(kind, data):
    """Length, type, data, checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _filtered(values, bits):
    """Scanlines with the filter "up" in every second row, so that filters are exercised."""
    rows = packed(values.reshape(len(values), -1), bits)
    above = np.zeros_like(rows[:1])
    lines = []
    for number, row in enumerate(rows):
        kind = number % 2 * 2
        lines.append(bytes([kind]) + (row - above.reshape(-1) if kind else row).astype("uint8").tobytes())
        above = row
    return b"".join(lines)


def png(values, bits=8, colour=None, interlaced=False, chunks=(), after=(), palette=None):
    """A PNG of samples (h, w, c); colour: its colour type, default by c. chunks: (type, data) before the pixels."""
    height, width, channels = values.shape
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels] if colour is None else colour
    passes = ADAM7 if interlaced else ((0, 0, 1, 1),)
    data = b"".join(
        _filtered(values[y::down, x::right], bits) for x, y, right, down in passes if values[y::down, x::right].size
    )
    body = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlaced))
    if palette is not None:
        body += png_chunk(b"PLTE", np.asarray(palette, "uint8").tobytes())
    for kind, content in chunks:
        body += png_chunk(kind, content)
    body += png_chunk(b"IDAT", zlib.compress(data))
    for kind, content in after:
        body += png_chunk(kind, content)
    return b"\x89PNG\r\n\x1a\n" + body + png_chunk(b"IEND", b"")


# --- BMP (Microsoft, "Bitmap Header Types"; IBM's OS/2 headers of 12, 16 and 64 bytes)


def bmp(width, height, bits, data, header=40, compression=0, palette=b"", masks=(), top_down=False, gap=0):
    """A BMP of rows that are packed already; masks: of red, green, blue and alpha; gap: bytes before the pixels."""
    sign = -height if top_down else height
    words = b"".join(struct.pack("<I", mask) for mask in masks)
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    elif header == 16:
        info = struct.pack("<IiiHH", 16, width, sign, 1, bits)
    else:
        colours = len(palette) // 4
        info = struct.pack("<IiiHHIIiiII", header, width, sign, 1, bits, compression, len(data), 0, 0, colours, 0)
        if header >= 52 and header != 64:
            info, words = info + words, b""
        info = info.ljust(header, b"\0") if header != 64 else info.ljust(64, b"\0")
    start = 14 + len(info) + len(words) + len(palette) + gap
    return struct.pack("<2sIHHI", b"BM", start + len(data), 0, 0, start) + info + words + palette + bytes(gap) + data


def bmp_rows(rows, bits, upwards=True):
    """Rows (h, n) of whole pixels (bits of 8 or less: indices) as a BMP stores them: the last first, in words."""
    lines = packed(rows, bits) if bits < 8 else np.ascontiguousarray(rows).view("uint8").reshape(len(rows), -1)
    lines = np.pad(lines, ((0, 0), (0, -lines.shape[1] % 4)))
    return (lines[::-1] if upwards else lines).tobytes()


def icon(bits, cursor=False):
    """(an icon or a cursor of 8 × 8 pixels with a mask, or for 32 bits alpha, and its image): Microsoft, "Icons"."""
    mask = samples(8, 8, 1, 1, 5)
    if bits <= 8:
        indices, palette = samples(8, 8, 1, bits)[..., 0], samples(2**bits, 1, 3, 8, 2)[:, 0]
        colours, rows = palette[indices], bmp_rows(indices, bits)
        table = np.pad(palette[:, ::-1], ((0, 0), (0, 1))).tobytes()
    else:
        stored = samples(8, 8, bits // 8, 8, 3)
        colours, rows, table = stored[..., 2::-1], bmp_rows(stored.reshape(8, -1), bits), b""
    seen = stored[..., 3:] / 255 if bits == 32 else 1 - mask
    inside = struct.pack("<IiiHHIIiiII", 40, 8, 16, 1, bits, *[0] * 6) + table + rows + bmp_rows(mask[..., 0], 1)
    head = struct.pack("<HHH", 0, 1 + cursor, 1)
    entry = struct.pack("<BBBBHHII", 8, 8, 0, 0, *((0, 0) if cursor else (1, bits)), len(inside), 22)
    return head + entry + inside, colours / 255 * seen + 1 - seen


# --- TGA (Truevision TGA 2.0)


def tga(values, kind, depth, data, descriptor=0, palette=b"", entry=0, start=0, entries=0):
    """A TGA of pixels that are packed already, in the order that the descriptor says."""
    height, width = values.shape[:2]
    head = struct.pack(
        "<BBBHHBHHHHBB", 0, bool(palette), kind, start, entries, entry, 0, 0, width, height, depth, descriptor
    )
    return head + palette + data


# --- GIF (CompuServe, GIF89a)


def gif_codes(indices, bits):
    """LZW data that compresses nothing: a clear code before the table grows, so that codes keep their length."""
    clear, length, codes = 1 << bits, bits + 1, []
    for number, index in enumerate(indices):
        if number % ((1 << bits) - 2) == 0:
            codes.append(clear)
        codes.append(int(index))
    codes.append(clear + 1)
    stream = "".join(format(code, f"0{length}b")[::-1] for code in codes)
    stream += "0" * (-len(stream) % 8)
    raw = bytes(int(stream[i : i + 8][::-1], 2) for i in range(0, len(stream), 8))
    blocks = b"".join(bytes([len(raw[i : i + 255])]) + raw[i : i + 255] for i in range(0, len(raw), 255))
    return bytes([bits]) + blocks + b"\0"


def gif(indices, palette, screen=None, left=0, top=0, transparent=None, interlaced=False, local=None, more=b""):
    """A GIF of indices (h, w) into a palette of 2^n colours; screen: (width, height), which may be larger."""
    height, width = indices.shape
    bits = max(2, (len(palette) - 1).bit_length())
    screen = screen or (width, height)
    size = (len(palette) - 1).bit_length() - 1
    body = b"GIF89a" + struct.pack("<HHBBB", *screen, 0x80 | size, 0, 0) + palette.astype("uint8").tobytes()
    if transparent is not None:
        body += b"!\xf9\x04\x01\0\0" + bytes([transparent, 0])
    flags = 0x40 * interlaced | (0 if local is None else 0x80 | size)
    body += b"," + struct.pack("<HHHHB", left, top, width, height, flags)
    body += b"" if local is None else local.astype("uint8").tobytes()
    if interlaced:
        order = [y for first, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for y in range(first, height, step)]
        indices = indices[order]
    return body + gif_codes(indices.reshape(-1), bits) + more + b";"


# --- TIFF (Adobe, TIFF 6.0)


def lzw(data):
    """TIFF's LZW of bytes, which compresses nothing: a clear code before the codes grow longer than 9 bits."""
    codes = [code for at in range(0, len(data), 200) for code in (256, *data[at : at + 200])] + [257]
    bits = "".join(f"{code:09b}" for code in codes)
    return bytes(int(bits[at : at + 8].ljust(8, "0"), 2) for at in range(0, len(bits), 8))


def zstandard(data):
    """Zstandard's frame of bytes (RFC 8878), which compresses nothing: one block, raw, of less than 128 KiB."""
    return b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(data)) + struct.pack("<I", len(data) << 3 | 1)[:3] + data


def packed_tiff(values, bits, order="<", photometric=None, compression=1, predicted=False, extra=None):
    """A TIFF in one strip of samples (h, w, c) of any number of bits, the bits of odd numbers packed.

    photometric: default grey where black is 0, or RGB; compression: 1, none, 5, LZW, 8, Deflate, or ZSTANDARD;
    predicted: each sample less its left neighbour's; extra: what the last channel means.
    """
    height, width, channels = values.shape
    stored = np.concatenate([values[:, :1], np.diff(values, axis=1)], 1) if predicted else values
    rows = stored.reshape(height, -1)
    strip = (packed(rows, bits) if bits % 8 else rows.astype(f"{order}u{bits // 8}")).tobytes()
    strip = {1: bytes, 5: lzw, 8: zlib.compress, ZSTANDARD: zstandard}[compression](strip)
    photometric = (1 if channels < 3 else 2) if photometric is None else photometric
    tags = {256: [width], 257: [height], 258: [bits] * channels, 259: [compression], 262: [photometric],
            273: [8], 277: [channels], 278: [height], 279: [len(strip)], 317: [1 + predicted]}  # fmt: skip
    tags |= {} if extra is None else {338: [extra]}
    at = 8 + len(strip) + len(strip) % 2
    more, entries, after = b"", b"", at + 2 + 12 * len(tags) + 4
    for tag, numbers in tags.items():
        raw = struct.pack(f"{order}{len(numbers)}I", *numbers)
        place = raw if len(raw) == 4 else struct.pack(f"{order}I", after + len(more))
        more += raw if len(raw) > 4 else b""
        entries += struct.pack(f"{order}HHI", tag, 4, len(numbers)) + place
    head = struct.pack(f"{order}2sHI", {"<": b"II", ">": b"MM"}[order], 42, at)
    directory = struct.pack(f"{order}H", len(tags)) + entries + bytes(4)
    return head + strip + bytes(len(strip) % 2) + directory + more


# --- truths


def tones(values, bits, alpha=None):
    """Samples as the image that they are: (h, w, 3) in [0, 1], composited on white by the last of 2 or 4, or alpha."""
    values = np.asarray(values, float) / (2**bits - 1)
    if values.shape[-1] in (2, 4):
        values, alpha = values[..., :-1], values[..., -1:]
    values = values.repeat(3, -1) if values.shape[-1] == 1 else values
    return values if alpha is None else values * alpha + 1 - alpha


def turned(upright, orientation):
    """The pixels that are stored for an upright picture, by the EXIF standard's table of row 0 and column 0."""
    return np.ascontiguousarray(
        {
            2: lambda u: u[:, ::-1],  # top, right
            3: lambda u: u[::-1, ::-1],  # bottom, right
            4: lambda u: u[::-1],  # bottom, left
            5: lambda u: u.swapaxes(0, 1),  # left, top
            6: lambda u: u[:, ::-1].swapaxes(0, 1),  # right, top
            7: lambda u: u[::-1, ::-1].swapaxes(0, 1),  # right, bottom
            8: lambda u: u[::-1].swapaxes(0, 1),  # left, bottom
        }.get(orientation, lambda u: u)(upright)
    )


def wrong(cases):
    """Those of the cases (name, content, truth, levels) that load_image gets wrong by more than that many of 255."""
    import styletutor as st
    from styletutor.errors import StyleTutorError

    found, count = [], 0
    for name, content, truth, levels in cases:
        count += 1
        try:
            image = st.load_image(content, None)[0]
        except StyleTutorError as error:
            found.append(f"{name}: {error.__cause__!r}")
            continue
        truth = np.broadcast_to(np.asarray(truth, float), (*np.shape(truth)[:2], 3))
        if image.shape != truth.shape or np.abs(image - truth).max() * 255 > levels + 0.01:
            off = np.abs(image - truth).max() * 255 if image.shape == truth.shape else image.shape
            found.append(f"{name}: off by {off}")
    assert count, "no case"
    return found
