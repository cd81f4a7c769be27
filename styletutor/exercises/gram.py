"""The exercise of lesson 4: the Gram matrix."""

import numpy as np

from .. import style
from ..messages import mark
from .compare import Calls
from .exercise import Exercise
from .samples import random_features


def my_gram(features):
    n, height, width, channels = features.shape
    flat = features.reshape(n, height * width, channels)
    return flat.transpose(0, 2, 1) @ flat / (height * width)


gram_matrix = Exercise(
    title=mark("the Gram matrix"),
    task=mark(
        "`features` are (n, h, w, c). Give the Gram matrix of each of the n pictures, (n, c, c): the mean, over all "
        "places, of the product of channel c and channel d."
    ),
    solution=my_gram,
    reference=style.gram_matrix,
    probe=Calls(lambda: {
        mark("two pictures with 5 × 7 places and 4 channels"): (random_features(7, (2, 5, 7, 4)),),
        mark("one picture with 12 × 10 places and 3 channels"): (random_features(8, (1, 12, 10, 3)),),
    }),
    hints=(
        mark("Where a place lies doesn't matter. Make one axis of rows and columns: (n, h * w, c)."),
        mark("Turned round, (n, c, h * w) @ (n, h * w, c) is (n, c, c): a matrix product adds up over the places."),
        mark("A sum over places becomes a mean when it is divided by their number, h * w."),
    ),
)  # fmt: skip


@gram_matrix.mistake(mark(
    "You reshaped to (c, h * w) without moving the channel axis first. The shape is right, the numbers are not: a "
    "reshape only cuts the same sequence of numbers anew, so each row mixes values of all channels. Reshape to "
    "(h * w, c), then transpose."
))  # fmt: skip
def reshape_without_transpose(features):
    n, height, width, channels = features.shape
    flat = features.reshape(n, channels, height * width)
    return flat @ flat.transpose(0, 2, 1) / (height * width)


@gram_matrix.mistake(mark(
    "Reshaped to (c, h * w) without moving the channel axis first, so each row mixes values of all channels; and the "
    "sum is not divided by the number of places either."
))  # fmt: skip
def reshape_without_transpose_and_no_normaliser(features):
    return reshape_without_transpose(features) * features.shape[1] * features.shape[2]


@gram_matrix.mistake(mark(
    "The normaliser is missing: this is the sum over the places, not the mean. A picture of twice the side would have "
    "entries four times as large, and could not be compared with a smaller one."
))  # fmt: skip
def no_normaliser(features):
    return np.einsum("nijc,nijd->ncd", features, features)


@gram_matrix.mistake(mark(
    "This is divided by h * w * c. Some write it so, the book Dive into Deep Learning for one; here the mean is over "
    "the places alone, h * w."
))  # fmt: skip
def divided_by_channels_too(features):
    return no_normaliser(features) / features[0].size


@gram_matrix.mistake(mark("Divided by the number of rows or columns alone. There are h * w places."))
def divided_by_one_side(features):
    return no_normaliser(features) / features.shape[1]


@gram_matrix.mistake(mark("Divided by the number of rows or columns alone. There are h * w places."))
def divided_by_the_other_side(features):
    return no_normaliser(features) / features.shape[2]


@gram_matrix.mistake(mark(
    "Divided by the number of channels. The sum is over the places, and there are h * w of them."
))  # fmt: skip
def divided_by_channels(features):
    return no_normaliser(features) / features.shape[3]


@gram_matrix.mistake(mark(
    "This is the covariance: each channel's mean was subtracted first. A Gram matrix keeps the means, so it also knows "
    "how strongly a channel is active at all. (Without them it is another description of style, and not a bad one.)"
))  # fmt: skip
def covariance(features):
    return no_normaliser(features - features.mean((1, 2), keepdims=True)) / (features.shape[1] * features.shape[2])


@gram_matrix.mistake(mark(
    "This is NumPy's covariance: the means were subtracted, and it divides by one less than the number of places. A "
    "Gram matrix keeps the means."
))  # fmt: skip
def covariance_by_numpy(features):
    places = features.shape[1] * features.shape[2]
    return covariance(features) * places / (places - 1)


@gram_matrix.mistake(mark("This is the correlation, from -1 to 1. A Gram matrix keeps how strong the channels are."))
def correlation(features):
    cov = covariance(features)
    deviations = np.sqrt(np.einsum("ncc->nc", cov))
    return cov / deviations[:, :, None] / deviations[:, None]


@gram_matrix.mistake(mark(
    "This is the product of the channels' means. The mean of the product is another thing: it is large where two "
    "channels are active at the same places. Multiply first, then take the mean."
))  # fmt: skip
def product_of_means(features):
    means = features.mean((1, 2))
    return means[:, :, None] * means[:, None]


@gram_matrix.mistake(mark(
    "Each row of the picture has a matrix of its own: `@` and `matmul` multiply the last two axes. Bring all places "
    "into one axis first, (n, h * w, c)."
))  # fmt: skip
def a_matrix_a_row(features):
    return features.swapaxes(2, 3) @ features


@gram_matrix.mistake(mark(
    "This compares places with places: (h * w, h * w). Style asks which channels are active together: transpose the "
    "first factor instead of the second."
))  # fmt: skip
def places_for_channels(features):
    flat = features.reshape(len(features), -1, features.shape[-1])
    return flat @ flat.transpose(0, 2, 1) / flat.shape[1]


@gram_matrix.mistake(mark(
    "This compares places with places, (h * w, h * w), and is not divided. Style asks which channels are active "
    "together: transpose the first factor instead of the second."
))  # fmt: skip
def places_for_channels_and_no_normaliser(features):
    flat = features.reshape(len(features), -1, features.shape[-1])
    return flat @ flat.transpose(0, 2, 1)


@gram_matrix.mistake(mark(
    "The pictures of the batch were added up into one matrix. Each picture has a style of its own: keep the first axis."
))  # fmt: skip
def batch_summed(features):
    return no_normaliser(features).sum(0) / (features.shape[1] * features.shape[2])


@gram_matrix.mistake(mark(
    "All pictures of the batch went into one mean. Each picture has a style of its own: keep the first axis, (n, c, c)."
))  # fmt: skip
def batch_averaged(features):
    return batch_summed(features) / len(features)


@gram_matrix.mistake(mark(
    "This is the first picture's matrix alone, (c, c). Features come in batches: give (n, c, c)."
))  # fmt: skip
def first_picture_alone(features):
    return style.gram_matrix(features).numpy()[0]


@gram_matrix.mistake(mark(
    "These are the squares of each channel, the matrix's diagonal. Every pair of channels has an entry."
))  # fmt: skip
def diagonal_alone(features):
    return (features**2).mean((1, 2))
