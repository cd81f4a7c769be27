"""Procedural textures: noise, stripes, cells, leaves, strokes, skies.

Each is a function (rng, side) -> float32 (side, side, 3), about [0, 1]; all randomness is the rng's.
Sources: 1/f noise and dead leaves (Lee, Mumford and Huang 2001), cells (Worley 1996).
"""

import numpy as np
from PIL import Image, ImageDraw
from scipy import fft
from scipy.spatial import cKDTree


def texture(rng, side):
    """A texture of a random kind."""
    return TEXTURES[rng.integers(len(TEXTURES))](rng, side)


def any_colour(rng):
    """A colour (3,): any hue, often dull, sometimes near white or black."""
    colour = rng.random(3)
    colour = colour.mean() + rng.uniform(0.1, 1.2) * (colour - colour.mean())
    return np.clip(colour + rng.normal(0, 0.2), 0, 1).astype("float32")


def _palette(field, rng):
    """Colour a field (h, w) of about [0, 1] by a random ramp of two to five colours, smooth or in steps."""
    stops = np.stack([any_colour(rng) for _ in range(rng.integers(2, 6))])
    at = np.clip(field, 0, 1) * (len(stops) - 1)
    if rng.random() < 0.3:
        return stops[np.rint(at).astype(int)]
    low = np.minimum(at.astype(int), len(stops) - 2)
    part = (at - low)[..., None].astype("float32")
    return stops[low] * (1 - part) + stops[low + 1] * part


def grid(side):
    """Coordinates x, y of the pixels, (side, side) each, from 0 to below 1."""
    y, x = np.mgrid[0:side, 0:side].astype("float32") / side
    return x, y


def turned(rng, side):
    """The same about a random direction."""
    x, y = grid(side)
    angle = rng.uniform(0, 2 * np.pi)
    return x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)


def noise(rng, side, slope=None, stretch=None):
    """A field (side, side) with a power spectrum 1/f^(2·slope), stretched along a random direction, in [0, 1]."""
    slope = rng.uniform(0.4, 2.2) if slope is None else slope
    stretch = np.exp(rng.exponential(0.7)) if stretch is None else stretch
    fx, fy = np.meshgrid(np.fft.rfftfreq(side), np.fft.fftfreq(side))
    angle = rng.uniform(0, np.pi)
    along, across = fx * np.cos(angle) + fy * np.sin(angle), fy * np.cos(angle) - fx * np.sin(angle)
    radius = np.hypot(along * stretch, across / stretch) + 0.5 / side
    spectrum = fft.rfft2(rng.standard_normal((side, side), "float32")) * radius**-slope
    field = fft.irfft2(spectrum, s=(side, side)).astype("float32")
    return 0.5 + 0.22 * (field - field.mean()) / (field.std() + 1e-6)


def _coloured_noise(rng, side):
    if rng.random() < 0.5:
        return _palette(noise(rng, side), rng)
    slope, spread = rng.uniform(0.4, 2.2), rng.uniform(0.2, 1.2)
    fields = np.stack([noise(rng, side, slope) for _ in range(3)], -1)
    return any_colour(rng) + spread * (fields - 0.5)


def _stripes(rng, side):
    u, v = turned(rng, side)
    phase = u * rng.uniform(3, 40) + rng.uniform(0, 0.3) * np.sin(v * rng.uniform(3, 30))
    if rng.random() < 0.5:
        phase = phase + rng.uniform(0, 3) * noise(rng, side, 1.8, 1)
    return _palette(0.5 + 0.5 * np.sin(2 * np.pi * phase) * rng.uniform(0.6, 3), rng)


def _rings(rng, side):
    x, y = grid(side)
    radius, angle = np.hypot(x - rng.random(), y - rng.random()), np.arctan2(y - rng.random(), x - rng.random())
    phase = radius * rng.uniform(3, 25) + rng.integers(0, 4) * angle / (2 * np.pi)
    return _palette(0.5 + 0.5 * np.sin(2 * np.pi * (phase + rng.uniform(0, 1) * noise(rng, side, 1.8, 1))), rng)


def _tiles(rng, side):
    u, v = turned(rng, side)
    across, high = rng.uniform(3, 20), rng.uniform(3, 20)
    row = np.floor(v * high)
    column = np.floor(u * across + 0.5 * rng.integers(0, 2) * (row % 2))
    stops = np.stack([any_colour(rng) for _ in range(rng.integers(2, 7))])
    tiles = stops[((column * 7 + row * rng.integers(1, 5)) % len(stops)).astype(int)]
    joint = ((u * across) % 1 < 0.12) | ((v * high) % 1 < 0.12)
    return np.where(joint[..., None] & (rng.random() < 0.4), any_colour(rng), tiles)


def _dots(rng, side):
    u, v = turned(rng, side)
    pitch = rng.uniform(5, 30)
    distance = np.hypot((u * pitch) % 1 - 0.5, (v * pitch) % 1 - 0.5)
    size = rng.uniform(0.1, 0.5) * (noise(rng, side, 1.8, 1) * 2 if rng.random() < 0.5 else 1)
    return np.where((distance < size)[..., None], any_colour(rng), any_colour(rng))


def _cells(rng, side):
    points = rng.random((int(np.exp(rng.uniform(np.log(8), np.log(300)))), 2))
    x, y = grid(side)
    distance, nearest = cKDTree(points).query(np.stack([x, y], -1).reshape(-1, 2), 2)
    cells = (any_colour(rng) + rng.uniform(0.1, 0.6) * rng.normal(size=(len(points), 3)))[nearest[:, 0]]
    if rng.random() < 0.5:
        gap = (distance[:, 1] - distance[:, 0]) * np.sqrt(len(points))
        cells = cells * np.clip(gap * rng.uniform(1, 8), 0, 1)[:, None]
    return cells.reshape(side, side, 3).astype("float32")


def _drawn(rng, side, draw):
    """Paint with PIL on a canvas of twice the size, for smooth edges."""
    image = Image.new("RGB", (2 * side, 2 * side), _rgb(any_colour(rng)))
    draw(ImageDraw.Draw(image), 2 * side)
    return np.asarray(image.reduce(2), "float32") / 255


def _rgb(colour):
    return tuple(int(255 * c) for c in np.clip(colour, 0, 1))


def _leaves(rng, side):
    stops = [any_colour(rng) for _ in range(rng.integers(2, 12))]

    def draw(canvas, width):
        for size in width * np.minimum(0.03 * rng.pareto(1.5, int(rng.integers(60, 400))) + 0.02, 0.5):
            colour = _rgb(stops[rng.integers(len(stops))] + rng.normal(0, 0.05, 3))
            x, y = rng.uniform(0, width, 2)
            if rng.random() < 0.5:
                canvas.ellipse((x - size, y - size * 0.7, x + size, y + size * 0.7), fill=colour)
            else:
                canvas.polygon([(x + dx, y + dy) for dx, dy in rng.normal(0, size, (4, 2))], fill=colour)

    return _drawn(rng, side, draw)


def _strokes(rng, side):
    """Brush strokes along a smooth field of directions, coloured by a smooth field of colours."""
    direction = noise(rng, side, 1.8, 1) * rng.uniform(2, 25)
    base = _palette(noise(rng, side, 1.6, 1), rng)
    length, thick, spread = rng.uniform(0.03, 0.2), rng.uniform(0.006, 0.04), rng.uniform(0.02, 0.25)

    def draw(canvas, width):
        for x, y in rng.random((int(rng.integers(200, 900)), 2)):
            angle = direction[int(y * side), int(x * side)]
            dx, dy = 0.5 * length * np.cos(angle), 0.5 * length * np.sin(angle)
            colour = _rgb(base[int(y * side), int(x * side)] + rng.normal(0, spread, 3))
            ends = [width * c for c in (x - dx, y - dy, x + dx, y + dy)]
            canvas.line(ends, fill=colour, width=max(1, int(thick * width)))

    return _drawn(rng, side, draw)


def _scribble(rng, side):
    """Thin lines on plain ground: drawings, branches, writing."""

    def draw(canvas, width):
        for _ in range(int(rng.integers(5, 40))):
            steps = np.cumsum(rng.normal(0, rng.uniform(0.01, 0.06), (int(rng.integers(3, 25)), 2)), 0)
            path = [tuple(p) for p in width * (rng.random(2) + steps)]
            canvas.line(path, fill=_rgb(any_colour(rng)), width=int(rng.integers(1, 9)), joint="curve")

    return _drawn(rng, side, draw)


def _sky(rng, side):
    """A smooth gradient with a little haze, or with soft clouds."""
    u, _ = turned(rng, side)
    return _palette(u, rng) * 0.9 + rng.uniform(0, 0.25) * (noise(rng, side, rng.uniform(1.2, 2.2)) - 0.5)[..., None]


def _plain(rng, side):
    """Almost one colour: what a network must not answer with grain."""
    grain = rng.exponential(0.01) * rng.standard_normal((side, side, 1), "float32")
    return any_colour(rng) + rng.uniform(0, 0.1) * (noise(rng, side, 2.0) - 0.5)[..., None] + grain


TEXTURES = (
    _coloured_noise, _coloured_noise, _stripes, _rings, _tiles, _dots, _cells, _leaves, _leaves, _strokes, _strokes,
    _strokes, _scribble, _sky, _sky, _plain,
)  # fmt: skip
