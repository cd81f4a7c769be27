"""Files that appear whole or not at all, whatever kills the process: written beside their place, then moved there."""

import contextlib
import hashlib
import os
import secrets
import shutil
import time
from contextlib import contextmanager
from pathlib import Path

from .errors import SaveError, WeightsError, shortened
from .messages import t

STALE_SECONDS = 3600  # a file half-written by a process that was killed is removed after that
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


@contextmanager
def replacing(path, overwrite=True, mode=0o666):
    """A binary file to write; when the block ends without an error it is `path`, otherwise it is gone. Raises OSError.

    Flushed to the disk before the move, which replaces what was there in one step (a link itself, not what it
    points to); with overwrite=False it fails with FileExistsError where there is anything. mode: permissions,
    less the process's umask. The name while it is written can't be guessed, nor a link planted there be followed.
    """
    path = Path(path)
    sweep(path)
    partial = path.parent / f"{_prefix(path)}{secrets.token_hex(8)}.tmp"
    try:
        with open(partial, "wb", opener=lambda name, _: os.open(name, _FLAGS, mode)) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if overwrite:
            os.replace(partial, path)
        else:
            _move_to_nothing(partial, path)
        _flush_folder(path.parent)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def write(path, content, overwrite=True):
    """Write bytes to a path, whole or not at all. Raises OSError; FileExistsError unless told to overwrite."""
    with replacing(path, overwrite) as file:
        file.write(content)


def save(path, content, overwrite=False):
    """Write bytes to a path, whole or not at all, and return it. Raises SaveError, for what is there already too."""
    try:
        write(path, content, overwrite)
    except FileExistsError as error:
        raise taken(path) from error
    except (OSError, ValueError) as error:
        why = reason(error, path.parent, len(content)) if isinstance(error, OSError) else error
        raise SaveError(t("{path} can't be written: {why}.", path=shortened(path), why=why)) from error
    return path


def taken(path):
    """The SaveError for a path where something is already."""
    return SaveError(t(
        "{path} exists already; choose another name, or ask for it to be overwritten.", path=shortened(path),
    ))


def save_arrays(path, arrays):
    """Write {name: array} as an .npz, whole or not at all, making its folder. Raises SaveError."""
    import numpy as np  # here, so that the command line starts quickly

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            np.savez(file, **arrays)
    except (OSError, ValueError) as error:  # NumPy's zip file, when it can't be closed, is a ValueError
        needed = sum(np.asarray(array).nbytes for array in arrays.values())
        cause = error if isinstance(error, OSError) else error.__context__
        why = reason(cause, path.parent, needed) if isinstance(cause, OSError) else error
        raise SaveError(t(
            "{path} can't be written: {why}; what was there is kept.", path=shortened(path), why=why
        )) from error


def reading(path):
    """An open file to read a path's bytes from; a pipe that nobody writes to is not waited for. Raises OSError."""
    return open(path, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0)))


def read_at_most(path, count):
    """The first `count` bytes of a file. Raises WeightsError."""
    try:
        with reading(Path(path)) as file:
            return file.read(count)
    except (OSError, TypeError, ValueError) as error:
        raise WeightsError(t(
            "{path} can't be read: {error}.", path=shortened(path), error=getattr(error, "strerror", None) or error,
        )) from error


def sweep(path):
    """Remove what processes that were killed left half-written beside a path, once it is an hour old."""
    with contextlib.suppress(OSError):
        for partial in path.parent.glob(f"{_prefix(path)}*.tmp"):
            if time.time() - partial.lstat().st_mtime > STALE_SECONDS:
                partial.unlink(missing_ok=True)


def reason(error, folder, needed=None):
    """Why a file can't be written, in a few words: the system's, and for a full disk the bytes needed and free."""
    words = error.strerror or str(error) or type(error).__name__
    with contextlib.suppress(OSError):
        if needed is not None:
            words += t(
                " ({needed:,} bytes are needed, {free:,} free)", needed=needed, free=shutil.disk_usage(folder).free,
            )
    return words


def _prefix(path):
    """How the names of a path's unfinished files begin; short, whatever the path's own name."""
    return f".styletutor-{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:12]}-"


def _move_to_nothing(partial, path):
    """Move a file to a name that must be free: a hard link fails where something is, in one step."""
    try:
        os.link(partial, path, follow_symlinks=False)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):  # a file system without hard links
        if os.path.lexists(path):
            raise FileExistsError(f"{path} exists") from None
        os.replace(partial, path)


def _flush_folder(folder):
    """Make the move itself last through a power cut, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
