"""Exercises of the lessons: write a function, have it checked, ask for a hint.

Each shows its task as a cell's last line; `check(function)` says not attempted, wrong because …, or correct, and
never raises for what the function does; `hint()` gives the next hint, a solution last.
"""

from .colours import preserve_colour
from .descent import gradient_step
from .distributions import discrepancy
from .exercise import Exercise
from .frequencies import differences, total_variation
from .gram import gram_matrix
from .layers import convolution, receptive_field
from .levels import brighten, mix, save_levels
from .live import live_weight
from .losses import content_loss, style_loss
from .moments import adam
from .normalisation import adain
from .preprocessing import preprocess
from .silence import silent_channels

__all__ = [
    "mix", "brighten", "preprocess", "convolution", "receptive_field", "silent_channels", "content_loss",
    "gram_matrix", "discrepancy", "style_loss", "gradient_step", "differences", "total_variation", "adam",
    "adain", "preserve_colour", "live_weight", "save_levels", "Exercise", "names",
]  # fmt: skip


def names():
    """The names of all exercises, in the order of the lessons."""
    return tuple(name for name in __all__ if isinstance(globals()[name], Exercise))
