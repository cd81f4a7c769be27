"""High frequencies made visible: views of differences and edges, their numbers, and what raises or lowers them.

An image is (1, H, W, 3), RGB in [0, 1]. Differences along x compare a pixel with its right-hand neighbour and
so answer to vertical edges; differences along y compare it with the one below and answer to horizontal edges.
"""

from .denoising import Denoised, add_noise, blur, denoise, variation_gradient
from .edges import crop, crop_box, framed, line_sums, profile, small_edges, strong_edge
from .views import VIEWS, HighFrequencies, ViewNumbers, as_picture, derivative, measure, view_numbers

__all__ = [
    "VIEWS", "Denoised", "HighFrequencies", "ViewNumbers", "add_noise", "as_picture", "blur", "crop", "crop_box",
    "denoise", "derivative", "framed", "line_sums", "measure", "profile", "small_edges", "strong_edge",
    "variation_gradient", "view_numbers",
]  # fmt: skip
