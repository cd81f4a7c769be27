"""The files of a SavedModel, copied out of a folder or a .tar.gz: only those that it consists of, hashed on the way.

What is hashed is what is loaded, whatever happens to the original meanwhile. A name is kept only if it is one of a
SavedModel's own, so no archive can place a file elsewhere; links, devices and pipes are refused.
"""

import gzip
import hashlib
import os
import stat
import tarfile
import zlib
from pathlib import Path, PurePosixPath

from .. import atomic
from ..errors import WeightsError, shortened
from ..messages import t

MOST_BYTES = 1 << 29  # of all files together; Magenta's network has less than a quarter of that
MOST_FILES = 1000
FOLDERS = "variables", "assets"


class ArchiveError(WeightsError):
    """What should hold a SavedModel doesn't, or holds what none has."""


def copy_saved_model(source, folder):
    """Copy a SavedModel's files from a folder or a tar archive into a folder; gives their fingerprint.

    The fingerprint is the SHA-256 of their names and hashes, the same for an archive and for what it was made of.
    Raises ArchiveError for what isn't a SavedModel's, or is too large; OSError where it can't be read or written.
    """
    source = Path(source)
    try:
        hashes = _copy(_in_folder(source) if source.is_dir() else _in_archive(source), source, folder)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ArchiveError(t(
            "{path} is no whole .tar.gz archive: {error}.", path=shortened(source), error=error,
        )) from error
    if "saved_model.pb" not in hashes:
        raise ArchiveError(t(
            "{path} holds no file saved_model.pb, so it is no SavedModel.", path=shortened(source),
        ))
    return hashlib.sha256("".join(f"{n} {hashes[n]}\n" for n in sorted(hashes)).encode()).hexdigest()


def _copy(files, source, folder):
    """Write (name, file) pairs below a folder; gives {name: SHA-256}. A name that comes twice is an OSError."""
    hashes, left = {}, MOST_BYTES
    for name, file in files:
        target = Path(folder, name)
        target.parent.mkdir(exist_ok=True)
        digest = hashlib.sha256()
        with open(target, "xb") as copy:
            while chunk := file.read(1 << 20):
                left -= len(chunk)
                _check(left, source)
                digest.update(chunk)
                copy.write(chunk)
        hashes[name] = digest.hexdigest()
    return hashes


def _own_name(name):
    """A SavedModel's own file name, "saved_model.pb" or one inside variables/ or assets/; None for any other."""
    parts = PurePosixPath(name).parts
    if parts == ("saved_model.pb",):
        return parts[0]
    if len(parts) == 2 and parts[0] in FOLDERS and parts[1] != ".." and "\\" not in parts[1] and ":" not in parts[1]:
        return "/".join(parts)
    return None


def _in_folder(source):
    """(name, open file) of each file that a SavedModel consists of."""
    paths = [source / "saved_model.pb"]
    for part in FOLDERS:
        if (source / part).is_dir():
            paths += sorted((source / part).iterdir())
    for path in paths[:MOST_FILES]:
        name = _own_name(path.relative_to(source).as_posix())
        if name and os.path.lexists(path):
            with _regular(path) as file:
                yield name, file


def _in_archive(source):
    """(name, file) of each file that a SavedModel consists of, in the order of a .tar or .tar.gz."""
    with _regular(source) as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream = _Capped(gzip.GzipFile(fileobj=raw) if packed else raw, source)
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for number, member in enumerate(tar):
                _check(MOST_FILES - number, source)
                name = _own_name(member.name)
                if name and not member.isdir():
                    if not member.isreg() or member.issparse():
                        raise _refused(f"{name} in {source}")
                    yield name, tar.extractfile(member)


def _regular(path):
    """A regular file, open for reading; a pipe is not waited for. Raises ArchiveError for any other kind."""
    file = atomic.reading(path)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise _refused(path)
    return file


class _Capped:
    """A file to read from whose bytes, decoded, are counted against MOST_BYTES, skipped ones and headers too."""

    def __init__(self, file, source):
        self._file, self._source, self._left = file, source, 2 * MOST_BYTES

    def read(self, size):
        content = self._file.read(size)
        self._left -= len(content)
        _check(self._left, self._source)
        return content


def _check(left, source):
    if left < 0:
        raise ArchiveError(t(
            "{path} holds more than a SavedModel should, {most} MB in {files} files; it is not unpacked.",
            path=shortened(source), most=MOST_BYTES >> 20, files=MOST_FILES,
        ))


def _refused(name):
    return ArchiveError(t("{path} is no regular file but a link or a device: refused.", path=shortened(name)))
