"""The exercise of lesson 1 on what VGG19 wants."""

import numpy as np

from .. import vgg19
from ..messages import mark
from .compare import Calls
from .exercise import Exercise
from .samples import photograph, random_image

MEAN_BGR = np.float32(vgg19.IMAGENET_MEAN_BGR)


def my_preprocess(image):
    return image[..., ::-1] * 255 - np.float32([103.939, 116.779, 123.68])


preprocess = Exercise(
    title=mark("prepare an image for VGG19"),
    task=mark(
        "From an image (1, H, W, 3) in the order red, green, blue and with values in [0, 1], make what VGG19 wants: "
        "the order blue, green, red, values from 0 to 255, and the means 103.939 (blue), 116.779 (green), 123.68 "
        "(red) taken away."
    ),
    solution=my_preprocess,
    reference=lambda image: vgg19.preprocess(image),
    probe=Calls(lambda: {
        mark("a photograph"): (photograph(),),
        mark("random colours"): (random_image(3),),
    }),
    hints=(
        mark("Three steps, in this order: turn the channels round, multiply, subtract."),
        mark("The channels are the last axis: `image[..., ::-1]` reads it backwards."),
        mark("An array of three numbers is subtracted from each pixel by broadcasting, and it is in the new order."),
    ),
)  # fmt: skip


@preprocess.mistake(mark("The image is unchanged. VGG19 would see next to black everywhere, and in the wrong order."))
def unchanged(image):
    return image


@preprocess.mistake(mark(
    "This is the image times 255 and no more: red still stands first, and the mean is not taken away. TensorFlow's "
    "tutorial does just this in one place, and nothing complains."
))  # fmt: skip
def only_scaled(image):
    return image * 255


@preprocess.mistake(mark("The mean is not taken away: all values are at least 0, where they should lie around 0."))
def mean_not_subtracted(image):
    return image[..., ::-1] * 255


@preprocess.mistake(mark(
    "The channels are in the order red, green, blue; VGG19 learnt with blue first. And so red lost the mean of blue. "
    "(`image[::-1]` turns the batch round, which is the first axis, and there is one picture in it.)"
))  # fmt: skip
def rgb_for_bgr(image):
    return image * 255 - MEAN_BGR


@preprocess.mistake(mark(
    "Each channel lost its own mean, but the order still is red, green, blue. Blue has to be first."
))  # fmt: skip
def rgb_with_its_own_mean(image):
    return image * 255 - MEAN_BGR[::-1]


@preprocess.mistake(mark(
    "The order is right, but red lost the mean of blue and blue that of red: you subtracted before you turned round."
))  # fmt: skip
def mean_in_the_other_order(image):
    return image[..., ::-1] * 255 - MEAN_BGR[::-1]


@preprocess.mistake(mark(
    "The values lie in [0, 1] when the mean, about a hundred, is taken away. What is left is nearly the same number "
    "everywhere, and no picture. Multiply by 255 first."
))  # fmt: skip
def zero_to_one_minus_mean(image):
    return image[..., ::-1] - MEAN_BGR


@preprocess.mistake(mark("The mean was multiplied by 255 along with the image: multiply first, then subtract."))
def mean_scaled_too(image):
    return (image[..., ::-1] - MEAN_BGR) * 255


@preprocess.mistake(mark(
    "You turned the wrong axis round: the picture is upside down. The channels are the last axis."
))  # fmt: skip
def wrong_axis_rows(image):
    return image[:, ::-1] * 255 - MEAN_BGR


@preprocess.mistake(mark(
    "You turned the wrong axis round: left and right are exchanged. The channels are the last axis."
))  # fmt: skip
def wrong_axis_columns(image):
    return image[:, :, ::-1] * 255 - MEAN_BGR
