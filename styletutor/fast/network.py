"""FastNetwork: a transformation network with the names of its styles."""

import difflib
from functools import cached_property

import numpy as np

from ..backend import keras
from ..errors import SettingsError, WeightsError, refuses, shortened
from ..images import MINIMUM_SIDE
from ..messages import t
from . import saved
from .architecture import build

ops = keras.ops
MOST_STYLES = 64


class FastNetwork(saved.SavedNetwork):
    """A Keras model [image, code] -> image, and the names of the styles that its codes weigh.

    names: a tuple of str, one a number of the code; `model` is the Keras model, untrained until it is loaded or
    trained.
    """

    @refuses(WeightsError)
    def __init__(self, names, seed=0):
        self.names = _checked_names(names)
        self.about = {"styles": self.names}
        self.model = build(len(self.names), seed=seed)

    @cached_property
    def _run(self):
        return saved.compiled(lambda image, code: self.model([image, code]), saved.IMAGE, (None, len(self.names)))

    @refuses(SettingsError)
    def __call__(self, image, style=None):
        """The image (1, H, W, 3) in a style: a name, {name: weight, …}, or None for the first."""
        return self.apply(image, self.code(style))

    @refuses(SettingsError)
    def apply(self, image, code):
        """The image (n, H, W, 3) in the style of a code (n, styles)."""
        return ops.convert_to_numpy(self._run(*(ops.convert_to_tensor(value, "float32") for value in (image, code))))

    @refuses(SettingsError)
    def code(self, style=None):
        """The style's code, float32 (1, styles), which sums to 1. Raises SettingsError for an unknown name."""
        style = self.names[0] if style is None else style
        weights = style if isinstance(style, dict) else {style: 1.0}
        for name in weights:
            if not isinstance(name, str) or name not in self.names:
                near = difflib.get_close_matches(shortened(name), self.names, 1, 0.4)
                given, names = shortened(repr(name)), ", ".join(self.names)
                if near:
                    raise SettingsError(t(
                        "There is no style {name}; did you mean {near}? There are {names}.",
                        name=given, near=near[0], names=names,
                    ))
                raise SettingsError(t("There is no style {name}; there are {names}.", name=given, names=names))
        values = [_weight(name, weights[name]) for name in weights]
        if not any(values):
            raise SettingsError(t("Every style weighs 0: give at least one a weight above 0."))
        values = np.divide(values, max(values))  # so that no sum is beyond what a float holds
        code = np.zeros((1, len(self.names)), "float32")
        code[0, [self.names.index(name) for name in weights]] = np.divide(values, sum(values))
        return code

    @refuses(SettingsError)
    def single(self, style=None, size=None):
        """A Keras model image (1, h, w, 3) -> image with one style, or a blend, built in: what can be exported.

        size: (height, width) from 32 pixels on, or None for any. Raises SettingsError.
        """
        image = keras.Input((*checked_size(size), 3), batch_size=1, name="image", dtype="float32")
        return keras.Model(image, self.model([image, ops.convert_to_tensor(self.code(style))]), name="fast")

    def variables(self):
        """The trained variables by name, "layer/weight"."""
        return saved.variables(self.model)

    def states(self):
        """What a checkpoint keeps besides."""
        return saved.states(self.model)

    @refuses(WeightsError)
    def new_style(self, name, seed=0):
        """A network for one style that begins as the mean of this one's: what a training for that style starts from.

        A new style needs little more than parameters of the normalisation (Dumoulin et al. 2017, section 3.2).
        """
        made = FastNetwork((name,), seed)
        mean = {n: a.mean(0, keepdims=True) if a.shape[0] == len(self.names) and a.ndim == 2 else a
                for n, a in self.arrays().items()}  # fmt: skip
        made.set_arrays(mean)
        return made


@refuses(WeightsError)
def load(path):
    """The network in an .npz that `FastNetwork.save` wrote: arrays for a model built in code, nothing is unpickled.

    Raises WeightsError where the file is missing or damaged, or is no such network.
    """
    return from_bytes(*saved.read_path(path))


def from_bytes(content, name):
    """The FastNetwork in an .npz's bytes, called `name` in errors. Raises WeightsError."""
    return saved.from_bytes(lambda about: FastNetwork(about["styles"]), content, name)


def _checked_names(names):
    names = tuple(names) if isinstance(names, (list, tuple)) else ()
    fine = all(isinstance(name, str) and 0 < len(name) <= 80 for name in names) and len(set(names)) == len(names)
    if not fine or not 0 < len(names) <= MOST_STYLES:
        raise WeightsError(t(
            "A fast network has 1 to {most} styles with names of their own.", most=MOST_STYLES,
        ))
    return names


def checked_size(size, least=MINIMUM_SIDE):
    """(height, width) as given, each None where it is open; (None, None) for None. Raises SettingsError."""
    if size is None:
        return None, None
    sides = tuple(size) if isinstance(size, (tuple, list, np.ndarray)) else ()
    fine = [n is None or (isinstance(n, (int, np.integer)) and n >= least) for n in sides]
    if len(fine) != 2 or not all(fine):
        raise SettingsError(t(
            "size is {size}, expected (height, width), two whole numbers from {least} on, or None.",
            size=shortened(repr(size)), least=least,
        ))
    return sides


def is_number(value):
    """Whether it is a number of Python's or NumPy's; True and False are none."""
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def _weight(name, value):
    if not is_number(value) or not np.isfinite(value) or value < 0:
        raise SettingsError(t(
            "{name} weighs {value}, expected a number from 0 on.", name=shortened(name), value=shortened(repr(value)),
        ))
    return float(value)
