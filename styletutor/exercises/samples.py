"""What exercises are tried on: the same pictures and the same random numbers every time."""

import numpy as np

from .. import gallery


def random_image(seed, height=5, width=6):
    """Random colours (1, height, width, 3) in [0, 1], some of them exactly 0 and 1."""
    values = np.random.default_rng(seed).uniform(-0.2, 1.2, (1, height, width, 3))
    return np.clip(values, 0, 1).astype("float32")


def random_features(seed, shape):
    """Features as a ReLU leaves them: about a third are 0, none is negative."""
    return np.maximum(np.random.default_rng(seed).normal(1, 2, shape), 0).astype("float32")


def photograph():
    """The cat, (1, 43, 64, 3)."""
    return gallery.load("chelsea", 64)


def painting():
    """A part of the whorls, of the photograph's shape."""
    return gallery.load("swirls", 64)[:, :43].copy()
