"""HTTP connections to machines whose addresses were checked, with a deadline for everything that is read."""

import http.client
import io
import ipaddress
import socket
import time
import urllib.request
from urllib.parse import urlsplit

from .errors import DownloadError, shortened
from .messages import t

CONNECT_SECONDS = 15  # to connect to one address
READ_SECONDS = 15  # the longest silence
PRIVATE_VARIABLE = "STYLETUTOR_ALLOW_PRIVATE"


def remaining(deadline, most):
    """Seconds to wait at most. Raises TimeoutError when the time is over."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError(t("the time is over"))
    return min(seconds, most)


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
        self._sock.settimeout(remaining(self._deadline, READ_SECONDS))
        return self._file.readinto(buffer)

    def close(self):
        self._file.close()
        super().close()


class Http(urllib.request.HTTPSHandler):
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
                sock.settimeout(remaining(self._deadline, CONNECT_SECONDS))
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
