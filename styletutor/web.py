"""Bytes from an http(s) address, with deadlines and caps, from public machines alone unless asked otherwise.

The standard library does the talking. Of the libraries, requests, urllib3 and httpx have a deadline for each read
but none for the whole (a server may drip a byte a second for ever), and connect to whatever address a name has;
pooch, which downloads with requests, has those gaps too, no cap on bytes, and leaves a half file when it is killed.
Pinning the checked address on each redirect would have replaced about as much of them as is written here.
"""

import http.client
import os
import string
import time
import urllib.error
import urllib.request
import zlib
from urllib.parse import quote, urlsplit

from . import connections
from .errors import DownloadError, shortened
from .messages import t

REDIRECTS = 5
CHUNK = 1 << 18
_ENCODINGS = {"gzip": 31, "x-gzip": 31, "deflate": 47}  # zlib's window bits


def stream(url, limit, seconds, progress=None, allow_private=False):
    """Yield the body behind an http(s) URL in chunks: at most `limit` bytes, decoded, within `seconds` in all.

    progress: called with (bytes so far, size or None). allow_private: connect to this machine and the local
    network too, as does STYLETUTOR_ALLOW_PRIVATE=1. Raises DownloadError, which names the URL and the cause.
    """
    allow_private = allow_private or os.environ.get(connections.PRIVATE_VARIABLE, "") not in ("", "0")
    name = shortened(url)
    try:
        check_url(url)
        with _open(url, time.monotonic() + seconds, allow_private) as response:
            yield from _body(response, name, limit, progress)
    except urllib.error.HTTPError as error:
        error.close()  # it holds the connection
        if error.code in (301, 302, 303, 307, 308):
            raise DownloadError(t(
                "{name} leads on and on, after {redirects} redirects or in a circle.", name=name, redirects=REDIRECTS,
            )) from error
        raise DownloadError(t(
            "{name} answered with status {code} ({reason}).", name=name, code=error.code,
            reason=shortened(error.reason),
        )) from error
    except (OSError, ValueError, http.client.HTTPException, zlib.error) as error:
        cause = error.reason if isinstance(error, urllib.error.URLError) else error  # what the connection raised
        if isinstance(cause, DownloadError):
            raise cause from cause.__cause__
        if isinstance(cause, TimeoutError):
            raise DownloadError(t(
                "{name} timed out: more than {silence} s of silence, or {seconds} s in all; try again later.",
                name=name, silence=connections.READ_SECONDS, seconds=seconds,
            )) from error
        proxy = _proxy(url)
        if proxy:
            raise DownloadError(t(
                "{name} can't be reached through the proxy {proxy}: {cause}.", name=name, proxy=proxy,
                cause=_words(cause),
            )) from error
        raise DownloadError(t(
            "{name} can't be reached: {cause}. Are you online?", name=name, cause=_words(cause),
        )) from error


def _proxy(url):
    """The machine and port of the proxy that a checked address is fetched through, without its password, or None."""
    parts = urlsplit(url)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if not proxy or urllib.request.proxy_bypass(parts.hostname):
        return None
    return shortened(proxy.rpartition("@")[2].rpartition("//")[2])


def _words(cause):
    return shortened(getattr(cause, "strerror", None) or str(cause) or type(cause).__name__)


def check_url(url):
    """Raise DownloadError for an address that isn't fetched whatever it leads to."""
    name = shortened(url)
    if not isinstance(url, str):
        raise DownloadError(t("{name} is no address: expected text that begins with http:// or https://.", name=name))
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  (raises for what is no number)
    except ValueError as error:
        raise DownloadError(t("{name} is no address: {error}.", name=name, error=error)) from error
    if parts.scheme not in ("http", "https"):
        raise DownloadError(t("Only http and https addresses can be fetched, not {name!r}.", name=name))
    if not parts.hostname:
        raise DownloadError(t("{name} names no machine.", name=name))
    if parts.username is not None:
        raise DownloadError(t(
            "An address with a user's name or password is not fetched; leave out what is before the @."
        ))


def _open(url, deadline, allow_private):
    """The response to a GET request, redirects followed. Nothing but http and https is ever opened."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        connections.Http(deadline, allow_private),
        _Redirects(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    headers = {"User-Agent": "styletutor", "Accept-Encoding": "identity"}
    request = urllib.request.Request(_in_ascii(url), headers=headers)
    return opener.open(request, timeout=connections.remaining(deadline, connections.CONNECT_SECONDS))


def _in_ascii(url):
    """A checked address as HTTP takes it: a machine's name in IDNA's letters, spaces and accents by their numbers."""
    parts = urlsplit(url)
    if not parts.netloc.isascii():
        port = "" if parts.port is None else f":{parts.port}"
        url = parts._replace(netloc=parts.hostname.encode("idna").decode() + port).geturl()
    return quote(url, safe=string.punctuation)


def _body(response, name, limit, progress):
    """The chunks of a response, decoded, counted against the limit and the length that the server announced."""
    length = response.headers.get("Content-Length")
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    size = int(length) if length and length.isdigit() else None
    if coding != "identity" and coding not in _ENCODINGS:
        raise DownloadError(t(
            "{name} is encoded as {coding}, which was not asked for.", name=name, coding=shortened(coding),
        ))
    unpack = zlib.decompressobj(_ENCODINGS[coding]) if coding != "identity" else None
    came = done = 0
    while chunk := response.read1(CHUNK):
        came += len(chunk)
        while chunk:
            part = unpack.decompress(chunk, CHUNK) if unpack else chunk
            done += len(part)
            if done > limit:
                raise DownloadError(t(
                    "{name} is larger than the {limit} bytes that were expected.", name=name, limit=limit,
                ))
            yield part
            chunk = unpack.unconsumed_tail if unpack else b""
        if progress:
            progress(came, size)
    if came != (came if size is None else size) or (unpack and not unpack.eof):
        raise DownloadError(t(
            "{name} broke off after {came} of {size} bytes; try again.", name=name, came=came, size=size or "?",
        ))


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows at most REDIRECTS redirects, each checked as the first address was; never from https to http."""

    max_redirections = REDIRECTS
    max_repeats = 2

    def http_error_302(self, request, response, code, message, headers):
        target = headers.get("location") or headers.get("uri") or ""
        try:
            if urlsplit(target).scheme.lower() not in ("", "http", "https"):
                raise DownloadError(t(
                    "{address} leads to {target}, not allowed.", address=shortened(request.full_url),
                    target=shortened(target),
                ))
            return super().http_error_302(request, response, code, message, headers)
        except DownloadError:
            response.close()  # it holds the connection
            raise

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

    def redirect_request(self, request, response, code, message, headers, target):
        if request.type == "https" and urlsplit(target).scheme != "https":
            raise DownloadError(t(
                "{address} leads from https to {target}: not followed.", address=shortened(request.full_url),
                target=shortened(target),
            ))
        check_url(target)
        return super().redirect_request(request, response, code, message, headers, target)
