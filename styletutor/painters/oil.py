"""Oil paint: strokes of brush and knife along a flow, and the light on their relief."""

import numpy as np
from PIL import ImageDraw
from scipy import ndimage

from .box import OVER, index, to_bytes


def brush(canvas, rng, centres, angle, colours, width, length, bristles, knife=False):
    """Lay strokes along a flow onto an RGBA canvas, whose alpha channel keeps the height of the paint.

    centres (n, 2), colours (n, 3); `angle` is the flow's direction at every pixel in radians. Each stroke is
    a bundle of bristles of slightly different tints; a knife's is straight, of one tint, smooth with high edges.
    """
    ragged, blend, rough = (0.08, 0.02, 0.08) if knife else (0.25, 0.05, 0.3)
    path = _flow_paths(centres, angle, length, straight=knife)
    along = np.gradient(path, axis=1)
    along /= np.linalg.norm(along, axis=2, keepdims=True) + 1e-6
    across = np.stack([-along[..., 1], along[..., 0]], axis=-1)
    shape, fan = (len(centres), bristles), np.linspace(-1, 1, bristles)
    offset = (fan / 2 + rng.normal(0, 0.03, shape)) * width
    slip = (rng.normal(0, ragged, shape) - 0.5 * fan**2) * length / 6
    lines = path[:, None] + across[:, None] * offset[..., None, None] + along[:, None] * slip[..., None, None]
    tints = colours[:, None] + rng.normal(0, blend, (*shape, 1)) + rng.normal(0, blend / 2, (*shape, 3))
    height = 0.45 + rough * rng.random((*shape, 1)) + 0.25 * fan[:, None] ** 4
    paint = to_bytes(np.concatenate([tints, height], axis=-1)).reshape(-1, 4)
    draw, thick = ImageDraw.Draw(canvas), max(1, round(OVER * width / bristles * 1.5))
    for line, ink in zip((lines * OVER).reshape(len(paint), -1).tolist(), paint.tolist(), strict=True):
        draw.line(line, fill=tuple(ink), width=thick)


def _flow_paths(centres, angle, length, straight, steps=7):
    """Lines of `steps` points along a flow, each with its centre in the middle: shape (n, steps, 2)."""
    middle, pace = steps // 2, length / (steps - 1)
    path = np.empty((len(centres), steps, 2))
    for first, last, sign in ((middle, -1, -1), (middle, steps, 1)):
        point, turn = centres.copy(), None
        for k in range(first, last, sign):
            path[:, k] = point
            if turn is None or not straight:
                turn = angle[index(point[:, 1], angle.shape[0]), index(point[:, 0], angle.shape[1])]
            point = point + sign * pace * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return path


def varnish(canvas):
    """Reduce an RGBA canvas of `brush` to a picture whose relief of paint is lit from the upper left."""
    pixels = np.asarray(canvas.reduce(OVER)) / 255
    relief = ndimage.gaussian_filter(pixels[..., 3], 0.6)
    light = 0.24 * ndimage.sobel(relief, axis=1) + 0.32 * ndimage.sobel(relief, axis=0)
    light = np.clip(light, -0.45, 0.45)[..., None]
    return to_bytes(pixels[..., :3] * (1 + light) + 0.12 * np.maximum(light, 0))
