"""How much memory this process may still take, and what a picture's estimate is made of."""

import os
from pathlib import Path

COPIES, OVERHEAD = 2, 2**27  # what TensorFlow takes for each tensor counted, and bytes for its own work: measured
WHOLE = COPIES * 3 * 2**30 + OVERHEAD  # bytes: a picture that takes more by the estimate goes by strips. The same on
# every machine, whatever memory it has, because strips round differently and the same settings shall give the same
# picture.
CONTROL_GROUPS = Path("/sys/fs/cgroup")
_LIMIT_AND_USE = (("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"))


def free():
    """Bytes: the least of what the system has, a container's limit leaves, and this process's own limit leaves.

    Infinite where nobody says.
    """
    return min(_of_the_system(), _of_the_container(), _of_the_process())


def _of_the_system():
    try:
        import psutil  # comes with ipykernel

        return psutil.virtual_memory().available
    except (ImportError, OSError):
        return float("inf")


def _of_the_container():
    """What the limit of a Docker container, or of Binder's, leaves; files' caches count as free."""
    for limit, use in _LIMIT_AND_USE:
        try:
            most, used = (int((CONTROL_GROUPS / name).read_text()) for name in (limit, use))
            lines = (CONTROL_GROUPS / use).with_name("memory.stat").read_text().splitlines()
            cached = dict(line.split() for line in lines).get("inactive_file", 0)
            return max(0, most - used + int(cached))
        except (OSError, ValueError):  # no such files, or "max"
            continue
    return float("inf")


def _of_the_process():
    """What `ulimit -v` leaves: TensorFlow, refused memory, ends the process."""
    try:
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit == resource.RLIM_INFINITY:
            return float("inf")
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        return max(0, limit - pages * os.sysconf("SC_PAGE_SIZE"))
    except (ImportError, OSError, ValueError):
        return float("inf")
