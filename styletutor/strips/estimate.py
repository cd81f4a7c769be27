"""How much memory a picture takes, whether that is free, and how many blocks go by strips for it."""

from contextlib import contextmanager

from .. import memory
from ..backend import tf
from ..errors import RunError
from ..messages import mark, t
from ..vgg19 import layer_table

STRIP_PIXELS = 2**19


def memory_estimate(network, layers, height, width, depth=0, gradient=True):
    """Bytes that a loss and its gradient take at their peak, for a picture of height × width pixels.

    layers: those whose features are compared. depth: the number of blocks that go by strips; 0 is none.
    gradient: False is for Gram matrices and features alone.
    """
    parts = [memory.tensors(_activations(network, layers, height, width, depth), height, width, gradient)]
    if depth:
        strip = STRIP_PIXELS // 512, 512
        parts.append(memory.tensors(_activations(network, [f"block{depth}_pool"], *strip), *strip, gradient))
    return memory.estimate(*parts)


def _activations(network, layers, height, width, depth=0):
    """Bytes of each activation that the way back needs, without those of the blocks that go by strips."""
    itemsize = 2 if network.precision == "bfloat16" else 4
    rows = layer_table(network)
    deepest = max([row.name for row in rows].index(layer) for layer in layers)
    return [
        _values(row, height, width) * itemsize
        for row in rows[: deepest + 1]
        if block(row.name) > depth or row.name == f"block{depth}_pool"
    ]


def _values(row, height, width):
    """How many numbers a layer's features are."""
    return (height // row.stride) * (width // row.stride) * row.channels


def depth_for(network, layers, height, width, limit=memory.WHOLE):
    """How many blocks should go by strips, so that the estimate is under the limit: 0 to 4, the least that does."""
    for depth in range(4):
        if memory_estimate(network, layers, height, width, depth) <= limit:
            return depth
    return 4


def enough_memory(model, size, more=0):
    """Refuse a picture of size (height, width) that takes more memory than is free, as `memory.free` says.

    more: bytes that the run takes beside the loss and its gradient. Raises RunError with the estimate and the remedy.
    """
    memory.enough(_needed(model, size, more), mark(
        "A picture of {width} × {height} pixels takes about {memory:.1f} GiB of memory, and {free:.1f} are free: lower "
        "max_dim, or close other programs.",
    ), size)


def enough_for_style(model, size):
    """Refuse a style picture of size (height, width) whose Gram matrices take more memory than is free: RunError."""
    depth = depth_for(model.network, model.layers, *size)
    memory.enough(memory_estimate(model.network, model.layers, *size, depth, False), memory.STYLE, size)


@contextmanager
def memory_errors(model, size, more=0):
    """Say so if memory runs out all the same: a RunError as that of `enough_memory`. Costs a step nothing."""
    try:
        yield
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        raise RunError(t(
            "A picture of {width} × {height} pixels takes about {memory:.1f} GiB of memory, and there was less: lower "
            "max_dim. The picture before it is kept.",
            width=size[1], height=size[0], memory=_needed(model, size, more) / 2**30,
        )) from error


def _needed(model, size, more):
    depth = depth_for(model.network, model.layers, *size)
    return memory_estimate(model.network, model.layers, *size, depth) + _kept(model, size, depth) + more


def _kept(model, size, depth):
    """Bytes of the content features, in float32, that stay whole though their blocks go by strips.

    They are there four times: the picture's, the content's, their difference and the gradient.
    """
    rows = [row for row in layer_table(model.network) if row.name in model.content_layers and block(row.name) <= depth]
    copies, itemsize = 4, 4
    return copies * itemsize * sum(_values(row, *size) for row in rows)


def block(name):
    """The number of a layer's block, 1 to 5."""
    return int(name[5])
