"""Exercises of lesson 2: what a layer computes, and what it sees."""

import functools

import numpy as np

from .. import vgg19
from ..messages import mark
from .compare import Calls
from .exercise import Exercise


def my_value(patch, kernel, bias):
    return max(0.0, (patch * kernel).sum() + bias)


def _patch(seed, bias):
    values = np.random.default_rng(seed).normal(0, 1, (2, 3, 3, 4)).astype("float32")
    return values[0], values[1], bias


convolution = Exercise(
    title=mark("one value of a convolution layer"),
    task=mark(
        "`patch` is what the window sees, `kernel` the pattern it is compared with, both (3, 3, channels); `bias` is a "
        "number. Multiply place by place, add up, add the bias, and cut what is negative to 0 (ReLU). Give one number."
    ),
    solution=my_value,
    reference=lambda patch, kernel, bias: np.maximum(np.vdot(patch, kernel) + bias, 0),
    probe=Calls(lambda: {
        mark("a patch that is like the kernel"): (_patch(1, 0.7)[1] + 0.2, _patch(1, 0.7)[1], 0.7),
        mark("a patch that is nothing like it"): (0.1 - _patch(2, 0.4)[1], _patch(2, 0.4)[1], 0.4),
        mark("a small sum with a negative bias"): (_patch(3, 0)[1] * 0.01, _patch(3, 0)[1], -3.0),
    }),
    hints=(
        mark("`patch * kernel` multiplies place by place; `.sum()` adds up over all three axes."),
        mark("ReLU is `max(0.0, …)`, and it comes last: the bias is inside."),
    ),
)  # fmt: skip


@convolution.mistake(mark(
    "ReLU is missing: a pattern that is not there is reported as a negative number instead of 0."
))  # fmt: skip
def no_relu(patch, kernel, bias):
    return (patch * kernel).sum() + bias


@convolution.mistake(mark("The bias is missing. It decides from which sum on the layer reports its pattern."))
def no_bias(patch, kernel, bias):
    return max(0.0, (patch * kernel).sum())


@convolution.mistake(mark("You cut at 0 before the bias was added. A negative bias then makes negative values."))
def relu_before_the_bias(patch, kernel, bias):
    return max(0.0, (patch * kernel).sum()) + bias


@convolution.mistake(mark("You cut each product at 0. Only the sum is cut: products may speak against the pattern."))
def relu_of_each_product(patch, kernel, bias):
    return np.maximum(patch * kernel, 0).sum() + bias


@convolution.mistake(mark("You took the mean of the products; a convolution takes their sum."))
def mean_for_sum(patch, kernel, bias):
    return max(0.0, (patch * kernel).mean() + bias)


@convolution.mistake(mark(
    "This is the matrix product `@`, rows times columns. A convolution multiplies place by place."
))  # fmt: skip
def matrix_product(patch, kernel, bias):
    return max(0.0, np.einsum("ijc,jkc->ikc", patch, kernel).sum() + bias)


@convolution.mistake(mark(
    "You turned the kernel by half a turn first, as a convolution in mathematics does. The layers of neural networks "
    "don't, although they are called convolutions."
))  # fmt: skip
def kernel_turned_round(patch, kernel, bias):
    return max(0.0, (patch * kernel[::-1, ::-1]).sum() + bias)


@convolution.mistake(mark("The bias was added to each of the products. It belongs to the sum, once."))
def bias_to_each_product(patch, kernel, bias):
    return max(0.0, (patch * kernel + bias).sum())


def my_receptive_field(kernels, steps):
    field, stride = 1, 1
    for kernel, step in zip(kernels, steps, strict=True):
        field = field + (kernel - 1) * stride
        stride = stride * step
    return field


def _until(layer):
    """Kernel widths and steps of VGG19's layers up to one."""
    network = _narrow()
    names = vgg19.layer_names(network)[: vgg19.layer_names(network).index(layer) + 1]
    return [2 if "pool" in name else 3 for name in names], [2 if "pool" in name else 1 for name in names]


@functools.cache
def _narrow():
    return vgg19.build_vgg19((1, 1, 1, 1, 1))


def _field(kernels, steps):
    """The receptive field: from VGG19's layer table where the layers are VGG19's."""
    rows = vgg19.layer_table(_narrow())
    if kernels[0] == 3:
        return rows[len(kernels) - 1].receptive_field
    return my_receptive_field(kernels, steps)


receptive_field = Exercise(
    title=mark("the receptive field of a layer"),
    task=mark(
        "`kernels` lists how wide the windows of the layers are, from the picture to the layer in question, and "
        "`steps` how far each moves at a time (1 for a convolution of VGG19, 2 for a pooling). Give the width, in "
        "pixels, of what one value of the last layer sees."
    ),
    solution=my_receptive_field,
    reference=_field,
    probe=Calls(lambda: {
        mark("VGG19's first convolution"): _until("block1_conv1"),
        mark("VGG19 as far as block2_conv1"): _until("block2_conv1"),
        mark("VGG19 as far as block5_conv1"): _until("block5_conv1"),
        mark("a network with windows of 7 and 5"): ([7, 5, 3], [2, 1, 3]),
    }),
    hints=(
        mark("Before the first layer a value sees one pixel, and neighbours are one pixel apart: begin with 1 and 1."),
        mark("Each layer adds `(kernel - 1) * stride`, with the stride of what came before it."),
        mark("Only after that is the stride multiplied by the layer's own step. The order of the two lines matters."),
    ),
)  # fmt: skip


@receptive_field.mistake(mark(
    "You added up `kernel - 1` and left out the stride. After a pooling, neighbours in the map are two pixels apart, "
    "so a window reaches twice as far."
))  # fmt: skip
def stride_left_out(kernels, steps):
    return 1 + sum(kernel - 1 for kernel in kernels)


@receptive_field.mistake(mark(
    "You multiplied the stride before you used it. A layer's own step spreads its values, and so counts from the next "
    "layer on; the window itself still moves over what came before."
))  # fmt: skip
def own_step_first(kernels, steps):
    field, stride = 1, 1
    for kernel, step in zip(kernels, steps, strict=True):
        stride *= step
        field += (kernel - 1) * stride
    return field


@receptive_field.mistake(mark(
    "Each window was taken times its own layer's step. What counts is how far apart its inputs are in the picture: the "
    "product of the steps of all layers before it."
))  # fmt: skip
def own_step_alone(kernels, steps):
    return 1 + sum((kernel - 1) * step for kernel, step in zip(kernels, steps, strict=True))


@receptive_field.mistake(mark("Begin with a field of 1, not 0: without any layer a value is one pixel."))
def begun_with_zero(kernels, steps):
    return my_receptive_field(kernels, steps) - 1


@receptive_field.mistake(mark("Each layer adds `kernel - 1` places, not `kernel`: the first one was seen already."))
def whole_kernel_added(kernels, steps):
    field, stride = 1, 1
    for kernel, step in zip(kernels, steps, strict=True):
        field, stride = field + kernel * stride, stride * step
    return field


@receptive_field.mistake(mark("Strides multiply: two poolings one after the other make 4. You added the steps up."))
def strides_added(kernels, steps):
    field, stride = 1, 1
    for kernel, step in zip(kernels, steps, strict=True):
        field, stride = field + (kernel - 1) * stride, stride + step - 1
    return field


@receptive_field.mistake(mark(
    "That is the stride, how far apart two neighbours' views are. Asked for is how wide each is."
))  # fmt: skip
def stride_for_field(kernels, steps):
    return int(np.prod(steps))
