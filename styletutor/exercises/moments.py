"""The exercise of lesson 7: Adam."""

import numpy as np

from .. import optimizers
from ..messages import mark
from .compare import Calls
from .exercise import Exercise
from .samples import random_image

RATE, BETA_1, BETA_2, EPSILON = 0.02, 0.9, 0.999, 1e-8


def my_adam(image, gradients):
    mean, square = 0 * image, 0 * image
    for count, gradient in enumerate(gradients, 1):
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        right_mean, right_square = mean / (1 - 0.9**count), square / (1 - 0.999**count)
        image = image - 0.02 * right_mean / (right_square**0.5 + 1e-8)
    return image


def _by_the_package(image, gradients):
    """By the package's own Adam, which clips: from a grey that is far from both ends, and the moves added up."""
    grey = np.full_like(image, 0.5)
    adam = optimizers.Adam(grey, BETA_1, BETA_2, EPSILON)
    for gradient in gradients:
        adam.tell(0.0, gradient, RATE)
    return image + (adam.image - grey)


def _gradients(seed, count):
    values = np.random.default_rng(seed).normal(0.5, 1, (count, 1, 4, 5, 3))
    return list((values * np.float32([1e-2, 1, 1e2])).astype("float32"))


def _grey(seed):
    return 0.4 + 0.2 * random_image(seed, 4, 5)


adam = Exercise(
    title=mark("the optimiser Adam"),
    task=mark(
        "`gradients` is a list: the loss's gradient at step 1, step 2 and so on, each of the image's shape. Give the "
        "image after all these steps of Adam, with the learning rate 0.02, beta_1 = 0.9, beta_2 = 0.999 and epsilon "
        "= 1e-8. Don't clip."
    ),
    solution=my_adam,
    reference=_by_the_package,
    probe=Calls(lambda: {
        mark("one step"): (_grey(15), _gradients(16, 1)),
        mark("five steps"): (random_image(17, 4, 5), _gradients(18, 5)),
    }),
    hints=(
        mark(
            "Keep two arrays from step to step, both 0 at first: the running mean of the gradients and of their "
            "squares."
        ),
        mark(
            "A running mean forgets slowly: `mean = 0.9 * mean + 0.1 * gradient`, and with 0.999 and 0.001 the "
            "squares."
        ),
        mark("Both began with 0 and so are too small. At step t divide by 1 - 0.9 ** t and by 1 - 0.999 ** t."),
        mark("Then each pixel moves by 0.02 times the mean, divided by the root of the square, plus epsilon below."),
    ),
)  # fmt: skip


def _adam(
    image, gradients, correct=(True, True), root=0.5, beta_1=BETA_1, beta_2=BETA_2, sign=1, of_mean=False, fresh=None,
    under=0.0, kept=False, ends=(-np.inf, np.inf),
):  # fmt: skip
    mean, square = 0 * image, 0 * image
    for count, gradient in enumerate(gradients, 1):
        mean = beta_1 * mean + (1 - beta_1 if fresh is None else fresh) * gradient
        square = beta_2 * square + (1 - beta_2 if fresh is None else fresh) * (mean if of_mean else gradient) ** 2
        c_1, c_2 = (1 - beta**count if done else 1 for beta, done in zip((beta_1, beta_2), correct, strict=True))
        image = image - sign * RATE * (mean / c_1) / ((square / c_2 + under) ** root + EPSILON - under)
        image = np.clip(image, *ends)
        mean, square = (mean / c_1, square / c_2) if kept else (mean, square)
    return image


@adam.mistake(mark(
    "The correction of the beginning is missing. Both means start at 0: after one step they hold a tenth and a "
    "thousandth of what they should, so the first steps come out three times too long."
))  # fmt: skip
def no_correction(image, gradients):
    return _adam(image, gradients, correct=(False, False))


@adam.mistake(mark(
    "You divided by the mean of squares without its root. Then a large gradient makes a small step and a small one a "
    "huge one; with the root the size cancels out, and every pixel moves by about the learning rate."
))  # fmt: skip
def no_root(image, gradients):
    return _adam(image, gradients, root=1)


@adam.mistake(mark(
    "Nothing of it is a number. Are the steps counted from 0? There `1 - 0.9 ** 0` is 0, and the first step divides by "
    "it. Count from 1: `enumerate(gradients, 1)`."
))  # fmt: skip
def counted_from_zero(image, gradients):
    return np.full_like(image, np.nan)  # 0.1 · gradient / 0 is infinite, and infinity by infinity is no number


@adam.mistake(mark("The mean was corrected for its beginning, the squares were not: divide them by 1 - 0.999 ** t."))
def squares_not_corrected(image, gradients):
    return _adam(image, gradients, correct=(True, False))


@adam.mistake(mark("Epsilon stands under the root there. Take the root first, then add epsilon."))
def epsilon_under_the_root(image, gradients):
    return _adam(image, gradients, under=EPSILON)


@adam.mistake(mark("You went uphill: subtract the step."))
def uphill_with_adam(image, gradients):
    return _adam(image, gradients, sign=-1)


@adam.mistake(mark("The two betas are exchanged: the mean forgets with 0.9, the squares with 0.999."))
def betas_exchanged(image, gradients):
    return _adam(image, gradients, beta_1=BETA_2, beta_2=BETA_1)


@adam.mistake(mark("You squared the mean. What is wanted is the mean of the squares: `gradient ** 2`."))
def square_of_the_mean(image, gradients):
    return _adam(image, gradients, of_mean=True)


@adam.mistake(mark(
    "New gradients were added whole, without 1 - beta. What should be a mean is then a sum, ten and a thousand times "
    "as large."
))  # fmt: skip
def sums_for_means(image, gradients):
    return _adam(image, gradients, fresh=1)


@adam.mistake(mark("This is plain gradient descent: the image minus the learning rate times each gradient."))
def plain_descent(image, gradients):
    return image - np.float32(RATE) * sum(gradients)


@adam.mistake(mark(
    "Nothing is remembered: each step divides the gradient by its own size. The means have to be kept from step to "
    "step; make them before the loop."
))  # fmt: skip
def forgetful(image, gradients):
    return image - np.float32(RATE) * sum(np.sign(g) for g in gradients)


@adam.mistake(mark("You returned inside of the loop, after the first of the steps."))
def first_step_alone(image, gradients):
    return _adam(image, gradients[:1])


@adam.mistake(mark(
    "You kept the corrected means for the next step, where they are corrected once more. Give what was divided a name "
    "of its own, and let the running means go on as they are."
))  # fmt: skip
def corrected_means_kept(image, gradients):
    return _adam(image, gradients, kept=True)


@adam.mistake(mark(
    "The means are right, but only the last step is left: each step has to begin at the image that the one before it "
    "made."
))  # fmt: skip
def last_step_alone(image, gradients):
    return image + _adam(image, gradients) - _adam(image, gradients[:-1])


@adam.mistake(mark(
    "The steps are right, but you clipped the picture. In a run that comes after each step of Adam; here it is Adam "
    "alone."
))  # fmt: skip
def clipped_after_adam(image, gradients):
    return _adam(image, gradients, ends=(0, 1))
