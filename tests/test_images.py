"""Pictures in and out: every kind of source, what damaged and hostile files do, and that nothing is half-written."""

import errno
import io
import os
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageFile

import styletutor as st
from styletutor import decode, images
from styletutor.errors import ImageError, SaveError


def pixels(height=9, width=13, channels=3, seed=0):
    """Random 8-bit pixels."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), "uint8")


def as_float(array):
    """8-bit pixels as the image that they are."""
    return array[None] / np.float32(255)


def encoded(array, kind="PNG", **options):
    """A picture's bytes, written by Pillow from an array or a PIL image."""
    buffer = io.BytesIO()
    picture = array if isinstance(array, Image.Image) else Image.fromarray(array)
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def one_line(error):
    """The message of a caught error, checked to be one line."""
    assert "\n" not in str(error.value)
    return str(error.value)


# --- round trips


def test_png_round_trip_is_exact(tmp_path):
    """An image made of 8-bit values comes back from a PNG exactly, as float32 (1, H, W, 3)."""
    image = as_float(pixels())
    path = st.save_image(image, tmp_path / "a.png")
    back = st.load_image(path)
    assert back.shape == (1, 9, 13, 3)
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, image)


def test_saving_rounds(tmp_path):
    """Values between two levels go to the nearer one: 0.999 is 255, not the 254 that cutting gives."""
    levels = np.array([0.999, 1.4 / 255, 1.6 / 255, 0.5, 0.0, 1.0], "float32")
    image = np.tile(levels[:, None], (1, 3))[None, None]
    with Image.open(st.save_image(image, tmp_path / "a.png")) as picture:
        saved = np.asarray(picture)[0, :, 0]
    np.testing.assert_array_equal(saved, [255, 1, 2, 128, 0, 255])
    assert (levels * 255).astype("uint8")[0] == 254


def test_png_carries_the_settings(tmp_path):
    """The settings come back equal from the PNG, and another program finds them as a text entry."""
    settings = st.Settings.preset("gatys", seed=7)
    path = st.save_image(as_float(pixels()), tmp_path / "a.png", settings)
    assert st.Settings.from_json(images.read_settings(path)) == settings
    with Image.open(path) as picture:
        assert settings.to_json() in picture.text.values()


def test_png_without_settings(tmp_path):
    """A PNG saved without settings has none; what is no PNG is refused in one line."""
    assert images.read_settings(st.save_image(as_float(pixels()), tmp_path / "a.png")) is None
    jpeg = st.save_image(as_float(pixels()), tmp_path / "a.jpg")
    (tmp_path / "cut.png").write_bytes(encoded(pixels())[:60])
    (tmp_path / "bomb.png").write_bytes(png_claiming(20000, 20000))
    for bad in (jpeg, tmp_path / "none.png", tmp_path / "cut.png", tmp_path / "bomb.png"):
        with pytest.raises(ImageError) as error:
            images.read_settings(bad)
        assert bad.name in one_line(error)


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".JPG", ".webp", ".tif", ".tiff", ".bmp", ".png"])
def test_every_suffix_writes_its_kind(tmp_path, suffix):
    """Each suffix writes a picture of its kind that loads as nearly the same image."""
    smooth = np.linspace(0, 1, 32 * 32, dtype="float32").reshape(1, 32, 32, 1).repeat(3, -1)
    path = st.save_image(smooth, tmp_path / f"a{suffix}", st.Settings())
    with Image.open(path) as picture:
        assert picture.format == images.SAVE_FORMATS[suffix.lower()]
    np.testing.assert_allclose(st.load_image(path), smooth, atol=0.06)


# --- orientation, transparency, depth, colour


def test_F06_transparency_shows_white():
    """Transparent pixels become white, half-transparent ones the mean with white, opaque ones stay."""
    rgba = np.zeros((1, 3, 4), "uint8")
    rgba[0, :, 0], rgba[0, :, 3] = 200, (0, 128, 255)
    image = st.load_image(encoded(rgba)) * 255
    np.testing.assert_allclose(image[0, 0], [[255, 255, 255], [227, 127, 127], [200, 0, 0]], atol=1.01)


def test_F06_transparent_array_shows_white():
    """A float array with an alpha channel is put on white just so."""
    rgba = np.array([[[0.8, 0, 0, 0], [0.8, 0, 0, 0.5], [0.8, 0, 0, 1]]], "float32")
    np.testing.assert_allclose(st.load_image(rgba)[0, 0], [[1, 1, 1], [0.9, 0.5, 0.5], [0.8, 0, 0]], atol=1e-6)


def test_F06_palette_with_transparency():
    """A palette picture with one transparent entry is white there and has its colour elsewhere."""
    picture = Image.new("P", (4, 2), 0)
    picture.putpalette([10, 20, 30, 200, 100, 50])
    picture.putpixel((1, 1), 1)
    image = st.load_image(encoded(picture, transparency=0)) * 255
    np.testing.assert_allclose(image[0, 1, 1], [200, 100, 50], atol=1e-4)
    np.testing.assert_allclose(image[0, 0, 0], [255, 255, 255], atol=1e-4)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_F04_sixteen_bit_tones_are_kept(kind):
    """A 16-bit grey picture keeps its tones, where a plain convert("RGB") clips nearly all of them to white."""
    data = np.linspace(0, 65535, 40 * 50).astype("uint16").reshape(40, 50)
    content = encoded(data, kind)
    image = st.load_image(content)
    expected = data / 257 / 255
    assert abs(image.mean() - expected.mean()) < 3 / 255
    np.testing.assert_allclose(image[0, ..., 1], expected, atol=1e-4)
    with Image.open(io.BytesIO(content)) as picture:
        naive = np.asarray(picture.convert("RGB")) / 255
    assert naive.mean() - expected.mean() > 3 / 255


def test_float_tiff_tones_are_kept():
    """A TIFF of floats in [0, 1] keeps them."""
    data = np.linspace(0, 1, 30, dtype="float32").reshape(5, 6)
    np.testing.assert_allclose(st.load_image(encoded(data, "TIFF"))[0, ..., 2], data, atol=1e-6)


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA", "CMYK", "YCbCr", "I;16"])
def test_every_mode_becomes_rgb(mode):
    """Grey, bilevel, palette, CMYK and other modes become an RGB image of the same tones."""
    grey = np.where(np.indices((16, 16)).sum(0) < 15, 0, 255).astype("uint8")
    picture = Image.fromarray(grey.astype("uint16") * 257) if mode == "I;16" else Image.fromarray(grey).convert(mode)
    kind = "TIFF" if mode in ("CMYK", "YCbCr") else "PNG"
    image = st.load_image(encoded(picture, kind))
    assert image.shape == (1, 16, 16, 3)
    np.testing.assert_allclose(image[0, ..., 0], grey / 255, atol=0.02)


def test_cmyk_jpeg():
    """A CMYK JPEG, as printers keep them, shows its colours and not their negatives."""
    red = Image.new("RGB", (16, 16), (220, 30, 40)).convert("CMYK")
    image = st.load_image(encoded(red, "JPEG", quality=95))
    np.testing.assert_allclose(image[0, 8, 8] * 255, [220, 30, 40], atol=12)


def test_first_frame_of_an_animation():
    """Of an animated GIF the first frame is taken."""
    frames = [Image.new("RGB", (6, 5), colour) for colour in ("red", "blue")]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    np.testing.assert_allclose(st.load_image(content)[0, 2, 2], [1, 0, 0], atol=0.02)


def swapped_profile():
    """The sRGB profile with the red and blue primaries' names swapped: its red is our blue."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_colour_profile_is_honoured(mode):
    """A picture in another colour space is brought to sRGB, with an alpha channel too."""
    red = Image.new(mode, (4, 4), "red")
    np.testing.assert_allclose(st.load_image(encoded(red))[0, 0, 0], [1, 0, 0], atol=0.01)
    image = st.load_image(encoded(red, icc_profile=swapped_profile()))
    np.testing.assert_allclose(image[0, 0, 0], [0, 0, 1], atol=0.05)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P"])
def test_broken_colour_profile_is_ignored(mode):
    """A colour profile that is none, or of another kind, leaves the pixels as they are."""
    picture = Image.new("RGB", (4, 4), (102, 102, 102)).convert(mode)
    for profile in (b"nonsense", swapped_profile()):  # grey stays grey in the swapped one, too
        image = st.load_image(encoded(picture, icc_profile=profile))
        np.testing.assert_allclose(image, 102 / 255, atol=0.01)


# --- every kind of source


def sources(tmp_path):
    """One picture in every form that load_image takes."""
    array = pixels()
    content = encoded(array)
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    upload = {"name": "picture.png", "type": "image/png", "size": len(content), "content": memoryview(content)}
    return array, {
        "path": path,
        "text path": str(path),
        "bytes": content,
        "bytearray": bytearray(content),
        "memoryview": memoryview(content),
        "file object": io.BytesIO(content),
        "PIL image": Image.fromarray(array),
        "uint8 array": array,
        "float array": as_float(array),
        "float64 array": as_float(array)[0].astype("float64"),
        "ipywidgets 8": (upload,),
        "ipywidgets 8 entry": upload,
        "ipywidgets 7": {"picture.png": {"metadata": {"name": "picture.png"}, "content": content}},
    }


SOURCES = (
    *("path", "text path", "bytes", "bytearray", "memoryview", "file object", "PIL image", "uint8 array"),
    *("float array", "float64 array", "ipywidgets 8", "ipywidgets 8 entry", "ipywidgets 7"),
)


def test_every_source_is_tested(tmp_path):
    """The list of sources and what makes them agree."""
    assert set(sources(tmp_path)[1]) == set(SOURCES)


@pytest.mark.parametrize("kind", SOURCES)
def test_every_source_gives_the_same_image(tmp_path, kind):
    """Whatever it comes in, the same picture is the same image."""
    array, given = sources(tmp_path)
    image = st.load_image(given[kind])
    assert image.dtype == np.float32
    np.testing.assert_allclose(image, as_float(array), atol=1e-7)


def test_a_real_upload_widget():
    """The value that ipywidgets' own FileUpload makes of what a browser sends loads."""
    import ipywidgets

    array = pixels()
    widget = ipywidgets.FileUpload()
    widget.set_state(
        {
            "value": [
                {
                    "name": "a.png",
                    "type": "image/png",
                    "size": 1,
                    "last_modified": 0,
                    "content": memoryview(encoded(array)),
                }
            ]
        }
    )
    np.testing.assert_array_equal(st.load_image(widget.value), as_float(array))


def test_an_open_file(tmp_path):
    """A file opened with 'rb' loads; one opened for text is refused with what to do."""
    path = tmp_path / "a.png"
    path.write_bytes(encoded(pixels()))
    with path.open("rb") as file:
        np.testing.assert_array_equal(st.load_image(file), as_float(pixels()))
    with path.open(encoding="latin-1") as file, pytest.raises(ImageError, match="'rb'"):
        st.load_image(file)
    with pytest.raises(ImageError, match="'rb'"):
        st.load_image(io.StringIO("text"))


def test_F13_arrays_of_every_shape():
    """Grey arrays of two and three axes, with and without the leading one, become (1, H, W, 3)."""
    grey = pixels(4, 6, 1)
    for array in (grey, grey[..., 0], grey[None]):
        np.testing.assert_array_equal(st.load_image(array), as_float(grey.repeat(3, -1)))
    np.testing.assert_allclose(images.as_image(np.full((2, 2), 65535, "uint16")), 1)


def test_as_image_is_a_copy():
    """Changing the image does not change the array it was made of."""
    array = np.zeros((2, 2, 3), "float32")
    images.as_image(array)[:] = 1
    assert not array.any()


# --- sizes


def test_longer_side_is_max_dim():
    """The longer side becomes max_dim, the other keeps the proportion, rounded; None keeps the size."""
    array = pixels(60, 100)
    assert st.load_image(array, 50).shape == (1, 30, 50, 3)
    assert st.load_image(array.swapaxes(0, 1), 33).shape == (1, 33, 20, 3)
    assert st.load_image(array, None).shape == (1, 60, 100, 3)
    assert st.load_image(pixels(10, 600)).shape == (1, 9, 512, 3)


def test_never_enlarged():
    """A picture smaller than max_dim stays as it is, to the bit."""
    array = pixels()
    np.testing.assert_array_equal(st.load_image(encoded(array), 4096), as_float(array))


@pytest.mark.parametrize(("height", "width"), [(1, 4000), (4000, 1), (1, 1), (1, 60)])
def test_F07_extreme_shapes(height, width):
    """However long and thin, no side is scaled away."""
    image = st.load_image(np.full((height, width, 3), 77, "uint8"), 64)
    assert image.shape == (1, min(height, 64), min(width, 64), 3)
    np.testing.assert_allclose(image, 77 / 255, atol=1e-5)


def test_resize_is_pillows_lanczos():
    """Scaling down agrees with Pillow's own Lanczos on the 8-bit picture, and keeps to [0, 1]."""
    array = pixels(64, 48)
    image = images.resize(as_float(array), size=(20, 17))
    theirs = np.asarray(Image.fromarray(array).resize((17, 20), Image.Resampling.LANCZOS))
    np.testing.assert_allclose(image[0] * 255, theirs, atol=1.01)
    edge = images.resize(as_float((np.indices((9, 9, 3)).sum(0) % 2 * 255).astype("uint8")), size=(31, 31))
    assert edge.min() >= 0 and edge.max() <= 1


def test_resize_keeps_the_mean():
    """The mean of a smooth picture survives scaling down."""
    y, x = np.mgrid[0:200, 0:300] / 300
    image = np.stack([x, y, x * y], -1)[None].astype("float32")
    np.testing.assert_allclose(images.resize(image, 60).mean((1, 2)), image.mean((1, 2)), atol=2e-3)


@pytest.mark.parametrize("max_dim", [0, -5, 2.5, True, "512", float("nan")])
def test_max_dim_is_a_positive_whole_number(max_dim):
    """Anything but a positive whole number or None is refused by name."""
    with pytest.raises(ImageError, match="max_dim"):
        st.load_image(pixels(), max_dim)


# --- what is refused


def test_files_that_are_no_pictures(tmp_path):
    """Text named .jpg, a missing, empty or unreadable name and a folder each give one line that names them."""
    (tmp_path / "text.jpg").write_text("this is no picture\n" * 50)
    (tmp_path / "empty.png").touch()
    (tmp_path / "folder.png").mkdir()
    for name, words in (
        ("text.jpg", "no picture"),
        ("empty.png", "no picture"),
        ("missing.png", "no file"),
        ("folder.png", "not a file"),
        ("nul\0.png", "can't be read"),
        ("x" * 5000, "can't be read"),
    ):
        with pytest.raises(ImageError, match=words) as error:
            st.load_image(str(tmp_path / name))
        assert one_line(error).count(str(tmp_path)) == 1
        assert isinstance(error.value, ValueError)


@pytest.mark.parametrize(
    "source",
    [
        *(None, 3, object(), {1, 2}, "", [[1, 2], [3]], {"a": 1}, {"a": {}}, ({"name": "x"},), {}, ()),
        *(b"", b"nonsense", np.zeros((3, 3, 3), bool), np.zeros((3, 3, 3), int), np.zeros((3, 3), complex)),
        *(np.zeros((2, 3, 3, 3)), np.zeros((3, 3, 2)), np.zeros((0, 3, 3)), np.zeros(7), np.array("text")),
    ],
    ids=lambda source: str(source).split(" at 0x")[0],  # the same in every process
)
def test_F13_things_that_are_no_pictures(source):
    """Whatever isn't a picture is an ImageError of one line."""
    with pytest.raises(ImageError) as error:
        st.load_image(source)
    assert len(one_line(error)) < 400


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -0.5, 1.01, 255.0, 1e300], ids=lambda v: f"{v}")
def test_F13_array_values_out_of_range(value):
    """Floats outside [0, 1] are refused with their range, shape and what to do."""
    array = np.full((4, 5, 3), 0.5)
    array[1, 2, 0] = value
    with pytest.raises(ImageError, match=r"\[0, 1\]") as error:
        st.load_image(array)
    assert "(4, 5, 3)" in one_line(error)
    assert "255" in str(error.value)


def test_a_hair_out_of_range_is_rounding():
    """A float that arithmetic put a hair over 1 is taken and clipped."""
    image = st.load_image(np.full((2, 2, 3), 1 + 5e-5))
    assert image.max() == 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF"])
def test_F03_truncated_pictures_are_refused(kind):
    """Half a download is refused instead of shown with its lower half grey; as a PIL image, too."""
    content = encoded(pixels(120, 160), kind)
    assert st.load_image(content).shape == (1, 120, 160, 3)
    half = content[: len(content) // 2]
    with pytest.raises(ImageError, match="damaged") as error:
        st.load_image(half)
    one_line(error)
    if kind in ("JPEG", "PNG"):  # the others can't even be opened
        with Image.open(io.BytesIO(half)) as picture, pytest.raises(ImageError, match="damaged"):
            st.load_image(picture)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # Pillow's remarks about damaged tags are not our say
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "PPM", "AVIF", "ICO", "TGA", "JPEG2000"])
def test_F03_damaged_pictures_raise_nothing_else(kind):
    """A hundred cut or scribbled files of each kind give an image or an ImageError, never another error."""
    content, chance, refused = encoded(pixels(24, 31), kind), random.Random(kind), 0
    for attempt in range(100):
        damaged = bytearray(content)
        if attempt % 2:
            damaged = damaged[: chance.randrange(len(damaged))]
        else:
            for _ in range(chance.choice([1, 3, 30])):
                damaged[chance.randrange(min(len(damaged), 300))] = chance.randrange(256)
        try:
            assert st.load_image(bytes(damaged)).ndim == 4
        except ImageError:
            refused += 1
    assert refused > 5


def png_claiming(width, height):
    """A PNG of about 70 bytes whose header claims a size."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [9_000, 10_000, 20_000, 2_000_000])
def test_F02_claims_of_enormous_sizes_are_refused_undecoded(side, monkeypatch):
    """A tiny file that claims a huge picture is refused for its size, before a pixel is decoded."""
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda *_: pytest.fail("it was decoded"))
    with pytest.raises(ImageError, match="80 million") as error:
        st.load_image(png_claiming(side, side))
    one_line(error)


def test_F02_the_largest_size_is_read(monkeypatch):
    """A picture of exactly MAX_PIXELS is read, one of a row more is not."""
    monkeypatch.setattr(decode, "MAX_PIXELS", 60)
    assert st.load_image(encoded(pixels(6, 10))).shape == (1, 6, 10, 3)
    with pytest.raises(ImageError, match="10 × 7"):
        st.load_image(encoded(pixels(7, 10)))


def test_F02_too_many_bytes(monkeypatch, tmp_path):
    """A file of more than MAX_BYTES is refused however it comes."""
    content = encoded(pixels())
    (tmp_path / "a.png").write_bytes(content)
    monkeypatch.setattr(images.loading, "MAX_BYTES", len(content) - 1)
    for source in (content, tmp_path / "a.png", io.BytesIO(content)):
        with pytest.raises(ImageError, match="larger than"):
            st.load_image(source)


# --- saving


def test_F70_refusals_to_save_write_nothing(tmp_path):
    """An unknown suffix, a missing folder, a folder's name and a file that exists are refused; nothing is written."""
    image = as_float(pixels())
    (tmp_path / "there.png").write_bytes(b"kept")
    (tmp_path / "folder.png").mkdir()
    before = sorted(os.listdir(tmp_path))
    for name, words in (
        ("a.psd", "psd.*png"),
        ("a", "png"),
        ("none/a.png", "doesn't exist"),
        ("folder.png", "is a folder"),
        ("there.png", "exists already"),
    ):
        for attempt in (lambda path: st.save_image(image, path), images.check_target):
            with pytest.raises(SaveError, match=words) as error:
                attempt(tmp_path / name)
            one_line(error)
    assert sorted(os.listdir(tmp_path)) == before
    assert (tmp_path / "there.png").read_bytes() == b"kept"


def test_F70_overwriting_when_asked(tmp_path):
    """With overwrite=True the old file is replaced, whole, and no other is left."""
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    assert st.save_image(as_float(pixels()), path, overwrite=True) == path
    np.testing.assert_array_equal(st.load_image(path), as_float(pixels()))
    assert os.listdir(tmp_path) == ["a.png"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_F39_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch, call):
    """When writing fails midway, at the flush or at the move, the old file is whole and nothing is left beside it."""

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, call, full)
    with pytest.raises(SaveError, match=r"No space left.*[1-9][\d,]* bytes are needed, [\d,]+ free"):
        st.save_image(as_float(pixels()), path, overwrite=True)
    assert os.listdir(tmp_path) == ["a.png"]
    assert path.read_bytes() == b"old"


def test_F51_what_is_no_image_is_not_saved(tmp_path):
    """NaN, or values beyond 1, are refused and leave no file."""
    for bad in (np.full((1, 4, 4, 3), np.nan), np.full((1, 4, 4, 3), 3.0), np.zeros((2, 4, 4, 3))):
        with pytest.raises(ImageError):
            st.save_image(bad, tmp_path / "a.png")
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="permissions are a matter of Unix")
def test_saved_files_have_the_usual_permissions(tmp_path):
    """A saved picture is as readable for others as any file that the user makes."""
    (tmp_path / "usual").touch()
    path = st.save_image(as_float(pixels()), tmp_path / "a.png")
    assert path.stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_relative_paths(tmp_path, monkeypatch):
    """A bare file name is written to, and read from, the working folder."""
    monkeypatch.chdir(tmp_path)
    assert st.save_image(as_float(pixels()), "a.png") == Path("a.png")
    np.testing.assert_array_equal(st.load_image("a.png"), as_float(pixels()))
