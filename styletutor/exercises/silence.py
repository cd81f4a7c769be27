"""The exercise of lesson 2b: which channels of a layer are silent."""

import numpy as np

from ..messages import mark
from .compare import Calls
from .exercise import Exercise
from .samples import random_features


def my_silent_share(features):
    return (features.max(axis=(0, 1, 2)) == 0).mean()


def _features_with_silence():
    features = random_features(6, (3, 4, 5, 8))
    features[..., 2] = features[..., 5] = features[..., 6] = 0  # silent for all
    features[0, ..., 1] = features[0, ..., 4] = features[1:, ..., 3] = 0  # silent for some pictures only
    features[..., 0] = 0
    features[-1, 1, 2, 0] = 0.01  # once, and weakly: that is an answer too
    return features


silent_channels = Exercise(
    title=mark("the share of silent channels"),
    task=mark(
        "`features` are what one layer gives for a batch of pictures, (n, h, w, c), none below 0. A channel is silent "
        "where it is 0 at every place of every picture. Give the share of silent channels, from 0 to 1."
    ),
    solution=my_silent_share,
    reference=lambda features: np.mean([not features[..., c].any() for c in range(features.shape[-1])]),
    probe=Calls(lambda: {
        mark("three pictures"): (_features_with_silence(),),
        mark("one picture"): (_features_with_silence()[:1],),
    }),
    hints=(
        mark("No value is negative. So what is the largest value of a channel that is 0 everywhere?"),
        mark("`features.max(axis=(0, 1, 2))` looks over pictures, rows and columns, and leaves a number a channel."),
        mark("The mean of an array of True and False is the share of True."),
    ),
)  # fmt: skip


@silent_channels.mistake(mark(
    "That is the share of zeros among all values. ReLU makes zeros in each channel; a channel is silent only where it "
    "has nothing else."
))  # fmt: skip
def share_of_zeros(features):
    return (features == 0).mean()


@silent_channels.mistake(mark(
    "You counted the channels that have a zero somewhere. After ReLU nearly all of them have: ask for the largest "
    "value."
))  # fmt: skip
def zero_somewhere(features):
    return (features.min(axis=(0, 1, 2)) == 0).mean()


@silent_channels.mistake(mark(
    "That is how many there are. The share is that number divided by the number of channels."
))  # fmt: skip
def number_for_share(features):
    return (features.max(axis=(0, 1, 2)) == 0).sum()


@silent_channels.mistake(mark(
    "You asked each picture by itself. A channel that is silent for one picture may have found its pattern in the "
    "next; the maximum has to go over the batch too, axis 0."
))  # fmt: skip
def each_picture_by_itself(features):
    return (features.max(axis=(1, 2)) == 0).mean()


@silent_channels.mistake(mark("You looked at the first picture alone. The batch may have more: axis 0."))
def first_picture_alone(features):
    return (features[0].max(axis=(0, 1)) == 0).mean()


@silent_channels.mistake(mark("These are the shares for channels that do answer. Asked for are those that never do."))
def the_others(features):
    return (features.max(axis=(0, 1, 2)) > 0).mean()


@silent_channels.mistake(mark(
    "The maximum went over the channels, so this is the share of places at which nothing answers. It has to go over "
    "pictures, rows and columns."
))  # fmt: skip
def wrong_axis(features):
    return (features.max(axis=-1) == 0).mean()
