"""Packages that others take along wherever they are installed, without need: kept out."""

import sys
from contextlib import contextmanager


@contextmanager
def hidden(*modules):
    """Modules that aren't imported yet look as if they were not installed."""
    names = [name for name in modules if name not in sys.modules]
    sys.modules.update(dict.fromkeys(names))
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]
