"""A gallery of classic bugs: a plain style transfer whose parts can be exchanged, one at a time, for faulty ones."""

from .gallery import Gallery, Painted, paint
from .parts import BUGS, RIGHT, Recipe, reveal

__all__ = ["BUGS", "RIGHT", "Gallery", "Painted", "Recipe", "paint", "reveal"]
