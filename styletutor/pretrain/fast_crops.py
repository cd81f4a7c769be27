"""What the packaged fast networks are trained on: crops of photographs and paintings, and the styles beside them.

No part of Keras is needed here, so that processes that only make batches start without it.
"""

import numpy as np
from PIL import Image

from .. import gallery, images
from ..fast.photographs import Crops, turns
from .pictures import BROUGHT, PHOTOGRAPHS, colour_matrix
from .pictures import photographs as every_picture

SOURCES = f"{BROUGHT} and the two of scikit-learn"
SCENES = {"astronaut": 3, "chelsea": 3, "coffee": 3, "rocket": 2, "stereo_motorcycle": 2, "camera": 1}


class MixedCrops(Crops):
    """Crops of photographs, scenes more often than textures; one in five is of a procedural painting."""

    def __init__(self, seed, side, count, paintings):
        found = every_picture()  # scikit-learn's two, the painted styles, scikit-image's
        named = list(zip(PHOTOGRAPHS, found[2 + len(gallery.PAINTED) :], strict=True))
        scenes = [picture for name, picture in named for _ in range(SCENES.get(name, 0))]
        super().__init__(seed, side, count, found[:2] * 3 + scenes)
        self.rest = [picture for name, picture in named if name not in SCENES]
        self.paintings = paintings

    def pick(self, rng):
        kind = rng.random()
        if kind < 0.2:
            return Image.fromarray(self.paintings[rng.integers(len(self.paintings))])
        if kind < 0.3:
            return self.rest[rng.integers(len(self.rest))]
        return super().pick(rng)


class StyleCrops(Crops):
    """Styles to learn from: the gallery's painted ones, procedural paintings and photographs, recoloured at random."""

    def __init__(self, seed, side, count, paintings, photographs):
        super().__init__(seed + 1, side, count, photographs)
        self.paintings = paintings
        self.painted = [images.to_pil(gallery.load(name, None)) for name in gallery.PAINTED]

    def pick(self, rng):
        kind = rng.random()
        if kind < 0.45:
            return self.painted[rng.integers(len(self.painted))]
        if kind < 0.85:
            return Image.fromarray(self.paintings[rng.integers(len(self.paintings))])
        return super().pick(rng)

    def _crop(self, rng):
        crop = super()._crop(rng)
        if rng.random() < 0.6:
            crop = np.clip((crop - 0.5) @ colour_matrix(rng).astype("float32") + 0.5, 0, 1)
        return crop


class Turns:
    """Styles to learn by name: `batch(step)` gives one-hot codes (count, styles)."""

    def __init__(self, seed, count, styles):
        self.seed, self.count, self.styles = seed, count, styles

    def batch(self, step):
        return turns(self.seed, step, self.count, self.styles)


class Examples:
    """step -> [crops (n, h, w, 3), what they are to become: codes (n, styles) or style pictures (n, h', w', 3)]."""

    def __init__(self, crops, styles):
        self.crops, self.styles = crops, styles

    def __call__(self, step):
        return [self.crops.batch(step), self.styles.batch(step)]
