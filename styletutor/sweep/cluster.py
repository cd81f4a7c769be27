"""Dask's workers for a sweep: processes on this machine, or those of a cluster that is there already."""

import contextlib
import logging
import secrets
from contextlib import ExitStack, contextmanager

import dask
from dask.system import CPU_COUNT
from distributed import CancelledError, Client, KilledWorker, Nanny, Scheduler, Security, SpecCluster, as_completed
from distributed.utils import silence_logging_cmgr

from .. import memory, messages
from ..errors import ClusterError, StyleTutorError, shortened
from ..layer_names import DEPTHS
from ..messages import t
from . import work

DEADLINE = 15.0  # seconds within which a scheduler has to answer, and to have a worker
TENSORFLOW = 800 * 2**20  # bytes that a worker takes before its first picture
_HERE = {"host": "127.0.0.1", "dashboard": False, "dashboard_address": "127.0.0.1:0"}
_SILENT = {f"distributed.{part}.http.routes": [] for part in ("scheduler", "worker")}  # pages that any user could read
_CALM = {"distributed.admin.large-graph-warning-threshold": "1GB"}  # pictures travel with their tasks


def worker_memory(widths, height, width):
    """Bytes that a worker takes at its peak, for pictures of height × width pixels.

    widths: the network's channels a block. As `styletutor.strips.memory_estimate` counts, down to VGG19's last layer.
    """
    activations = [
        4 * channels * (height >> block) * (width >> block)
        for block, (count, channels) in enumerate(zip(DEPTHS, widths, strict=True)) for _ in range(count)
    ]  # fmt: skip
    activations += [4 * n * (height >> block) * (width >> block) for block, n in enumerate(widths, 1)]
    return TENSORFLOW + min(memory.WHOLE, memory.estimate(memory.tensors(activations, height, width)))


def workers_for(count, need, wanted=None):
    """How many workers this machine should start for so many pictures, each worker taking `need` bytes: at least 1.

    wanted: the number asked for. Raises ClusterError where that doesn't fit into the memory that is free.
    """
    available = memory.free()
    most = max(1, int(min(0.9 * available / need, 10**6)))
    if wanted is not None and not 1 <= wanted <= most:
        raise ClusterError(t(
            "--workers is {wanted}: each takes about {need:.1f} GiB of memory and {free:.1f} are free, so from 1 to "
            "{most} can be had.",
            wanted=wanted, need=need / 2**30, free=available / 2**30, most=most,
        ))
    return min(count, wanted or min(CPU_COUNT, most))


@contextmanager
def local(workers):
    """A Client of so many processes on this machine, which share its cores. They end with the block, or with us.

    Raises ClusterError where they don't start.
    They listen on this machine alone, and to nobody who lacks the key made for them: a machine may have other users.
    """
    threads = str(max(1, CPU_COUNT // workers))
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    security, silence = Security.temporary(), logging.CRITICAL
    options = _HERE | {"protocol": "tls://", "security": security}
    nanny = options | {"nthreads": 1, "memory_limit": 0, "env": dict.fromkeys(names, threads), "silence_logs": silence}
    spec = {number: {"cls": Nanny, "options": nanny} for number in range(workers)}
    scheduler = {"cls": Scheduler, "options": options}
    with dask.config.set(_CALM | _SILENT), ExitStack() as stack:
        try:
            cluster = stack.enter_context(SpecCluster(spec, scheduler, security=security, silence_logs=silence))
            client = stack.enter_context(Client(cluster, set_as_default=False))
        except Exception as error:  # no ports, no room for its files, a process that doesn't start
            raise ClusterError(t("Dask can't start its processes here: {error}", error=shortened(error))) from error
        yield client


@contextmanager
def remote(address):
    """A Client of the cluster whose scheduler has this address. Raises ClusterError where it doesn't answer in time.

    What is sent there is run there and what comes back is believed: only for schedulers that one trusts.
    """
    with dask.config.set(_CALM), silence_logging_cmgr(logging.CRITICAL), _reached(address) as client:
        yield client


def _reached(address):
    try:
        client = Client(address, timeout=DEADLINE, set_as_default=False)
    except Exception as error:  # no address, nobody there, or somebody else
        raise ClusterError(t(
            "No Dask scheduler answers at {address} within {seconds:g} s: {error}", address=shortened(address),
            seconds=DEADLINE, error=shortened(error, 120),
        )) from error
    try:
        client.wait_for_workers(1, DEADLINE)
    except TimeoutError as error:
        client.close()
        raise ClusterError(t(
            "The scheduler at {address} has no workers: start some, with `dask worker {address}`.",
            address=shortened(address),
        )) from error
    return client


def paint(client, tasks, load, weights):
    """Make the tasks' pictures: yields (task, what `work.paint` gives or an error), as they are done.

    load: what `plan.tasks` gave. weights: the network's, a `weights.Weights`. Raises ClusterError where the cluster
    is lost, or its workers can't do this.
    """
    equipment = f"styletutor-{secrets.token_hex(8)}"
    try:
        _equip(client, equipment, weights)
        yield from _results(client, equipment, tasks, load)
    finally:
        if client.status == "running":
            with contextlib.suppress(Exception):
                client.unregister_worker_plugin(equipment)


def _equip(client, name, weights):
    try:
        client.register_plugin(work.Equipment(name, weights, messages.language()))
    except StyleTutorError:
        raise
    except Exception as error:  # whatever a worker says that lacks the package
        raise ClusterError(t(
            "A worker can't do this: {error}. Install the same styletutor there.", error=shortened(error),
        )) from error


def _results(client, equipment, tasks, load):
    """As `paint`; only a few pictures more than there are workers wait in the scheduler's memory."""
    running, done = {}, as_completed(loop=client.loop)

    def finished():
        future = next(done)
        return running.pop(future.key), _result(future)

    for task in tasks:
        while len(running) >= max(4, 2 * len(client.nthreads())):
            yield finished()
        try:
            pictures = task.images(load)
        except StyleTutorError as error:  # it was there when the plan was made
            yield task, error
            continue
        key = f"styletutor-{task.id[:16]}-{secrets.token_hex(4)}"
        future = client.submit(work.paint, equipment, *pictures, task.settings, key=key, pure=False)
        running[key] = task
        done.add(future)
    while running:
        yield finished()


def _result(future):
    try:
        return future.result()
    except StyleTutorError as error:
        return error
    except CancelledError as error:
        raise ClusterError(t("The connection to Dask's scheduler is lost; what is done is kept.")) from error
    except KilledWorker:
        return ClusterError(t("The workers that made it ended, as they do for want of memory: lower max_dim."))
    except Exception as error:  # a worker's own trouble, of any kind
        return ClusterError(t(
            "The worker failed: {kind}: {error}", kind=type(error).__name__, error=shortened(error),
        ))
