"""`keras`, and `tf` where TensorFlow is Keras' backend: started once, and without TensorFlow's start-up lines.

Those lines, about GPUs that it doesn't find, go to file descriptor 2 before any log level is read, and would be
the first thing a learner sees. Set TF_CPP_MIN_LOG_LEVEL=0 to see them.
"""

import importlib
import os

from .absent import hidden
from .quiet import silent_stderr

_UNUSED = ("sklearn", "matplotlib.pyplot")  # Keras takes them where it can, for keras.wrappers and keras.visualization

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
_SILENT = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") != "0"


def _start():
    with hidden(*_UNUSED):  # two seconds of the seven that a start takes on a slow machine
        import keras

    keras.ops.zeros(())  # the first operation looks for devices
    return keras


if _SILENT:
    with silent_stderr():
        keras = _start()
else:
    keras = _start()

tf = importlib.import_module("tensorflow") if keras.backend.backend() == "tensorflow" else None


def device():
    """The kind of device that Keras computes on where nothing else is said: "cpu", "gpu" or "tpu"."""
    return keras.distribution.list_devices()[0].partition(":")[0]
