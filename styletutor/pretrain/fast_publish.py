"""Write the gallery network's weights, their report and their model card, each in place of the last at once."""

import hashlib
import json
from pathlib import Path

from .. import atomic
from ..fast import network as networks
from ..fast.styling import REPORT, WEIGHTS
from .fast_card import card

CARD = "FAST_MODEL_CARD.md"
LIMIT = 2_000_000  # bytes of the weights file


def publish(folder, fast, about):
    """Write a FastNetwork's weights and the report; returns the report. about: what else the report says."""
    content = fast.to_bytes()
    if len(content) > LIMIT:
        raise ValueError(f"The weights are {len(content)} bytes, more than {LIMIT}.")
    networks.from_bytes(content, WEIGHTS)  # what is published can be read back
    report = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "parameters": sum(array.size for array in fast.arrays().values()),
        "styles": list(fast.names),
    } | about
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    atomic.write(folder / WEIGHTS, content)
    rewrite(folder, report)
    return report


def rewrite(folder, report):
    """Write the report and the card that follows from it."""
    atomic.write(Path(folder) / REPORT, (json.dumps(report, indent=1) + "\n").encode())
    atomic.write(Path(folder) / CARD, card(report).encode())
