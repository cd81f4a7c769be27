"""Exercises of lessons 3 and 5: the content loss and the style loss, relative to their targets."""

import numpy as np

from .. import style
from ..messages import mark
from .compare import Calls
from .exercise import Exercise
from .samples import random_features


def _alike():
    return random_features(12, (1, 3, 4, 5))


def my_content_loss(features, target):
    return ((features - target) ** 2).sum() / (target**2).sum()


content_loss = Exercise(
    title=mark("the content loss"),
    task=mark(
        "`features` are what a layer answers to the picture in the making, `target` what it answers to the photograph, "
        "both (1, h, w, c). Give the sum of the squared differences, divided by the sum of the target's squares."
    ),
    solution=my_content_loss,
    reference=lambda features, target: style.squared_error(features, target, relative=True),
    probe=Calls(lambda: {
        mark("two pictures"): (random_features(9, (1, 5, 6, 4)), 1.5 * random_features(10, (1, 5, 6, 4))),
        mark("two pictures that differ little"): (_alike() + 0.1, _alike()),
    }),
    hints=(
        mark("`(features - target) ** 2` squares each difference; `.sum()` adds all of them up."),
        mark("A layer with large numbers must not weigh more. Divide by the same sum for the target alone."),
    ),
)  # fmt: skip


@content_loss.mistake(mark(
    "The normaliser is missing: this is the sum of squares as it comes. It grows with the size of the picture and of "
    "the layer's numbers, so that a weight would mean something else on every layer. Divide by the target's squares."
))  # fmt: skip
def no_normaliser(features, target):
    return ((features - target) ** 2).sum()


@content_loss.mistake(mark(
    "This is the mean of squares, as TensorFlow's tutorial has it. Asked for is the relative form, in which 1 means as "
    "wrong as answering nothing: divide by the mean of the target's squares."
))  # fmt: skip
def mean_of_squares(features, target):
    return ((features - target) ** 2).mean()


@content_loss.mistake(mark(
    "This is half the sum of squares, as in the paper's equation 1. Divide by the target's squares."
))  # fmt: skip
def the_papers_half(features, target):
    return ((features - target) ** 2).sum() / 2


@content_loss.mistake(mark("Divided by the squares of `features`. They change with each step; the target never does."))
def divided_by_the_features(features, target):
    return ((features - target) ** 2).sum() / (features**2).sum()


@content_loss.mistake(mark("This is the square root of it, a length. The loss is the squared length."))
def square_root(features, target):
    return np.sqrt(my_content_loss(features, target))


@content_loss.mistake(mark(
    "You took absolute differences. The loss has squares: a large error counts more than two small."
))  # fmt: skip
def absolute_differences(features, target):
    return abs(features - target).sum() / abs(target).sum()


@content_loss.mistake(mark("The mean above, the sum below: take both sums, or both means."))
def mean_over_sum(features, target):
    return ((features - target) ** 2).mean() / (target**2).sum()


@content_loss.mistake(mark("You added the differences up before you squared. There the ones above cancel those below."))
def squared_too_late(features, target):
    return (features - target).sum() ** 2 / (target**2).sum()


@content_loss.mistake(mark(
    "You took the mean over all places first. That forgets where things are, and content is what is where."
))  # fmt: skip
def places_averaged_first(features, target):
    return my_content_loss(features.mean((1, 2)), target.mean((1, 2)))


@content_loss.mistake(mark("You divided each difference by its own target. Divide the sums: single targets may be 0."))
def divided_one_by_one(features, target):
    with np.errstate(all="ignore"):
        return (((features - target) / target) ** 2).sum()


def my_style_loss(grams, targets):
    shares = [((grams[layer] - targets[layer]) ** 2).sum() / (targets[layer] ** 2).sum() for layer in targets]
    return sum(shares) / len(shares)


def _grams(seed):
    """Three layers' Gram matrices of very different size, as VGG19's are."""
    sizes = {"block1_conv1": (3, 1.0), "block2_conv1": (4, 5.0), "block4_conv1": (6, 40.0)}
    return {
        layer: scale * style.gram_matrix(random_features(seed + n, (1, 6, 5, n))).numpy()
        for layer, (n, scale) in sizes.items()
    }


style_loss = Exercise(
    title=mark("the style loss"),
    task=mark(
        "`grams` and `targets` are dictionaries, from a layer's name to its Gram matrix (1, c, c): the picture's and "
        "the style image's. For each layer take the sum of the squared differences, divided by the sum of the "
        "target's squares; give the mean over the layers."
    ),
    solution=my_style_loss,
    reference=lambda grams, targets: np.mean([style.squared_error(grams[n], targets[n], True) for n in targets]),
    probe=Calls(lambda: {
        mark("three layers"): (_grams(20), _grams(40)),
        mark("two layers"): tuple({n: g[n] for n in list(g)[:2]} for g in (_grams(60), _grams(80))),
    }),
    hints=(
        mark("A loop over the layers: `for layer in targets:` gives the names, `grams[layer]` the matrix."),
        mark("Each layer's share is the content loss of lesson 3, with Gram matrices in place of features."),
        mark("Divide within the layer, before you take the mean over the layers: so each layer counts alike."),
    ),
)  # fmt: skip


@style_loss.mistake(mark(
    "This is the sum over the layers. With their mean, the weight means the same for any number of layers."
))  # fmt: skip
def sum_over_the_layers(grams, targets):
    return my_style_loss(grams, targets) * len(targets)


@style_loss.mistake(mark(
    "You put all layers into one pot: the sum of all differences, divided by the sum of all targets. The layer with "
    "the largest numbers then outvotes the others. Divide layer by layer."
))  # fmt: skip
def layers_in_one_pot(grams, targets):
    errors = sum(((grams[n] - targets[n]) ** 2).sum() for n in targets)
    return errors / sum((targets[n] ** 2).sum() for n in targets)


@style_loss.mistake(mark(
    "The normaliser is missing: these are means of squares, as in TensorFlow's tutorial. block4 drowns the other "
    "layers. Divide each layer by its target."
))  # fmt: skip
def mean_of_squares_by_layer(grams, targets):
    return np.mean([((grams[n] - targets[n]) ** 2).mean() for n in targets])


@style_loss.mistake(mark(
    "The normaliser is missing: these are sums of squares. Divide each layer by its target's squares."
))  # fmt: skip
def no_normaliser_by_layer(grams, targets):
    return np.mean([((grams[n] - targets[n]) ** 2).sum() for n in targets])


@style_loss.mistake(mark("You returned inside of the loop: this is the first layer's share alone."))
def first_layer_alone(grams, targets):
    return my_content_loss(*(g[next(iter(targets))] for g in (grams, targets)))


@style_loss.mistake(mark("This is the last layer's share alone: each turn of the loop forgot the one before."))
def last_layer_alone(grams, targets):
    return my_content_loss(*(g[list(targets)[-1]] for g in (grams, targets)))


@style_loss.mistake(mark("You took square roots. The loss is a mean of squared lengths."))
def square_roots(grams, targets):
    return np.mean([np.sqrt(my_content_loss(grams[n], targets[n])) for n in targets])


@style_loss.mistake(mark(
    "You divided by the squares of the picture's own matrices. The targets are what stays as it is."
))  # fmt: skip
def divided_by_the_pictures(grams, targets):
    return my_style_loss(targets, grams)


@style_loss.mistake(mark("You took absolute differences. The loss has squares."))
def absolute_differences_by_layer(grams, targets):
    return np.mean([abs(grams[n] - targets[n]).sum() / abs(targets[n]).sum() for n in targets])
