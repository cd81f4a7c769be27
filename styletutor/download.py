"""The one way bytes come from elsewhere: over http(s), with deadlines, verified, and put in place in one move."""

import hashlib
import http.client
import os
import string
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from .errors import DownloadError

CACHE_VARIABLE = "STYLETUTOR_CACHE"
CONNECT_SECONDS = 15  # also the longest silence while reading
CHUNK = 1 << 18


@dataclass(frozen=True)
class Resource:
    """A published file: its name, the folder URL it lies under, its size in bytes (None: unknown) and its hash."""

    name: str
    base_url: str
    size: int | None
    checksum: str  # "md5:…" or "sha256:…"; "" where nothing is published

    @property
    def url(self):
        """Where it is published."""
        return self.base_url + self.name


def cache_dir():
    """The folder that keeps downloads: $STYLETUTOR_CACHE, else the user's cache folder. Not created here."""
    if os.environ.get(CACHE_VARIABLE):
        return Path(os.environ[CACHE_VARIABLE]).expanduser()
    base = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "styletutor"


def keras_cache_dir():
    """The folder in which Keras keeps the same ImageNet files: $KERAS_HOME/models, else ~/.keras/models."""
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "models"


def find(resource):
    """The path of a verified copy of the resource on this machine, in our cache or in Keras' own, or None."""
    for folder in (cache_dir(), keras_cache_dir()):
        path = folder / resource.name
        if path.is_file() and _fault(path, resource) is None:
            return path
    return None


def fetch(resource, progress=None, seconds=3600):
    """Return the path of a verified copy of the resource, downloading it once where there is none.

    progress: called with (bytes so far, size or None). seconds: deadline for the whole download.
    Raises DownloadError; then no file is left behind.
    """
    present = find(resource)
    if present:
        return present
    folder = cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(prefix=resource.name, suffix=".tmp", dir=folder)
    except OSError as error:
        raise DownloadError(
            f"The cache folder {folder} can't be written ({error.strerror}); set {CACHE_VARIABLE} to one that can."
        ) from error
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in _stream(resource.url, resource.size or 1 << 30, seconds, progress):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        fault = _fault(Path(partial), resource)
        if fault:
            raise DownloadError(f"{resource.url} gave another file than the one published: {fault}.")
        os.replace(partial, folder / resource.name)
    except OSError as error:
        if isinstance(error, DownloadError):
            raise
        raise DownloadError(f"{resource.name} can't be written to {folder}: {error.strerror}.") from error
    finally:
        Path(partial).unlink(missing_ok=True)
    return folder / resource.name


def read_url(url, limit, seconds=60):
    """The bytes behind an http(s) URL, at most `limit` of them within `seconds`. Raises DownloadError."""
    return b"".join(_stream(url, limit, seconds))


def _stream(url, limit, seconds, progress=None):
    """Yield the body in chunks; every failure becomes a DownloadError that names the URL and the cause."""
    if not url.lower().startswith(("http://", "https://")):
        raise DownloadError(f"Only http and https addresses can be fetched, not {url[:200]!r}.")
    deadline, done = time.monotonic() + seconds, 0
    headers = {"User-Agent": "styletutor", "Accept-Encoding": "identity"}
    try:
        request = urllib.request.Request(quote(url, safe=string.punctuation), headers=headers)  # spaces, accents
        with urllib.request.urlopen(request, timeout=min(CONNECT_SECONDS, seconds)) as response:
            length = response.headers.get("Content-Length")
            size = int(length) if length and length.isdigit() else None
            while chunk := response.read1(CHUNK):
                done += len(chunk)
                if done > limit:
                    raise DownloadError(f"{url} is larger than the {limit} bytes that were expected.")
                if time.monotonic() > deadline:
                    raise DownloadError(f"{url} took longer than {seconds} s; {done} bytes came. Try again later.")
                if progress:
                    progress(done, size)
                yield chunk
            if size is not None and done != size:
                raise DownloadError(f"{url} broke off after {done} of {size} bytes; try again.")
    except urllib.error.HTTPError as error:
        error.close()  # it holds the connection
        raise DownloadError(f"{url} answered with status {error.code} ({error.reason}).") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        if isinstance(error, DownloadError):
            raise
        reason = " ".join(str(getattr(error, "reason", None) or error).split())
        raise DownloadError(f"{url} can't be reached: {reason}. Are you online?") from error


def _fault(path, resource):
    """What is wrong with a file that should be the resource, in a few words, or None."""
    size = path.stat().st_size
    if resource.size is not None and size != resource.size:
        return f"{size} bytes, expected {resource.size}"
    if not resource.checksum:
        return None
    kind, expected = resource.checksum.split(":")
    found = _digest(path, kind)
    return None if found == expected else f"{kind} {found}, expected {expected}"


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
