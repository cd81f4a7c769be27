"""Refuses every connection that would leave this machine, and every port open to others.

Python imports this module when it starts, wherever PYTHONPATH names its folder: that is how the kernels of the lessons
and the commands that tests start are held to it too.
"""

import socket

_ANY_LOOPBACK = ("localhost", "::1", "")


class RefusedError(BaseException):
    """A test reached for the network. No Exception, lest the code under test takes it for a broken line and goes on."""


def _check(host, what):
    host = host.decode() if isinstance(host, bytes) else host
    if host is None or host in _ANY_LOOPBACK or host.startswith("127.") or host == socket.gethostname():
        return
    raise RefusedError(f"tests use no network: {what} {host!r}")


def _is_number(host, look_up=socket.getaddrinfo):
    """Whether it is an address and no name; connecting to it is checked all the same."""
    try:
        return bool(look_up(host, None, flags=socket.AI_NUMERICHOST))
    except OSError:
        return False


def _guard_method(name):
    original = getattr(socket.socket, name)

    def guarded(self, *args):
        if self.family in (socket.AF_INET, socket.AF_INET6) and isinstance(args[-1], tuple):
            if name == "bind" and args[-1][0] == "":
                raise RefusedError("tests open no port to others: bind to 127.0.0.1")
            _check(args[-1][0], name)
        return original(self, *args)

    setattr(socket.socket, name, guarded)


def _guard_function(name):
    original = getattr(socket, name)

    def guarded(host, *args, **kwargs):
        if kwargs.get("flags", 0) & socket.AI_NUMERICHOST == 0 and not _is_number(host):  # those ask no one
            _check(host, name)
        return original(host, *args, **kwargs)

    setattr(socket, name, guarded)


for _name in ("connect", "connect_ex", "sendto", "bind"):
    _guard_method(_name)
for _name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
    _guard_function(_name)
