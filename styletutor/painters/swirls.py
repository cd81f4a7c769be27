"""A night wind in oil: the flow, its streaks, and strokes along them."""

import numpy as np
from PIL import Image

from .box import OVER, grid, index, noise, ramp, rgb, scatter
from .oil import brush, varnish


def swirls():
    """Thick oil paint under a night wind: blue currents turning round yellow whorls."""
    rng = np.random.default_rng(7)
    height, width = 512, 640
    angle, glow, near = _night_wind(height, width)
    streaks = _streaks(noise(rng, height, width, 26, 2), angle)
    night = rgb("0b1233", "1a2470", "1f49a8", "2378c0", "45a5b8", "9fd0b8", "dfeac8")
    gold = rgb("5a8f4a", "c97a1e", "ec9f1c", "f6bf26", "fad648", "fdea86", "fff6cc")
    canvas = Image.new("RGBA", (width * OVER, height * OVER), (16, 26, 70, 60))
    for spacing, wide, long, bristles in ((16, 22, 64, 9), (9.5, 12, 42, 7), (7, 6.5, 26, 4)):
        spots = scatter(rng, height, width, spacing, margin=20)
        at = index(spots[:, 1], height), index(spots[:, 0], width)
        dark = np.clip(streaks[at] + rng.normal(0, 0.13, len(spots)), 0, 1)
        lit = (glow[at] + rng.normal(0, 0.13, len(spots)) - 0.38) / 0.62
        colours = np.where((lit > 0)[:, None], ramp(lit, gold), ramp(dark**1.25, night))
        if wide < 10:  # the finest strokes gather where the light is
            keep = rng.random(len(spots)) < 0.35 + 0.6 * near[at]
            spots, colours = spots[keep], colours[keep]
        brush(canvas, rng, spots, angle, colours, wide, long, bristles)
    return varnish(canvas)


def _night_wind(height, width):
    """The motif of `swirls`, each (height, width): the wind's direction, the whorls' light, their reach."""
    x, y = grid(height, width)
    east, south = np.ones_like(x), 0.35 * np.sin(x / 80 + 0.6) + 0.25 * np.cos(y / 60)
    glow, near = np.zeros_like(x), np.zeros_like(x)
    whorls = (
        (205, 200, 105, 1), (405, 300, 120, -1), (560, 95, 72, 1), (75, 400, 78, -1), (62, 60, 52, -1),
        (330, 70, 48, 1), (245, 440, 58, 1), (575, 440, 66, 1), (520, 215, 36, -1), (40, 230, 36, 1),
    )  # fmt: skip
    for middle, level, radius, spin in whorls:
        dx, dy = x - middle, y - level
        far = np.hypot(dx, dy) + 1e-6
        pull = 5 * np.exp(-((far / radius) ** 2))
        east += pull * (-spin * dy - 0.15 * dx) / far
        south += pull * (spin * dx - 0.15 * dy) / far
        halo = np.exp(-((far / (0.62 * radius)) ** 2))
        arms = 0.5 + 0.5 * np.cos(2 * np.pi * far / (0.36 * radius) - spin * np.arctan2(dy, dx))
        core = np.exp(-((far / (0.17 * radius)) ** 2))
        glow = np.maximum(glow, halo * (0.3 + 0.65 * arms) + 0.6 * core)
        near = np.maximum(near, halo)
    return np.arctan2(south, east), glow, near


def _streaks(field, angle, steps=12):
    """Average a field along the flow (line integral convolution), then equalise it to [0, 1]."""
    small, angle = field[::2, ::2], angle[::2, ::2]  # half the size is enough for what guides strokes
    rows, cols = np.mgrid[0 : small.shape[0], 0 : small.shape[1]].astype(float)
    total = small.copy()
    for sign in (1, -1):
        y, x = rows.copy(), cols.copy()
        for _ in range(steps):
            turn = angle[index(y, small.shape[0]), index(x, small.shape[1])]
            y += sign * np.sin(turn)
            x += sign * np.cos(turn)
            total += small[index(y, small.shape[0]), index(x, small.shape[1])]
    ranks = np.empty(total.size, np.float32)
    ranks[np.argsort(total, axis=None, kind="stable")] = np.linspace(0, 1, total.size)
    streaks = Image.fromarray(ranks.reshape(total.shape))
    return np.asarray(streaks.resize(field.shape[::-1], Image.Resampling.BILINEAR))
