"""Write the weights, their report and their model card, each in place of the last at once."""

import hashlib
import io
import json
from pathlib import Path

import numpy as np

from .. import atomic
from ..vgg19 import self_test_values
from .calibrate import network_of
from .card import card

WEIGHTS, REPORT, CARD = "vgg19_quarter.npz", "vgg19_quarter.json", "MODEL_CARD.md"
LIMIT = 3_000_000  # bytes of the weights file


def publish(folder, arrays, about):
    """Write float16 weights and the report; returns the report. Raises SaveError, and ValueError for unfit weights.

    about: what the report says besides the hash and the self-test's values, which are those of the rounded network.
    """
    rounded = {name: array.astype("float16") for name, array in arrays.items()}
    if not all(np.isfinite(array).all() for array in rounded.values()):
        raise ValueError("The weights don't fit float16.")
    file = io.BytesIO()
    np.savez(file, **rounded)
    content = file.getvalue()
    if len(content) > LIMIT:
        raise ValueError(f"The weights are {len(content)} bytes, more than {LIMIT}.")
    network = network_of({name: array.astype("float32") for name, array in rounded.items()})
    report = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "parameters": sum(array.size for array in rounded.values()),
        "self_test": self_test_values(network),
    } | about
    folder = Path(folder)
    _replace(folder / WEIGHTS, content)
    rewrite(folder, report)
    return report


def rewrite(folder, report):
    """Write the report and the card that follows from it."""
    _replace(Path(folder) / REPORT, (json.dumps(report, indent=1) + "\n").encode())
    _replace(Path(folder) / CARD, card(report).encode())


def _replace(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.save(path, content, overwrite=True)
