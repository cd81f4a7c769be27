"""Painters of the gallery's style pictures: each is a function of no arguments that returns a picture.

A picture is an array of shape (H, W, 3), uint8 RGB, the same on every call: every random choice comes from
a seed. Coordinates are in pixels of the finished picture, x to the right and y down; whatever has hard edges
is drawn `_OVER` times as large and reduced, or covers its border pixels in part.
"""

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage, spatial

_OVER = 2  # supersampling factor


# ------------------------------------------------------------------------------------------ the paint box


def _rgb(*codes):
    """Colours written as "rrggbb": an array of shape (n, 3) in [0, 1]."""
    return np.array([list(bytes.fromhex(code)) for code in codes]) / 255


def _ramp(values, colours):
    """Colours interpolated at values in [0, 1]; (...) becomes (..., 3)."""
    stops = np.linspace(0, 1, len(colours))
    return np.stack([np.interp(values, stops, channel) for channel in colours.T], axis=-1)


def _over(under, paint, cover):
    """Lay paint over a picture (H, W, 3) where `cover`, of shape (H, W), is above 0."""
    return under + (paint - under) * cover[..., None]


def _to_bytes(pixels):
    """Floats in [0, 1] rounded to uint8."""
    return np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)


def _grid(height, width):
    """Pixel coordinates x and y, each of shape (height, width)."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    return x, y


def _index(values, size):
    """Coordinates rounded to valid indices of an axis."""
    return np.clip(np.rint(values), 0, size - 1).astype(int)


def _noise(rng, height, width, cell, octaves=3):
    """Smooth fractal noise in [0, 1], shape (height, width); its largest blobs are `cell` pixels wide."""
    total = np.zeros((height, width))
    for octave in range(octaves):
        rows, cols = (int(side * 2**octave / cell) + 3 for side in (height, width))
        coarse = Image.fromarray(rng.random((rows, cols), dtype=np.float32))
        total += np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC)) / 2**octave
    return (total - total.min()) / (total.max() - total.min())


def _scatter(rng, height, width, spacing, margin=0):
    """Points (x, y) of a jittered grid in random order, shape (n, 2)."""
    axes = (np.arange(-margin, side + margin, spacing) for side in (width, height))
    points = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    return rng.permutation(points + rng.uniform(0, spacing, points.shape))


def _mask(size, shape, figures, **options):
    """Coverage in [0, 1] of Pillow figures such as "polygon" or "line", each a flat list of coordinates."""
    height, width = size
    sheet = Image.new("L", (width * _OVER, height * _OVER))
    draw = ImageDraw.Draw(sheet)
    for figure in figures:
        getattr(draw, shape)([_OVER * number for number in figure], fill=255, **options)
    return np.asarray(sheet.reduce(_OVER)) / 255


# ------------------------------------------------------------------------------------------ oil paint


def _flow_paths(centres, angle, length, straight, steps=7):
    """Lines of `steps` points along a flow, each with its centre in the middle: shape (n, steps, 2)."""
    middle, pace = steps // 2, length / (steps - 1)
    path = np.empty((len(centres), steps, 2))
    for first, last, sign in ((middle, -1, -1), (middle, steps, 1)):
        point, turn = centres.copy(), None
        for k in range(first, last, sign):
            path[:, k] = point
            if turn is None or not straight:
                turn = angle[_index(point[:, 1], angle.shape[0]), _index(point[:, 0], angle.shape[1])]
            point = point + sign * pace * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return path


def _brush(canvas, rng, centres, angle, colours, width, length, bristles, knife=False):
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
    paint = _to_bytes(np.concatenate([tints, height], axis=-1)).reshape(-1, 4)
    draw, thick = ImageDraw.Draw(canvas), max(1, round(_OVER * width / bristles * 1.5))
    for line, ink in zip((lines * _OVER).reshape(len(paint), -1).tolist(), paint.tolist(), strict=True):
        draw.line(line, fill=tuple(ink), width=thick)


def _varnish(canvas):
    """Reduce an RGBA canvas of `_brush` to a picture whose relief of paint is lit from the upper left."""
    pixels = np.asarray(canvas.reduce(_OVER)) / 255
    relief = ndimage.gaussian_filter(pixels[..., 3], 0.6)
    light = 0.24 * ndimage.sobel(relief, axis=1) + 0.32 * ndimage.sobel(relief, axis=0)
    light = np.clip(light, -0.45, 0.45)[..., None]
    return _to_bytes(pixels[..., :3] * (1 + light) + 0.12 * np.maximum(light, 0))


def _streaks(field, angle, steps=12):
    """Average a field along the flow (line integral convolution), then equalise it to [0, 1]."""
    small, angle = field[::2, ::2], angle[::2, ::2]  # half the size is enough for what guides strokes
    rows, cols = np.mgrid[0 : small.shape[0], 0 : small.shape[1]].astype(float)
    total = small.copy()
    for sign in (1, -1):
        y, x = rows.copy(), cols.copy()
        for _ in range(steps):
            turn = angle[_index(y, small.shape[0]), _index(x, small.shape[1])]
            y += sign * np.sin(turn)
            x += sign * np.cos(turn)
            total += small[_index(y, small.shape[0]), _index(x, small.shape[1])]
    ranks = np.empty(total.size, np.float32)
    ranks[np.argsort(total, axis=None, kind="stable")] = np.linspace(0, 1, total.size)
    streaks = Image.fromarray(ranks.reshape(total.shape))
    return np.asarray(streaks.resize(field.shape[::-1], Image.Resampling.BILINEAR))


def _night_wind(height, width):
    """The motif of `swirls`, each (height, width): the wind's direction, the whorls' light, their reach."""
    x, y = _grid(height, width)
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


def swirls():
    """Thick oil paint under a night wind: blue currents turning round yellow whorls."""
    rng = np.random.default_rng(7)
    height, width = 512, 640
    angle, glow, near = _night_wind(height, width)
    streaks = _streaks(_noise(rng, height, width, 26, 2), angle)
    night = _rgb("0b1233", "1a2470", "1f49a8", "2378c0", "45a5b8", "9fd0b8", "dfeac8")
    gold = _rgb("5a8f4a", "c97a1e", "ec9f1c", "f6bf26", "fad648", "fdea86", "fff6cc")
    canvas = Image.new("RGBA", (width * _OVER, height * _OVER), (16, 26, 70, 60))
    for spacing, wide, long, bristles in ((16, 22, 64, 9), (9.5, 12, 42, 7), (7, 6.5, 26, 4)):
        spots = _scatter(rng, height, width, spacing, margin=20)
        at = _index(spots[:, 1], height), _index(spots[:, 0], width)
        dark = np.clip(streaks[at] + rng.normal(0, 0.13, len(spots)), 0, 1)
        lit = (glow[at] + rng.normal(0, 0.13, len(spots)) - 0.38) / 0.62
        colours = np.where((lit > 0)[:, None], _ramp(lit, gold), _ramp(dark**1.25, night))
        if wide < 10:  # the finest strokes gather where the light is
            keep = rng.random(len(spots)) < 0.35 + 0.6 * near[at]
            spots, colours = spots[keep], colours[keep]
        _brush(canvas, rng, spots, angle, colours, wide, long, bristles)
    return _varnish(canvas)


def _trunks(rng, horizon):
    """Dabs of bark up eight trunks and down their reflections: centres (n, 2) and colours (n, 3)."""
    centres, colours = [], []
    shade, light = _rgb("1d0f22", "35172c", "4a2438", "26304f"), _rgb("f6e9d2", "e9cdb0", "c9b7c9", "f7d9a0")
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
    leaves = _rgb("4a1020", "8f1a1f", "c93a1c", "ee6a18", "f9a12b", "ffd75e", "93ad3c", "2f6f5a")
    sky = _rgb("0e6f8f", "35a5b5", "9fdccb", "fbeab8", "ffd88a")
    water = _rgb("1d1233", "43205c", "2a4f86", "1b7f8f", "5fc0b8", "f0b048")
    x, y = spots.T
    wet = y > horizon
    seen = np.where(wet, 2 * horizon - y, y)  # the height that the water mirrors
    mood = clumps[_index(seen, clumps.shape[0]), _index(x, clumps.shape[1])] + rng.normal(0, 0.12, len(x))
    gap = 0.95 * np.exp(-(((x - 335) / (45 + 0.35 * (horizon - seen))) ** 2))
    bank = 0.8 * np.exp(-(((y - horizon) / 11) ** 2))
    chance = rng.random((4, len(x), 1))
    air = _ramp(seen / horizon + rng.normal(0, 0.08, len(x)), sky)
    colours = np.where(chance[0] < gap[:, None], air, _ramp(mood, leaves))
    colours = np.where((chance[1] < 0.45) & wet[:, None], _ramp(mood, water), colours)
    return np.where(chance[2] < bank[:, None], _ramp(mood * chance[3, :, 0], leaves[[0, 1, 7]]), colours)


def autumn():
    """Slabs of paint from a palette knife: burning trees along a pond, and their reflections in it."""
    rng = np.random.default_rng(5)
    height, width, horizon = 512, 640, 318
    clumps = _noise(rng, height, width, 100, 2)
    lean = np.where(_noise(rng, height, width, 70, 1) > 0.5, -0.75, -2.2)
    above = np.arange(height)[:, None] < horizon
    angle = np.where(above, lean, 0) + rng.normal(0, 1, (height, width)) * np.where(above, 0.2, 0.06)
    upright = np.pi / 2 + 0.1 * np.sin(_grid(height, width)[1] / 25)
    canvas = Image.new("RGBA", (width * _OVER, height * _OVER), (70, 20, 30, 90))
    for spacing, wide, long, bristles in ((21, 34, 52, 14), (15, 21, 36, 11), (12, 11, 23, 7)):
        spots = _scatter(rng, height, width, spacing, margin=20)
        colours = _autumn_colours(rng, spots, clumps, horizon)
        if wide < 12:  # trunks stand behind the last leaves
            bark, tints = _trunks(rng, horizon)
            _brush(canvas, rng, bark, upright, tints, 7, 26, 5)
            chance = np.where(spots[:, 1] > horizon, 0.4, 0.75 - 0.6 * spots[:, 1] / horizon)
            keep = rng.random(len(spots)) < chance
            spots, colours = spots[keep], colours[keep]
        _brush(canvas, rng, spots, angle, colours, wide, long, bristles, knife=True)
    return _varnish(canvas)


# ------------------------------------------------------------------------------------------ dots and pieces


def _sunlit_fields(height, width):
    """The motif of `pointillism`: lavender rows under a low sun, shape (height, width, 3)."""
    x, y = _grid(height, width)
    scene = _ramp(y / 220, _rgb("3f7fd6", "79aee8", "bcd3ee", "f7e2b4", "fcc77a"))
    sun = np.hypot(x - 445, y - 138)
    scene = _over(scene, _rgb("ffd24a"), np.exp(-((sun / 90) ** 2)))
    scene[sun < 34] = _rgb("fff3b8")
    scene[y > 196 + 18 * np.sin(x / 70 + 1) + 8 * np.sin(x / 23)] = _rgb("7a6bc8")
    slope = (y - 226 - 14 * np.sin(x / 95 + 4) - 5 * np.sin(x / 31)) / 60
    scene = _over(scene, _ramp(slope, _rgb("3d8f86", "86b85a", "d8cf56")), slope > 0)
    rows = np.sin(11 * (x - 250) / np.maximum(y - 205, 1) + 0.4 * np.sin(y / 40))
    crop = _ramp((rows + 1) / 2, _rgb("f0d445", "a8bf3c", "2f7f4f", "44329a", "7f4fc8", "d284e0"))
    scene = _over(scene, crop, y > 268 + 6 * np.sin(x / 60))
    bark = _rgb("1c3f7a", "1f6b4f", "6fae3e", "e8c83c")
    cypresses = (
        (95, 330, 235, 26), (150, 312, 170, 20), (45, 350, 290, 30), (560, 300, 120, 17), (600, 310, 160, 20)
    )  # fmt: skip
    for at, foot, tall, wide in cypresses:
        rise = np.clip((foot - y) / tall, 0, 1)
        tree = np.abs(x - at) < wide * np.sqrt(4 * rise * (1 - rise)) * (1.15 - 0.5 * rise)
        scene = _over(scene, _ramp((x - at) / (2 * wide) + 0.5, bark), tree)
    return scene


def pointillism():
    """Dots of pure colour over lavender rows: each place is mixed from warmer, cooler and opposite dots."""
    rng = np.random.default_rng(2)
    height, width = 512, 640
    scene = _sunlit_fields(height, width)
    canvas = Image.new("RGB", (width * _OVER, height * _OVER), (244, 234, 212))
    draw = ImageDraw.Draw(canvas)
    shifts = np.array([(0, 0, 0), (14, 4, -14), (-14, -2, 14), (12, -8, 6), (-6, 10, -10)]) / 100
    for spacing, radius in ((9.0, 6.2), (6.6, 4.3), (6.4, 3.4)):
        spots = _scatter(rng, height, width, spacing, margin=8)
        base = scene[_index(spots[:, 1], height), _index(spots[:, 0], width)]
        grey = base.mean(axis=1, keepdims=True)
        tints = grey + 1.1 * (base - grey) + shifts[rng.integers(len(shifts), size=len(spots))]
        opposite = 2 * tints.mean(axis=1, keepdims=True) - tints  # the complement, of equal lightness
        tints = np.where(rng.random(grey.shape) < 0.07, opposite, tints) + rng.normal(0, 0.05, grey.shape)
        reach = radius * rng.uniform(0.75, 1.15, grey.shape)
        boxes = _OVER * np.concatenate([spots - reach, spots + reach], axis=1)
        for box, ink in zip(boxes.tolist(), _to_bytes(tints).tolist(), strict=True):
            draw.ellipse(box, fill=tuple(ink))
    return np.asarray(canvas.reduce(_OVER))


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
    pixels = np.stack(_grid(side, side), axis=-1).reshape(-1, 2)
    near = spatial.cKDTree(centres).query(pixels, k=4)[1]
    dx, dy = (pixels[:, None, axis] - centres[near, axis] for axis in (0, 1))
    cos, sin = np.cos(turns)[near], np.sin(turns)[near]
    # The 4-norm lies between a circle's and a square's distance: squares with worn corners.
    far = ((dx * cos + dy * sin) ** 4 + (dy * cos - dx * sin) ** 4) ** 0.25
    order = np.argsort(far, axis=1, kind="stable")[:, :2]
    first, second = np.take_along_axis(far, order, axis=1).T
    owner = np.take_along_axis(near, order, axis=1)[:, 0]
    return owner.reshape(side, side), ((second - first) / 2).reshape(side, side)


def mosaic():
    """Tesserae of stone laid in rings and petals round medallions, dark grout between them."""
    rng = np.random.default_rng(5)
    side = 512
    stones = _rings_of_stones(rng, side, tile=12.5)
    turn, ring, hub = stones[:, 2], stones[:, 3], stones[:, 4].astype(int)
    marble = _rgb(
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
    grain = 0.12 * (_noise(rng, side, side, 5, 2) - 0.5)
    faces = colours[owner] * (1 + light + grain)[..., None]
    grout = _rgb("3a332e") * (1 + 2 * grain)[..., None]
    return _to_bytes(_over(grout, faces, np.clip((border - 0.7) / 0.9, 0, 1)))


def _rose_window(side):
    """Number and kind of the pane at every point of a rose window, supersampled int arrays."""
    x, y = ((axis + 0.5) / _OVER - side / 2 for axis in _grid(side * _OVER, side * _OVER))
    far, turn = np.hypot(x, y), np.arctan2(y, x) / (2 * np.pi)
    up, down = np.floor((x + y) / 34).astype(int), np.floor((x - y) / 34).astype(int)
    panes, kinds = 100 * up + down, (up + 2 * down) % 3  # a lattice of diamonds behind the rose

    def lay(inside, count, kind, shift=0.0):
        """Fill a region with `count` equal sectors of two kinds in turn."""
        sector = np.floor(turn * count + shift).astype(int) % count
        panes[inside] = (panes.max() + 1 + sector)[inside]
        kinds[inside] = (kind + sector % 2)[inside]

    def discs(radius, size, kind, shift):
        """Lay twelve discs evenly on a circle round the centre."""
        nearest = 2 * np.pi * (np.rint(turn * 12 - shift) + shift) / 12
        inside = (x - radius * np.cos(nearest)) ** 2 + (y - radius * np.sin(nearest)) ** 2 < size**2
        lay(inside, 12, kind, 0.5 - shift)

    lobes = np.abs(np.cos(12 * np.pi * turn))
    lay(far < 252, 48, 3)
    lay(far < 236, 24, 5)
    lay(far < 158 + 70 * lobes, 24, 7)
    discs(212, 21, 9, 0.5)
    discs(212, 10, 11, 0.5)
    lay(far < 150, 24, 5, 0.5)
    lay(far < 104 + 42 * np.abs(np.sin(12 * np.pi * turn)), 12, 13)
    discs(116, 12, 9, 0.0)
    lay(far < 88, 12, 3, 0.5)
    lay(far < 44 + 36 * np.abs(np.cos(6 * np.pi * turn)), 12, 7)
    lay(far < 40, 6, 11)
    lay(far < 17, 1, 9)
    return panes, kinds


def stained_glass():
    """A rose window: jewel-coloured, rippled panes between lead lines, light in the heart of each pane."""
    rng = np.random.default_rng(9)
    side, tones = 512, 4099
    glass = _rgb(
        "0f2f8c", "1c56b8", "0b6e6a", "c21a2c", "8f0f2e", "1b7d3a", "5aa832", "e8a317",
        "f4cf3c", "d7263d", "f08a24", "f6ecd0", "bfe3ee", "5b2a91", "2f6fd0",
    )  # fmt: skip
    panes, kinds = _rose_window(side)
    edge = np.zeros(panes.shape, bool)
    edge[:-1] |= panes[:-1] != panes[1:]
    edge[:, :-1] |= panes[:, :-1] != panes[:, 1:]
    depth = ndimage.distance_transform_edt(~edge).astype(np.float32) / _OVER
    depth = np.asarray(Image.fromarray(depth).reduce(_OVER))
    pane, kind = panes[::_OVER, ::_OVER] % tones, kinds[::_OVER, ::_OVER]
    tone = rng.normal(1, 0.15, tones)[pane] * (0.6 + 0.5 * np.clip(depth / 12, 0, 1))
    tone = tone * (0.85 + 0.3 * _noise(rng, side, side, 90, 5))
    tone = (tone + 0.05 * np.sin(55 * _noise(rng, side, side, 40, 3) + pane))[..., None]
    light = glass[kind] * tone + 0.4 * np.clip(tone - 0.95, 0, 1)
    lead = 0.06 + 0.14 * np.clip(1.1 - depth, 0, 1)[..., None]
    return _to_bytes(_over(lead, light, np.clip(1.1 * (depth - 1.6), 0, 1)))


# ------------------------------------------------------------------------------------------ woodcut waves

_BREAKER = np.array([  # one wave from trough over the curl to trough, in wavelengths and wave heights
    (0.00, 0.02), (0.15, 0.06), (0.32, 0.22), (0.46, 0.50), (0.58, 0.82), (0.72, 1.02), (0.90, 1.06),
    (1.03, 0.92), (1.05, 0.72), (0.97, 0.58), (0.92, 0.66), (0.93, 0.80), (0.84, 0.84), (0.76, 0.74),
    (0.73, 0.56), (0.76, 0.36), (0.83, 0.16), (0.92, 0.05),
])  # fmt: skip


def _round_off(points, times=3):
    """Cut the corners of an open polyline (n, 2) until it is a smooth curve (Chaikin)."""
    for _ in range(times):
        left, right = points[:-1], points[1:]
        cut = np.stack([0.75 * left + 0.25 * right, 0.25 * left + 0.75 * right], axis=1).reshape(-1, 2)
        points = np.concatenate([points[:1], cut, points[-1:]])
    return points


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


def _foam(rng, curls, size):
    """Bubbles on the curls and spray above them: boxes of the rims, boxes of the insides."""
    bubbles = curls[rng.integers(len(curls), size=4 * size)] + rng.normal(0, 3.5, (4 * size, 2))
    spray = curls[rng.integers(len(curls), size=size)] + rng.normal((0, -9), 9, (size, 2))
    centres = np.concatenate([spray, bubbles])
    reach = np.concatenate([rng.uniform(1.2, 2.4, size), rng.uniform(2.5, 5.5, 4 * size)])[:, None]
    return [np.concatenate([centres - r, centres + r], axis=1).tolist() for r in (reach + 1.4, reach)]


def _print_sky(rng, height, width, paper):
    """The sky of `ink_waves`: a graded wash, a red sun, and bands of air carved out of both."""
    x, y = _grid(height, width)
    swell = _noise(rng, height, width, 110, 2)
    sky = _ramp(y / 170 + 0.15 * (swell - 0.5), _rgb("4f86b0", "a9c9cc", "f3e8cf", "f2c9a0", "e9a184"))
    sky = _over(sky, _rgb("d2452f"), np.clip(52.5 - np.hypot(x - 455, y - 72), 0, 1))
    bands = np.sin(2 * np.pi * (y + 22 * swell) / 11) + 1.3 * (swell - 0.4)
    return _over(sky, paper, 0.85 * np.clip(2.2 * bands - 1.2, 0, 1))


def ink_waves():
    """Breaking waves cut in wood: indigo lines that follow each crest, bubbling foam, a red sun."""
    rng = np.random.default_rng(4)
    size = height, width = 512, 640
    paper, indigo = _rgb("f3e8cf"), _rgb("14204a")
    wash = _rgb("c9d8d6", "3c6ea5", "8fb5c4", "23477f", "d8dccb", "5b8fb3", "1d3668", "a9c6c9")
    pixels = _print_sky(rng, height, width, paper)
    for rank in range(7):
        body, curls = _rank_of_waves(rng, height, width, rank)
        cover = _mask(size, "polygon", [body.ravel()])
        rim = _mask(size, "line", [body.ravel()], width=4 * _OVER, joint="curve")
        depth = ndimage.gaussian_filter(ndimage.distance_transform_edt(cover > 0.5), 1.4)
        swell = _noise(rng, height, width, 60, 2)
        cut = np.cos(2 * np.pi * depth / (8 + 0.02 * depth)) + 1.9 * (swell - 0.45)
        inside = np.clip(depth - 8, 0, 1)
        tints = _over(paper, _ramp(depth / 60, np.concatenate([paper, wash[[rank, rank + 1]]])), inside)
        lines = np.maximum(np.clip(2.2 * cut + 0.2, 0, 1) * inside, rim)
        pixels = _over(pixels, _over(tints, indigo, lines), cover)
        for ink, boxes in zip((indigo, paper), _foam(rng, curls, 14), strict=True):
            pixels = _over(pixels, ink, _mask(size, "ellipse", boxes))
    fibre = _noise(rng, height, width, 60, 4) + _noise(rng, height, width, 4, 2)
    return _to_bytes(pixels * (0.92 + 0.07 * fibre[..., None]))


# ------------------------------------------------------------------------------------------ hard edges


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
    under[:] = _over(under, paint, opacity * _motif(kind, u, v, radius))


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


def geometry():
    """Hard-edged circles, triangles, bars and needles, translucent where they overlap, on warm paper."""
    rng = np.random.default_rng(12)
    side = 512
    pixels = _ramp(_noise(rng, side, side, 170, 2), _rgb("f3dfae", "faf1da", "f4d3b0", "e6e6d2"))
    bold = _rgb("d8342a", "1f4fa3", "f2b51d", "2e8b82", "e8792b", "7c3f8c", "e58fa0", "6fa8d6")
    pale, black = 1 - 0.62 * (1 - bold), _rgb("1c1c24")
    layers = (
        (20, (80, 120), ("half", "triangle", "disc", "beam", "triangle", "target"), pale, 0.9),
        (30, (48, 74), ("triangle", "disc", "checks", "target", "half", "disc", "arcs"), bold, 0.95),
        (14, (70, 180), ("needles",), black, 1),
        (16, (30, 46), ("checks", "arcs", "bars", "triangle"), black, 1),
        (40, (16, 32), ("disc", "triangle", "ring", "half", "bars", "target"), bold, 1),
        (60, (5, 10), ("disc", "ring", "disc"), np.concatenate([bold, black, black]), 1),
    )
    for count, radii, kinds, colours, opacity in layers:
        for k, spot in enumerate(_scatter(rng, side, side, side / count**0.5, margin=10)):
            turn, colour = rng.integers(12) * np.pi / 6 + 0.2, colours[rng.integers(len(colours))]
            _lay_motif(pixels, rng, kinds[k % len(kinds)], spot, rng.uniform(*radii), turn, colour, opacity)
        if colours is pale:
            _lay_heroes(pixels, rng, bold, black)
    return _to_bytes(pixels * (0.96 + 0.08 * _noise(rng, side, side, 4, 2))[..., None])


# ------------------------------------------------------------------------------------------ linocut


def _leaf(draw, root, turn, length, wide, inks, veins=7, tip=0.8):
    """Print one leaf: a dark keyline, a body of colour, carved rib and veins; a high `tip` widens its end."""
    t = np.linspace(0, 1, 25)
    bulge = np.sin(np.pi * t**tip) * (1 - 0.25 * t)
    cos, sin = _OVER * np.cos(turn), _OVER * np.sin(turn)

    def place(along, across):
        """Points along and across the leaf as flat coordinates of the canvas."""
        along, across = np.asarray(along), np.asarray(across)
        x, y = _OVER * root[0] + along * cos - across * sin, _OVER * root[1] + along * sin + across * cos
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
        draw.ellipse((_OVER * np.concatenate([at - radius * size, at + radius * size])).tolist(), fill=ink)


def linocut():
    """Leaves and flowers carved in lino and printed in a few flat inks on a night-green ground."""
    rng = np.random.default_rng(8)
    side = 512
    angle = 2 * np.pi * _noise(rng, side, side, 260, 1)
    dark, moss, paper = (16, 34, 36), (120, 150, 130), (243, 231, 207)
    inks = [(47, 127, 121), (224, 163, 46), (217, 87, 63), (238, 181, 162), (143, 166, 120), (63, 95, 154)]
    canvas = Image.new("RGB", (side * _OVER, side * _OVER), dark)
    draw = ImageDraw.Draw(canvas)
    for spot in _scatter(rng, side, side, 9, margin=10):
        turn = angle[_index(spot[1], side), _index(spot[0], side)]
        step = 5 * np.array([np.cos(turn), np.sin(turn)])
        draw.line((_OVER * np.concatenate([spot - step, spot + step])).tolist(), fill=moss, width=3)
    for spot in _scatter(rng, side, side, 36, margin=40):
        turn = angle[_index(spot[1], side), _index(spot[0], side)]
        turn += rng.choice([-0.6, 0.6]) + rng.normal(0, 0.15)
        ink = [*inks, paper][rng.integers(len(inks) + 1)]
        carved = dark if ink == paper else paper
        long = rng.uniform(50, 90)
        _leaf(draw, spot, turn, long, long * rng.uniform(0.36, 0.5), (dark, ink, carved))
    for spot in _scatter(rng, side, side, 118, margin=20):
        outer, inner = rng.permutation(len(inks))[:2]
        _flower(draw, spot, rng.uniform(34, 50), rng.integers(7, 11), (dark, inks[outer], inks[inner], paper))
    return np.asarray(canvas.reduce(_OVER))
