"""The networks in the package's data: an .npz each, and beside it a JSON report that holds its SHA-256."""

import hashlib
import json
from importlib import resources

from .errors import WeightsError
from .messages import t


def folder():
    """The package's data folder."""
    return resources.files("styletutor") / "data"


def report(file):
    """What `styletutor.pretrain` recorded beside `file`.npz: hash, figures, and how it was trained."""
    return json.loads((folder() / f"{file}.json").read_text())


def read(file, name):
    """The bytes of `file`.npz, whose hash is the recorded one; `name` is what errors call the network.

    Raises WeightsError where the file or its report is missing or damaged.
    """
    try:
        content, expected = (folder() / f"{file}.npz").read_bytes(), str(report(file)["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(t("{name} is missing or damaged: reinstall styletutor.", name=name)) from error
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise WeightsError(t(
            "{name} is damaged (SHA-256 {found}…, expected {expected}…): reinstall styletutor.", name=name,
            found=found[:12], expected=expected[:12],
        ))
    return content
