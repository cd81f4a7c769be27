"""Large pictures in bounded memory: the same loss and gradient, the network's first blocks strip by strip.

Those blocks take most of the memory and little of the time. They run over horizontal strips twice: once forward,
adding up their Gram matrices and keeping what leaves them, and after the rest of the network once more, forward
and back (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost", with space in place of depth). Each
strip also gets as many rows of its neighbours as its own features can see, and zeros around it only where the
picture ends: the result is the whole picture's, but for the rounding of sums.
"""

from .estimate import depth_for, enough_for_style, enough_memory, memory_errors, memory_estimate
from .evaluation import Strips, loss_function, outputs

__all__ = [
    "Strips", "depth_for", "enough_for_style", "enough_memory", "loss_function", "memory_errors", "memory_estimate",
    "outputs",
]  # fmt: skip
