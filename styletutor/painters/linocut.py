"""Leaves and flowers cut in lino."""

import numpy as np
from PIL import Image, ImageDraw

from .box import OVER, index, noise, scatter


def linocut():
    """Leaves and flowers carved in lino and printed in a few flat inks on a night-green ground."""
    rng = np.random.default_rng(8)
    side = 512
    angle = 2 * np.pi * noise(rng, side, side, 260, 1)
    dark, moss, paper = (16, 34, 36), (120, 150, 130), (243, 231, 207)
    inks = [(47, 127, 121), (224, 163, 46), (217, 87, 63), (238, 181, 162), (143, 166, 120), (63, 95, 154)]
    canvas = Image.new("RGB", (side * OVER, side * OVER), dark)
    draw = ImageDraw.Draw(canvas)
    for spot in scatter(rng, side, side, 9, margin=10):
        turn = angle[index(spot[1], side), index(spot[0], side)]
        step = 5 * np.array([np.cos(turn), np.sin(turn)])
        draw.line((OVER * np.concatenate([spot - step, spot + step])).tolist(), fill=moss, width=3)
    for spot in scatter(rng, side, side, 36, margin=40):
        turn = angle[index(spot[1], side), index(spot[0], side)]
        turn += rng.choice([-0.6, 0.6]) + rng.normal(0, 0.15)
        ink = [*inks, paper][rng.integers(len(inks) + 1)]
        carved = dark if ink == paper else paper
        long = rng.uniform(50, 90)
        _leaf(draw, spot, turn, long, long * rng.uniform(0.36, 0.5), (dark, ink, carved))
    for spot in scatter(rng, side, side, 118, margin=20):
        outer, inner = rng.permutation(len(inks))[:2]
        _flower(draw, spot, rng.uniform(34, 50), rng.integers(7, 11), (dark, inks[outer], inks[inner], paper))
    return np.asarray(canvas.reduce(OVER))


def _leaf(draw, root, turn, length, wide, inks, veins=7, tip=0.8):
    """Print one leaf: a dark keyline, a body of colour, carved rib and veins; a high `tip` widens its end."""
    t = np.linspace(0, 1, 25)
    bulge = np.sin(np.pi * t**tip) * (1 - 0.25 * t)
    cos, sin = OVER * np.cos(turn), OVER * np.sin(turn)

    def place(along, across):
        """Points along and across the leaf as flat coordinates of the canvas."""
        along, across = np.asarray(along), np.asarray(across)
        x, y = OVER * root[0] + along * cos - across * sin, OVER * root[1] + along * sin + across * cos
        return np.stack([x, y], axis=1).ravel().tolist()

    dark, body, carved = inks
    for grow, ink in ((4, dark), (0, body)):
        along = t * (length + 2 * grow) - grow
        half = wide / 2 * bulge + grow * np.sqrt(np.maximum(bulge, 0))
        draw.polygon(place(np.r_[along, along[::-1]], np.r_[half, -half[::-1]]), fill=ink)
    draw.line(place((0.02 * length, 0.94 * length), (0, 0)), fill=carved, width=5)
    for start in np.arange(1, veins) / max(veins, 1):
        reach = 0.43 * wide * np.interp(start + 0.16, t, bulge)
        for side in (-reach, reach):
            draw.line(place((start * length, (start + 0.15) * length), (0, side)), fill=carved, width=4)


def _flower(draw, at, size, petals, inks):
    """Print one flower: a ring of petals in front of another, round a carved eye."""
    dark, outer, inner, carved = inks
    for scale, ink, shift in ((1.0, outer, 0.0), (0.6, inner, 0.5)):
        for turn in 2 * np.pi * (np.arange(petals) + shift) / petals:
            root = at + 0.1 * size * np.array([np.cos(turn), np.sin(turn)])
            wide = 4.6 / petals * size * scale
            _leaf(draw, root, turn, size * scale, wide, (dark, ink, carved), veins=0, tip=1.6)
    for radius, ink in ((0.24, dark), (0.17, carved), (0.08, dark)):
        draw.ellipse((OVER * np.concatenate([at - radius * size, at + radius * size])).tolist(), fill=ink)
