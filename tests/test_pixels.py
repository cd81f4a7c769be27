"""Channels, brightness, saving: against NumPy's own arithmetic, Pillow, and numbers worked out by hand."""

import io

import numpy as np
import pytest
from PIL import Image

import styletutor as st
from styletutor import pixels
from styletutor.errors import ImageError


@pytest.fixture(scope="module")
def image():
    """A photograph resized, so that its values lie between the levels."""
    return st.gallery.load("coffee", 96)


def test_the_three_channels_sum_to_the_image(image):
    """Red, green and blue alone, added, give the image back to the last bit; each leaves the others at 0."""
    parts = [pixels.channels(image, name) for name in pixels.CHANNELS]
    assert np.array_equal(sum(parts), image)
    assert not parts[0][..., 1:].any() and parts[0].dtype == np.float32


def test_bgr_swaps_red_and_blue(image):
    """Swapped twice, an image is itself; swapped once, red is where blue was."""
    swapped = pixels.channels(image, "BGR")
    assert np.array_equal(swapped[..., 0], image[..., 2])
    assert np.array_equal(pixels.channels(swapped, "BGR"), image)


def test_unknown_channel_is_named():
    """Another name is refused, and the error says which there are."""
    with pytest.raises(ImageError, match=r"'alpha'.*red, green, blue"):
        pixels.channels(np.zeros((1, 2, 2, 3), "float32"), "alpha")


def test_brightness_clips_in_float_and_wraps_in_uint8():
    """0.9 + 0.2 is white in float; 230 + 51 = 281 is 25 in uint8; downwards the same."""
    image = np.full((1, 1, 1, 3), 230 / 255, "float32")
    assert pixels.brighten(image, 0.2).max() == 1
    assert np.allclose(pixels.brighten_uint8(image, 0.2) * 255, 25)
    assert np.allclose(pixels.brighten_uint8(1 - image, -0.2) * 255, 25 - 51 + 256)


def test_brightness_agrees_where_nothing_overflows(image):
    """Dark pictures brighten alike in both types, up to the half level that uint8 rounds away."""
    dark = image / 2
    assert np.abs(pixels.brighten(dark, 0.2) - pixels.brighten_uint8(dark, 0.2)).max() <= 0.5 / 255 + 1e-6


@pytest.mark.parametrize("bits", [1, 3, 8])
def test_rounding_is_off_by_half_a_level_at_most_and_truncating_by_one(image, bits):
    """Rounded: within half a level both ways. Truncated: never brighter, and by less than a level."""
    rounded, cut = pixels.saving_error(image, bits), pixels.saving_error(image, bits, truncate=True)
    assert np.abs(rounded).max() <= 0.5 + 1e-3 and rounded.min() < 0 < rounded.max()
    assert cut.max() <= 1e-3 and cut.min() > -1 - 1e-3


def test_truncating_loses_half_a_level_on_average():
    """Evenly spread values lose half a level on average when truncated, and nothing when rounded."""
    ramp = np.linspace(0, 1, 30_000, dtype="float32").reshape(1, 100, 100, 3)
    assert np.isclose(pixels.saving_error(ramp, truncate=True).mean(), -0.5, atol=0.01)
    assert np.isclose(pixels.saving_error(ramp).mean(), 0, atol=0.01)


def test_quantise_is_what_saving_does(image):
    """Eight bits rounded are save_image's file read again; truncated they are uint8(255 * image)."""
    again = st.load_image(st.images.to_bytes(image), None)
    assert np.abs(pixels.quantise(image) - again).max() < 1e-6
    assert np.abs(pixels.quantise(image, truncate=True) * 255 - np.uint8(image * 255)).max() < 1e-3
    assert np.array_equal(pixels.quantise(again, truncate=True), again), "a saved picture loses nothing more"


@pytest.mark.parametrize("bits", [0, 17, 2.5, True])
def test_bits_are_checked(bits):
    """Only whole numbers from 1 to 16 are bits."""
    with pytest.raises(ImageError, match="from 1 to 16"):
        pixels.quantise(np.zeros((1, 2, 2, 3), "float32"), bits)


def test_strongest_keeps_the_sign():
    """Of -0.4, 0.1 and 0.3 the first is furthest from 0."""
    assert pixels.strongest(np.array([[[[-0.4, 0.1, 0.3]]]])).tolist() == [[-0.4]]


@pytest.mark.parametrize(
    ("row", "column", "expected"), [(5, 5, (3, 3, 8, 8)), (0, 0, (0, 0, 5, 5)), (9, 19, (5, 15, 10, 20))]
)
def test_window_stays_inside(row, column, expected):
    """Around the pixel where there is room, moved inside at the border, of the same size."""
    assert pixels.window(np.zeros((1, 10, 20, 3)), row, column) == expected


def test_window_of_a_picture_smaller_than_itself():
    """Three rows are all there is to see of a picture of three rows."""
    assert pixels.window(np.zeros((1, 3, 20, 3)), 1, 10) == (0, 8, 3, 13)


def test_table_has_a_block_a_channel():
    """Each line begins with the reds of a row and ends with its blues."""
    image = np.arange(12, dtype="float32").reshape(1, 2, 2, 3) / 100
    lines = pixels.table(image).split("\n")
    assert lines[0].split() == ["red", "green", "blue"]
    assert lines[1].split() == ["0.000", "0.030", "0.010", "0.040", "0.020", "0.050"]


def naive(content):
    """What three lines of code make of a picture's bytes."""
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"), "float32")[None] / 255


def test_awkward_files_are_read_right_and_misread_by_naive_code(image):
    """load_image gives the upright picture, the cut-out on white, the grey tones; naive code none of them."""
    files = pixels.awkward_files(image)
    right = {name: st.load_image(content, None) for name, content in files.items()}
    wrong = {name: naive(content) for name, content in files.items()}
    assert np.abs(right["sideways"] - image).mean() < 0.03 and right["sideways"].shape == image.shape
    assert wrong["sideways"].shape == (1, image.shape[2], image.shape[1], 3)
    assert (right["transparent"][0, 0, 0] == 1).all() and (wrong["transparent"][0, 0, 0] == 0).all()
    middle = (0, image.shape[1] // 2, image.shape[2] // 2)
    assert np.abs(right["transparent"][middle] - image[middle]).max() < 0.5 / 255 + 1e-6
    assert np.abs(right["sixteen_bit"] - image.mean(-1, keepdims=True)).max() < 1 / 65535
    assert wrong["sixteen_bit"].mean() > 0.99
