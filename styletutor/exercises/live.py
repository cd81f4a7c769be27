"""The exercise of lesson 9 on a weight that follows its slider inside of a compiled function."""

from ..backend import tf
from ..messages import mark
from ..quiet import silent_tensorflow
from .compare import Failure, as_numbers, attempt
from .exercise import Exercise

WEIGHTS = (1.0, 10.0, 10.0, 100.0)  # the slider's positions, one after the other


def my_live_loss(loss, weights):
    @tf.function
    def compiled(image, weight):
        return weight * loss(image)

    return lambda image: compiled(image, tf.constant(weights["style"]))


def _move_the_slider(function):
    """({what: value}, False): the loss at each position of the slider, and how often Python ran `loss` for it."""
    traced, weights, image = [], {"style": 0.5}, tf.ones((1, 2, 2, 3))

    def loss(image):
        traced.append(1)
        return tf.reduce_sum(image**2)

    with silent_tensorflow():  # a function that records its graph anew each time is told so by its mistake
        weighted, values = attempt(function, loss, weights), []
        if _lacks(weighted):
            return dict.fromkeys((_POSITIONS, _TRACES), weighted), False
        for weight in WEIGHTS:
            weights["style"] = weight
            value = attempt(weighted, image)
            if _lacks(value):
                return dict.fromkeys((_POSITIONS, _TRACES), value), False
            values.append(as_numbers(value, None))
    return {_POSITIONS: values, _TRACES: len(traced)}, False


def _lacks(value):
    """Whether a call gave nothing to go on with: an exception, no `return`, three dots."""
    return value is None or value is ... or isinstance(value, Failure)


_POSITIONS = mark("the slider at 1, 10, 10 and 100")
_TRACES = mark("the number of times that Python ran `loss` for these four")

live_weight = Exercise(
    title=mark("a weight that follows its slider"),
    task=mark(
        "`loss` takes an image and gives a tensor; `weights` is a dictionary that a slider writes to at any time. "
        "Give a function of the image that returns `weights[\"style\"]`, as it is at that moment, times "
        "`loss(image)`. It is to be compiled by `tf.function`, once: Python has to run `loss` no more than once, "
        "whatever the slider does."
    ),
    solution=my_live_loss,
    reference=my_live_loss,
    probe=_move_the_slider,
    hints=(
        mark(
            "`tf.function` runs your Python once, to record the graph. What Python reads meanwhile is written down "
            "for good."
        ),
        mark("So the weight has to come in from outside with each call: make it an argument of the compiled function."),
        mark("A Python number as argument is part of the graph's name: a new number, a new graph. A tensor is not."),
        mark(
            "Two functions, then: the compiled one takes image and weight; a plain one reads the weight and calls "
            "it."
        ),
    ),
)  # fmt: skip


@live_weight.mistake(mark(
    "The function is stale: the weight was read while `tf.function` recorded the graph, and is a constant in it for "
    "ever. The slider moves and nothing happens. Hand the weight in with each call, as a tensor."
))  # fmt: skip
def captured_when_traced(loss, weights):
    return tf.function(lambda image: weights["style"] * loss(image))


@live_weight.mistake(mark(
    "The weight was read when the function was made, before the slider moved at all. Read it inside of the function "
    "that is called each time."
))  # fmt: skip
def captured_when_made(loss, weights):
    weight = weights["style"]
    return tf.function(lambda image: weight * loss(image))


@live_weight.mistake(mark(
    "The values are right, but each new position of the slider records the graph anew, since the weight came in as a "
    "Python number. On VGG19 that takes seconds each time. Make it a tensor: `tf.constant(...)`."
))  # fmt: skip
def traced_for_each_value(loss, weights):
    compiled = tf.function(lambda image, weight: weight * loss(image))
    return lambda image: compiled(image, weights["style"])


@live_weight.mistake(mark(
    "The values are right, but Python runs `loss` at every call. Either nothing is compiled, or a new `tf.function` is "
    "made each time: make it once, outside of the function that is called with the image."
))  # fmt: skip
def not_compiled(loss, weights):
    return lambda image: weights["style"] * loss(image)


@live_weight.mistake(mark(
    "This is the loss at once. Give a function that can be called with an image, as often as one likes."
), error="not callable")  # fmt: skip
def a_value_for_a_function(loss, weights):
    return weights["style"] * loss(tf.ones((1, 2, 2, 3)))
