"""What `precision="auto"` means on this machine: the number type whose convolution is faster, timed once and kept.

bfloat16 is float32 with the last 16 binary places cut off: 8 bits of exponent, 8 of significand with the leading
one. Processors with instructions for it (AVX512_BF16, AMX) multiply it faster; others emulate it, slowly.
"""

import contextlib
import hashlib
import json
import logging
import platform
import time
from functools import lru_cache
from pathlib import Path

from . import atomic, download
from .backend import keras, tf
from .errors import DownloadError
from .messages import t
from .pace import cores

log = logging.getLogger(__name__)

ADVANTAGE = 0.85  # bfloat16 is taken where a convolution needs at most this share of float32's time
ROUNDS = 7


@lru_cache(maxsize=1)
def choose():
    """"bfloat16" where it wins on this machine, else "float32".

    Measured at the first call and kept in the cache folder (see `download.cache_dir`), because the same
    settings must give the same picture tomorrow. Where that can't be written it holds for this process.
    """
    path = _path()
    kept = path and _read(path)
    if kept is None:
        seconds = time_convolutions()
        kept = "bfloat16" if seconds["bfloat16"] <= ADVANTAGE * seconds["float32"] else "float32"
        if path:
            _write(path, {"precision": kept, "seconds": seconds, "machine": _machine()})
            kept = _read(path) or kept  # another process may have been first
    return kept


def time_convolutions(rounds=ROUNDS):
    """{precision: seconds} of a convolution and its gradient, float32 and bfloat16 in turn; the best of so many.

    64 -> 64 channels, 3 × 3, on 128 × 128 places with a ReLU: a block of VGG19 in small.
    """
    steps = {name: _convolution(name) for name in ("float32", "bfloat16")}
    seconds = dict.fromkeys(steps, float("inf"))
    for step in steps.values():
        step()  # builds the graph
    for _ in range(rounds):
        for name, step in steps.items():
            started = time.perf_counter()
            step()
            seconds[name] = min(seconds[name], time.perf_counter() - started)
    return seconds


def _convolution(precision):
    """A function that runs one convolution forward and back, as a layer of the network does."""
    policy = "mixed_bfloat16" if precision == "bfloat16" else precision
    layer = keras.layers.Conv2D(64, 3, padding="same", activation="relu", dtype=policy)
    layer.build((1, 128, 128, 64))
    features = tf.random.stateless_uniform((1, 128, 128, 64), (0, 0))

    @tf.function
    def step(features):
        with tf.GradientTape() as tape:
            tape.watch(features)
            loss = tf.reduce_sum(tf.cast(layer(features), "float32"))
        return tape.gradient(loss, features)

    return lambda: step(features).numpy()


def _machine():
    """What the timing depends on: the processor, how many cores of it are ours, TensorFlow's version."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        about = sorted({line for line in lines if line.startswith(("model", "cpu family", "flags", "Features"))})
    except OSError:
        about = [platform.processor()]
    return [platform.machine(), *about, f"{cores()} cores", f"TensorFlow {tf.__version__}"]


def _path():
    """The file that keeps the answer; None where the user has no home folder."""
    name = hashlib.sha256("\n".join(_machine()).encode()).hexdigest()[:12]
    try:
        return download.cache_dir() / f"precision-{name}.json"
    except DownloadError:
        return None


def _read(path):
    try:
        kept = json.loads(path.read_text())["precision"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return kept if kept in ("float32", "bfloat16") else None


def _write(path, values):
    """Put the file in place whole; one that another process put there meanwhile stays."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):  # another process was first
            atomic.write(path, json.dumps(values).encode(), overwrite=path.exists())  # what is there can't be read
    except OSError as error:
        log.warning(t(
            "precision 'auto' can't be kept in {path} ({why}): it is timed anew each time",
            path=path, why=error.strerror,
        ))
