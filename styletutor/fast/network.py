"""FastNetwork: a transformation network with the names of its styles; saved as arrays, built in code when loaded."""

import difflib
import hashlib
import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np

from .. import atomic
from ..backend import keras, tf
from ..errors import SaveError, SettingsError, WeightsError, shortened
from ..messages import t
from .architecture import build

MOST_STYLES = 64
MOST_BYTES = 64 * 2**20  # of a file of weights, and of what is unpacked from it


class FastNetwork:
    """A Keras model [image, code] -> image, and the names of the styles that its codes weigh.

    names: a tuple of str, one a number of the code; `model` is the Keras model, untrained until it is loaded or
    trained.
    """

    def __init__(self, names, seed=0):
        self.names = _checked_names(names)
        self.model = build(len(self.names), seed=seed)
        self._run = tf.function(lambda image, code: self.model([image, code]), reduce_retracing=True)

    def __call__(self, image, style=None):
        """The image (1, H, W, 3) in a style: a name, {name: weight, …}, or None for the first."""
        return self.apply(image, self.code(style))

    def apply(self, image, code):
        """The image (n, H, W, 3) in the style of a code (n, styles)."""
        return self._run(tf.constant(image, tf.float32), tf.constant(code)).numpy()

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
        if not sum(values) > 0:
            raise SettingsError(t("Every style weighs 0: give at least one a weight above 0."))
        code = np.zeros((1, len(self.names)), "float32")
        code[0, [self.names.index(name) for name in weights]] = np.divide(values, sum(values))
        return code

    def single(self, style=None, size=(None, None)):
        """A Keras model image (1, h, w, 3) -> image with one style, or a blend, built in: what can be exported.

        size: (height, width), or None for any.
        """
        image = keras.Input((*size, 3), batch_size=1, name="image", dtype="float32")
        return keras.Model(image, self.model([image, keras.ops.convert_to_tensor(self.code(style))]), name="fast")

    def arrays(self):
        """The trained arrays by name, "layer/weight"."""
        return {name: np.asarray(variable.numpy()) for name, variable in self._variables().items()}

    def set_arrays(self, arrays):
        """Take arrays as `arrays` gives them. Raises WeightsError for a missing one, another shape, or no number."""
        for name, variable in self._variables().items():
            if name not in arrays:
                raise WeightsError(t("The weights lack {name}.", name=name))
            if arrays[name].shape != tuple(variable.shape):
                raise WeightsError(t(
                    "{name} has the shape {shape}, expected {wanted}.", name=name, shape=arrays[name].shape,
                    wanted=tuple(variable.shape),
                ))
            if not np.isfinite(arrays[name]).all():
                raise WeightsError(t("{name} holds values that are not finite.", name=name))
        for name, variable in self._variables().items():
            variable.assign(arrays[name])

    def _variables(self):
        return {f"{layer.name}/{v.name}": v for layer in self.model.layers for v in layer.trainable_variables}

    def to_bytes(self):
        """The network as the bytes of an .npz: float16 arrays, and the styles' names as JSON."""
        file = io.BytesIO()
        about = np.array(json.dumps({"styles": self.names}))
        np.savez(file, about=about, **{name: array.astype("float16") for name, array in self.arrays().items()})
        return file.getvalue()

    def save(self, path, overwrite=False):
        """Write the network to an .npz; returns the path. Raises SaveError where that can't be."""
        path = _npz_path(path, SaveError)
        try:
            atomic.write(path, self.to_bytes(), overwrite)
        except FileExistsError as error:
            raise SaveError(t(
                "{path} exists already; pass overwrite=True to replace it.", path=shortened(path),
            )) from error
        except (OSError, ValueError) as error:
            why = atomic.reason(error, path.parent) if isinstance(error, OSError) else error
            raise SaveError(t("{path} can't be written: {why}.", path=shortened(path), why=why)) from error
        return path


def load(path):
    """The network in an .npz that `FastNetwork.save` wrote: arrays for a model built in code, nothing is unpickled.

    Raises WeightsError where the file is missing or damaged, or is no such network.
    """
    path = _npz_path(path, WeightsError)
    try:
        with open(path, "rb", opener=lambda p, flags: os.open(p, flags | getattr(os, "O_NONBLOCK", 0))) as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise WeightsError(t(
            "{path} can't be read: {error}.", path=shortened(path), error=getattr(error, "strerror", None) or error,
        )) from error
    return from_bytes(content, path.name)


def from_bytes(content, name, sha256=None):
    """The network in an .npz's bytes, called `name` in errors; sha256: what its hash has to be. Raises WeightsError."""
    found = hashlib.sha256(content).hexdigest()
    if sha256 is not None and found != sha256:
        raise WeightsError(t(
            "{name} is damaged (SHA-256 {found}…, expected {expected}…): reinstall styletutor.", name=name,
            found=found[:12], expected=sha256[:12],
        ))
    try:
        network, arrays = _read(content)
    except WeightsError:
        raise
    except Exception as error:  # damaged archives raise nearly anything
        raise WeightsError(t(
            "{name} holds no fast network: {error}.", name=shortened(name), error=shortened(error),
        )) from error
    network.set_arrays(arrays)
    return network


def _read(content):
    if len(content) > MOST_BYTES:
        raise ValueError(t("it is too large"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
            raise ValueError(t("what is packed in it is too large"))
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        network = FastNetwork(json.loads(str(archive["about"]))["styles"])
        return network, {name: archive[name].astype("float32") for name in archive.files if name != "about"}


def _npz_path(path, error):
    try:
        path = Path(path)
        if path.suffix == ".npz" and "\0" not in str(path):
            return path
    except (TypeError, ValueError):
        pass
    raise error(t("{path} is not the path of an .npz file, such as 'swirls.npz'.", path=shortened(repr(path))))


def _checked_names(names):
    names = tuple(names) if isinstance(names, (list, tuple)) else ()
    fine = all(isinstance(name, str) and 0 < len(name) <= 80 for name in names) and len(set(names)) == len(names)
    if not fine or not 0 < len(names) <= MOST_STYLES:
        raise WeightsError(t(
            "A fast network has 1 to {most} styles with names of their own.", most=MOST_STYLES,
        ))
    return names


def _weight(name, value):
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not number or not np.isfinite(value) or value < 0:
        raise SettingsError(t(
            "{name} weighs {value}, expected a number from 0 on.", name=shortened(name), value=shortened(repr(value)),
        ))
    return float(value)
