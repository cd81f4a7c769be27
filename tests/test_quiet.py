"""Silence ends: whoever was silenced speaks again afterwards, whatever other threads do meanwhile."""

import os
import threading
import time

from styletutor.quiet import silent_stderr


def test_two_threads_silence_standard_error():
    """The second begins within the first's silence and ends after it; standard error is then what it was."""
    before, begun = os.fstat(2), threading.Event()

    def first():
        with silent_stderr():
            begun.set()
            time.sleep(0.2)

    def second():
        begun.wait(10)
        with silent_stderr():
            assert os.fstat(2).st_rdev == os.stat(os.devnull).st_rdev
            time.sleep(0.4)

    threads = [threading.Thread(target=target) for target in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert os.path.samestat(os.fstat(2), before)
