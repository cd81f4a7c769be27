"""Bytes from an http(s) address, with deadlines and caps, from public machines alone unless asked otherwise.

The standard library does the talking. Of the libraries, requests, urllib3 and httpx have a deadline for each read
but none for the whole (a server may drip a byte a second for ever), and connect to whatever address a name has;
pooch, which downloads with requests, has those gaps too, no cap on bytes, and leaves a half file when it is killed.
Pinning the checked address on each redirect would have replaced about as much of them as is written here.
"""

import http.client
import io
import ipaddress
import os
import socket
import string
import time
import urllib.error
import urllib.request
import zlib
from urllib.parse import quote, urlsplit

from .errors import DownloadError, shortened
from .messages import t

CONNECT_SECONDS = 15  # to connect to one address
READ_SECONDS = 15  # the longest silence
REDIRECTS = 5
CHUNK = 1 << 18
PRIVATE_VARIABLE = "STYLETUTOR_ALLOW_PRIVATE"
_ENCODINGS = {"gzip": 31, "x-gzip": 31, "deflate": 47}  # zlib's window bits


def stream(url, limit, seconds, progress=None, allow_private=False):
    """Yield the body behind an http(s) URL in chunks: at most `limit` bytes, decoded, within `seconds` in all.

    progress: called with (bytes so far, size or None). allow_private: connect to this machine and the local
    network too, as does STYLETUTOR_ALLOW_PRIVATE=1. Raises DownloadError, which names the URL and the cause.
    """
    allow_private = allow_private or os.environ.get(PRIVATE_VARIABLE, "") not in ("", "0")
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
                name=name, silence=READ_SECONDS, seconds=seconds,
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
        _Http(deadline, allow_private),
        _Redirects(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    headers = {"User-Agent": "styletutor", "Accept-Encoding": "identity"}
    request = urllib.request.Request(quote(url, safe=string.punctuation), headers=headers)  # spaces, accents
    return opener.open(request, timeout=_left(deadline, CONNECT_SECONDS))


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


def _left(deadline, most):
    """Seconds to wait at most. Raises TimeoutError when the time is over."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError(t("the time is over"))
    return min(left, most)


def addresses(host, port, allow_private):
    """What a name resolves to, (family, address) each. Raises DownloadError unless every one is a public machine's."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_, address in found:
        if not (allow_private or is_public(address[0])):
            raise DownloadError(t(
                "{host} is {address}, an address of this machine or of a local network, which is not fetched "
                "from; set {variable}=1 to allow it.",
                host=shortened(host), address=address[0], variable=PRIVATE_VARIABLE,
            ))
    return [(family, address) for family, *_, address in found]


def is_public(text):
    """Whether an IP address is of the public internet, and so is the one that it carries inside."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if not address.is_global or address.is_multicast:
        return False
    if address.version == 6:
        inside = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in ipaddress.ip_network("64:ff9b::/96"):  # translated to IPv4 on the way
            inside.append(ipaddress.ip_address(int(address) & 0xFFFFFFFF))
        return all(one.is_global for one in inside if one is not None)
    return True


class _Response(http.client.HTTPResponse):
    """A response that is read, headers and body, until the deadline and no longer."""

    def __init__(self, sock, *args, deadline=None, **more):
        super().__init__(_Deadline(sock, deadline), *args, **more)


class _Deadline(io.RawIOBase):
    """A socket to read from, as http.client takes it, whose every wait ends at the deadline."""

    def __init__(self, sock, deadline):
        self._sock, self._deadline, self._file = sock, deadline, sock.makefile("rb", buffering=0)

    def makefile(self, mode):
        return io.BufferedReader(self)

    def readable(self):
        return True

    def readinto(self, buffer):
        self._sock.settimeout(_left(self._deadline, READ_SECONDS))
        return self._file.readinto(buffer)

    def close(self):
        self._file.close()
        super().close()


class _Http(urllib.request.HTTPSHandler):
    """Opens http and https over connections to addresses that were checked, one by one until the deadline."""

    def __init__(self, deadline, allow_private):
        super().__init__()  # with Python's default context: certificates and names are verified
        self._deadline, self._allow_private = deadline, allow_private

    def http_open(self, request):
        return self.do_open(self._connecting(http.client.HTTPConnection, request), request)

    def https_open(self, request):
        return self.do_open(self._connecting(http.client.HTTPSConnection, request), request, context=self._context)

    http_request = urllib.request.HTTPSHandler.do_request_

    def _connecting(self, kind, request):
        """A maker of connections; to a proxy, which looks names up itself, at any address."""
        proxied = request.has_proxy() or request._tunnel_host
        if proxied:
            self._check_literal(urlsplit(request.full_url).hostname)

        def connect(address, timeout=None, source_address=None):
            return self._connect(*address, self._allow_private or bool(proxied))

        def make(host, **options):
            connection = kind(host, **options)
            connection._create_connection = connect
            connection.response_class = lambda sock, *args, **more: _Response(
                sock, *args, deadline=self._deadline, **more
            )
            return connection

        return make

    def _connect(self, host, port, allow_private):
        failure = OSError(t("the name has no address"))
        for family, address in addresses(host, port, allow_private):
            sock = socket.socket(family, socket.SOCK_STREAM)
            try:
                sock.settimeout(_left(self._deadline, CONNECT_SECONDS))
                sock.connect(address)
                return sock
            except OSError as error:
                sock.close()
                failure = error
        raise failure

    def _check_literal(self, host):
        """Raise DownloadError for a number that a proxy is asked to connect to though it is private."""
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        except OSError:
            return  # a name
        addresses(found[0][-1][0], None, self._allow_private)


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
