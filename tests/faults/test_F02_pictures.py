"""F02 to F13: pictures too large, cut short, turned, transparent, misnamed, unreadable, oddly named; and bad arrays."""

import csv
import io
import os
import random
import re
import struct
import time
import zlib

import numpy as np
import pytest
from harness import UNPRIVILEGED, not_waited_for, run_python
from pictures import bmp, gif, png, png_chunk, samples, tones, turned, wrong
from PIL import EpsImagePlugin, Image, ImageCms, ImageFile

import styletutor as st
from styletutor import errors, images, plots
from styletutor import tones as tones_module
from styletutor.errors import DownloadError, ImageError

POSIX = pytest.mark.skipif(os.name != "posix", reason="a matter of POSIX")


def written(picture, kind, **options):
    """A file's bytes by Pillow, from a picture or an array."""
    buffer = io.BytesIO()
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(buffer, kind, **options)
    return buffer.getvalue()


def refused(source, *words, kind=ImageError):
    """load_image refuses it with these words, in one line of at most 400 characters, the cause kept; gives the text."""
    with pytest.raises(kind) as error:
        st.load_image(source)
    text = str(error.value)
    assert "\n" not in text and len(text) <= 400
    for word in words:
        assert word in text, text
    return text


# --- F02: too large

BOMB = """
import sys, resource
from styletutor.images import load_image
from styletutor.errors import ImageError
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sys.argv[1:]:
    try:
        load_image(path)
    except ImageError as error:
        print(error)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@POSIX
def test_F02_bombs_are_refused_before_decoding(tmp_path):
    """A whole PNG of 12 000 × 12 000 pixels, and a file of too many bytes, name size and limit and cost nothing."""
    row = zlib.compress(bytes(1 + 3 * 12000) * 12000, 1)
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 12000, 12000, 8, 2, 0, 0, 0))
    content = b"\x89PNG\r\n\x1a\n" + head + png_chunk(b"IDAT", row) + png_chunk(b"IEND", b"")
    (tmp_path / "pixels.png").write_bytes(content)
    with open(tmp_path / "bytes.png", "wb") as file:
        file.write(content[:99])
        file.truncate(images.MAX_BYTES + 1)
    pixels, many, megabytes = run_python(BOMB, tmp_path / "pixels.png", tmp_path / "bytes.png").stdout.splitlines()
    assert "12000 × 12000" in pixels and "80 million" in pixels
    assert "larger than 100 MB" in many
    assert int(megabytes) < 250


def test_F02_an_icon_can_hide_no_bomb():
    """A PNG of another size than its icon claims is judged by its own."""
    inside = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 20000, 20000, 8, 2, 0, 0, 0))
    icon = struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(inside), 22) + inside
    refused(icon, "20000 × 20000")


def test_F02_full_size_has_a_lower_cap(monkeypatch):
    """An image that would itself take too much memory is refused with max_dim as the remedy."""
    monkeypatch.setattr(tones_module, "MAX_RESULT", 99)
    content = png(samples(10, 10, 3, 8))
    assert st.load_image(content, 9).shape == (1, 9, 9, 3)
    with pytest.raises(ImageError, match=r"10 × 10.*max_dim"):
        st.load_image(content, None)


# --- F03: cut short


def files_of_every_format():
    """A small picture in each format."""
    rgb = samples(20, 24, 3, 8)
    for kind, options in (
        *(("PNG", {}), ("JPEG", {}), ("JPEG", {"progressive": True}), ("WEBP", {}), ("WEBP", {"lossless": True})),
        *(("GIF", {}), ("TIFF", {}), ("TIFF", {"compression": "tiff_adobe_deflate"}), ("BMP", {}), ("PPM", {})),
        *(("TIFF", {"compression": "tiff_lzw"}), ("AVIF", {}), ("ICO", {"sizes": [(24, 20)]}), ("JPEG2000", {})),
        *(("QOI", {}), ("PCX", {}), ("SGI", {}), ("TGA", {}), ("TGA", {"rle": True})),
    ):
        yield f"{kind} {options}", written(rgb, kind, **options)
    yield "PAM", b"P7\nWIDTH 24\nHEIGHT 20\nDEPTH 3\nMAXVAL 255\nENDHDR\n" + rgb.tobytes()
    yield "GIF interlaced", gif(rgb[..., 0] // 16, rgb.reshape(-1, 3)[:16], interlaced=True)
    runs = b"".join(bytes([0, 24]) + rgb[y, :, 0].tobytes() + b"\0\0" for y in range(20)) + b"\0\1"
    yield "BMP runs", bmp(24, 20, 8, runs, 40, 1, bytes(1024))


@pytest.mark.parametrize(("name", "content"), tuple(files_of_every_format()), ids=lambda v: str(v)[:40])
def test_F03_cut_anywhere(name, content):
    """However much of a file is missing, it is refused or, where only its end mark is gone, whole; never half grey."""
    whole = st.load_image(content)
    chance = random.Random(name)
    for end in {chance.randrange(len(content)) for _ in range(40)} | set(range(len(content) - 12, len(content))):
        try:
            image = st.load_image(content[:end])
        except ImageError:
            continue
        np.testing.assert_array_equal(image, whole, err_msg=f"{end} of {len(content)} bytes")
    refused(content[: len(content) // 2])


GLOBALS = """
import warnings
from PIL import Image, ImageFile
def state():
    return Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, ImageFile.MAXBLOCK
before = state()
from styletutor import images, errors
assert state() == before, "import"
filters = list(warnings.filters)
for content in (b"nonsense", b"\\xff\\xd8\\xff\\xe0" + bytes(99)):
    try:
        images.load_image(content)
    except errors.ImageError:
        pass
images.load_image(images.to_bytes(images.as_image([[0.0]])))
assert state() == before and warnings.filters == filters, "call"
"""


def test_F03_pillows_settings_stay():
    """Pillow's global switches and Python's warning filters are as before, after the import and after every call."""
    run_python(GLOBALS)
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False and Image.MAX_IMAGE_PIXELS == 1024**3 // 4 // 3


@pytest.mark.filterwarnings("error")
def test_F03_no_warning_leaks():
    """What Pillow remarks on odd tags stays inside."""
    tiff = bytearray(written(samples(9, 9, 3, 8), "TIFF", tiffinfo={270: "a remark"}))
    position = tiff.index(b"a remark")
    broken = bytes(tiff).replace(struct.pack("<I", position), struct.pack("<I", 10**6))
    assert broken != bytes(tiff)
    st.load_image(broken)


# --- F04: many bits


def test_F04_sixteen_bits_against_plain_pillow():
    """The mean of a 16-bit PNG, TIFF or PGM is that of its samples, where a plain convert("RGB") is far off."""
    data = (np.linspace(0, 1, 4000) ** 1.5 * 65535).astype("uint16").reshape(40, 100)
    expected = data.mean() / 65535
    netpbm = b"P5\n100 40\n65535\n" + data.astype(">u2").tobytes()
    for content in (png(data[..., None], 16), written(data, "TIFF"), netpbm):
        assert st.load_image(content).mean() == pytest.approx(expected, abs=1e-4)
        with Image.open(io.BytesIO(content)) as picture:
            assert np.asarray(picture.convert("RGB")).mean() / 255 > expected + 0.1


# --- F05: turned

UPRIGHT = np.kron(samples(2, 3, 3, 7) + np.uint8(60), np.ones((16, 16, 1), "uint8"))


@pytest.mark.parametrize("orientation", [*range(10), 65535])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_F05_exif(kind, orientation):
    """Upright whichever way the camera was held; what makes no sense leaves the picture as it is stored."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"JPEG": {"quality": 98, "subsampling": 0}, "AVIF": {"quality": 98}}.get(kind, {"lossless": True})
    content = written(turned(UPRIGHT, orientation), kind, exif=exif, **options)
    assert wrong([(kind, content, tones(UPRIGHT, 8), 30 if kind in ("JPEG", "AVIF") else 1)]) == []


@pytest.mark.parametrize("mirror", [None, 0, 1])
@pytest.mark.parametrize("angle", range(4))
def test_F05_avif_boxes(angle, mirror):
    """An AVIF's boxes turn it, and not its EXIF: irot anticlockwise, then imir top to bottom (0) or left to right."""
    exif = Image.Exif()
    exif[0x0112], exif[0x0113] = (6 if mirror is None else 5), 3
    content = bytearray(written(UPRIGHT, "AVIF", exif=exif, quality=98))
    content[content.index(b"irot") + 4] = angle
    if mirror is not None:
        content[content.index(b"imir") + 4] = mirror
    content = bytes(content).replace(b"\x01\x13\0\x03", b"\x01\x12\0\x03")  # EXIF's orientation: 3
    assert b"\x01\x12\0\x03\0\0\0\1\0\x03" in content
    shown = np.rot90(UPRIGHT, angle)
    shown = shown if mirror is None else shown[:, ::-1] if mirror else shown[::-1]
    assert wrong([("AVIF", content, tones(shown, 8), 30)]) == []


XMP = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description {}>{}</rdf:Description></x:xmpmeta>'


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("form", ["attribute", "quoted otherwise", "element"])
def test_F05_xmp(kind, orientation, form):
    """Orientation in XMP alone, as programs write it, counts as well."""
    text = {
        "attribute": XMP.format(f'tiff:Orientation="{orientation}"', ""),
        "quoted otherwise": XMP.format(f"tiff:Orientation = '{orientation}'", ""),
        "element": XMP.format("", f"<tiff:Orientation>{orientation}</tiff:Orientation>"),
    }[form].encode()
    stored = turned(UPRIGHT, orientation)
    if kind == "PNG":
        content = png(stored, chunks=[(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + text)])
    elif kind == "TIFF":
        content = written(stored, kind, tiffinfo={700: text})
    else:
        content = written(stored, kind, xmp=text, **({"quality": 98} if kind == "JPEG" else {"lossless": True}))
    assert wrong([(kind, content, tones(UPRIGHT, 8), 40 if kind == "JPEG" else 1)]) == []


@pytest.mark.parametrize("exif", [b"", b"MM\0*\0\0\0\x08\xff\xff", b"II*\0" + b"\xff" * 40, b"x"])
def test_F05_broken_exif_harms_no_picture(exif):
    """A picture whose EXIF is damaged is shown as it is stored."""
    assert wrong([("PNG", png(UPRIGHT, after=[(b"eXIf", exif)]), tones(UPRIGHT, 8), 0)]) == []


# --- F06: transparent


def test_F06_hidden_colours_stay_hidden():
    """Whatever lies under alpha 0 is white in every format that has alpha, with a colour profile too, and in arrays."""
    rgba = samples(16, 16, 4, 8)
    rgba[:8, :, 3] = 0
    truth = np.ones((16, 16, 3))
    truth[8:] = tones(rgba, 8)[8:]
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    cases = [(kind, written(rgba, kind, **options), truth, 2) for kind, options in (
        ("PNG", {}), ("PNG", {"icc_profile": srgb}), ("WEBP", {"lossless": True, "exact": True}),
        ("TIFF", {}), ("TGA", {}), ("JPEG2000", {}), ("QOI", {}), ("ICO", {"sizes": [(16, 16)]}),
    )]  # fmt: skip
    assert wrong(cases) == []
    np.testing.assert_allclose(st.load_image(rgba)[0], truth, atol=1e-6)
    assert (st.load_image(written(rgba, "AVIF", quality=100))[0, :7] == 1).all()


# --- F07: extreme shapes


@pytest.mark.parametrize("shape", [(1, 1), (1, 30000), (30000, 1), (31, 33)])
def test_F07_no_side_becomes_0(shape):
    """A file of any shape is scaled to sides of at least 1; below the network's minimum the error names 32."""
    image = st.load_image(png(np.full((*shape, 3), 77, "uint8")), 512)
    assert min(image.shape[1:3]) >= 1 and max(image.shape[1:3]) == min(512, max(shape))
    np.testing.assert_allclose(image, 77 / 255, atol=1e-5)
    with pytest.raises(ImageError, match="at least 32"):
        images.check_size(image)


# --- F08: decoders that are not asked

FOREIGN = {
    "DDS": lambda: written(samples(16, 16, 4, 8), "DDS"),
    "BLP": lambda: written(Image.fromarray(samples(16, 16, 3, 8)).convert("P"), "BLP"),
    "EPS": lambda: written(samples(16, 16, 3, 8), "EPS"),
    "PSD": lambda: b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 16, 16, 8, 3) + bytes(900),
    "FITS": lambda: b"SIMPLE  =                    T".ljust(2880) + bytes(2880),
    "WMF": lambda: b"\xd7\xcd\xc6\x9a" + bytes(99),
    "DDS that takes long": lambda: dds(8192),
    "MSP": lambda: written(Image.new("1", (32, 32)), "MSP"),
}


def dds(side):
    """A DDS of BC7 blocks, which Pillow decodes one by one in Python."""
    head = struct.pack("<4s7I44x2I4s5I", b"DDS ", 124, 0x81007, side, side, 0, 0, 0, 32, 4, b"DX10", *[0] * 5)
    return head + struct.pack("<5I", 0x1000, 0, 0, 0, 0) + struct.pack("<5I", 98, 3, 0, 1, 0) + bytes(side * 64)


@pytest.mark.parametrize("kind", FOREIGN)
def test_F08_foreign_formats_are_refused_at_once(tmp_path, monkeypatch, kind):
    """A file of a format that isn't read, called .jpg, is refused within a second; Ghostscript never starts."""
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *_, **__: pytest.fail("Ghostscript was started"))
    path = tmp_path / "holiday.jpg"
    path.write_bytes(FOREIGN[kind]())
    started = time.process_time()
    refused(path, "holiday.jpg")
    assert time.process_time() - started < 1


# --- F09: what is no regular file


@POSIX
def test_F09_what_is_no_file(tmp_path):
    """A folder, a pipe without a writer, a device, a dangling link and impossible names are refused at once."""
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "link.png").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    (tmp_path / "folder.png").mkdir()
    with not_waited_for(tmp_path / "pipe.png"):
        refused(tmp_path / "pipe.png", "not a file")
    started = time.process_time()
    for path, words in (
        *((tmp_path / "folder.png", "not a file"), ("/dev/zero", "not a file")),
        *((tmp_path / "link.png", "no file"), (tmp_path / "loop.png", "can't be read"), ("a\0b.png", "can't be read")),
        *(("", "no file"), (tmp_path / ("x" * 300), "can't be read"), (os.fsdecode(b"bytes\xff.png"), "no file")),
    ):
        refused(path, words)
    assert time.process_time() - started < 2


@POSIX
def test_F09_unreadable(open_folder):
    """A file that the reader may not read is said to be so; asked by a user who is not root."""
    path = open_folder / "secret.png"
    path.write_bytes(png(samples(4, 4, 3, 8)))
    path.chmod(0)
    code = "import sys, styletutor.errors as e, styletutor.images as i, PIL.PngImagePlugin\n" + UNPRIVILEGED + (
        "try: i.load_image(sys.argv[1])\nexcept e.ImageError as error: print(error)"
    )
    assert "Permission denied" in run_python(code, path).stdout


# --- F10: changed meanwhile


@POSIX
@pytest.mark.parametrize("change", ["replaced", "deleted", "cut"])
def test_F10_changed_between_check_and_read(tmp_path, monkeypatch, change):
    """One open file is checked and read: replaced or deleted meanwhile it is still the one, cut it is refused."""
    path, other = tmp_path / "a.png", tmp_path / "b.png"
    values = samples(40, 40, 3, 8)
    path.write_bytes(png(values))
    other.write_bytes(png(255 - values))
    check = os.fstat

    def then_change(handle):
        status = check(handle)
        monkeypatch.setattr(os, "fstat", check)
        changes = {"replaced": lambda: os.replace(other, path), "deleted": path.unlink}
        changes.get(change, lambda: os.truncate(path, 99))()
        return status

    monkeypatch.setattr(os, "fstat", then_change)
    if change == "cut":
        refused(path, "a.png")
    else:
        assert wrong([(change, path, tones(values, 8), 0)]) == []


# --- F11: names

NAMES = [
    *("<img src=x onerror=alert(1)>", "$x\\frac{1$", "two\nlines", "n" * 200, "🐱🖼️", "%s{}{0}%n", "a&b\"c'd"),
    "\x1b[31mred",
]


@pytest.mark.parametrize("name", NAMES)
def test_F11_names_are_text(name, tmp_path):
    """A strange name is shown literally: in an error, in a widget's HTML, in a figure's title."""
    from styletutor.panels.base import Panel

    text = refused(({"name": name, "content": b"no picture"},))
    assert text.isprintable()
    panel = Panel()
    panel.show_error(ImageError(f"{name} is no picture"))
    panel.say(name)
    for shown in (panel.alert.value, panel.readout.value):
        assert "<img" not in shown
    if "<" in name:
        assert "&lt;img" in panel.alert.value and "&lt;img" in panel.readout.value
    figure = plots.side_by_side(**{name: np.zeros((1, 8, 8, 3), "float32")})
    assert plots.png(figure)[:4] == b"\x89PNG"  # drawn, which mathematics that is none prevents


@POSIX
@pytest.mark.parametrize("name", NAMES)
def test_F11_names_in_a_sweep(tmp_path, monkeypatch, name):
    """A sweep of a picture of any name saves under a plain one; its JSON, CSV and Markdown can be read back."""
    from styletutor.sweep import plan, report, results

    monkeypatch.chdir(tmp_path)
    source, image = f"a,b|{name}.png", st.load_image(samples(40, 40, 3, 8))
    st.save_image(image, source)
    tasks, _ = plan.tasks([source], ["swirls"], {}, "quick", st.load_image, "")
    (task,) = tasks
    folder = results.open_folder(tmp_path / "out")
    made = {"png": images.to_bytes(image), "losses": {"total": 1.5}, "seconds": 2.0, "steps": 1}
    found = results.keep(folder, task, made)
    assert results.read(folder, task) == found and found["content"].isprintable()
    saved = {path.name for path in (folder / results.PICTURES).iterdir()}
    assert len(saved) == 2 and all(re.fullmatch(r"[\w.-]{1,90}", name) for name in saved)
    table = report.rows(folder, tasks, {0: found}, {})
    (row,) = csv.DictReader(io.StringIO(report.as_csv(table), newline=""))
    assert row["content"] == task.content == errors.shortened(source)
    assert (folder / row["picture"]).name in saved and row["error"] == ""
    lines = report.as_markdown(table).splitlines()
    assert len(lines) == 3 and len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1


@POSIX
@pytest.mark.parametrize("name", NAMES)
def test_F11_files_of_any_name(tmp_path, name):
    """A picture is saved and loaded under any name that the system allows."""
    image = st.load_image(samples(5, 5, 3, 8))
    path = st.save_image(image, tmp_path / f"{name}.png")
    np.testing.assert_array_equal(st.load_image(path), image)
    assert os.listdir(tmp_path) == [f"{name}.png"]


# --- F13: arrays


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((3, 40, 50), "float32"), ("(3, 40, 50)", "(H, W, 3)")),
        (np.zeros((5, 40, 50, 3), "uint8"), ("(5, 40, 50, 3)",)),
        (np.zeros((40, 50, 3), "int64"), ("int64", "uint8")),
        (np.full((4, 5, 3), 200.0), ("(4, 5, 3)", "200", "255")),
        (np.full((4, 5, 3), np.nan), ("nan", "(4, 5, 3)")),
        (np.zeros((4, 5, 3), object), ("object",)),
        (np.zeros((4, 0, 3)), ("(4, 0, 3)",)),
        (np.array(["a"]), ("<U1",)),
    ],
)
def test_F13_bad_arrays(array, words):
    """An array that is no image is refused with its shape, type or range, and with what is expected."""
    refused(array, *words)


def test_F13_ranges_are_never_guessed():
    """Floats are taken as they are, uint8 and uint16 by their type's range: a dark float picture stays dark."""
    assert st.load_image(np.full((2, 2, 3), 0.004)).max() == pytest.approx(0.004)
    assert st.load_image(np.full((2, 2, 3), 1, "uint8")).max() == pytest.approx(1 / 255)
    assert st.load_image(np.full((2, 2), 257, "uint16")).max() == pytest.approx(1 / 255)


# --- F24: what load_image does not take for a path


@pytest.mark.parametrize("source", ["data:image/png;base64,AAAA", "file:///etc/hostname", "ftp://a/b", "gopher://a/b"])
def test_F24_other_schemes_are_no_paths(source):
    """An address of another scheme is refused as one, not looked for as a file."""
    refused(source, "http", kind=DownloadError)
