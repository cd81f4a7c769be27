"""F01: whatever good picture is dropped in loads right, against samples that were written by hand; the rest is refused.

"Right" is an independent NumPy computation on the very samples that the makers packed. Families as in the collections
that decoders are tested with: every kind of PNG, BMP, TGA, GIF, TIFF and Netpbm file, and Pillow's modes.
"""

import io
import itertools
import sys

import numpy as np
import pytest
import tifffile
from harness import run_python
from pictures import ZSTANDARD, bmp, bmp_rows, gif, icon, packed_tiff, png, samples, tga, tones, turned, wrong
from PIL import Image, ImageCms

import styletutor as st
from styletutor import bitmaps, decode
from styletutor.errors import ImageError

RNG = np.random.default_rng(1)


def written(picture, kind, **options):
    """A file's bytes by Pillow."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def png_cases():
    """Every colour type and depth, plain and interlaced, small sizes, transparency by colour and by palette."""
    for interlaced in (False, True):
        for channels, bits in (*((1, b) for b in (1, 2, 4, 8, 16)), *((c, b) for c in (2, 3, 4) for b in (8, 16))):
            for size in ((9, 13), (1, 1), (3, 2), (1, 9)):
                values = samples(*size, channels, bits)
                name = f"{channels} channels, {bits} bits, {size}, {interlaced}"
                yield name, png(values, bits, interlaced=interlaced), tones(values, bits), 1 + (bits == 16)
                if channels in (1, 3):
                    key = values[0, 0]
                    seen = 1.0 - (values == key).all(-1, keepdims=True)
                    content = png(values, bits, interlaced=interlaced, chunks=[(b"tRNS", key.astype(">u2").tobytes())])
                    yield f"{name}, one colour transparent", content, tones(values, bits, seen), 1
        for bits in (1, 2, 4, 8):
            values, palette = samples(9, 13, 1, bits)[..., 0], samples(2**bits, 1, 3, 8)[:, 0]
            plain = png(values[..., None], bits, 3, interlaced, palette=palette)
            yield f"palette, {bits} bits, {interlaced}", plain, palette[values] / 255, 1
            alpha = samples(2**bits, 1, 1, 8, seed=3)[:, 0]
            content = png(
                values[..., None], bits, 3, interlaced, palette=palette, chunks=[(b"tRNS", alpha[:-1].tobytes())]
            )
            alpha[-1] = 255  # not listed: opaque
            yield f"palette with alphas, {bits} bits", content, tones(palette[values], 8, alpha[values] / 255), 1


def test_F01_png():
    """PNG of every kind."""
    assert wrong(png_cases()) == []


def test_F01_png_gamma_is_ignored():
    """A PNG's gAMA chunk changes nothing, as documented and as most programs do."""
    values = samples(4, 4, 3, 8)
    for gamma in (45455, 100000, 200000):
        assert wrong([(gamma, png(values, chunks=[(b"gAMA", gamma.to_bytes(4, "big"))]), tones(values, 8), 0)]) == []


def bmp_palette_cases():
    """1, 2, 4 and 8 bits under every header, with colours and with the dark greys that Pillow takes for 8 bits."""
    for bits in (1, 2, 4, 8):
        values = samples(9, 13, 1, bits)[..., 0]
        for colours in (samples(2**bits, 1, 3, 8)[:, 0], np.arange(2**bits, dtype="uint8")[:, None].repeat(3, 1)):
            for header in (12, 16, 40, 52, 56, 64, 108, 124):
                table = colours[:, ::-1] if header == 12 else np.pad(colours[:, ::-1], ((0, 0), (0, 1)))
                content = bmp(13, 9, bits, bmp_rows(values, bits), header, palette=table.tobytes(), gap=3)
                yield f"{bits} bits, header {header}", content, colours[values] / 255, 0
            content = bmp(13, 9, bits, bmp_rows(values, bits, False), 40, palette=table.tobytes(), top_down=True)
            yield f"{bits} bits, top down", content, colours[values] / 255, 0


def bmp_colour_cases():
    """16, 24 and 32 bits with masks of every width and order."""
    rgb = samples(9, 13, 3, 8)
    for header in (12, 16, 40, 64, 108, 124):
        yield "24 bits", bmp(13, 9, 24, bmp_rows(rgb[..., ::-1].reshape(9, -1), 8), header), tones(rgb, 8), 0
    for kind, all_masks in (
        ("<u2", ((0x7C00, 0x3E0, 0x1F, 0), (0xF800, 0x7E0, 0x1F, 0), (0xF00, 0xF0, 0xF, 0xF000),
                 (0x7C00, 0x3E0, 0x1F, 0x8000), (0xE000, 0x1C00, 0x300, 0), (3, 0x1C, 0xE0, 0xFF00))),
        ("<u4", ((0xFF0000, 0xFF00, 0xFF, 0), (0xFF, 0xFF00, 0xFF0000, 0xFF000000),
                 (0xFF000000, 0xFF0000, 0xFF00, 0xFF), (0x3FF00000, 0xFFC00, 0x3FF, 0),
                 (0xFF, 0xFF00, 0xFF0000, 0), (0xE0000000, 0x1FF0000, 0x1F, 0))),
    ):  # fmt: skip
        for masks in all_masks:
            widths = [mask.bit_count() for mask in masks]
            channels = [RNG.integers(0, 2**width, (9, 13)) for width in widths]
            shifted = zip(channels, masks, strict=True)
            word = sum(c.astype("uint64") << ((m & -m).bit_length() - 1) for c, m in shifted if m)
            truth = np.stack([channels[i] / (2 ** widths[i] - 1) for i in range(3)], -1)
            if masks[3]:
                alpha = channels[3][..., None] / (2 ** widths[3] - 1)
                truth = truth * alpha + 1 - alpha
            rows = bmp_rows(word.astype(kind), 16)
            for header, compression in ((40, 3), (52, 3), (56, 3), (108, 3), (124, 3), (40, 6)):
                if masks[3] == 0 or header > 52 or compression == 6:
                    given = masks if compression == 6 else masks[:3] if header == 40 else masks
                    content = bmp(13, 9, int(kind[2]) * 8, rows, header, compression, masks=given)
                    yield f"{[hex(m) for m in masks]}, header {header}", content, truth, 1


def test_F01_bmp():
    """BMP of every header, depth and mask."""
    assert wrong(bmp_palette_cases()) == []
    assert wrong(bmp_colour_cases()) == []


def test_F01_bmp_unused_alpha():
    """A 32-bit BMP whose alpha nobody filled in is opaque, not white."""
    rgb = samples(9, 13, 3, 8)
    word = (rgb[..., 0].astype("<u4") << 16) | (rgb[..., 1].astype("<u4") << 8) | rgb[..., 2]
    masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    plain, masked = bmp(13, 9, 32, bmp_rows(word, 32)), bmp(13, 9, 32, bmp_rows(word, 32), 56, 3, masks=masks)
    assert wrong([("plain", plain, tones(rgb, 8), 0), ("masked", masked, tones(rgb, 8), 0)]) == []


def test_F01_bmp_run_lengths():
    """BMP's run-length codes of 4, 8 and 24 bits: runs, literal pixels, jumps, ends; worked out by hand."""
    palette = samples(256, 1, 3, 8)[:, 0]
    table = np.pad(palette[:, ::-1], ((0, 0), (0, 1))).tobytes()
    eight = bytes([3, 7, 0, 3, 1, 2, 3, 0, 0, 0, 0, 2, 1, 1, 2, 9, 0, 1])
    first = np.array([[7, 7, 7, 1, 2, 3], [0] * 6, [0, 9, 9, 0, 0, 0], [0] * 6])[::-1]
    four = bytes([3, 0x12, 0, 3, 0x34, 0x50, 0, 0, 5, 0xAB, 0, 1])
    second = np.array([[1, 2, 1, 3, 4, 5], [10, 11, 10, 11, 10, 0], [0] * 6])[::-1]
    colours = bytes([2, 10, 20, 30, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 1])
    third = np.array([[[0] * 3] * 5, [[30, 20, 10], [30, 20, 10], [3, 2, 1], [6, 5, 4], [9, 8, 7]]])
    assert wrong([
        ("8 bits", bmp(6, 4, 8, eight, 40, 1, table), palette[first] / 255, 0),
        ("4 bits", bmp(6, 3, 4, four, 40, 2, table[:64]), palette[second] / 255, 0),
        ("24 bits", bmp(5, 2, 24, colours, 64, 4), third / 255, 0),
    ]) == []  # fmt: skip


@pytest.mark.parametrize("cursor", [False, True])
def test_F01_icons_and_cursors(cursor):
    """An icon, and a cursor, of every depth; what its mask hides stays hidden, which Pillow shows of a cursor."""
    assert wrong([(f"{bits} bits", *icon(bits, cursor), 0) for bits in (1, 4, 8, 24, 32)]) == []


def tga_cases():
    """True colour, grey and palettes of every depth, stored from each of the four corners."""
    for corner in (0, 0x10, 0x20, 0x30):

        def stored(values, corner=corner):
            values = values if corner & 0x20 else values[::-1]
            return np.ascontiguousarray(values[:, ::-1] if corner & 0x10 else values)

        rgba, five = samples(9, 13, 4, 8), samples(9, 13, 3, 5)
        rgb, bgra, word = rgba[..., :3], rgba[..., [2, 1, 0, 3]], five.astype("<u2") @ np.array([1024, 32, 1], "<u2")
        yield f"24, {corner}", tga(rgb, 2, 24, stored(rgb[..., ::-1]).tobytes(), corner), tones(rgb, 8), 0
        yield f"32, {corner}", tga(rgb, 2, 32, stored(bgra).tobytes(), corner | 8), tones(rgba, 8), 1
        opaque = bgra * np.array([1, 1, 1, 0], "uint8")
        yield f"32, alpha unused, {corner}", tga(rgb, 2, 32, stored(opaque).tobytes(), corner), tones(rgb, 8), 0
        yield f"16, {corner}", tga(rgb, 2, 16, stored(word.astype("<u2")).tobytes(), corner), tones(five, 5), 1
        grey = rgba[..., :1]
        yield f"8, {corner}", tga(grey, 3, 8, stored(grey).tobytes(), corner), tones(grey, 8), 0
        both = rgba[..., :2]
        yield f"grey and alpha, {corner}", tga(both, 3, 16, stored(both).tobytes(), corner | 8), tones(both, 8), 1
        indices, table = RNG.integers(5, 200, (9, 13)).astype("uint8"), samples(200, 1, 3, 8)[:, 0]
        for start in (0, 5):
            raw = table[start:, ::-1].tobytes()
            content = tga(indices, 1, 8, stored(indices).tobytes(), corner, raw, 24, start, 200 - start)
            yield f"palette from {start}, {corner}", content, table[indices] / 255, 0
    run = tga(np.zeros((1, 4)), 10, 24, bytes([0x81, 1, 2, 3, 1, 4, 5, 6, 7, 8, 9]), 0x20)
    yield "runs", run, np.array([[[3, 2, 1], [3, 2, 1], [6, 5, 4], [9, 8, 7]]]) / 255, 0


def test_F01_tga():
    """TGA of every kind."""
    assert wrong(tga_cases()) == []


def gif_cases():
    """Palettes of 2 to 256 colours, interlaced, global and local, transparent, smaller and larger than their screen."""
    for bits in (1, 2, 4, 8):
        indices, palette = samples(11, 7, 1, bits)[..., 0], samples(2**bits, 1, 3, 8)[:, 0]
        truth, seen = palette[indices] / 255, (indices != 1)[..., None] * 1.0
        for interlaced in (False, True):
            name = f"{bits} bits, {interlaced}"
            yield name, gif(indices, palette, interlaced=interlaced), truth, 0
            yield f"{name}, local", gif(indices, palette[::-1], interlaced=interlaced, local=palette), truth, 0
            content = gif(indices, palette, transparent=1, interlaced=interlaced)
            yield f"{name}, transparent", content, truth * seen + 1 - seen, 0
        part = np.ones((20, 15, 3))
        part[3:14, 2:9] = truth
        yield f"{bits} bits, in part", gif(indices, palette, (15, 20), 2, 3), part, 0
        yield f"{bits} bits, beyond its screen", gif(indices, palette, (3, 3)), truth, 0
        again = gif(indices, palette, more=gif(1 - indices % 2, palette)[13 + 3 * len(palette) : -1])
        yield f"{bits} bits, two frames", again, truth, 0


def test_F01_gif():
    """GIF of every kind; what a first frame leaves unpainted is transparent, as in browsers."""
    assert wrong(gif_cases()) == []


def tiff(array, **options):
    """A TIFF by tifffile."""
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, array, metadata=None, **options)
    return buffer.getvalue()


def tiff_cases():
    """Integers of 8 to 32 bits and floats, grey to CMYK, both byte orders, BigTIFF, tiles, planes, alpha, palettes."""
    for order in "<>":
        for more in ({}, {"compression": "zlib"}, {"bigtiff": True}):
            more = {"byteorder": order, **more}
            for kind, bits in (("uint8", 8), ("uint16", 16), ("uint32", 32)):
                four = RNG.integers(0, 2**bits, (9, 16, 4), "uint64").astype(kind)
                one, three = four[..., 0], four[..., :3]
                name, close = f"{kind} {more}", 1 if bits != 16 else 3
                grey = tones(one[..., None], bits)
                yield name, tiff(one, photometric="minisblack", **more), grey, 1
                yield f"{name}, white is 0", tiff(one, photometric="miniswhite", **more), 1 - grey, 1
                yield f"{name}, RGB", tiff(three, photometric="rgb", **more), tones(three, bits), 1
                yield f"{name}, tiles", tiff(three, photometric="rgb", tile=(16, 16), **more), tones(three, bits), 1
                planes = np.ascontiguousarray(np.moveaxis(three, -1, 0))
                content = tiff(planes, photometric="rgb", planarconfig="separate", **more)
                yield f"{name}, planes", content, tones(three, bits), 1
                content = tiff(four, photometric="rgb", extrasamples=["unassalpha"], **more)
                yield f"{name}, alpha", content, tones(four, bits), close
                alpha = four[..., 3:] / (2**bits - 1)
                ready = np.concatenate([(three * alpha).astype(kind), four[..., 3:]], -1)
                content = tiff(ready, photometric="rgb", extrasamples=["assocalpha"], **more)
                yield f"{name}, alpha multiplied in", content, tones(ready[..., :3], bits) + 1 - alpha, close
                content = tiff(four, photometric="rgb", extrasamples=["unspecified"], **more)
                yield f"{name}, a fourth of no meaning", content, tones(three, bits), 1
                paint = four / (2**bits - 1)
                content = tiff(four, photometric="separated", **more)
                yield f"{name}, CMYK", content, (1 - paint[..., :3]) * (1 - paint[..., 3:]), close
            for kind in ("float16", "float32", "float64"):
                light = RNG.uniform(0, 1, (9, 16, 3)).astype(kind)
                yield f"{kind} {more}", tiff(light[..., 0], photometric="minisblack", **more), light[..., :1], 1
                yield f"{kind} {more}, RGB", tiff(light, photometric="rgb", **more), light, 1
            table, indices = RNG.integers(0, 65536, (3, 256), "uint16"), RNG.integers(0, 256, (9, 16), "uint8")
            content = tiff(indices, photometric="palette", colormap=table, **more)
            yield f"palette {more}", content, table[:, indices].transpose(1, 2, 0) / 65535, 1


def compressed_tiff_cases():
    """What libtiff undoes."""
    rgb = samples(16, 16, 3, 8)
    for way in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "zstd", "lzma"):
        yield way, written(Image.fromarray(rgb), "TIFF", compression=way), tones(rgb, 8), 0
        deep = rgb[..., 0].astype("uint16") * 257
        yield f"{way}, 16 bits", written(Image.fromarray(deep), "TIFF", compression=way), tones(rgb[..., :1], 8), 1
    light = written(Image.fromarray((rgb[..., 0] / 255).astype("float32")), "TIFF", compression="tiff_adobe_deflate",
                    tiffinfo={317: 3})  # fmt: skip
    yield "floats predicted", light, rgb[..., :1] / 255, 1
    signed = rgb[..., 0].astype("int32") * 257
    yield "16 bits in signed 32", written(Image.fromarray(signed), "TIFF"), rgb[..., :1] / 255, 1
    yield "signed 32", tiff(signed << 15, photometric="minisblack"), rgb[..., :1] / 255, 1
    black = rgb[..., :1] > 127
    for way in ("group3", "group4", "tiff_ccitt"):
        yield way, written(Image.fromarray(black[..., 0]), "TIFF", compression=way), black, 0
    flat = np.full((16, 16, 3), 99, "uint8")
    yield "jpeg", written(Image.fromarray(flat), "TIFF", compression="jpeg"), tones(flat, 8), 2
    twice = written(Image.fromarray(rgb), "TIFF", save_all=True, append_images=[Image.fromarray(255 - rgb)])
    yield "two pages", twice, tones(rgb, 8), 0


def test_F01_tiff():
    """TIFF of every kind; the first page."""
    assert wrong(tiff_cases()) == []
    assert wrong(compressed_tiff_cases()) == []


def packed_tiff_cases():
    """TIFFs that neither library writes: LZW and Zstandard of every kind of sample, differences too; odd bits."""
    for way, order, predicted, bits in itertools.product((5, ZSTANDARD), "<>", (False, True), (8, 16)):
        more, name = {"order": order, "compression": way, "predicted": predicted}, f"{way} {order} {predicted} {bits}"
        for channels, options in ((1, {}), (3, {}), (4, {"extra": 2}), (2, {"extra": 2}))[: 4 if bits == 8 else 3]:
            values = samples(9, 13, channels, bits)
            yield f"{name} {channels}", packed_tiff(values, bits, **more, **options), tones(values, bits), bits // 5
        ink = samples(9, 13, 4, bits) / (2.0**bits - 1)
        content = packed_tiff(samples(9, 13, 4, bits), bits, photometric=5, **more)
        yield f"{name} CMYK", content, (1 - ink[..., :3]) * (1 - ink[..., 3:]), 3
    deep = samples(9, 13, 1, 32)
    for compression in (5, ZSTANDARD):
        yield f"32 bits, {compression}", packed_tiff(deep, 32, compression=compression), tones(deep, 32), 1
    for compression in (1, 5, 8, ZSTANDARD):
        values = samples(9, 13, 1, 12)
        yield f"12 bits, {compression}", packed_tiff(values, 12, compression=compression), tones(values, 12), 1


def test_F01_packed_tiff():
    """TIFF's LZW and Zstandard and samples of 12 bits come out right."""
    assert wrong(packed_tiff_cases()) == []


@pytest.mark.parametrize("compression", [1, 5, 8])
@pytest.mark.parametrize(("bits", "channels", "order", "photometric"), [
    (12, 1, ">", 1), (12, 1, "<", 0), (12, 3, "<", 2), (10, 1, "<", 1), (14, 4, ">", 5), (32, 1, ">", 1),
    (32, 3, "<", 2), (16, 1, "<", 0),
])  # fmt: skip
def test_F01_rare_tiff(bits, channels, order, photometric, compression):
    """A TIFF of odd bits, or an LZW of 32 bits or of 16 whose white is 0, is refused by what it is and what to do."""
    values = samples(9, 13, channels, bits)
    content = packed_tiff(values, bits, order, photometric, compression)
    if bits % 16 == 0 and compression != 5:
        truth = tones(values, bits) if photometric else 1 - tones(values, bits)
        assert wrong([("whole bytes", content, truth, 1)]) == []
        return
    with pytest.raises(ImageError, match="a TIFF of a rare kind: save it as PNG"):
        st.load_image(content)


@pytest.mark.parametrize(("bits", "channels", "photometric"), [
    (16, 1, 0), (16, 2, 1), (32, 3, 2), (12, 3, 2), (10, 1, 1),
])  # fmt: skip
def test_F01_rare_zstandard_tiff(bits, channels, photometric):
    """What of Zstandard only tifffile reads, from Python 3.14 on, is right or refused by what it is and what to do."""
    values = samples(9, 13, channels, bits)
    content = packed_tiff(values, bits, "<", photometric, ZSTANDARD, extra=2 if channels == 2 else None)
    try:
        st.load_image(content)
    except ImageError as error:
        assert "a TIFF of a rare kind: save it as PNG" in str(error)
    else:
        truth = tones(values, bits)
        assert wrong([("it is read", content, truth if photometric else 1 - truth, 3)]) == []


def netpbm_cases():
    """PBM, PGM, PPM, PAM and PFM, plain and raw, of any highest value."""
    for top in (1, 15, 255, 256, 1000, 4095, 65535):
        kind = "u1" if top < 256 else ">u2"
        for depth, magic, plain in ((1, b"P5", b"P2"), (3, b"P6", b"P3")):
            values = RNG.integers(0, top + 1, (9, 13, depth))
            head = b"\n# a remark\n13 9\n%d\n" % top
            yield f"{magic} {top}", magic + head + values.astype(kind).tobytes(), values / top, 1
            yield f"{plain} {top}", plain + head + b" ".join(b"%d" % v for v in values.reshape(-1)), values / top, 1
        for depth in (1, 2, 3, 4):
            values = RNG.integers(0, top + 1, (9, 13, depth))
            truth = values / top
            if depth in (2, 4):
                truth = truth[..., :-1] * truth[..., -1:] + 1 - truth[..., -1:]
            head = b"P7\nWIDTH 13\nHEIGHT 9\n# a remark\nDEPTH %d\nMAXVAL %d\nTUPLTYPE X\nENDHDR\n" % (depth, top)
            yield f"PAM {depth} {top}", head + values.astype(kind).tobytes(), truth, 1
    black = RNG.integers(0, 2, (9, 13, 1))
    yield "P4", b"P4 13 9\n" + np.packbits(black[..., 0].astype("u1"), axis=1).tobytes(), 1 - black, 0
    yield "P1", b"P1 13 9\n" + b"".join(b"%d" % v for v in black.reshape(-1)), 1 - black, 0
    for order, scale in (("<", -1), (">", 1)):
        for magic, depth in ((b"Pf", 1), (b"PF", 3)):
            light = RNG.uniform(0, 1, (9, 13, depth)).astype(f"{order}f4")
            yield f"{magic} {order}", magic + b"\n13 9\n%d.0\n" % scale + light[::-1].tobytes(), light, 0.1


def test_F01_netpbm():
    """Netpbm's formats of every kind."""
    assert wrong(netpbm_cases()) == []


def other_cases():
    """Formats written by Pillow, exactly or nearly, in every mode that they have."""
    rgb = samples(16, 16, 3, 8)
    exact = {"WEBP": {"lossless": True}, "ICO": {"sizes": [(16, 16)]}}
    for kind in ("PCX", "SGI", "QOI", "JPEG2000", "WEBP", "ICO", "XBM", "TGA", "TIFF", "PNG"):
        for mode in ("1", "L", "P", "RGB", "RGBA", "LA", "I;16"):
            if mode == "I;16":
                picture, truth = Image.fromarray(rgb[..., 0].astype("uint16") * 257), rgb[..., :1] / 255
            else:
                picture = Image.fromarray(rgb).convert(mode)
                truth = np.asarray(picture.convert("RGB")) / 255
            if kind in ("ICO", "WEBP") and mode == "I;16":  # Pillow writes it as white
                continue
            try:
                content = written(picture, kind, **exact.get(kind, {}))
            except (OSError, ValueError, KeyError):  # the format has no such mode
                continue
            yield f"{kind} {mode}", content, truth, 1
    flat = np.kron(rgb[:2, :2] // 2 + 60, np.ones((16, 16, 1), "uint8"))
    yield "AVIF", written(Image.fromarray(flat), "AVIF", quality=100, subsampling="4:4:4"), flat / 255, 6
    for subsampling in ("4:4:4", "4:2:2", "4:2:0", "4:1:1"):
        for more in ({}, {"progressive": True}):
            content = written(Image.fromarray(flat), "JPEG", quality=98, subsampling=subsampling, **more)
            yield f"JPEG {subsampling} {more}", content, flat / 255, 40 if subsampling[2] != "4" else 12
    grey = written(Image.fromarray(flat[..., 0]), "JPEG", quality=98)
    yield "grey JPEG", grey, flat[..., :1] / 255, 6
    two = written(Image.fromarray(flat), "MPO", save_all=True, append_images=[Image.fromarray(255 - flat)], quality=98)
    yield "MPO", two, flat / 255, 40


def test_F01_other_formats():
    """The remaining formats; of an MPO, as cameras write them, the first picture."""
    assert wrong(other_cases()) == []


def test_F01_ycck():
    """A JPEG of inks whose first three are stored as brightness and chroma, as Photoshop writes it (Adobe's YCCK)."""
    inks = np.kron(samples(3, 4, 4, 8), np.ones((16, 16, 1), "uint8"))
    red, green, blue, black = np.moveaxis(inks.astype(float), -1, 0)  # libjpeg's inverse gives 255 less these
    brightness = 0.299 * red + 0.587 * green + 0.114 * blue
    chroma = [128 + (colour - brightness) / most for colour, most in ((blue, 1.772), (red, 1.402))]
    stored = np.rint(np.stack([brightness, *chroma, 255 - black], -1)).clip(0, 255).astype("uint8")
    content = written(Image.fromarray(255 - stored, "CMYK"), "JPEG", quality=100, subsampling=0)  # inverts them
    plain = b"Adobe\0\x64\0\0\0\0"
    assert content.count(plain) == 1
    content = content.replace(plain + b"\0", plain + b"\2")
    truth = (1 - inks[..., :3] / 255) * (1 - inks[..., 3:] / 255)
    assert wrong([("YCCK", content, truth, 4)]) == []


def test_F01_first_frame():
    """Of an animated PNG, WebP, AVIF and TIFF the first frame."""
    frames = [Image.new("RGB", (16, 16), colour) for colour in ((200, 30, 40), (10, 220, 30), (30, 20, 240))]
    for kind in ("PNG", "WEBP", "AVIF", "TIFF", "GIF"):
        content = written(frames[0], kind, save_all=True, append_images=frames[1:])
        assert wrong([(kind, content, np.full((16, 16, 3), (200, 30, 40)) / 255, 4)]) == []


def test_F01_modes():
    """Pillow's own pictures in every mode, alpha multiplied in or not."""
    red = Image.new("RGB", (8, 8), (200, 60, 40))
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    lab = ImageCms.profileToProfile(red, *profiles, outputMode="LAB")
    cases = [(mode, red.convert(mode), np.asarray(red) / 255, 2) for mode in ("HSV", "YCbCr", "RGBX", "CMYK", "RGBA")]
    cases += [("LAB", lab, np.asarray(red) / 255, 2), ("LAB TIFF", written(lab, "TIFF"), np.asarray(red) / 255, 2)]
    half = Image.new("RGBA", (8, 8), (200, 60, 40, 128))
    truth = tones(np.asarray(half), 8)
    cases += [("RGBa", half.convert("RGBa"), truth, 2), ("RGBA", half, truth, 1)]
    grey = Image.new("LA", (8, 8), (90, 128))
    cases += [("La", grey.convert("La"), tones(np.asarray(grey), 8), 2), ("LA", grey, tones(np.asarray(grey), 8), 1)]
    palette = red.convert("P")
    cases += [("PA", palette.convert("PA"), np.asarray(palette.convert("RGB")) / 255, 1)]
    assert wrong(cases) == []


REFUSED = {
    "text": b"this is no picture\n" * 50,
    "a page": b"<!DOCTYPE html><html><body>404</body></html>",
    "SVG": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99),
    "JPEG XL": b"\xff\x0a" + bytes(99),
    "PDF": b"%PDF-1.7\n" + bytes(99),
    "a ZIP": b"PK\x03\x04" + bytes(99),
    "zeros": bytes(1000),
    "nothing": b"",
}


@pytest.mark.parametrize("kind", REFUSED)
def test_F01_anything_else_is_refused(kind):
    """What is no picture, or one of a kind that isn't read, is one line that names it and what to do."""
    with pytest.raises(ImageError) as error:
        st.load_image(REFUSED[kind])
    assert len(str(error.value)) <= 400
    assert error.value.__cause__ is not None
    if kind in ("SVG", "HEIC", "JPEG XL", "PDF"):
        assert "first" in str(error.value)


def test_F01_a_slow_decoder_is_stopped(monkeypatch):
    """A decoder written in Python is stopped when its time is over, with what to do."""
    monkeypatch.setattr(decode, "MAX_SECONDS", 0)
    content = written(Image.fromarray(samples(300, 300, 3, 8)), "QOI")
    runs = bmp(9, 9000, 8, b"\0\0" * 9000, 40, bitmaps.RLE8, bytes(1024))
    for slow in (content, runs):
        monkeypatch.setattr(bitmaps, "_EVERY", 16)
        with pytest.raises(ImageError, match="takes too long"):
            st.load_image(slow)


def test_F01_many_scans_are_refused(monkeypatch):
    """A progressive JPEG of thousands of scans, minutes of work in a few bytes, is refused before it is decoded."""
    content = written(Image.new("RGB", (640, 640)), "JPEG", progressive=True)
    start = content.rindex(b"\xff\xda")
    scan = content[start:-2]
    st.load_image(content[:-2] + scan * 3 + content[-2:])
    with pytest.raises(ImageError, match="more scans"):
        st.load_image(content[:-2] + scan * 20_000 + content[-2:])


LARGE = """
import io, resource, sys, time
import numpy as np
from PIL import Image
from styletutor import decode
from styletutor.images import load_image
kind, side, channels = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
flat = np.full((side, side, channels), 77, "uint8")
buffer = io.BytesIO()
Image.fromarray(flat).save(buffer, kind, **({"compress_level": 1} if kind == "PNG" else {"quality": 30}))
del flat
content = buffer.getvalue()
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")  # the peak starts anew
def status(name):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name))
before, started = status("VmRSS"), time.process_time()
image = load_image(content)
print(image.shape[1], (status("VmHWM") - before) // 1024, round(time.process_time() - started, 1))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is a matter of Linux")
@pytest.mark.parametrize(("kind", "side", "channels"), [("PNG", 8900, 4), ("WEBP", 6300, 3), ("JPEG", 8900, 3)])
def test_F01_the_largest_pictures_take_less_than_a_gibibyte(kind, side, channels):
    """A picture just under the cap loads within 10 s of computing and 1 GiB, in a process of its own."""
    side_shown, mebibytes, seconds = run_python(LARGE, kind, str(side), str(channels)).stdout.split()
    assert int(side_shown) == 512
    assert int(mebibytes) < 1024
    assert float(seconds) < 10


def test_F01_turned_makes_sense():
    """The table of orientations is what EXIF's words say of a picture with four different corners."""
    corners = np.arange(4).reshape(2, 2)  # 0 1 / 2 3
    assert [turned(corners, o).reshape(-1).tolist() for o in (6, 8)] == [[1, 3, 0, 2], [2, 0, 3, 1]]
