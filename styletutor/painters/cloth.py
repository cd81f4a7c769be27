"""A cloth woven of one light thread on dark red: no style of the gallery, so that no network was trained on it."""

import numpy as np

from .box import blend, grid, to_bytes

STITCH = 16  # pixels that a thread lies on top


def cloth():
    """Lesson 8's cloth, (384, 512, 3)."""
    x, y = grid(384, 512)
    upright = (x // STITCH + y // STITCH) % 2 == 0
    light = np.abs(np.sin(np.where(upright, x, y) / 4))
    dark = np.broadcast_to([0.5, 0.05, 0.1], (*light.shape, 3))
    return to_bytes(blend(dark, np.array([0.95, 0.9, 0.8]), light))
