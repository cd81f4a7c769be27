"""Painters of the gallery's style pictures, and of a cloth, a file each: they take nothing and give a picture.

A picture is an array of shape (H, W, 3), uint8 RGB, the same on every call: every random choice comes from a seed.
"""

from .autumn import autumn
from .cloth import cloth
from .geometry import geometry
from .ink_waves import ink_waves
from .linocut import linocut
from .mosaic import mosaic
from .pointillism import pointillism
from .stained_glass import stained_glass
from .swirls import swirls

__all__ = ["autumn", "cloth", "geometry", "ink_waves", "linocut", "mosaic", "pointillism", "stained_glass", "swirls"]
