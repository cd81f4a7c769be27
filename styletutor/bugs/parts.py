"""The parts of a style transfer, right and faulty. Each faulty one is a mistake that people make.

Source of the right ones: Gatys, Ecker and Bethge 2016, "Image Style Transfer Using Convolutional Neural Networks".
"""

import inspect
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from .. import images
from ..backend import tf
from ..errors import SettingsError
from ..messages import t
from ..style import gram_matrix
from ..vgg19 import preprocess


def load_in_proportion(image, max_dim):
    return images.resize(image, max_dim)


def load_as_a_square(image, max_dim):
    return images.resize(image, size=(max_dim, max_dim))


def prepare_as_trained(image):
    return preprocess(image)


def prepare_nothing(image):
    return image


def gram(features):
    return gram_matrix(features)


def gram_without_normaliser(features):
    flat = tf.reshape(features, [-1, features.shape[-1]])
    return tf.matmul(flat, flat, transpose_a=True)[None]


def gram_reshaped(features):
    shape = tf.shape(features)
    rows = tf.reshape(features, [shape[3], -1])
    return tf.matmul(rows, rows, transpose_b=True)[None] / tf.cast(shape[1] * shape[2], "float32")


def keep_inside(picture):
    return tf.clip_by_value(picture, 0.0, 1.0)


def keep_all(picture):
    return picture


def look_at_the_new_picture(picture, content):
    return picture


def look_at_the_first_picture(picture, content):
    return content


def weight_handed_in(loss, slider):
    @tf.function
    def compiled(image, weight):
        return loss(image, weight)

    return lambda image: compiled(image, tf.constant(slider["style"]))


def weight_captured(loss, slider):
    @tf.function
    def compiled(image):
        return loss(image, slider["style"])

    return compiled


def save(image):
    return np.rint(np.clip(image, 0, 1) * 255).astype("uint8")


def save_by_astype(image):
    return (image * 255).astype("int64").astype("uint8")


def save_as_bgr(image):
    return np.rint(np.clip(image[..., ::-1], 0, 1) * 255).astype("uint8")


@dataclass(frozen=True)
class Recipe:
    """The parts of a style transfer, each a function or a number; `replace` exchanges one."""

    load: Any = load_in_proportion
    prepare: Any = prepare_as_trained
    gram: Any = gram
    compile: Any = weight_handed_in
    look: Any = look_at_the_new_picture
    keep: Any = keep_inside
    save: Any = save
    rate: float = 0.02
    moved: bool = False  # the slider goes from 2 to 40 halfway


RIGHT = Recipe()
BUGS = {  # in the order of the gallery: what is exchanged, and what the right run has as well
    "A": ({"load": load_as_a_square}, {}),
    "B": ({"save": save_as_bgr}, {}),
    "C": ({"keep": keep_all, "save": save_by_astype}, {}),
    "D": ({"look": look_at_the_first_picture}, {}),
    "E": ({"rate": 0.5}, {}),
    "F": ({"prepare": prepare_nothing}, {}),
    "G": ({"gram": gram_without_normaliser}, {}),
    "H": ({"gram": gram_reshaped}, {}),
    "I": ({"compile": weight_captured}, {"moved": True}),
}


def reveal(letter):
    """The code that a bug exchanges, as text: the right part, then the faulty one."""
    changes, _ = find(letter)
    right = {f.name: getattr(RIGHT, f.name) for f in fields(Recipe)}
    return "\n\n".join(_source(name, part) for name, bug in changes.items() for part in (right[name], bug))


def _source(name, part):
    return inspect.getsource(part).rstrip() if callable(part) else f"{name} = {part}"


def find(letter):
    """(what a bug exchanges, what its right run has as well). Raises SettingsError for a letter that has none."""
    if not isinstance(letter, str) or letter not in BUGS:
        raise SettingsError(t("There is no bug {letter!r}; there are {known}.", letter=letter, known=", ".join(BUGS)))
    return BUGS[letter]
