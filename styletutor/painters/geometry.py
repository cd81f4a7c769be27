"""Hard-edged figures in layers on paper."""

import numpy as np

from .box import blend, noise, ramp, rgb, scatter, to_bytes


def geometry():
    """Hard-edged circles, triangles, bars and needles, translucent where they overlap, on warm paper."""
    rng = np.random.default_rng(12)
    side = 512
    pixels = ramp(noise(rng, side, side, 170, 2), rgb("f3dfae", "faf1da", "f4d3b0", "e6e6d2"))
    bold = rgb("d8342a", "1f4fa3", "f2b51d", "2e8b82", "e8792b", "7c3f8c", "e58fa0", "6fa8d6")
    pale, black = 1 - 0.62 * (1 - bold), rgb("1c1c24")
    layers = (
        (20, (80, 120), ("half", "triangle", "disc", "beam", "triangle", "target"), pale, 0.9),
        (30, (48, 74), ("triangle", "disc", "checks", "target", "half", "disc", "arcs"), bold, 0.95),
        (14, (70, 180), ("needles",), black, 1),
        (16, (30, 46), ("checks", "arcs", "bars", "triangle"), black, 1),
        (40, (16, 32), ("disc", "triangle", "ring", "half", "bars", "target"), bold, 1),
        (60, (5, 10), ("disc", "ring", "disc"), np.concatenate([bold, black, black]), 1),
    )
    for count, radii, kinds, colours, opacity in layers:
        for k, spot in enumerate(scatter(rng, side, side, side / count**0.5, margin=10)):
            turn, colour = rng.integers(12) * np.pi / 6 + 0.2, colours[rng.integers(len(colours))]
            _lay_motif(pixels, rng, kinds[k % len(kinds)], spot, rng.uniform(*radii), turn, colour, opacity)
        if colours is pale:
            _lay_heroes(pixels, rng, bold, black)
    return to_bytes(pixels * (0.96 + 0.08 * noise(rng, side, side, 4, 2))[..., None])


def _lay_heroes(pixels, rng, bold, black):
    """Lay four large discs of three rings each, the figures that the eye finds first."""
    heroes = (
        (150, 165, 84, (3, 7, 2)),
        (372, 322, 104, (0, 2, 1)),
        (420, 66, 52, (5, 6, 4)),
        (92, 432, 62, (1, 4, 7)),
    )
    for x, y, radius, rings in heroes:
        for scale, paint in zip((1, 0.93, 0.66, 0.33), (black[0], *bold[list(rings)]), strict=True):
            _lay_motif(pixels, rng, "disc", np.array([x, y]), radius * scale, 0, paint, 1)


def _lay_motif(pixels, rng, kind, centre, radius, turn, colour, opacity):
    """Lay one figure onto a picture in place; opacity below 1 is a wash that darkens what lies under it."""
    left, top = np.maximum(np.floor(centre - radius), 0).astype(int)
    right, bottom = np.minimum(np.ceil(centre + radius), pixels.shape[1::-1]).astype(int)
    if right <= left or bottom <= top:
        return
    y, x = np.mgrid[top:bottom, left:right]
    x, y = (x - centre[0]) / radius, (y - centre[1]) / radius
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    under = pixels[top:bottom, left:right]
    wash = (0.8 + 0.2 * u * rng.choice([-1, 1]))[..., None]
    paint = colour if opacity == 1 else under * (1 - wash * (1 - colour))
    under[:] = blend(under, paint, opacity * _motif(kind, u, v, radius))


def _motif(kind, u, v, px):
    """Coverage in [0, 1] of a figure `px` pixels in radius, on its own axes u and v in [-1, 1]."""

    def soft(*distances):
        """Inside where all distances to a border are positive, with a border one pixel wide."""
        return np.clip(np.minimum.reduce(distances) * px + 0.5, 0, 1)

    def stripes(t, count, share):
        """Distance to the nearest border of `count` stripes per unit that take a share of the width."""
        return (share / 2 - np.abs(t * count % 1 - 0.5)) / count

    far = np.hypot(u, v)
    if kind == "disc":
        return soft(0.97 - far)
    if kind == "ring":
        return soft(0.10 - np.abs(far - 0.86))
    if kind == "target":
        return soft(0.97 - far, stripes(far, 4, 0.5))
    if kind == "half":
        return soft(0.97 - far, v)
    if kind == "arcs":
        return soft(0.97 - far, u, v, stripes(far + 0.1, 5, 0.6))
    if kind == "triangle":
        return soft(0.45 + v, 0.45 - 0.5 * v - 0.866 * u, 0.45 - 0.5 * v + 0.866 * u)
    if kind == "bars":
        return soft(0.9 - np.abs(u), 0.4 - np.abs(v), stripes(u + 0.125, 4, 0.56))
    if kind == "checks":
        border = (0.5 - np.maximum(np.abs(3 * u % 1 - 0.5), np.abs(3 * v % 1 - 0.5))) / 3
        even = (np.floor(3 * u) + np.floor(3 * v)) % 2 * 2 - 1
        edge = 0.667 - 0.6 / px  # a little inside the outer cells' borders
        return soft(edge - np.abs(u), edge - np.abs(v), even * border)
    if kind == "beam":
        return soft(0.95 - np.abs(u), 0.13 - np.abs(v))
    needles = stripes(v + 4.5 / px, px / 9, 0.22)
    return soft(0.97 - np.abs(u + 2 * v), 13 / px - np.abs(v), needles)
