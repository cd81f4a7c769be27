"""TensorFlow Lite: a network written as one small file for phones."""

import os
from contextlib import contextmanager
from pathlib import Path

from .. import atomic
from ..backend import keras, tf
from ..errors import SaveError, SettingsError, shortened
from ..messages import t
from .network import checked_size

WEIGHTS = ("float32", "float16", "int8")


def export_tflite(model, path, weights="float32", size=None, overwrite=False):
    """Write a Keras model that takes images as a TensorFlow Lite file; returns the path.

    model: of a FastNetwork this is `single(style)`, which has a style built in.
    weights: "float32" as they are, "float16" for half the bytes, "int8" for a quarter (one scale a channel; the
    arithmetic stays float32). size: (height, width) of the pictures, where the file is for that one alone; None
    leaves what the model leaves open, as a side of None does. Raises SettingsError; SaveError where the model can't be
    expressed in built-in operations, or the file not be written.
    """
    if weights not in WEIGHTS:
        raise SettingsError(t(
            "weights is {value}; choose one of {names}.", value=shortened(repr(weights)), names=", ".join(WEIGHTS),
        ))
    size = checked_size(size, 1)
    try:
        path = Path(path)
        if os.path.lexists(path) and not overwrite:
            raise FileExistsError(t("it exists already; pass overwrite=True to replace it"))
        os.scandir(path.parent).close()  # before the work of a minute
        atomic.write(path, _converted(model, weights, size), overwrite)
    except (OSError, TypeError, ValueError) as error:
        if isinstance(error, SaveError):
            raise
        why = getattr(error, "strerror", None) or error
        raise SaveError(t("{path} can't be written: {why}.", path=shortened(path), why=why)) from error
    return path


def _converted(model, weights, size):
    """The bytes of a TensorFlow Lite file that computes a Keras model."""
    if not hasattr(model, "inputs"):
        raise SaveError(t(
            "A {kind} can't be written as a TensorFlow Lite file, a Keras model can: of a FastNetwork that is "
            "network.single(style, size=(height, width)).", kind=type(model).__name__,
        ))
    try:
        specs = [_spec(tensor, size, f"input_{number}") for number, tensor in enumerate(model.inputs)]
        with _plain_errors():
            function = tf.function(_calling(model), specs, autograph=False).get_concrete_function()
        converter = tf.lite.TFLiteConverter.from_concrete_functions([function], tf.Module())
        converter.experimental_lower_to_saved_model = False  # which writes and reads a file first: a fifth of the time
        if weights != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if weights == "float16":
            converter.target_spec.supported_types = [tf.float16]
        with _unlogged(tf.get_logger()):
            return converter.convert()
    except Exception as error:  # the converter raises nearly anything, a page long
        words = shortened(str(error).split("\n")[0])
        if size == (None, None):
            words = t("for one size alone, size=(height, width), it may work: {error}", error=words)
        raise SaveError(t("This model can't be written as a TensorFlow Lite file: {error}", error=words)) from error


@contextmanager
def _plain_errors():
    """Have Keras leave errors as they were raised, in this thread: otherwise a page stands around the reason."""
    filtered = keras.config.is_traceback_filtering_enabled()
    keras.config.disable_traceback_filtering()
    try:
        yield
    finally:
        if filtered:
            keras.config.enable_traceback_filtering()


@contextmanager
def _unlogged(logger):
    """Keep what is below an error out of TensorFlow's log: of folders that the converter makes for itself."""
    level = logger.level
    logger.setLevel("ERROR")
    try:
        yield
    finally:
        logger.setLevel(level)


def _calling(model):
    def call(*inputs):
        return {"stylized": model(inputs if len(inputs) > 1 else inputs[0], training=False)}

    return call


def _spec(tensor, size, name):
    shape = [1, *tensor.shape[1:]]
    if len(shape) == 4:
        shape[1:3] = [given or side for given, side in zip(size, shape[1:3], strict=True)]
    return tf.TensorSpec(shape, tensor.dtype, name)
