"""Dots of colour over a scene of lavender rows and cypresses."""

import numpy as np
from PIL import Image, ImageDraw

from .box import OVER, blend, grid, index, ramp, rgb, scatter, to_bytes


def pointillism():
    """Dots of pure colour over lavender rows: each place is mixed from warmer, cooler and opposite dots."""
    rng = np.random.default_rng(2)
    height, width = 512, 640
    scene = _sunlit_fields(height, width)
    canvas = Image.new("RGB", (width * OVER, height * OVER), (244, 234, 212))
    draw = ImageDraw.Draw(canvas)
    shifts = np.array([(0, 0, 0), (14, 4, -14), (-14, -2, 14), (12, -8, 6), (-6, 10, -10)]) / 100
    for spacing, radius in ((9.0, 6.2), (6.6, 4.3), (6.4, 3.4)):
        spots = scatter(rng, height, width, spacing, margin=8)
        base = scene[index(spots[:, 1], height), index(spots[:, 0], width)]
        grey = base.mean(axis=1, keepdims=True)
        tints = grey + 1.1 * (base - grey) + shifts[rng.integers(len(shifts), size=len(spots))]
        opposite = 2 * tints.mean(axis=1, keepdims=True) - tints  # the complement, of equal lightness
        tints = np.where(rng.random(grey.shape) < 0.07, opposite, tints) + rng.normal(0, 0.05, grey.shape)
        reach = radius * rng.uniform(0.75, 1.15, grey.shape)
        boxes = OVER * np.concatenate([spots - reach, spots + reach], axis=1)
        for box, ink in zip(boxes.tolist(), to_bytes(tints).tolist(), strict=True):
            draw.ellipse(box, fill=tuple(ink))
    return np.asarray(canvas.reduce(OVER))


def _sunlit_fields(height, width):
    """The motif of `pointillism`: lavender rows under a low sun, shape (height, width, 3)."""
    x, y = grid(height, width)
    scene = ramp(y / 220, rgb("3f7fd6", "79aee8", "bcd3ee", "f7e2b4", "fcc77a"))
    sun = np.hypot(x - 445, y - 138)
    scene = blend(scene, rgb("ffd24a"), np.exp(-((sun / 90) ** 2)))
    scene[sun < 34] = rgb("fff3b8")
    scene[y > 196 + 18 * np.sin(x / 70 + 1) + 8 * np.sin(x / 23)] = rgb("7a6bc8")
    slope = (y - 226 - 14 * np.sin(x / 95 + 4) - 5 * np.sin(x / 31)) / 60
    scene = blend(scene, ramp(slope, rgb("3d8f86", "86b85a", "d8cf56")), slope > 0)
    rows = np.sin(11 * (x - 250) / np.maximum(y - 205, 1) + 0.4 * np.sin(y / 40))
    crop = ramp((rows + 1) / 2, rgb("f0d445", "a8bf3c", "2f7f4f", "44329a", "7f4fc8", "d284e0"))
    scene = blend(scene, crop, y > 268 + 6 * np.sin(x / 60))
    bark = rgb("1c3f7a", "1f6b4f", "6fae3e", "e8c83c")
    cypresses = (
        (95, 330, 235, 26), (150, 312, 170, 20), (45, 350, 290, 30), (560, 300, 120, 17), (600, 310, 160, 20)
    )  # fmt: skip
    for at, foot, tall, wide in cypresses:
        rise = np.clip((foot - y) / tall, 0, 1)
        tree = np.abs(x - at) < wide * np.sqrt(4 * rise * (1 - rise)) * (1.15 - 0.5 * rise)
        scene = blend(scene, ramp((x - at) / (2 * wide) + 0.5, bark), tree)
    return scene
