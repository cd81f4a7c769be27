"""Pictures made of the same pair in different ways: each one's seconds and losses, in one table."""

import time
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..errors import ImageError, shortened
from ..images import as_image
from ..messages import mark, t
from ..model import StyleContentModel
from ..settings import Settings
from ..style import style_content_loss
from ..tables import Table
from ..transfer import stylize
from ..vgg19 import load_vgg19

SIDES = 64, 192  # pixels of the squares that steps are timed on


@dataclass(frozen=True)
class Way:
    """A picture (1, H, W, 3), the seconds that making it took, and its losses as floats."""

    image: np.ndarray
    seconds: float
    losses: dict[str, float]


class Ways(Table, dict):
    """{name: Way} of a pair of pictures, a Table.

    content, style: images (1, H, W, 3). settings, network: whose losses the pictures get, as in `stylize`,
    but without a margin, which some ways of making them know nothing of.
    """

    HEAD = (mark("way"), mark("seconds"), mark("style loss"), mark("content loss"), mark("total loss"))

    def __init__(self, content, style, settings=None, network=None):
        super().__init__()
        self._size = tuple(content.shape[1:3])
        self._settings = settings or Settings()
        self._model = StyleContentModel(self._settings.style_layers, self._settings.content_layers, network)
        self._targets = {"style": self._model(style)["style"], "content": self._model(content)["content"]}

    def add(self, name, make):
        """Call make() for a picture of the content's size, time that, judge it, and keep both; gives the picture.

        Raises ImageError for another size, and whatever make() raises.
        """
        began = time.perf_counter()
        image = as_image(make())
        seconds = time.perf_counter() - began
        height, width = image.shape[1:3]
        if (height, width) != self._size:
            raise ImageError(t(
                "{name} gave a picture of {width} × {height} pixels, not of the content's size.", name=shortened(name),
                width=width, height=height,
            ))
        losses = style_content_loss(self._model(image), self._targets, self._settings, image)
        self[name] = Way(image, seconds, {term: float(value) for term, value in losses.items()})
        return image

    def images(self):
        """{name: image}."""
        return {name: way.image for name, way in self.items()}

    def rows(self):
        """The table's cells as text, without the head."""
        for name, way in self.items():
            losses = (f"{way.losses[term]:.3g}" for term in ("style", "content", "total"))
            yield (t(name), f"{way.seconds:.3g}", *losses)


def optimisation_seconds(size, steps):
    """About how long so many steps of `stylize` take here at (height, width): embedded network, preset quick.

    A step takes a + b · pixels; both are measured once, on two small pictures.
    """
    (small, quick), (large, slow) = _measured()
    slope = max(0, slow - quick) / (large - small)
    return steps * max(quick / 2, quick + slope * (size[0] * size[1] - small))


@lru_cache(maxsize=1)
def _measured():
    """[(pixels, seconds of a step)] for each of SIDES: the best of a few, after one that may build the graph."""
    found = []
    for side in SIDES:
        image = np.random.default_rng(0).uniform(0, 1, (1, side, side, 3)).astype("float32")
        run = stylize(image, image, Settings.preset("quick", max_dim=side, steps=5), load_vgg19("embedded"))
        found.append((side * side, np.diff([step.seconds for step in run]).min()))
    return found
