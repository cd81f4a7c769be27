"""The exercise of lesson 5: one step down the gradient."""

import numpy as np

from ..backend import tf
from ..messages import mark
from .compare import Calls
from .exercise import Exercise
from .samples import random_image


def my_step(loss, image, rate):
    image = tf.constant(image)
    with tf.GradientTape() as tape:
        tape.watch(image)
        value = loss(image)
    return tf.clip_by_value(image - rate * tape.gradient(value, image), 0.0, 1.0)


def _dark(image):
    """A loss that likes pictures dark, and bright ones most of all to change."""
    return tf.reduce_sum(tf.square(image))


def _like_waves(image):
    """A loss that wants another value at each place."""
    wanted = tf.sin(tf.range(tf.size(image), dtype="float32"))
    return tf.reduce_sum(tf.square(tf.reshape(image, [-1]) - wanted)) + 3.0


def _gradient(loss, image):
    image = tf.constant(image)
    with tf.GradientTape() as tape:
        tape.watch(image)
        value = loss(image)
    return tape.gradient(value, image).numpy()


gradient_step = Exercise(
    title=mark("one step down the gradient"),
    task=mark(
        "`loss` is a function that takes an image and gives a number, as a TensorFlow tensor. Give the image (1, H, "
        "W, 3) after one step of plain gradient descent with the learning rate `rate`, clipped to [0, 1]. `image` is "
        "a NumPy array."
    ),
    solution=my_step,
    reference=lambda loss, image, rate: np.clip(image - rate * _gradient(loss, image), 0, 1),
    probe=Calls(lambda: {
        mark("a loss that likes dark pictures"): (_dark, random_image(13), 0.1),
        mark("a loss that wants another value at each place"): (_like_waves, random_image(14), 0.3),
    }),
    hints=(
        mark(
            "`tf.GradientTape` writes down what happens inside of `with`; `tape.gradient(value, image)` reads it "
            "backwards."
        ),
        mark("The tape follows variables by itself. A constant has to be announced: `tape.watch(image)`."),
        mark("The gradient points uphill. Go against it, `rate` times its length, and clip with `tf.clip_by_value`."),
    ),
)  # fmt: skip


@gradient_step.mistake(mark("You went uphill: the gradient points to where the loss grows. Subtract it."))
def uphill(loss, image, rate):
    return np.clip(image + rate * _gradient(loss, image), 0, 1)


@gradient_step.mistake(mark("The step is right, but it leaves [0, 1] in places: clip the picture after it."))
def clipping_forgotten(loss, image, rate):
    return image - rate * _gradient(loss, image)


@gradient_step.mistake(mark("You clipped the gradient and not the picture. The gradient may have any size and sign."))
def gradient_clipped(loss, image, rate):
    return image - rate * np.clip(_gradient(loss, image), 0, 1)


@gradient_step.mistake(mark(
    "You used the sign of the gradient alone: all pixels move alike, however much there is to gain."
))  # fmt: skip
def sign_alone(loss, image, rate):
    return np.clip(image - rate * np.sign(_gradient(loss, image)), 0, 1)


@gradient_step.mistake(mark("The learning rate is not used: this is a step of the gradient's whole length."))
def rate_forgotten(loss, image, rate):
    return np.clip(image - _gradient(loss, image), 0, 1)


@gradient_step.mistake(mark("You subtracted the loss and not its gradient: each pixel got the same."))
def loss_for_gradient(loss, image, rate):
    return np.clip(image - rate * float(loss(tf.constant(image))), 0, 1)


@gradient_step.mistake(mark("This is the gradient. Asked for is the picture after the step."))
def gradient_returned(loss, image, rate):
    return _gradient(loss, image)


@gradient_step.mistake(mark("The picture has not moved."))
def not_moved(loss, image, rate):
    return image


@gradient_step.mistake(
    mark("`tape.gradient` gave `None`: the tape didn't follow the image. Inside of `with`, say `tape.watch(image)`, "
         "before you compute the loss, and let image be a tensor: `tf.constant(image)`."),
    error="None|watch",
)  # fmt: skip
def not_watched(loss, image, rate):
    with tf.GradientTape() as tape:
        value = loss(tf.constant(image))
    return image - rate * tape.gradient(value, tf.constant(image))
