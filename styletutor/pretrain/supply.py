"""Batches made in advance, by a thread or, where a GPU waits for them, by processes of their own."""

import multiprocessing
import signal
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

AHEAD = 3  # batches a worker is ahead


class Supply:
    """`supply(step)` is `make(step)`, while the steps after it are being made.

    make: picklable where there are workers; workers: processes, or 0 for a thread of this one; stride: from one step
    that is asked for to the next.
    """

    def __init__(self, make, workers=0, stride=1):
        self.stride, self._ahead, self._coming = stride, AHEAD * workers or 1, {}
        if workers:
            self._pool, self._make = processes(workers, make), _made
        else:
            self._pool, self._make = ThreadPoolExecutor(1), make

    def __call__(self, step):
        wanted = range(step, step + (self._ahead + 1) * self.stride, self.stride)
        for number in wanted:
            if number not in self._coming:
                self._coming[number] = self._pool.submit(self._make, number)
        for number in [n for n in self._coming if n not in wanted]:
            self._coming.pop(number).cancel()
        return self._coming.pop(step).result()

    def close(self):
        """Let go of what is being made."""
        self._pool.shutdown(cancel_futures=True)


def processes(workers, make):
    """An executor of so many processes, to which `make` is sent once."""
    context = multiprocessing.get_context("spawn")  # a fork would copy what a GPU's driver holds
    return ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(make,))


def mapped(make, numbers, workers=0):
    """Yield make(n) for the numbers, in order; made by so many processes at a time where `workers` isn't 0."""
    if not workers:
        yield from map(make, numbers)
        return
    with processes(workers, make) as pool:
        yield from pool.map(_made, numbers, chunksize=8)


_task = None  # in a worker: what `_made` calls


def _begin(make):
    global _task
    _task = make
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the first one ends the others


def _made(number):
    return _task(number)
