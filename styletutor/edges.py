"""Mirrored pixels around a picture, so that a network's zero padding marks no edge of the picture itself."""

import numpy as np


def mirrored(image, margin):
    """The image (1, H, W, 3) with `margin` pixels mirrored at each side: (1, H + 2·margin, W + 2·margin, 3)."""
    return np.pad(image, ((0, 0), (margin, margin), (margin, margin), (0, 0)), "reflect") if margin else image


def seen(size, margin):
    """(height, width) of what `mirrored` makes of a picture of size (height, width)."""
    return tuple(side + 2 * margin for side in size)


def folded(gradient, margin):
    """The gradient with respect to an image, given that with respect to what `mirrored` makes of it."""
    for axis in (1, 2) if margin else ():
        gradient = np.moveaxis(gradient, axis, 0)
        own = gradient[margin:-margin].copy()
        own[1 : margin + 1] += gradient[:margin][::-1]
        own[-margin - 1 : -1] += gradient[-margin:][::-1]
        gradient = np.moveaxis(own, 0, axis)
    return gradient


def inside(mask, size, margin):
    """A mask (height, width), None is 1 everywhere, with zeros where `mirrored` adds pixels; None where nothing is."""
    if not margin:
        return mask
    return np.pad(np.ones(size, "float32") if mask is None else mask, margin)
