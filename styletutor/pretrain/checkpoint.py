"""A training's checkpoint: its variables and what they belong to, in one file that is whole at any time."""

import json
import logging
import signal
import threading
import time
from contextlib import contextmanager

import numpy as np

from .. import atomic
from ..backend import keras
from ..errors import SaveError, WeightsError

SECONDS = 60  # between two checkpoints
log = logging.getLogger(__name__)


def save(path, variables, about):
    """Write the variables and `about`, a dict for JSON, in place of the last checkpoint at once. Raises SaveError."""
    arrays = {str(i): keras.ops.convert_to_numpy(v) for i, v in enumerate(variables)}
    atomic.save_arrays(path, {"about": json.dumps(about), **arrays})


def restore(path, variables, own):
    """Give the variables a checkpoint's values; returns its `about`, or None where there is no file.

    own: what its `about` has to say. Raises WeightsError where it is damaged, or of another training.
    """
    if not path.is_file():
        return None
    about, values = _read(path, lambda file: [file[str(i)] for i in range(len(file.files) - 1)])
    fits = [v.shape for v in values] == [tuple(v.shape) for v in variables]
    if not fits or {name: about[name] for name in own} != own:
        raise WeightsError(f"{path} is of another training ({about}): remove it, or give another --work.")
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    log.info("going on from %s", about)
    return about


def told(path):
    """What the training in a checkpoint was told, {} where it kept nothing. Raises WeightsError for a damaged file."""
    about, _ = _read(path, lambda file: None)
    return about.get("told", {})


def _read(path, values):
    try:
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            return json.loads(str(file["about"])), values(file)
    except Exception as error:  # damaged archives raise nearly anything
        raise WeightsError(f"{path} is damaged ({error}): remove it to start anew.") from error


@contextmanager
def kept(save):
    """Yields a function to call after each step: every so often it calls `save`, which a stop and the end do too.

    SIGINT and SIGTERM wait for the end of a step, or the variables would be ahead of the step that is saved with them;
    a second one doesn't. After an error the last checkpoint stays: what is in memory may be what went wrong.
    A checkpoint that can't be written is a warning: the training goes on, all of it in memory, and tries again later.
    """
    saved, asked, former = time.monotonic(), [], {}

    def attempt():
        try:
            save()
        except SaveError as error:
            log.warning("%s", error)

    def ask(number, _):
        asked.append(number)
        give_back()

    def ignore(*_):
        """While a stop's checkpoint is written, another stop says nothing new."""

    def give_back():
        for number, handler in former.items():
            signal.signal(number, handler)

    def stepped():
        nonlocal saved
        if asked:
            signal.raise_signal(asked.pop())
        if time.monotonic() - saved > SECONDS:
            attempt()
            saved = time.monotonic()

    if threading.current_thread() is threading.main_thread():  # no other may set handlers
        for number in (signal.SIGINT, signal.SIGTERM):
            if callable(signal.getsignal(number)):  # else it is ignored, or the system's own
                former[number] = signal.signal(number, ask)
    try:
        yield stepped
    except (KeyboardInterrupt, SystemExit):
        for number in former:
            signal.signal(number, ignore)
        attempt()
        raise
    else:
        attempt()
    finally:
        give_back()
    if asked:
        signal.raise_signal(asked.pop())
