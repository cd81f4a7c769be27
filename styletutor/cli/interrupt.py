"""Ctrl-C while a command works."""

import signal
import threading
from contextlib import contextmanager


@contextmanager
def handler(action):
    """Let Ctrl-C do `action` meanwhile, unless we are told to ignore it, as a script's background jobs are."""
    main = threading.current_thread() is threading.main_thread()  # only that one can say so
    if not main or signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        yield
        return
    before = signal.signal(signal.SIGINT, action)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
