"""The paint box: colours, coordinates, noise and the like, for every painter.

Coordinates are in pixels of the finished picture, x to the right and y down. Whatever has hard edges is drawn
OVER times as large and reduced, or covers its border pixels in part.
"""

import numpy as np
from PIL import Image

OVER = 2  # supersampling factor


def rgb(*codes):
    """Colours written as "rrggbb": an array of shape (n, 3) in [0, 1]."""
    return np.array([list(bytes.fromhex(code)) for code in codes]) / 255


def ramp(values, colours):
    """Colours interpolated at values in [0, 1]; (...) becomes (..., 3)."""
    stops = np.linspace(0, 1, len(colours))
    return np.stack([np.interp(values, stops, channel) for channel in colours.T], axis=-1)


def blend(under, paint, cover):
    """Lay paint over a picture (H, W, 3) where `cover`, of shape (H, W), is above 0."""
    return under + (paint - under) * cover[..., None]


def to_bytes(pixels):
    """Floats in [0, 1] rounded to uint8."""
    return np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)


def grid(height, width):
    """Pixel coordinates x and y, each of shape (height, width)."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    return x, y


def index(values, size):
    """Coordinates rounded to valid indices of an axis."""
    return np.clip(np.rint(values), 0, size - 1).astype(int)


def noise(rng, height, width, cell, octaves=3):
    """Smooth fractal noise in [0, 1], shape (height, width); its largest blobs are `cell` pixels wide."""
    total = np.zeros((height, width))
    for octave in range(octaves):
        rows, cols = (int(side * 2**octave / cell) + 3 for side in (height, width))
        coarse = Image.fromarray(rng.random((rows, cols), dtype=np.float32))
        total += np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC)) / 2**octave
    return (total - total.min()) / (total.max() - total.min())


def scatter(rng, height, width, spacing, margin=0):
    """Points (x, y) of a jittered grid in random order, shape (n, 2)."""
    axes = (np.arange(-margin, side + margin, spacing) for side in (width, height))
    points = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    return rng.permutation(points + rng.uniform(0, spacing, points.shape))
