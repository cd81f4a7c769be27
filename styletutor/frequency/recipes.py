"""Pictures by recipe: noise, blur and denoising in this order; what is made once is kept."""

from functools import lru_cache
from typing import NamedTuple

from .. import gallery
from ..messages import mark
from .denoising import add_noise, blur, denoise
from .edges import small_edges, strong_edge
from .views import derivative, measure

EDGE, EDGES = mark("one strong edge"), mark("many small edges")


class Recipe(NamedTuple):
    """How a picture comes about: its name, then noise, blur and denoising, in this order."""

    name: str
    noise: float = 0.0
    seed: int = 0
    blur: float = 0.0
    steps: int = 0
    weight: float = 0.0


class Darkroom:
    """Makes images (1, H, W, 3) by their recipes; each stage is kept, so that a change repeats only what follows it.

    given: {name: image}; `EDGE` and `EDGES` are drawn in the size of the first. Other names are the gallery's, at most
    max_dim pixels long.
    """

    def __init__(self, given, max_dim):
        self.given, self.max_dim = given, max_dim
        self.image = lru_cache(maxsize=16)(self._image)
        self.denoised = lru_cache(maxsize=4)(self._denoised)
        self.derivative = lru_cache(maxsize=8)(lambda recipe, view: derivative(self.image(recipe), view))
        self.measured = lru_cache(maxsize=8)(lambda recipe: measure(self.image(recipe)))

    def _image(self, recipe):
        if recipe.steps:
            return self.denoised(recipe).image
        if recipe.blur:
            return blur(self.image(recipe._replace(blur=0.0)), recipe.blur)
        if recipe.noise:
            return add_noise(self.image(Recipe(recipe.name)), recipe.noise, recipe.seed)
        if recipe.name in self.given:
            return self.given[recipe.name]
        if recipe.name in (EDGE, EDGES):
            make = strong_edge if recipe.name == EDGE else small_edges
            return make(*next(iter(self.given.values())).shape[1:3])
        return gallery.load(recipe.name, self.max_dim)

    def _denoised(self, recipe):
        return denoise(self.image(recipe._replace(steps=0, weight=0.0)), recipe.weight, recipe.steps)
