"""Silence for what C libraries say on standard error by themselves."""

import os
from contextlib import contextmanager


@contextmanager
def silent_stderr():
    """Point file descriptor 2 at the null device; Python's own exceptions are not affected.

    The descriptor is the whole process's: what other threads write there meanwhile is lost as well.
    """
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
