"""Silence for what libraries say by themselves."""

import logging
import os
import threading
from contextlib import contextmanager

_ONE_AT_A_TIME = threading.RLock()  # or who comes second would put the null device back for good


@contextmanager
def silent_stderr():
    """Point file descriptor 2 at the null device; Python's own exceptions are not affected.

    The descriptor is the whole process's: what other threads write there meanwhile is lost as well.
    """
    with _ONE_AT_A_TIME:
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


@contextmanager
def silent_tensorflow():
    """Let TensorFlow's Python say only errors: no warning, in English, that a graph is recorded often."""
    logger = logging.getLogger("tensorflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
