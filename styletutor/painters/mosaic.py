"""A mosaic: places for stones on rings, and the stone that each pixel belongs to."""

import numpy as np
from scipy import ndimage, spatial

from .box import blend, grid, noise, rgb, to_bytes


def mosaic():
    """Tesserae of stone laid in rings and petals round medallions, dark grout between them."""
    rng = np.random.default_rng(5)
    side = 512
    stones = _rings_of_stones(rng, side, tile=12.5)
    turn, ring, hub = stones[:, 2], stones[:, 3], stones[:, 4].astype(int)
    marble = rgb(
        "f2e6cc", "b5482e", "e3ad45", "1f4e5f", "f0d9b0", "3f8f8c", "8c2a2a", "b4cfa8", "29436b", "d98a3a"
    )  # fmt: skip
    first, stride = rng.integers(10, size=10), rng.choice([1, 3, 7, 9], 10)
    petals, depth = rng.integers(5, 11, 10), rng.uniform(0.8, 2.2, 10)
    petal = depth[hub] * np.minimum(ring / 4, 1) * np.cos(petals[hub] * turn)
    band = np.rint(np.abs(ring + petal) / 2).astype(int)
    colours = marble[(first[hub] + stride[hub] * band) % 10]
    colours = colours * rng.normal(1, 0.1, (len(ring), 1)) + rng.normal(0, 0.025, colours.shape)
    owner, border = _square_cells(stones[:, :2] + rng.normal(0, 0.5, (len(ring), 2)), turn, side)
    relief = ndimage.gaussian_filter(np.minimum(border, 3.0), 0.7)
    light = -0.03 * (ndimage.sobel(relief, axis=0) + ndimage.sobel(relief, axis=1))
    grain = 0.12 * (noise(rng, side, side, 5, 2) - 0.5)
    faces = colours[owner] * (1 + light + grain)[..., None]
    grout = rgb("3a332e") * (1 + 2 * grain)[..., None]
    return to_bytes(blend(grout, faces, np.clip((border - 0.7) / 0.9, 0, 1)))


def _rings_of_stones(rng, side, tile):
    """Places for tesserae on rings round hubs, where the nearest hub rules: columns x, y, turn, ring, hub."""
    hubs = np.array([
        (150, 165, 60), (395, 120, 30), (330, 355, 70), (90, 410, 35), (500, 290, 20),
        (20, 20, 0), (270, 10, 0), (480, 490, 20), (215, 505, 10), (0, 270, 0),
    ])  # fmt: skip
    stones = []
    for hub, (x, y, _) in enumerate(hubs):
        for ring in range(36):
            count = max(1, round(2 * np.pi * ring))
            turn = 2 * np.pi * (rng.random() + np.arange(count) / count)
            place = x + ring * tile * np.cos(turn), y + ring * tile * np.sin(turn)
            stones.append(np.stack([*place, turn, np.full(count, ring), np.full(count, hub)], axis=1))
    stones = np.concatenate(stones)
    stones = stones[(np.abs(stones[:, :2] - side / 2) < side / 2 + 15).all(axis=1)]
    gap = np.hypot(stones[:, None, 0] - hubs[:, 0], stones[:, None, 1] - hubs[:, 1]) - hubs[:, 2]
    stones = stones[gap.argmin(axis=1) == stones[:, 4]]
    close = spatial.cKDTree(stones[:, :2]).query_pairs(0.6 * tile, output_type="ndarray")
    return np.delete(stones, close[:, 1], axis=0)


def _square_cells(centres, turns, side):
    """The nearest turned square of every pixel and the distance to its border, each (side, side)."""
    pixels = np.stack(grid(side, side), axis=-1).reshape(-1, 2)
    near = spatial.cKDTree(centres).query(pixels, k=4)[1]
    dx, dy = (pixels[:, None, axis] - centres[near, axis] for axis in (0, 1))
    cos, sin = np.cos(turns)[near], np.sin(turns)[near]
    # The 4-norm lies between a circle's and a square's distance: squares with worn corners.
    far = ((dx * cos + dy * sin) ** 4 + (dy * cos - dx * sin) ** 4) ** 0.25
    order = np.argsort(far, axis=1, kind="stable")[:, :2]
    first, second = np.take_along_axis(far, order, axis=1).T
    owner = np.take_along_axis(near, order, axis=1)[:, 0]
    return owner.reshape(side, side), ((second - first) / 2).reshape(side, side)
