"""Exercises of lessons 0, 1 and 10: pictures are arrays, bytes go round, and saving is rounding."""

import numpy as np

from ..messages import mark
from .compare import Calls
from .exercise import Exercise
from .samples import painting, photograph, random_image


def my_mix(content, style, share):
    return share * style + (1 - share) * content


mix = Exercise(
    title=mark("mix two pictures"),
    task=mark(
        "Give `share` of the style image and the rest of the content image, pixel by pixel: a share of 0 is the "
        "content image, 1 the style image, 0.5 half of each. Both are arrays of one shape, with values in [0, 1]."
    ),
    solution=my_mix,
    reference=lambda content, style, share: content + share * (style - content),
    probe=Calls(lambda: {
        mark("a share of 0.25"): (photograph(), painting(), 0.25),
        mark("a share of 0.8"): (random_image(1), random_image(2), 0.8),
    }),
    hints=(
        mark("Arrays are added and multiplied as they are: `share * style` does it for all pixels at once."),
        mark("What is left for the content image, when the style image gets `share`? The two have to add up to 1."),
    ),
)  # fmt: skip


@mix.mistake(mark("The shares are exchanged: `share` belongs to the style image, and the content image gets the rest."))
def shares_exchanged(content, style, share):
    return share * content + (1 - share) * style


@mix.mistake(mark(
    "The two shares add up to more than 1, so the picture gets too bright: the content image stays whole."
))  # fmt: skip
def content_not_lessened(content, style, share):
    return content + share * style


@mix.mistake(mark("You add both pictures whole. Where both are bright the sum is above 1, and `share` is not used."))
def plain_sum(content, style, share):
    return content + style


@mix.mistake(mark("That is half of each, whatever `share` says."))
def always_half(content, style, share):
    return (content + style) / 2


def my_brighten(levels, amount):
    return np.clip(levels.astype(int) + amount, 0, 255).astype("uint8")


def _levels():
    return np.rint(photograph() * 255).astype("uint8")


brighten = Exercise(
    title=mark("brighten a picture of bytes"),
    task=mark(
        "`levels` is an array of type `uint8`, as a picture file holds it. Add `amount`, a whole number from -255 to "
        "255, to every value. What gets above 255 becomes 255, what gets below 0 becomes 0."
    ),
    solution=my_brighten,
    reference=lambda levels, amount: np.clip(levels.astype("float64") + amount, 0, 255),
    probe=Calls(lambda: {
        mark("an amount of 90"): (_levels(), 90),
        mark("an amount of -60"): (_levels()[:, :9, :9], -60),
    }),
    hints=(
        mark("A `uint8` can't hold what is above 255. Ask for another type before you add: `levels.astype(int)`."),
        mark("`np.clip(x, 0, 255)` brings the values back. Then nothing can go round any more."),
    ),
)  # fmt: skip


_ROUND = mark(
    "This is `uint8` going round: 245 + 90 is 335, which a byte stores as 79, so the brightest places turn dark. "
    "Clipping afterwards comes too late, since nothing is above 255 any more. Change the type before you add."
)


@brighten.mistake(_ROUND)
def uint8_wrap_around(levels, amount):
    return (levels.astype(int) + amount) % 256


@brighten.mistake(_ROUND)
def added_as_bytes(levels, amount):
    return levels + amount  # of a negative amount NumPy says that it is out of bounds


@brighten.mistake(mark(
    "Nothing has gone round, but there are values above 255 or below 0, which no file can hold: clip."
))  # fmt: skip
def not_clipped(levels, amount):
    return levels.astype(int) + amount


@brighten.mistake(mark("That is the right picture in [0, 1]; asked for are whole levels from 0 to 255."))
def in_zero_to_one(levels, amount):
    return np.clip(levels / 255 + amount / 255, 0, 1)


@brighten.mistake(mark("Multiplying stretches the values, and leaves black black. Adding moves all of them alike."))
def factor_for_sum(levels, amount):
    return np.clip(levels * (1 + amount / 255), 0, 255)


def my_levels(image):
    return np.rint(np.clip(image, 0, 1) * 255).astype("uint8")


def _beyond(seed):
    """Random colours that leave [0, 1] here and there, as an optimiser without a clip makes them."""
    return (1.6 * random_image(seed, 12, 16) - 0.3).astype("float32")


save_levels = Exercise(
    title=mark("save without going round"),
    task=mark(
        "From an image (1, H, W, 3) make what a file holds: whole levels from 0 to 255, type `uint8`, each value "
        "rounded to the nearest level. The image should lie in [0, 1], but an optimiser may have left some values "
        "outside: they become 0 or 255."
    ),
    solution=my_levels,
    reference=lambda image: np.floor(np.clip(image.astype("float64"), 0, 1) * 255 + 0.5).astype("uint8"),
    probe=Calls(lambda: {
        mark("a photograph"): (photograph(),),
        mark("colours that leave [0, 1]"): (_beyond(25),),
    }),
    dtype="uint8",
    hints=(
        mark("Three steps: bring the values into [0, 1], multiply by 255, round. Only then change the type."),
        mark("`np.rint` rounds to the nearest whole number; `astype` alone cuts off what comes after the point."),
    ),
)  # fmt: skip


@save_levels.mistake(mark(
    "Values outside of [0, 1] went round: 1.2 is 306 levels, and a byte stores 50. Clip before you change the type."
))  # fmt: skip
def gone_round(image):
    return np.rint(image * 255).astype(int) % 256


@save_levels.mistake(mark(
    "Values outside of [0, 1] went round, 306 becomes 50; and what comes after the point was cut off. Clip first, then "
    "round, and change the type last."
))  # fmt: skip
def gone_round_and_cut_off(image):
    return (image * 255).astype(int) % 256


@save_levels.mistake(mark(
    "What comes after the point was cut off, so that the picture gets darker by half a level on average. Round first."
))  # fmt: skip
def cut_off(image):
    return (np.clip(image, 0, 1) * 255).astype("uint8")


@save_levels.mistake(mark(
    "Nothing went round, but some levels lie below 0 or above 255, which a byte can't hold: clip."
))  # fmt: skip
def not_clipped_levels(image):
    return np.rint(image * 255)


@save_levels.mistake(mark("These are 0 and 1 alone: multiply by 255 before you round."))
def not_scaled(image):
    return np.rint(np.clip(image, 0, 1))


@save_levels.mistake(mark("The levels are not whole numbers yet: round them."))
def not_rounded(image):
    return np.clip(image, 0, 1) * 255


@save_levels.mistake(mark("There are 256 levels, but the highest is 255: white became 256, which goes round to 0."))
def times_256(image):
    return np.rint(np.clip(image, 0, 1) * 256).astype(int) % 256
