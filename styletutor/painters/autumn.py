"""Autumn from a palette knife: leaves, trunks, and the pond that mirrors them."""

import numpy as np
from PIL import Image

from .box import OVER, grid, index, noise, ramp, rgb, scatter
from .oil import brush, varnish


def autumn():
    """Slabs of paint from a palette knife: burning trees along a pond, and their reflections in it."""
    rng = np.random.default_rng(5)
    height, width, horizon = 512, 640, 318
    clumps = noise(rng, height, width, 100, 2)
    lean = np.where(noise(rng, height, width, 70, 1) > 0.5, -0.75, -2.2)
    above = np.arange(height)[:, None] < horizon
    angle = np.where(above, lean, 0) + rng.normal(0, 1, (height, width)) * np.where(above, 0.2, 0.06)
    upright = np.pi / 2 + 0.1 * np.sin(grid(height, width)[1] / 25)
    canvas = Image.new("RGBA", (width * OVER, height * OVER), (70, 20, 30, 90))
    for spacing, wide, long, bristles in ((21, 34, 52, 14), (15, 21, 36, 11), (12, 11, 23, 7)):
        spots = scatter(rng, height, width, spacing, margin=20)
        colours = _autumn_colours(rng, spots, clumps, horizon)
        if wide < 12:  # trunks stand behind the last leaves
            bark, tints = _trunks(rng, horizon)
            brush(canvas, rng, bark, upright, tints, 7, 26, 5)
            chance = np.where(spots[:, 1] > horizon, 0.4, 0.75 - 0.6 * spots[:, 1] / horizon)
            keep = rng.random(len(spots)) < chance
            spots, colours = spots[keep], colours[keep]
        brush(canvas, rng, spots, angle, colours, wide, long, bristles, knife=True)
    return varnish(canvas)


def _trunks(rng, horizon):
    """Dabs of bark up eight trunks and down their reflections: centres (n, 2) and colours (n, 3)."""
    centres, colours = [], []
    shade, light = rgb("1d0f22", "35172c", "4a2438", "26304f"), rgb("f6e9d2", "e9cdb0", "c9b7c9", "f7d9a0")
    trunks = (
        (48, 0.09, 22), (128, -0.05, 13), (190, 0.06, 9), (238, 0.02, 6),
        (425, -0.05, 7), (472, 0.05, 11), (540, -0.07, 15), (606, -0.03, 22),
    )  # fmt: skip
    for foot, lean, thick in trunks:
        base = horizon + 1.5 * thick
        for rise in rng.uniform(-base, base, int(base / 3)):
            wet = rise < 0
            taper = thick * (1 - 0.6 * abs(rise) / base)
            middle = foot + lean * abs(rise) + rng.normal(0, 4 if wet else 0.5)
            for edge, paint in ((-0.32, shade), (0.05, shade), (0.38, light)):
                if not wet or rng.random() < 0.35:
                    centres.append((middle + edge * taper, base - rise))
                    colours.append(paint[rng.integers(4)] * (0.8 if wet else 1.0))
    return np.array(centres), np.array(colours)


def _autumn_colours(rng, spots, clumps, horizon):
    """Colours (n, 3) of knife strokes: burning leaves, a gap of sky, a dark bank, all mirrored in water."""
    leaves = rgb("4a1020", "8f1a1f", "c93a1c", "ee6a18", "f9a12b", "ffd75e", "93ad3c", "2f6f5a")
    sky = rgb("0e6f8f", "35a5b5", "9fdccb", "fbeab8", "ffd88a")
    water = rgb("1d1233", "43205c", "2a4f86", "1b7f8f", "5fc0b8", "f0b048")
    x, y = spots.T
    wet = y > horizon
    seen = np.where(wet, 2 * horizon - y, y)  # the height that the water mirrors
    mood = clumps[index(seen, clumps.shape[0]), index(x, clumps.shape[1])] + rng.normal(0, 0.12, len(x))
    gap = 0.95 * np.exp(-(((x - 335) / (45 + 0.35 * (horizon - seen))) ** 2))
    bank = 0.8 * np.exp(-(((y - horizon) / 11) ** 2))
    chance = rng.random((4, len(x), 1))
    air = ramp(seen / horizon + rng.normal(0, 0.08, len(x)), sky)
    colours = np.where(chance[0] < gap[:, None], air, ramp(mood, leaves))
    colours = np.where((chance[1] < 0.45) & wet[:, None], ramp(mood, water), colours)
    return np.where(chance[2] < bank[:, None], ramp(mood * chance[3, :, 0], leaves[[0, 1, 7]]), colours)
