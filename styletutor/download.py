"""The one way bytes come from elsewhere and stay: verified, put in place in one move, kept in one folder.

No locks: whoever downloads writes a file of his own and moves it into place, so processes that fetch the same file
at once each get the right one, on network file systems too, and no lock can be left behind by the dead. A download
that broke off starts anew. What lies in the cache is checked before it is used, by size and hash.
"""

import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from . import atomic, web
from .errors import DownloadError
from .messages import t

CACHE_VARIABLE = "STYLETUTOR_CACHE"


@dataclass(frozen=True)
class Resource:
    """A published file: its name, the folder URL it lies under, its size in bytes (None: unknown) and its hash."""

    name: str
    base_url: str
    size: int | None
    checksum: str  # "md5:…" or "sha256:…"; "" where nothing is published
    address: str = ""  # its whole URL, where that doesn't end in the name

    @property
    def url(self):
        """Where it is published."""
        return self.address or self.base_url + self.name


def cache_dir():
    """The folder that keeps downloads: $STYLETUTOR_CACHE, else the user's cache folder. Not created here.

    Raises DownloadError where the user has no home folder.
    """
    if os.environ.get(CACHE_VARIABLE):
        return _expanded(os.environ[CACHE_VARIABLE])
    base = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return _expanded(base) / "styletutor"


def keras_cache_dir():
    """The folder in which Keras keeps the same ImageNet files: $KERAS_HOME/models, else ~/.keras/models."""
    return _expanded(os.environ.get("KERAS_HOME") or "~/.keras") / "models"


def _expanded(path):
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise DownloadError(t(
            "There is no home folder; set {variable} to a folder for downloads.", variable=CACHE_VARIABLE,
        )) from error


def copies(resource):
    """[(path, what is wrong with it or None)] for each copy on this machine: in our cache, in Keras' own."""
    found = []
    for folder in (cache_dir, keras_cache_dir):
        with contextlib.suppress(OSError):  # no home, or a folder that may not be entered
            path = folder() / resource.name
            if path.is_file():
                found.append((path, _fault(path, resource)))
    return found


def find(resource):
    """The path of a verified copy of the resource on this machine, in our cache or in Keras' own, or None."""
    return next((path for path, fault in copies(resource) if fault is None), None)


def damage(resource):
    """A sentence on a copy that is there and can't be used, or None."""
    for path, fault in copies(resource):
        if fault is not None:
            return t("{path} is damaged ({fault})", path=path, fault=fault)
    return None


def fetch(resource, progress=None, seconds=3600, allow_private=False):
    """Return the path of a verified copy of the resource, downloading it once where there is none.

    progress: called with (bytes so far, size or None). seconds: deadline for the whole download. A cache that
    can't be written serves as long as it holds the file. Raises DownloadError; then no file is left behind.
    """
    present = find(resource)
    if present:
        return present
    folder = cache_dir()
    path = folder / resource.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with atomic.replacing(path) as file:
            _like_its_folder(file, folder)
            for chunk in web.stream(resource.url, resource.size or 1 << 30, seconds, progress, allow_private):
                file.write(chunk)
            file.flush()
            fault = _fault(Path(file.name), resource)
            if fault:
                raise DownloadError(t(
                    "{address} gave another file than the one published: {fault}.", address=resource.url, fault=fault,
                ))
    except DownloadError:
        raise
    except OSError as error:
        present = find(resource)  # another process was quicker, and Windows keeps an open file from being replaced
        if present:
            return present
        why = atomic.reason(error, folder, resource.size)
        raise DownloadError(t(
            "{name} can't be written to the cache folder {folder}: {why}; set {variable} to one that can.",
            name=resource.name, folder=folder, why=why, variable=CACHE_VARIABLE,
        )) from error
    return path


def remove(resource):
    """Remove our copy of the resource, not Keras' own; gives (path, bytes freed) or None. Raises DownloadError."""
    path = cache_dir() / resource.name
    try:
        size = path.lstat().st_size
        path.unlink()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DownloadError(t("{path} can't be removed: {why}.", path=path, why=error.strerror)) from error
    return path, size


def _like_its_folder(file, folder):
    """Let those who may read the folder read the file, whatever the umask: a cache is shared by a class."""
    if hasattr(os, "fchmod"):
        os.fchmod(file.fileno(), 0o600 | (folder.stat().st_mode & 0o444))


def read_url(url, limit, seconds=60, allow_private=False):
    """The bytes behind an http(s) URL, at most `limit` of them within `seconds`. Raises DownloadError."""
    return b"".join(web.stream(url, limit, seconds, allow_private=allow_private))


def _fault(path, resource):
    """What is wrong with a file that should be the resource, in a few words, or None."""
    size = path.stat().st_size
    if resource.size is not None and size != resource.size:
        return t("{size} bytes, expected {expected}", size=size, expected=resource.size)
    if not resource.checksum:
        return None
    kind, expected = resource.checksum.split(":")
    found = _digest(path, kind)
    return None if found == expected else t(
        "{kind} {found}, expected {expected}", kind=kind, found=found, expected=expected,
    )


_digests = {}


def _digest(path, kind):
    """The file's hash, computed once a process for the same path, size and time of change."""
    status = path.stat()
    key = (str(path), kind, status.st_size, status.st_mtime_ns)
    if key not in _digests:
        with path.open("rb") as file:
            _digests[key] = hashlib.file_digest(file, lambda: hashlib.new(kind, usedforsecurity=False)).hexdigest()
    return _digests[key]


# The two pictures of TensorFlow's tutorial, by the names they have in the gallery. Only their sizes are published.
_EXAMPLES = "https://storage.googleapis.com/download.tensorflow.org/example_images/"
TUTORIAL_PICTURES = {
    "labrador": Resource("YellowLabradorLooking_new.jpg", _EXAMPLES, 83_281, ""),
    "kandinsky": Resource("Vassily_Kandinsky%2C_1913_-_Composition_7.jpg", _EXAMPLES, 195_196, ""),
}
