"""The exercise of lesson 8: adaptive instance normalisation."""

import numpy as np

from .. import gallery
from ..backend import tf
from ..messages import mark
from .compare import Calls
from .exercise import Exercise
from .samples import painting, photograph, random_features

EPSILON = 1e-5


def my_adain(x, mean_s, std_s):
    mean, std = x.mean((1, 2), keepdims=True), x.std((1, 2), keepdims=True)
    return std_s * (x - mean) / (std + 1e-5) + mean_s


def _by_tensorflow(x, mean_s, std_s):
    return tf.nn.batch_normalization(x, *tf.nn.moments(x, [1, 2], keepdims=True), mean_s, std_s, EPSILON)


def _moments(features):
    return features.mean((1, 2), keepdims=True), features.std((1, 2), keepdims=True)


def _with_a_silent_channel():
    features = random_features(31, (1, 6, 7, 4))
    features[..., 2] = 0
    return features


adain = Exercise(
    title=mark("adaptive instance normalisation"),
    task=mark(
        "`x` are features (n, h, w, c) of n content pictures; `mean_s` and `std_s`, (1, 1, 1, c), are the mean and "
        "the standard deviation of each channel of a style. Give features of x's shape in which each channel of each "
        "picture has the style's mean and deviation. Add 1e-5 to what you divide by."
    ),
    solution=my_adain,
    reference=_by_tensorflow,
    probe=Calls(lambda: {
        mark("two pictures in levels from 0 to 255, and the colours of a third"): (
            255 * np.concatenate([photograph(), painting()]), *_moments(255 * gallery.load("mosaic", 64)),
        ),
        mark("a silent channel"): (_with_a_silent_channel(), *_moments(random_features(32, (1, 5, 5, 4)))),
    }),
    hints=(
        mark("The places are rows and columns, axes 1 and 2: each picture and each channel gets a mean of its own."),
        mark("`x.mean((1, 2), keepdims=True)` is (n, 1, 1, c), which NumPy stretches over all places of x."),
        mark("First take x's own moments out: subtract its mean and divide by its deviation, plus 1e-5."),
        mark("What is left has the mean 0 and the deviation 1. Multiply by the style's deviation, then add its mean."),
    ),
)  # fmt: skip


def _adain(x, mean_s, std_s, axes=(1, 2), epsilon=EPSILON, power=1):
    mean, std = x.mean(axes, keepdims=True), x.std(axes, keepdims=True)
    with np.errstate(all="ignore"):
        return std_s * (x - mean) / (std**power + np.float32(epsilon)) + mean_s


@adain.mistake(mark(
    "The mean went over the batch too, axis 0. That is batch normalisation: what becomes of a picture then depends on "
    "the others beside it. Here each picture, each instance, is normalised by itself."
))  # fmt: skip
def over_the_batch(x, mean_s, std_s):
    return _adain(x, mean_s, std_s, (0, 1, 2))


@adain.mistake(mark(
    "The mean went over the channels, axis 3, so that a place keeps no more than how its channels differ. What has to "
    "go over is the places, axes 1 and 2; each channel keeps a mean of its own."
))  # fmt: skip
def over_the_channels(x, mean_s, std_s):
    return _adain(x, mean_s, std_s, -1)


@adain.mistake(mark(
    "One mean and one deviation for all channels of a picture. A style lies in how much there is of each: every "
    "channel needs its own, so leave axis 3 out."
))  # fmt: skip
def all_channels_at_once(x, mean_s, std_s):
    return _adain(x, mean_s, std_s, (1, 2, 3))


@adain.mistake(mark(
    "You divided by the variance. It has the square of the unit: divide by its root, the standard deviation."
))  # fmt: skip
def variance_for_deviation(x, mean_s, std_s):
    return _adain(x, mean_s, std_s, power=2)


@adain.mistake(mark(
    "A flat channel has the deviation 0, and 0 / 0 is no number; one such value spoils all that the network makes of "
    "it. Add 1e-5 to what you divide by."
))  # fmt: skip
def no_epsilon(x, mean_s, std_s):
    return _adain(x, mean_s, std_s, epsilon=0)


@adain.mistake(mark(
    "Content and style are exchanged: this takes the style's moments out of x and puts x's own in. x is to lose its "
    "own and to get the style's."
))  # fmt: skip
def content_and_style_exchanged(x, mean_s, std_s):
    mean, std = _moments(x)
    return std * (x - mean_s) / (std_s + np.float32(EPSILON)) + mean


@adain.mistake(mark("Mean and deviation of the style are exchanged: the deviation stretches, the mean shifts."))
def mean_and_deviation_exchanged(x, mean_s, std_s):
    return _adain(x, std_s, mean_s)


@adain.mistake(mark(
    "x still has its own mean and deviation when the style's come on top of them. Take them out first: that is the "
    "normalisation."
))  # fmt: skip
def not_normalised(x, mean_s, std_s):
    return std_s * x + mean_s


@adain.mistake(mark(
    "The means are the style's, the deviations are still those of x: divide by x's own and multiply by the style's."
))  # fmt: skip
def means_alone(x, mean_s, std_s):
    return x - x.mean((1, 2), keepdims=True) + mean_s


@adain.mistake(mark("This is instance normalisation, mean 0 and deviation 1. The style's moments are still to come."))
def style_left_out(x, mean_s, std_s):
    return _adain(x, np.zeros_like(mean_s), np.ones_like(std_s))


@adain.mistake(
    mark(
        "The axes that you averaged over are gone, so NumPy lines up the pictures with something else. Keep them with "
        "length 1: `keepdims=True`."
    ),
    error="broadcast|Incompatible shapes",  # NumPy's words, TensorFlow's
)  # fmt: skip
def axes_dropped(x, mean_s, std_s):
    return std_s * (x - x.mean((1, 2))) / (x.std((1, 2)) + EPSILON) + mean_s
