"""What a sweep has done, in its folder: each picture and what was measured, found again by the task's id."""

import hashlib
import json
import re
from pathlib import Path

from .. import atomic
from ..errors import SaveError, shortened
from ..messages import t

MARK = "sweep.json"  # says that a folder is a sweep's
PICTURES = "pictures"
REPORTS = ("table.csv", "table.md", "sheet.png")


def open_folder(path):
    """The folder for a sweep, made where it is missing. Raises SaveError where it can't be, or is something else's.

    A folder that no sweep has marked must not hold a file that a sweep would replace.
    """
    folder = Path(path)
    try:
        (folder / PICTURES).mkdir(parents=True, exist_ok=True)
        if not (folder / MARK).is_file():
            taken = [name for name in REPORTS if (folder / name).exists()]
            if taken:
                raise SaveError(t(
                    "{path} exists and is of no sweep: choose another folder with -o.",
                    path=shortened(folder / taken[0]),
                ))
            atomic.write(folder / MARK, b'{"styletutor": "sweep"}\n')
    except (OSError, ValueError) as error:
        if isinstance(error, SaveError):
            raise
        why = getattr(error, "strerror", None) or error
        raise SaveError(t("{path} can't be used: {error}.", path=shortened(folder), error=why)) from error
    return folder


def picture(folder, task):
    """The path of a task's picture; what was measured lies beside it, as .json."""
    words = re.sub(r"[^\w.-]+", "_", f"{Path(task.content).stem}-{Path(task.style).stem}")[:60]
    return folder / PICTURES / f"{words}-{task.id[:16]}.png"


def read(folder, task):
    """What was measured when a task was done, a dict; None where it isn't, or where its picture is no longer whole."""
    path = picture(folder, task)
    try:
        found = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        whole = found["id"] == task.id and found["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        return found if whole and isinstance(found["losses"], dict) else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def keep(folder, task, made):
    """Write a task's picture, then what was measured: only with the second is it done. Raises SaveError.

    made: a dict with "png", the picture's bytes, and what else there is to say. Returns what `read` will.
    """
    path, png = picture(folder, task), made["png"]
    labels = {"content": task.content, "style": task.style}
    found = {"id": task.id, "sha256": hashlib.sha256(png).hexdigest()} | labels
    found |= {name: value for name, value in made.items() if name != "png"}
    atomic.save(path, png, overwrite=True)
    atomic.save(path.with_suffix(".json"), json.dumps(found, indent=1).encode(), overwrite=True)
    return found
