"""A rose window: its panes, the lead between them and the light behind."""

import numpy as np
from PIL import Image
from scipy import ndimage

from .box import OVER, blend, grid, noise, rgb, to_bytes


def stained_glass():
    """A rose window: jewel-coloured, rippled panes between lead lines, light in the heart of each pane."""
    rng = np.random.default_rng(9)
    side, tones = 512, 4099
    glass = rgb(
        "0f2f8c", "1c56b8", "0b6e6a", "c21a2c", "8f0f2e", "1b7d3a", "5aa832", "e8a317",
        "f4cf3c", "d7263d", "f08a24", "f6ecd0", "bfe3ee", "5b2a91", "2f6fd0",
    )  # fmt: skip
    panes, kinds = _rose_window(side)
    edge = np.zeros(panes.shape, bool)
    edge[:-1] |= panes[:-1] != panes[1:]
    edge[:, :-1] |= panes[:, :-1] != panes[:, 1:]
    depth = ndimage.distance_transform_edt(~edge).astype(np.float32) / OVER
    depth = np.asarray(Image.fromarray(depth).reduce(OVER))
    pane, kind = panes[::OVER, ::OVER] % tones, kinds[::OVER, ::OVER]
    tone = rng.normal(1, 0.15, tones)[pane] * (0.6 + 0.5 * np.clip(depth / 12, 0, 1))
    tone = tone * (0.85 + 0.3 * noise(rng, side, side, 90, 5))
    tone = (tone + 0.05 * np.sin(55 * noise(rng, side, side, 40, 3) + pane))[..., None]
    light = glass[kind] * tone + 0.4 * np.clip(tone - 0.95, 0, 1)
    lead = 0.06 + 0.14 * np.clip(1.1 - depth, 0, 1)[..., None]
    return to_bytes(blend(lead, light, np.clip(1.1 * (depth - 1.6), 0, 1)))


def _rose_window(side):
    """Number and kind of the pane at every point of a rose window, supersampled int arrays."""
    x, y = ((axis + 0.5) / OVER - side / 2 for axis in grid(side * OVER, side * OVER))
    far, turn = np.hypot(x, y), np.arctan2(y, x) / (2 * np.pi)
    up, down = np.floor((x + y) / 34).astype(int), np.floor((x - y) / 34).astype(int)
    panes, kinds = 100 * up + down, (up + 2 * down) % 3  # a lattice of diamonds behind the rose

    def lay(inside, count, kind, shift=0.0):
        """Fill a region with `count` equal sectors of two kinds in turn."""
        sector = np.floor(turn * count + shift).astype(int) % count
        panes[inside] = (panes.max() + 1 + sector)[inside]
        kinds[inside] = (kind + sector % 2)[inside]

    def discs(radius, size, kind, shift):
        """Lay twelve discs evenly on a circle round the centre."""
        nearest = 2 * np.pi * (np.rint(turn * 12 - shift) + shift) / 12
        inside = (x - radius * np.cos(nearest)) ** 2 + (y - radius * np.sin(nearest)) ** 2 < size**2
        lay(inside, 12, kind, 0.5 - shift)

    lobes = np.abs(np.cos(12 * np.pi * turn))
    lay(far < 252, 48, 3)
    lay(far < 236, 24, 5)
    lay(far < 158 + 70 * lobes, 24, 7)
    discs(212, 21, 9, 0.5)
    discs(212, 10, 11, 0.5)
    lay(far < 150, 24, 5, 0.5)
    lay(far < 104 + 42 * np.abs(np.sin(12 * np.pi * turn)), 12, 13)
    discs(116, 12, 9, 0.0)
    lay(far < 88, 12, 3, 0.5)
    lay(far < 44 + 36 * np.abs(np.cos(6 * np.pi * turn)), 12, 7)
    lay(far < 40, 6, 11)
    lay(far < 17, 1, 9)
    return panes, kinds
