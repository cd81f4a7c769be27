"""`keras`, and `tf` where TensorFlow is Keras' backend: started once, and without TensorFlow's start-up lines.

Those lines, about GPUs that it doesn't find, go to file descriptor 2 before any log level is read, and would be
the first thing a learner sees. Set TF_CPP_MIN_LOG_LEVEL=0 to see them.
"""

import importlib
import os
from contextlib import contextmanager

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
_SILENT = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") != "0"


@contextmanager
def _silent_stderr():
    """Point file descriptor 2 at the null device; Python's own exceptions are not affected."""
    try:
        saved = os.dup(2)
    except OSError:  # stderr is closed: nothing to silence
        yield
        return
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)


def _start():
    import keras

    keras.ops.zeros(())  # the first operation looks for devices
    return keras


if _SILENT:
    with _silent_stderr():
        keras = _start()
else:
    keras = _start()

tf = importlib.import_module("tensorflow") if keras.backend.backend() == "tensorflow" else None
