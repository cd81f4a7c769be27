"""The exercise of lesson 9 on the content's colours."""

import numpy as np

from .. import colour
from ..messages import mark
from .compare import Calls
from .exercise import Exercise
from .samples import painting, photograph, random_image


def my_colours_kept(content, stylized):
    lighter = (stylized - content) @ np.float32([0.299, 0.587, 0.114])
    return np.clip(content + lighter[..., None], 0, 1)


preserve_colour = Exercise(
    title=mark("keep the content's colours"),
    task=mark(
        "Both images are (1, H, W, 3) in [0, 1]. Give the image with the stylized image's luminance and the content "
        "image's chrominance. Luminance is 0.299 red + 0.587 green + 0.114 blue. A colour keeps its chrominance when "
        "the same number is added to its red, green and blue. Clip the result to [0, 1]."
    ),
    solution=my_colours_kept,
    reference=colour.preserve_colour,
    probe=Calls(lambda: {
        mark("a photograph and a painting"): (photograph(), painting()),
        mark("random colours"): (random_image(4), random_image(5)),
    }),
    hints=(
        mark("Compute both luminances: `image @ np.float32([0.299, 0.587, 0.114])` has the shape (1, H, W)."),
        mark("How much lighter is the stylized image than the content image, at each pixel? Add that to the content."),
        mark("To add one number a pixel to three channels, give it an axis of length 1: `lighter[..., None]`."),
    ),
)  # fmt: skip


_OTHER_WAY_ROUND = mark(
    "It is the other way round: this has the colours of the stylized image on the content image's light and dark. "
    "The strokes are gone, and they are what you wanted to keep."
)  # fmt: skip


@preserve_colour.mistake(_OTHER_WAY_ROUND)
def the_other_way_round(content, stylized):
    return colour.preserve_colour(stylized, content)


@preserve_colour.mistake(_OTHER_WAY_ROUND)
def the_other_way_round_not_clipped(content, stylized):
    return not_clipped_colours(stylized, content)


@preserve_colour.mistake(mark(
    "You took the mean of red, green and blue. The eye finds green much brighter than blue, and luminance counts them "
    "so: 0.299, 0.587, 0.114."
))  # fmt: skip
def plain_mean(content, stylized):
    return np.clip(content + (stylized - content).mean(-1, keepdims=True), 0, 1)


@preserve_colour.mistake(mark("Red has the weight of blue and blue that of red. Images here are red, green, blue."))
def weights_in_bgr_order(content, stylized):
    return np.clip(content + ((stylized - content) @ colour.LUMINANCE[::-1])[..., None], 0, 1)


@preserve_colour.mistake(mark("The colours are right, but some values lie outside of [0, 1]: clip at the end."))
def not_clipped_colours(content, stylized):
    return content + ((stylized - content) @ colour.LUMINANCE)[..., None]


@preserve_colour.mistake(mark(
    "This is the stylized image's luminance alone, a grey picture. Add it to the content's colours."
))  # fmt: skip
def grey(content, stylized):
    return np.repeat((stylized @ colour.LUMINANCE)[..., None], 3, -1)


@preserve_colour.mistake(mark(
    "You exchanged the value of HSV, which is the largest of red, green and blue: a bright blue then counts as much as "
    "a white. Luminance is their weighted sum."
))  # fmt: skip
def value_of_hsv(content, stylized):
    value = content.max(-1, keepdims=True)
    return np.where(value > 0, content / np.maximum(value, 1e-9), 1) * stylized.max(-1, keepdims=True)


@preserve_colour.mistake(
    mark("A luminance is (1, H, W), an image (1, H, W, 3): NumPy can't line them up. Give the luminance a last axis of "
         "length 1: `[..., None]`."),
    error="broadcast|Incompatible shapes",
)  # fmt: skip
def axis_missing(content, stylized):
    return content + (stylized - content) @ colour.LUMINANCE


@preserve_colour.mistake(mark(
    "You multiplied the content's colours by the ratio of the luminances. That changes how strong the colours are, "
    "and dark pixels explode. Add the difference instead."
))  # fmt: skip
def ratio_for_difference(content, stylized):
    ratio = (stylized @ colour.LUMINANCE) / np.maximum(content @ colour.LUMINANCE, 1e-6)
    return np.clip(content * ratio[..., None], 0, 1)
