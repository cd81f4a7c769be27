"""A woodcut of waves: ranks of breakers with their foam, before a printed sky."""

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from .box import OVER, blend, grid, noise, ramp, rgb, to_bytes

_BREAKER = np.array([  # one wave from trough over the curl to trough, in wavelengths and wave heights
    (0.00, 0.02), (0.15, 0.06), (0.32, 0.22), (0.46, 0.50), (0.58, 0.82), (0.72, 1.02), (0.90, 1.06),
    (1.03, 0.92), (1.05, 0.72), (0.97, 0.58), (0.92, 0.66), (0.93, 0.80), (0.84, 0.84), (0.76, 0.74),
    (0.73, 0.56), (0.76, 0.36), (0.83, 0.16), (0.92, 0.05),
])  # fmt: skip


def ink_waves():
    """Breaking waves cut in wood: indigo lines that follow each crest, bubbling foam, a red sun."""
    rng = np.random.default_rng(4)
    size = height, width = 512, 640
    paper, indigo = rgb("f3e8cf"), rgb("14204a")
    wash = rgb("c9d8d6", "3c6ea5", "8fb5c4", "23477f", "d8dccb", "5b8fb3", "1d3668", "a9c6c9")
    pixels = _print_sky(rng, height, width, paper)
    for rank in range(7):
        body, curls = _rank_of_waves(rng, height, width, rank)
        cover = _mask(size, "polygon", [body.ravel()])
        rim = _mask(size, "line", [body.ravel()], width=4 * OVER, joint="curve")
        depth = ndimage.gaussian_filter(ndimage.distance_transform_edt(cover > 0.5), 1.4)
        swell = noise(rng, height, width, 60, 2)
        cut = np.cos(2 * np.pi * depth / (8 + 0.02 * depth)) + 1.9 * (swell - 0.45)
        inside = np.clip(depth - 8, 0, 1)
        tints = blend(paper, ramp(depth / 60, np.concatenate([paper, wash[[rank, rank + 1]]])), inside)
        lines = np.maximum(np.clip(2.2 * cut + 0.2, 0, 1) * inside, rim)
        pixels = blend(pixels, blend(tints, indigo, lines), cover)
        for ink, boxes in zip((indigo, paper), _foam(rng, curls, 14), strict=True):
            pixels = blend(pixels, ink, _mask(size, "ellipse", boxes))
    fibre = noise(rng, height, width, 60, 4) + noise(rng, height, width, 4, 2)
    return to_bytes(pixels * (0.92 + 0.07 * fibre[..., None]))


def _print_sky(rng, height, width, paper):
    """The sky of `ink_waves`: a graded wash, a red sun, and bands of air carved out of both."""
    x, y = grid(height, width)
    swell = noise(rng, height, width, 110, 2)
    sky = ramp(y / 170 + 0.15 * (swell - 0.5), rgb("4f86b0", "a9c9cc", "f3e8cf", "f2c9a0", "e9a184"))
    sky = blend(sky, rgb("d2452f"), np.clip(52.5 - np.hypot(x - 455, y - 72), 0, 1))
    bands = np.sin(2 * np.pi * (y + 22 * swell) / 11) + 1.3 * (swell - 0.4)
    return blend(sky, paper, 0.85 * np.clip(2.2 * bands - 1.2, 0, 1))


def _rank_of_waves(rng, height, width, rank):
    """The body of one rank of waves, a closed outline (n, 2), and the points of its curls (m, 2)."""
    level, tall, long = 120 + 74 * rank, 78 + 10 * rank, 130 + 16 * rank
    waves, left = [], -long * (1 + rng.random())
    while left < width + long:
        size = long * rng.uniform(0.85, 1.15), -tall * rng.uniform(0.75, 1.2)
        waves.append(_BREAKER * size + (left, level))
        left += size[0]
    crest = _round_off(np.concatenate(waves))
    body = np.concatenate([crest, [(crest[-1, 0], height + 9), (crest[0, 0], height + 9)]])
    return body, np.concatenate([_round_off(wave[4:10]) for wave in waves])


def _round_off(points, times=3):
    """Cut the corners of an open polyline (n, 2) until it is a smooth curve (Chaikin)."""
    for _ in range(times):
        left, right = points[:-1], points[1:]
        cut = np.stack([0.75 * left + 0.25 * right, 0.25 * left + 0.75 * right], axis=1).reshape(-1, 2)
        points = np.concatenate([points[:1], cut, points[-1:]])
    return points


def _foam(rng, curls, size):
    """Bubbles on the curls and spray above them: boxes of the rims, boxes of the insides."""
    bubbles = curls[rng.integers(len(curls), size=4 * size)] + rng.normal(0, 3.5, (4 * size, 2))
    spray = curls[rng.integers(len(curls), size=size)] + rng.normal((0, -9), 9, (size, 2))
    centres = np.concatenate([spray, bubbles])
    reach = np.concatenate([rng.uniform(1.2, 2.4, size), rng.uniform(2.5, 5.5, 4 * size)])[:, None]
    return [np.concatenate([centres - r, centres + r], axis=1).tolist() for r in (reach + 1.4, reach)]


def _mask(size, shape, figures, **options):
    """Coverage in [0, 1] of Pillow figures such as "polygon" or "line", each a flat list of coordinates."""
    height, width = size
    sheet = Image.new("L", (width * OVER, height * OVER))
    draw = ImageDraw.Draw(sheet)
    for figure in figures:
        getattr(draw, shape)([OVER * number for number in figure], fill=255, **options)
    return np.asarray(sheet.reduce(OVER)) / 255
