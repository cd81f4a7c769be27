"""How much memory this process may still take, and what a picture's estimate is made of."""

import os
from pathlib import Path

from .errors import RunError
from .messages import mark, t

COPIES, OVERHEAD = 2, 2**27  # what TensorFlow takes for each tensor counted, and bytes for its own work: measured on a
# processor with AVX2 alone. An AMD EPYC with AVX512 took 0.9 to 1.3 for each in float32, 0.9 to 1.5 in bfloat16, most
# for large pictures: with 1 the estimate would be as little as 0.7 of what is taken.
WHOLE = COPIES * 5 * 2**29 + OVERHEAD  # bytes: a picture that takes more by the estimate goes by strips. The same on
# every machine, whatever memory it has, because strips round differently and the same settings shall give the same
# picture.
CONTROL_GROUPS = Path("/sys/fs/cgroup")
OWN_GROUPS = Path("/proc/self/cgroup")
_FILES = {  # of a control group, by version: its limit, its use, and what of the use are caches of files (memory.stat)
    2: ("memory.max", "memory.current", "inactive_file"),
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}


STYLE = mark(
    "A style picture of {width} × {height} pixels takes about {memory:.1f} GiB of memory, and {free:.1f} are free: "
    "lower style_scale or max_dim, or close other programs."
)


def enough(needed, message, size):
    """Raise RunError with a message, one of `mark`'s, where fewer bytes are free than needed.

    size: (height, width) of the picture that takes them. The message may name width, height, memory and free in GiB.
    """
    left = free()
    if left < needed:
        raise RunError(t(message, width=size[1], height=size[0], memory=needed / 2**30, free=left / 2**30))


def estimate(*parts):
    """Bytes at the peak of what is computed, with TensorFlow's copies of each tensor. parts: as from `tensors`."""
    return COPIES * sum(parts) + OVERHEAD


def tensors(activations, height, width, gradient=True):
    """Bytes of the tensors of a loss and its gradient at their peak, for a picture of height × width pixels.

    activations: the bytes of each that the way back needs; three times the largest is for the gradients on their way.
    gradient: False is for the way there alone.
    """
    if not gradient:
        return sum(activations) + 3 * 4 * height * width
    return sum(activations) + 3 * max(activations, default=0) + 12 * 4 * height * width


def free():
    """Bytes: the least of what the system has, and the limits of control groups and of this process leave.

    Infinite where nobody says.
    """
    return min(_of_the_system(), _of_the_groups(), _of_the_process())


def _of_the_system():
    try:
        import psutil  # comes with ipykernel

        return psutil.virtual_memory().available
    except (ImportError, OSError):
        return float("inf")


def _of_the_groups():
    """The least that the limits of this process's control group and of those around it leave.

    That is Docker's or Binder's limit on a container, and JupyterHub's on a user, which stands some groups above.
    """
    return min((_left(folder, *_FILES[version]) for folder, version in _groups()), default=float("inf"))


def _groups():
    """(folder, version 1 or 2) of each control group around this process, from its own to the root.

    In a container the paths may be the host's; of those the root alone is here, and is the container's own group.
    """
    try:
        lines = OWN_GROUPS.read_text().splitlines()
    except OSError:  # no Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        root = CONTROL_GROUPS / "memory" if controllers else CONTROL_GROUPS
        own = root / path.lstrip("/")
        yield from ((folder, 1 if controllers else 2) for folder in (own, *own.parents) if folder.is_relative_to(root))


def _left(group, limit, use, caches):
    """Bytes that a control group's limit leaves; caches of files count as free. Infinite where it has none."""
    try:
        most, used = (int((group / name).read_text()) for name in (limit, use))
        counts = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        return max(0, most - used + int(counts.get(caches, 0)))
    except (OSError, ValueError):  # no such files, or "max"
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
