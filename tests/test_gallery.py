"""The gallery: what its pictures are, that they never change, and that they come from nowhere but here."""

import hashlib
import importlib.util
import itertools
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from styletutor import gallery, painters
from styletutor.errors import ImageError

FRESH = """
import sys
events = []
def watch(event, args):
    if event == "open" and isinstance(args[2], int) and args[2] & 3:  # opened to write
        events.append(["open", str(args[0])])
    elif event in ("os.mkdir", "os.rename", "os.link", "os.symlink") or event.startswith("socket."):
        events.append([event, str(args[0])])
sys.addaudithook(watch)
import styletutor.gallery as gallery
imported = sorted(sys.modules)
import hashlib, json
digests = {name: hashlib.sha256(gallery.load(name, None).tobytes()).hexdigest() for name in gallery.names()}
print(json.dumps({"digests": digests, "imported": imported, "loaded": sorted(sys.modules), "events": events}))
"""


def digest(name):
    """The checksum of a picture's bytes at full size."""
    return hashlib.sha256(gallery.load(name, None).tobytes()).hexdigest()


@pytest.fixture(autouse=True)
def no_connection(monkeypatch):
    """Every test in this file runs where sockets can't be made."""

    def refuse(*args, **kwargs):
        raise AssertionError("the gallery asked for a connection")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """What a new process, with another hash seed and an empty home, reports of loading every picture."""
    home = tmp_path_factory.mktemp("home")
    root = str(Path(gallery.__file__).parents[1])
    env = {**os.environ, "PYTHONPATH": root, "PYTHONHASHSEED": "4711", "PYTHONDONTWRITEBYTECODE": "1"}
    env |= {"HOME": str(home), "USERPROFILE": str(home), "XDG_CACHE_HOME": str(home), "TMPDIR": str(home)}
    run = subprocess.run([sys.executable, "-c", FRESH], env=env, cwd=home, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return {**json.loads(run.stdout), "files": [str(path) for path in home.rglob("*")]}


def colours(pixels):
    """The shares of 64 boxes of colour in a picture (H, W, 3)."""
    boxes = np.minimum((pixels * 4).astype(int), 3) @ [16, 4, 1]
    return np.bincount(boxes.ravel(), minlength=64) / boxes.size


def strokes(pixels):
    """The shares of gradients by strength and direction at four scales of a picture (H, W, 3)."""
    grey, shares = pixels.mean(axis=-1), []
    for _ in range(4):
        down, right = np.gradient(grey)
        strength = np.searchsorted([0.01, 0.02, 0.04, 0.08, 0.16], np.hypot(down, right))
        kinds = 2 * strength + (np.abs(down) > np.abs(right))
        shares.append(np.bincount(kinds.ravel(), minlength=12) / kinds.size)
        height, width = (side // 2 for side in grey.shape)
        grey = grey[: 2 * height, : 2 * width].reshape(height, 2, width, 2).mean(axis=(1, 3))
    return np.concatenate(shares) / len(shares)


def test_names_are_the_contents_and_then_the_styles():
    """Every name is listed once, and there are enough styles to choose from."""
    assert gallery.names() == gallery.contents() + gallery.styles()
    assert len(set(gallery.names())) == len(gallery.names())
    assert set(gallery.contents()) == {"astronaut", "chelsea", "coffee", "rocket", "grace_hopper"}
    assert len(gallery.styles()) >= 6
    assert all(re.fullmatch("[a-z_]+", name) for name in gallery.names())


@pytest.mark.parametrize("name", gallery.names())
def test_a_picture_is_an_image_of_at_most_512_pixels(name):
    """By default an image is float32, of shape (1, H, W, 3), finite, in [0, 1] and uses most of that range."""
    image = gallery.load(name)
    assert image.dtype == np.float32
    assert image.ndim == 4 and image.shape[0] == 1 and image.shape[3] == 3
    assert max(image.shape) <= 512
    assert np.isfinite(image).all()
    assert 0 <= image.min() < 0.1 and 0.75 < image.max() <= 1


@pytest.mark.parametrize("name", gallery.names())
def test_max_dim_shrinks_and_never_enlarges(name):
    """A small max_dim is the longer side at the same proportions, a large one and None change nothing."""
    whole = gallery.load(name, None)
    small = gallery.load(name, 100)
    assert max(small.shape[1:3]) == 100
    assert small.shape[1] / small.shape[2] == pytest.approx(whole.shape[1] / whole.shape[2], abs=0.02)
    assert np.array_equal(gallery.load(name, 10_000), whole)
    assert small.mean(axis=(0, 1, 2)) == pytest.approx(whole.mean(axis=(0, 1, 2)), abs=0.01)


@pytest.mark.parametrize("max_dim", [0, -1, 2.5, True, "256"])
def test_a_senseless_max_dim_is_refused(max_dim):
    """For a painted style, too, max_dim must be a positive whole number."""
    with pytest.raises(ImageError, match="max_dim"):
        gallery.load(gallery.styles()[0], max_dim)


def test_a_photograph_is_the_file_that_its_package_ships():
    """The pixels of coffee are those of scikit-image's file."""
    folder = Path(importlib.util.find_spec("skimage").origin).parent
    with Image.open(folder / "data" / "coffee.png") as picture:
        expected = np.asarray(picture.convert("RGB")) / 255
    assert np.allclose(gallery.load("coffee", None)[0], expected, rtol=0, atol=1e-6)


def test_a_missing_package_is_named(monkeypatch):
    """Where the package of a photograph isn't installed, the error says which one it is."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImageError, match="rocket comes with skimage"):
        gallery.load("rocket")


def test_pictures_are_the_same_in_another_process(fresh):
    """Loading twice, and loading in a process with another hash seed, gives the same bytes."""
    again = {name: digest(name) for name in gallery.names()}
    assert again == {name: digest(name) for name in gallery.names()} == fresh["digests"]


@pytest.mark.parametrize("name", gallery.styles())
def test_painting_again_gives_the_same_bytes(name):
    """A painter called once more gives what the gallery keeps: it depends on nothing it has changed."""
    first, again = gallery.load(name, None)[0], getattr(painters, name)()
    assert again.dtype == np.uint8
    assert np.array_equal(np.rint(first * 255), again)


def test_the_cloth_is_woven_and_no_style_of_the_gallery():
    """Upright and lying threads take turns; the networks learn the gallery's styles and must not know this one."""
    cloth = painters.cloth()
    assert cloth.shape == (384, 512, 3) and cloth.dtype == np.uint8 and "cloth" not in gallery.names()
    upright, lying = cloth[:16, :16].astype(int), cloth[:16, 16:32].astype(int)
    assert np.ptp(upright, 0).max() == np.ptp(lying, 1).max() == 0  # along the thread
    assert np.ptp(upright, 1).min() > 90 and np.ptp(lying, 0).min() > 90


def test_what_a_reader_does_to_an_image_does_not_last():
    """Writing into a loaded image leaves the next one untouched."""
    name = gallery.styles()[0]
    before = digest(name)
    gallery.load(name, None)[:] = 0
    assert digest(name) == before


@pytest.mark.parametrize(("statistic", "apart"), [(colours, 0.3), (strokes, 0.09)])
def test_styles_differ_from_each_other_more_than_halves_of_one(statistic, apart):
    """In colour and in stroke, two styles lie further apart than the left and the right half of any style."""

    def distance(one, other):
        return np.abs(statistic(one) - statistic(other)).sum() / 2

    pictures = {name: gallery.load(name, None)[0] for name in gallery.styles()}
    for name, pixels in pictures.items():
        middle = pixels.shape[1] // 2
        assert distance(pixels[:, :middle], pixels[:, middle:]) < apart, name
    for one, other in itertools.combinations(pictures, 2):
        assert distance(pictures[one], pictures[other]) > apart, (one, other)


@pytest.mark.parametrize("name", gallery.styles())
def test_a_style_is_rich_in_colour_and_has_strokes_everywhere(name):
    """At least five colours matter in a style, and of its squares of 64 pixels nine in ten are textured."""
    pixels = gallery.load(name, None)[0]
    assert (colours(pixels) > 0.02).sum() >= 5
    height, width = (side // 64 for side in pixels.shape[:2])
    grey = pixels.mean(axis=-1)[: 64 * height, : 64 * width]
    spread = grey.reshape(height, 64, width, 64).std(axis=(1, 3))
    assert np.quantile(spread, 0.1) > 0.04


def test_no_picture_asks_for_a_connection(fresh):
    """The pictures load with sockets forbidden, as in all tests here, and a watched process uses none."""
    with pytest.raises(AssertionError, match="asked for a connection"):
        socket.create_connection(("localhost", 9))
    for name in gallery.names():
        gallery.load(name, 64)
    assert [event for event in fresh["events"] if event[0].startswith("socket.")] == []


def test_nothing_is_written(fresh):
    """Loading every picture opens no file to write, makes no folder and leaves the home empty."""
    assert [event for event in fresh["events"] if not event[0].startswith("socket.")] == []
    assert fresh["files"] == []


def test_importing_the_gallery_is_light(fresh):
    """Neither importing the gallery nor loading its pictures imports TensorFlow, skimage or matplotlib."""
    heavy = {"tensorflow", "keras", "skimage", "matplotlib", "pooch"}
    assert heavy.isdisjoint(fresh["loaded"])
    assert "scipy" not in fresh["imported"]


@pytest.mark.parametrize(
    ("typed", "meant"), [("swirl", "swirls"), ("Mosaics", "mosaic"), ("ink waves", "ink_waves"), ("cofee", "coffee")]
)
def test_an_unknown_name_is_answered_with_the_nearest(typed, meant):
    """The error for a misspelt name asks for the nearest one and lists them all, for load and describe."""
    for function in (gallery.load, gallery.describe):
        with pytest.raises(ImageError) as error:
            function(typed)
        text = str(error.value)
        assert re.search(rf"did you mean {meant}\b", text)
        assert all(name in text for name in gallery.names())


@pytest.mark.parametrize("name", ["zzz", "", None, 3, ["zzz"]])
def test_a_name_like_none_of_them_suggests_nothing(name):
    """A name that resembles no picture, or isn't text, gets the list alone."""
    with pytest.raises(ImageError) as error:
        gallery.load(name)
    assert "did you mean" not in str(error.value)
    assert all(known in str(error.value) for known in gallery.names())


@pytest.mark.parametrize("name", gallery.names())
def test_a_caption_is_one_sentence(name):
    """Each caption is one sentence, and no other picture has it."""
    caption = gallery.describe(name)
    assert caption.endswith(".") and caption.count(". ") == 0 and caption[0].isupper()
    assert [gallery.describe(other) for other in gallery.names()].count(caption) == 1


@pytest.mark.parametrize(
    ("name", "credit"),
    [
        ("astronaut", "NASA.*scikit-image"),
        ("chelsea", "Stefan van der Walt.*scikit-image"),
        ("coffee", "Rachel Michetti.*scikit-image"),
        ("rocket", "SpaceX.*scikit-image"),
        ("grace_hopper", "Grace Hopper.*matplotlib"),
    ],
)
def test_photographs_are_credited(name, credit):
    """The caption of a photograph says whose it is and which package brings it."""
    assert re.search(credit, gallery.describe(name))


def test_the_tutorials_pictures_join_once_they_are_here(tmp_path, monkeypatch):
    """Before the download the gallery doesn't name them; with files of the published size it shows them."""
    from styletutor import download, images

    monkeypatch.setenv("STYLETUTOR_CACHE", str(tmp_path))
    assert "labrador" not in gallery.contents() and "kandinsky" not in gallery.styles()
    for resource in download.TUTORIAL_PICTURES.values():
        picture = images.to_bytes(np.full((1, 40, 60, 3), 0.5, "float32"), ".jpg")
        (tmp_path / resource.name).write_bytes(picture.ljust(resource.size, b"\0"))
    assert "labrador" in gallery.contents() and "kandinsky" in gallery.styles()
    assert gallery.load("kandinsky", 30).shape == (1, 20, 30, 3)
    assert "Labrador" in gallery.describe("labrador")
