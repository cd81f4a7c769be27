"""Exercises of lesson 6: differences of neighbours and total variation."""

import numpy as np

from .. import filters
from ..messages import mark
from .compare import Calls
from .exercise import Exercise
from .samples import photograph, random_image


def _pictures():
    return {mark("a photograph"): (photograph(),), mark("random colours"): (random_image(19, 6, 4),)}


def my_differences(image):
    return image[:, :, 1:] - image[:, :, :-1], image[:, 1:] - image[:, :-1]


differences = Exercise(
    title=mark("differences of neighbours"),
    task=mark(
        "From an image (1, H, W, 3) give two arrays: the differences along x, each pixel subtracted from its "
        "neighbour to the right, (1, H, W-1, 3), and those along y, each pixel subtracted from its neighbour below, "
        "(1, H-1, W, 3)."
    ),
    solution=my_differences,
    reference=filters.high_pass_x_y,
    probe=Calls(_pictures),
    hints=(
        mark("`image[:, :, 1:]` is the picture without its first column, `image[:, :, :-1]` the one without its last."),
        mark("The axes are batch, rows, columns, channels. A step to the right is along the columns, axis 2."),
        mark("Give both, the one along x first: `return along_x, along_y`."),
    ),
)  # fmt: skip


@differences.mistake(mark(
    "x and y are exchanged. A step along x goes to the right, from column to column, and that is axis 2; rows are "
    "axis 1."
))  # fmt: skip
def x_and_y_exchanged(image):
    return my_differences(image)[::-1]


@differences.mistake(mark(
    "The sign is the other way round: subtract the pixel from its neighbour to the right or below."
))  # fmt: skip
def sign_reversed(image):
    return tuple(-d for d in my_differences(image))


_ROLLED = mark(
    "You moved the picture with `np.roll`, which brings the last column back in front of the first: at the border you "
    "compare the right edge with the left one. There are W - 1 gaps between W pixels."
)  # fmt: skip


@differences.mistake(_ROLLED)
def rolled_over(image):
    return np.roll(image, -1, 2) - image, np.roll(image, -1, 1) - image


@differences.mistake(_ROLLED)
def rolled_over_from_the_left(image):
    return image - np.roll(image, 1, 2), image - np.roll(image, 1, 1)


@differences.mistake(mark("These are absolute values. The sign says whether it gets lighter or darker; keep it."))
def absolute(image):
    return tuple(abs(d) for d in my_differences(image))


@differences.mistake(mark("These are squares. The sign says whether it gets lighter or darker; keep it."))
def squares(image):
    return tuple(d**2 for d in my_differences(image))


@differences.mistake(mark("You compared each pixel with the next but one. A neighbour is one place away."))
def two_places_away(image):
    return image[:, :, 2:] - image[:, :, :-2], image[:, 2:] - image[:, :-2]


@differences.mistake(mark(
    "One of the axes is the wrong one. The first axis is the batch, not the rows: rows are axis 1, columns axis 2."
))  # fmt: skip
def batch_for_rows(image):
    return image[:, 1:] - image[:, :-1], image[1:] - image[:-1]


@differences.mistake(mark("You took differences between the channels, the last axis. Columns are axis 2."))
def channels_for_columns(image):
    return image[..., 1:] - image[..., :-1], image[:, 1:] - image[:, :-1]


@differences.mistake(mark("The gap at the border was filled up with zeros. Nothing is there to compare: W - 1, H - 1."))
def padded(image):
    return (np.diff(image, axis=2, append=image[:, :, -1:]), np.diff(image, axis=1, append=image[:, -1:]))


def my_total_variation(image):
    along_x, along_y = image[:, :, 1:] - image[:, :, :-1], image[:, 1:] - image[:, :-1]
    return abs(along_x).sum() + abs(along_y).sum()


total_variation = Exercise(
    title=mark("total variation"),
    task=mark(
        "Give the total variation of an image (1, H, W, 3): the sum of the absolute differences between neighbours, "
        "along x and along y, over all pixels and channels. One number."
    ),
    solution=my_total_variation,
    reference=filters.total_variation_loss,
    probe=Calls(_pictures),
    hints=(
        mark("The differences are those of the exercise before; `abs` takes the sign away."),
        mark("Add up each of the two arrays with `.sum()`, then add the two numbers: their shapes are different."),
    ),
)  # fmt: skip


@total_variation.mistake(mark(
    "You added up squares. They punish one sharp edge far more than many small steps, and minimising them blurs. "
    "Absolute values let an edge stand."
))  # fmt: skip
def squares_added(image):
    return sum((d**2).sum() for d in my_differences(image))


@total_variation.mistake(mark(
    "This is the root of the sum of all squares, a length of all differences together. Total variation adds up their "
    "absolute values."
))  # fmt: skip
def root_of_the_sum(image):
    return np.sqrt(squares_added(image))


@total_variation.mistake(mark(
    "At each pixel you took the root of dx² + dy². That is another total variation, which treats slanting edges like "
    "upright ones (Rudin, Osher and Fatemi's own). But its gradient has no value on flat surfaces, where the root is "
    "0; here it is |dx| + |dy|."
))  # fmt: skip
def root_at_each_pixel(image):
    dx, dy = my_differences(image)
    return np.sqrt(dx[:, :-1] ** 2 + dy[:, :, :-1] ** 2).sum()


@total_variation.mistake(mark("These are means. The mean has its merits, as the lesson says; asked for is the sum."))
def mean_for_sum(image):
    return sum(abs(d).mean() for d in my_differences(image))


@total_variation.mistake(mark(
    "This is the sum divided by the number of pixels. It has its merits; asked for is the sum."
))  # fmt: skip
def divided_by_the_pixels(image):
    return my_total_variation(image) / (image.shape[1] * image.shape[2])


@total_variation.mistake(mark(
    "This is the sum divided by the number of values. It has its merits; asked for is the sum."
))  # fmt: skip
def divided_by_the_values(image):
    return my_total_variation(image) / image.size


@total_variation.mistake(mark(
    "The absolute value is missing. Going up cancels coming down, and of each row only its last pixel minus its "
    "first is left."
))  # fmt: skip
def no_absolute_value(image):
    return sum(d.sum() for d in my_differences(image))


@total_variation.mistake(mark("You took the absolute value of the sum. Take it of each difference, before you add up."))
def absolute_too_late(image):
    return sum(abs(d.sum()) for d in my_differences(image))


@total_variation.mistake(mark("This is along x alone. The differences along y belong to it too."))
def along_x_alone(image):
    return abs(my_differences(image)[0]).sum()


@total_variation.mistake(mark("This is along y alone. The differences along x belong to it too."))
def along_y_alone(image):
    return abs(my_differences(image)[1]).sum()


@total_variation.mistake(mark(
    "These are differences between the colours of one pixel: without an axis `np.diff` goes along the last one, the "
    "channels. Neighbours along x are on axis 2, along y on axis 1."
))  # fmt: skip
def along_the_channels(image):
    return abs(np.diff(image)).sum()


@total_variation.mistake(mark(
    "The picture was rolled over its border, so the right edge is compared with the left one."
))  # fmt: skip
def rolled_over_the_border(image):
    return sum(abs(d).sum() for d in rolled_over(image))
