"""What a network for one style is trained on: crops of photographs that the course's packages bring along.

Grace Hopper, matplotlib's photograph, is held out: no crop of it is trained on, and previews and tests use it.
"""

from functools import lru_cache

import numpy as np
from PIL import Image

from .. import gallery, images

HELD_OUT = "grace_hopper"
MORE = ("hubble_deep_field", "retina", "stereo_motorcycle", "immunohistochemistry")  # of scikit-image, in colour


@lru_cache(maxsize=1)
def photographs():
    """Photographs as PIL images, RGB, their longer side at most 640 pixels; nothing is fetched."""
    from skimage import data

    found = [images.to_pil(gallery.load(n, 640)) for n in ("astronaut", "chelsea", "coffee", "rocket")]
    for name in MORE:
        array = getattr(data, name)()
        array = array[0] if isinstance(array, tuple) else array  # a stereo pair and its disparity
        picture = Image.fromarray(array).convert("RGB")
        picture.thumbnail((640, 640))
        found.append(picture)
    return tuple(found)


def held_out(max_dim=256):
    """The photograph that no crop is of, as an image."""
    return gallery.load(HELD_OUT, max_dim)


def turns(seed, step, count, styles):
    """A batch's one-hot codes (count, styles): every style in turn, in a new order each round."""
    places = range(step * count, (step + 1) * count)
    orders = {i // styles: None for i in places}
    for turn in orders:
        orders[turn] = np.random.default_rng((seed, 6_000_003, turn)).permutation(styles)
    return np.eye(styles, dtype="float32")[[orders[i // styles][i % styles] for i in places]]


class Crops:
    """An endless, seeded supply: `batch(step)` depends on the seed and the step alone.

    side: of a crop in pixels; count: crops a batch; pictures: PIL images, RGB, default `photographs()`.
    """

    def __init__(self, seed=0, side=256, count=1, pictures=None):
        self.seed, self.side, self.count = seed, side, count
        self.pictures = pictures or photographs()

    def batch(self, step):
        """Images (count, side, side, 3): zoomed, flipped, and a little brighter, darker or otherwise coloured."""
        rng = np.random.default_rng((self.seed, 5_000_003, step))
        return np.stack([self._crop(rng) for _ in range(self.count)])

    def pick(self, rng):
        """A picture to crop."""
        return self.pictures[rng.integers(len(self.pictures))]

    def _crop(self, rng):
        picture = self.pick(rng)
        shorter = min(picture.size)
        height = np.exp(rng.uniform(np.log(min(0.5 * self.side, shorter)), np.log(shorter)))
        left, top = rng.uniform(0, picture.width - height), rng.uniform(0, picture.height - height)
        box = (left, top, left + height, top + height)
        size = (self.side, self.side)
        crop = np.asarray(picture.resize(size, Image.Resampling.BICUBIC, box=box, reducing_gap=2.0), "float32") / 255
        crop = crop[:, ::-1] if rng.random() < 0.5 else crop
        gain = np.exp(rng.normal(0, 0.2) + rng.normal(0, 0.12, 3))
        return np.clip(crop ** np.exp(rng.normal(0, 0.2)) * gain, 0, 1).astype("float32")
