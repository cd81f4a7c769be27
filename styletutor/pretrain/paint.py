"""Procedural paintings: a texture, and on it shapes of other textures, shaded, outlined, warped.

All randomness is the rng's.
"""

import numpy as np
from scipy import ndimage

from .textures import any_colour, grid, noise, texture, turned


def picture(rng, side):
    """One painting: uint8 (side, side, 3). A background, up to eight shapes on it, warped and shaded."""
    canvas = texture(rng, side)
    for _ in range(int(rng.choice([0, 1, 2, 4, 8]))):
        mask = shape(rng, side)
        fill = texture(rng, side) if rng.random() < 0.6 else any_colour(rng)
        if rng.random() < 0.5:
            fill = fill * _shade(rng, side)
        canvas = canvas + mask[..., None] * (fill - canvas)
        if rng.random() < 0.25:
            edge = np.abs(mask - ndimage.uniform_filter(mask, int(rng.integers(2, 6))))
            canvas = canvas * (1 - np.clip(3 * edge, 0, 1))[..., None]
    if rng.random() < 0.35:
        canvas = _warp(canvas, rng)
    if rng.random() < 0.4:
        canvas = canvas * _shade(rng, side)
    return (np.clip(canvas, 0, 1) * 255).astype("uint8")


def shape(rng, side):
    """A mask (side, side) in [0, 1]: an ellipse, a polygon or a blob, its edge sharp or soft."""
    x, y = turned(rng, side)
    x, y = x - x.mean() - rng.normal(0, 0.25), y - y.mean() - rng.normal(0, 0.25)
    wide, high = rng.uniform(0.08, 0.4, 2)
    kind = rng.integers(4)
    if kind == 0:
        inside = 1 - np.hypot(x / wide, y / high)
    elif kind == 1:
        inside = 1 - np.maximum(np.abs(x) / wide, np.abs(y) / high)
    elif kind == 2:
        petals = 1 + 0.4 * np.sin(np.arctan2(y, x) * rng.integers(3, 9))
        inside = petals - np.hypot(x, y) / wide
    else:
        inside = noise(rng, side, 1.8) - rng.uniform(0.4, 0.7)
    return np.clip(0.5 + inside * np.exp(rng.uniform(np.log(5), np.log(150))), 0, 1).astype("float32")


def _shade(rng, side):
    """Light from one side: (side, side, 1), 0.3 to 1.2."""
    u, _ = turned(rng, side)
    return np.clip(1 + rng.normal(0, 0.7) * (u - u.mean()) + rng.normal(0, 0.1), 0.3, 1.2)[..., None]


def _warp(canvas, rng):
    """Swirl about a point, or shift along a smooth random field."""
    side = len(canvas)
    x, y = grid(side)
    if rng.random() < 0.5:
        cx, cy = rng.random(2)
        radius = np.hypot(x - cx, y - cy)
        turn = rng.normal(0, 4) * np.exp(-radius / rng.uniform(0.1, 0.4))
        u = cx + (x - cx) * np.cos(turn) - (y - cy) * np.sin(turn)
        v = cy + (x - cx) * np.sin(turn) + (y - cy) * np.cos(turn)
    else:
        far = rng.uniform(0.02, 0.3)
        u, v = x + far * (noise(rng, side, 2, 1) - 0.5), y + far * (noise(rng, side, 2, 1) - 0.5)
    where = np.stack([v, u]) * side
    channels = [ndimage.map_coordinates(canvas[..., c], where, order=1, mode="mirror") for c in range(3)]
    return np.stack(channels, -1)
