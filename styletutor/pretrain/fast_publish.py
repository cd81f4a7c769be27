"""Write a fast network's weights, its report and the model card, each in place of the last at once."""

import hashlib
import json
from pathlib import Path

from .. import atomic
from ..fast import arbitrary, network
from . import DATA
from .fast_card import card

CARD = "FAST_MODEL_CARD.md"
LIMITS = {"gallery": 2_000_000, "arbitrary": 4_000_000}  # bytes of the weights files
READERS = {"gallery": network.from_bytes, "arbitrary": arbitrary.from_bytes}


def publish(folder, kind, fast, about):
    """Write the weights of the network of a kind, gallery or arbitrary, and its report, which is returned.

    about: what the report says besides the hash and the sizes.
    """
    content = fast.to_bytes()
    if len(content) > LIMITS[kind]:
        raise ValueError(f"The weights are {len(content)} bytes, more than {LIMITS[kind]}.")
    READERS[kind](content, kind)  # what is published can be read back
    report = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "parameters": sum(array.size for array in fast.arrays().values()),
    } | about
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    atomic.write(folder / f"fast_{kind}.npz", content)
    rewrite(folder, kind, report)
    return report


def rewrite(folder, kind, report):
    """Write the report of a kind, and the card that follows from all reports of the folder."""
    folder = Path(folder)
    atomic.write(folder / f"fast_{kind}.json", (json.dumps(report, indent=1) + "\n").encode())
    found = {kind: read(folder, kind) for kind in LIMITS if (folder / f"fast_{kind}.json").is_file()}
    atomic.write(folder / CARD, card(found).encode())


def read(folder, kind):
    """The report of a kind in a folder."""
    return json.loads((Path(folder) / f"fast_{kind}.json").read_text())


def stages(kind):
    """The stages of training that the packaged network of a kind has gone through."""
    return read(DATA, kind)["stages"]
