"""What fuzzing (python -m tests.fuzz) found, kept: each was once wrong."""

import numpy as np
import pytest
from pictures import png, samples

import styletutor as st
from styletutor import tones


@pytest.mark.parametrize("bits", [1, 8, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_transparent_colour_leaves_float32(bits, channels):
    """A PNG that names one colour transparent came as float64."""
    if channels == 3 and bits == 1:
        bits = 8  # colour has no fewer
    values = samples(9, 9, channels, bits)
    image = st.load_image(png(values, bits, chunks=[(b"tRNS", values[0, 0].astype(">u2").tobytes())]))
    assert image.dtype == np.float32


@pytest.mark.parametrize("channels", [0, 5, 7])
def test_a_tiff_of_too_few_samples_is_refused(channels):
    """A TIFF whose header claims colours but fewer samples a pixel came as an image without channels."""
    with pytest.raises(ValueError, match="no colours"):
        tones.image_of_samples(np.zeros((2, 2, channels), "float32"))


def test_compositing_stays_in_range():
    """Colour times alpha plus what is left of white came a hair over 1."""
    alpha = np.random.default_rng(0).uniform(0, 1, (200, 200, 1)).astype("float32")
    image = tones.composite(np.ones((200, 200, 3), "float32"), alpha)
    assert image.max() <= 1 and image.min() > 0.9999


def test_samples_above_white_are_white():
    """A TIFF whose header claims fewer bits than its samples have came as values of 1.6."""
    assert tones.image_of_samples(np.full((2, 2, 3), 1.6, "float32")).max() == 1
