"""The training pictures: crops of photographs and procedural paintings, augmented; the same for the same seed.

Procedural pictures alone teach a network more than one would think (Baradad et al. 2021, "Learning to see by
looking at noise"); here they are the many, and the few photographs that scikit-image and scikit-learn ship, with the
gallery's painted styles, are the rest.
Pictures are uint8 arrays or PIL images; a batch is float32 (n, side, side, 3), RGB in [0, 1].
"""

from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from .. import atomic, gallery
from ..errors import SaveError
from . import paint
from .supply import mapped

PHOTOGRAPHS = (
    "astronaut", "chelsea", "coffee", "rocket", "hubble_deep_field", "immunohistochemistry", "retina",
    "stereo_motorcycle", "camera", "brick", "grass", "gravel", "moon", "coins", "page",
)  # fmt: skip
BROUGHT = (
    f"the {len(PHOTOGRAPHS)} photographs that scikit-image carries (astronaut, cat, coffee, rocket, Hubble deep field, "
    "motorcycle, textures and others)"
)
SOURCES = f"{BROUGHT}, the two of scikit-learn, and the {len(gallery.PAINTED)} painted styles of the gallery"
CROPS = ((64, 16), (64, 16), (96, 7), (128, 4))  # (side in pixels, pictures a batch), of about equal cost
LARGE_CROPS = ((96, 8), (128, 5), (160, 3))  # less border, for weights that go on
LUMA = np.array((0.299, 0.587, 0.114), "float32")


def photographs():
    """What scikit-image and scikit-learn bring along, and the painted styles: PIL images, RGB; nothing is fetched."""
    from skimage import data
    from sklearn.datasets import load_sample_images

    found = [Image.fromarray(array) for array in load_sample_images().images]
    found += [Image.fromarray(np.uint8(np.rint(gallery.load(name, None)[0] * 255))) for name in gallery.PAINTED]
    for name in PHOTOGRAPHS:
        array = getattr(data, name)()
        array = array[0] if isinstance(array, tuple) else array  # a stereo pair and its disparity
        found.append(Image.fromarray(np.asarray(array)).convert("RGB"))
    return found


def held_out():
    """A photograph that no batch holds, to check on: matplotlib's sample, float32 (1, 256, 256, 3) in [0, 1]."""
    from matplotlib import cbook

    with cbook.get_sample_data("grace_hopper.jpg") as file:
        picture = Image.open(file).convert("RGB").resize((256, 256), Image.Resampling.LANCZOS, box=(0, 0, 512, 512))
    return np.asarray(picture, "float32")[None] / 255


class Pictures:
    """An endless, seeded supply of batches. `batch(step)` depends on the seed and the step alone.

    procedural: how many procedural pictures to paint in advance; side: their size in pixels; cache: a folder to
    keep them in for the next time; progress: (items, total) -> the items; workers: processes to paint with, or 0.
    """

    def __init__(self, seed=0, procedural=3000, side=160, crops=CROPS, cache=None, progress=None, workers=0):
        self.seed, self.crops = seed, crops
        self.photographs = photographs()
        file = cache and Path(cache) / f"paintings-{seed}-{procedural}-{side}.npy"
        self.paintings = file and _kept(file, (procedural, side, side, 3))
        if self.paintings is not None:
            return
        painted = mapped(partial(_paint, seed, side), range(procedural), workers)
        self.paintings = np.stack(list(progress(painted, procedural) if progress else painted))
        if file:
            _keep(file, self.paintings)

    def batch(self, step):
        """The batch of one step: float32 (n, side, side, 3) in [0, 1], half photographs, half paintings."""
        rng = np.random.default_rng((self.seed, 1_000_003, step))
        side, count = self.crops[rng.integers(len(self.crops))]
        pictures = np.stack([self._crop(rng, side, i % 2) for i in range(count)]).astype("float32") / 255
        return augment(pictures, rng)

    def plain(self, count, side=160):
        """`count` pictures, one at a time, (1, side, side, 3), cropped but neither recoloured nor blended."""
        for i in range(count):
            rng = np.random.default_rng((self.seed, 2_000_003, i))
            yield self.crop(rng, side, i % 2)[None]

    def crop(self, rng, side, procedural):
        """One picture, (side, side, 3) in [0, 1]: a crop of a procedural one, else of a photograph or painted style."""
        return self._crop(rng, side, procedural).astype("float32") / 255

    def _crop(self, rng, side, procedural):
        if procedural:
            picture = Image.fromarray(self.paintings[rng.integers(len(self.paintings))])
        else:
            picture = self.photographs[rng.integers(len(self.photographs))]
        shorter = min(picture.size)
        longest = min(shorter, side * 5)
        height = np.exp(rng.uniform(np.log(min(side * 0.6, longest)), np.log(longest)))
        width = min(height * np.exp(rng.normal(0, 0.15)), shorter)  # a slight stretch
        left, top = rng.uniform(0, picture.width - width), rng.uniform(0, picture.height - height)
        box = (left, top, left + width, top + height)
        crop = np.asarray(picture.resize((side, side), Image.Resampling.BICUBIC, box=box, reducing_gap=2.0))
        crop = np.rot90(crop, rng.integers(4) if rng.random() < 0.3 else 0)
        return crop[:, ::-1] if rng.random() < 0.5 else crop


def _kept(file, shape):
    """The paintings in a file, or None where it isn't there, is damaged or holds others."""
    try:
        with open(file, "rb") as opened:
            paintings = np.load(opened, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return paintings if (paintings.shape, paintings.dtype) == (shape, np.uint8) else None


def _keep(file, paintings):
    """Write paintings to a file, making its folder. Raises SaveError."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with atomic.replacing(file) as part:
            np.save(part, paintings)
    except OSError as error:
        why = atomic.reason(error, file.parent, paintings.nbytes)
        raise SaveError(f"{file} can't be written: {why}.") from error


def _paint(seed, side, number):
    return paint.picture(np.random.default_rng((seed, number)), side)


def augment(pictures, rng):
    """Blend, recolour, blur and add noise, a different mix for each picture of (n, h, w, 3) in [0, 1]."""
    n = len(pictures)
    mixed = rng.random(n) < 0.15
    share = np.where(mixed, rng.uniform(0.2, 0.8, n), 1).astype("float32")[:, None, None, None]
    pictures = share * pictures + (1 - share) * pictures[rng.permutation(n)]
    matrices = np.stack([colour_matrix(rng) for _ in range(n)]).astype("float32")
    pictures = np.clip((pictures - 0.5) @ matrices[:, None] + 0.5, 0, 1)
    per = (n, 1, 1, 1)
    gamma = np.exp(rng.normal(0, 0.25, per)).astype("float32")
    gain = np.exp(rng.normal(0, 0.25, (n, 1, 1, 3)) * rng.random(per)).astype("float32")
    pictures = pictures**gamma * gain + rng.normal(0, 0.06, per).astype("float32")
    blurred = rng.random(n) < 0.1
    pictures[blurred] = _blur(pictures[blurred])
    sigma = np.where(rng.random(per) < 0.25, rng.exponential(0.05, per), 0).astype("float32")
    pictures += sigma * rng.standard_normal(pictures.shape, "float32")
    return np.clip(pictures, 0, 1)


def colour_matrix(rng):
    """A random 3 × 3 matrix for row vectors RGB: saturation, and now and then another hue, grey or negative."""
    keep, grey = np.eye(3), np.outer(LUMA, np.ones(3))
    saturation = 0.0 if rng.random() < 0.08 else np.exp(rng.normal(0.1, 0.35))
    matrix = grey + saturation * (keep - grey)
    if rng.random() < 0.35:
        matrix = matrix @ keep[rng.permutation(3)]
    if rng.random() < 0.35:
        matrix = matrix @ _hue(rng.normal(0, 0.8))
    return -matrix if rng.random() < 0.05 else matrix


def _hue(angle):
    """Rotation about the grey axis (Rodrigues' formula)."""
    cosine, third = np.cos(angle), (1 - np.cos(angle)) / 3
    up, down = third + np.sin(angle) / np.sqrt(3), third - np.sin(angle) / np.sqrt(3)
    return np.array([[cosine + third, up, down], [down, cosine + third, up], [up, down, cosine + third]])


def _blur(pictures):
    for axis in (1, 2):
        pictures = (np.roll(pictures, 1, axis) + 2 * pictures + np.roll(pictures, -1, axis)) / 4
    return pictures
