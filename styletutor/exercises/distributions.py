"""The exercise of lesson 4b: the maximum mean discrepancy."""

import numpy as np

from .. import mmd
from ..messages import mark
from .compare import Calls
from .exercise import Exercise
from .samples import random_features


def my_mmd(x, y, kernel):
    return kernel(x, x).mean() + kernel(y, y).mean() - 2 * kernel(x, y).mean()


def _points(seed, count):
    return mmd.points(random_features(seed, (1, count, 1, 3))) / 2


discrepancy = Exercise(
    title=mark("the maximum mean discrepancy"),
    task=mark(
        "`x` and `y` are two sets of points, (n, c) and (m, c). `kernel(x, y)` gives the likeness of each pair, (n, "
        "m). Give the mean likeness within x, plus that within y, minus twice that between x and y."
    ),
    solution=my_mmd,
    reference=mmd.mmd,
    probe=Calls(lambda: {
        mark("the kernel of the Gram matrix"): (_points(21, 7), 1.5 * _points(22, 5), mmd.polynomial),
        mark("a Gaussian kernel"): (_points(23, 6), _points(24, 6), mmd.gaussian(1.5)),
    }),
    hints=(
        mark("`kernel(x, x)` is an array of all pairs within x, (n, n); `.mean()` makes one number of it."),
        mark("There are two kinds of pairs between x and y, (x, y) and (y, x), and they are alike: hence twice."),
    ),
)  # fmt: skip


@discrepancy.mistake(mark(
    "The pairs between x and y count twice. As it is, two equal sets of points are as far apart as they are large; the "
    "discrepancy of equals has to be 0."
))  # fmt: skip
def between_once(x, y, kernel):
    return kernel(x, x).mean() + kernel(y, y).mean() - kernel(x, y).mean()


@discrepancy.mistake(mark("Likeness between x and y makes them nearer: subtract it."))
def between_added(x, y, kernel):
    return kernel(x, x).mean() + kernel(y, y).mean() + 2 * kernel(x, y).mean()


@discrepancy.mistake(mark(
    "These are sums over pairs. x and y may have different numbers of points, as pictures have different sizes: take "
    "means."
))  # fmt: skip
def sums_for_means(x, y, kernel):
    return kernel(x, x).sum() + kernel(y, y).sum() - 2 * kernel(x, y).sum()


@discrepancy.mistake(mark("This is the root of it, a distance. Asked for is its square, which is what a loss adds up."))
def root(x, y, kernel):
    return np.sqrt(my_mmd(x, y, kernel))


@discrepancy.mistake(mark(
    "You compared each point with itself alone, the diagonal of `kernel(x, x)`. The mean goes over all pairs."
))  # fmt: skip
def diagonal_alone(x, y, kernel):
    return np.diag(kernel(x, x)).mean() + np.diag(kernel(y, y)).mean() - 2 * kernel(x, y).mean()


@discrepancy.mistake(mark(
    "This is the likeness between x and y alone. It is large for equals, and how large is no measure."
))  # fmt: skip
def between_alone(x, y, kernel):
    return kernel(x, y).mean()


@discrepancy.mistake(mark(
    "You took the mean of the points first, and compared two points. That forgets everything about a set but where its "
    "middle lies. First the kernel, then the mean."
))  # fmt: skip
def means_first(x, y, kernel):
    return my_mmd(x.mean(0, keepdims=True), y.mean(0, keepdims=True), kernel)
