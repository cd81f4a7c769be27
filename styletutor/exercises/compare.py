"""What a learner's function gives, whatever it is, compared with what it should give: in words and as a picture."""

import copy
import functools
import re
import traceback
from dataclasses import dataclass

import numpy as np

from .. import pixels, plots
from ..messages import mark, t

ADVICE = {  # for exceptions whose own words don't say what to do: a regular expression for their text
    "(?i)bitwise_?xor": mark("In Python `^` is no power: write `**`."),
    r"ndarray' object has no attribute '(_id|get_shape)'|^Passed in object": mark(
        "TensorFlow wants a tensor there: `tf.constant(…)` makes one of a NumPy array."
    ),
}
TOLERANCE = 1e-4  # of the largest value expected: float32 in another order of operations is well inside


@dataclass(frozen=True)
class Failure:
    """Instead of a value: the exception that came, and the line of the function where it came from."""

    kind: str
    text: str
    line: str = ""


@dataclass(frozen=True)
class Odd:
    """Instead of a value: one that holds no real numbers, by the name of its type."""

    kind: str


def attempt(function, *arguments):
    """What a function gives for arguments, or a Failure. Only an interruption by the keyboard passes through."""
    try:
        return function(*arguments)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a learner's function may even call exit()
        file = getattr(getattr(function, "__code__", None), "co_filename", None)
        lines = [frame.line for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
        return Failure(type(error).__name__, _text_of(error), (lines or [""])[-1])


class Calls:
    """A probe: calls a function with arguments of its own for each label; gives {label: value} and what it changed."""

    def __init__(self, cases):
        self.cases = functools.cache(cases)  # gives {label: arguments}, when they are needed

    def __call__(self, function):
        values, changed = {}, False
        for label, arguments in self.cases().items():
            given = copy.deepcopy(arguments)
            values[label] = attempt(function, *given)
            changed = changed or not _equal(given, arguments)
        return values, changed


def _equal(one, other):
    if isinstance(one, dict):
        return list(one) == list(other) and all(_equal(one[name], other[name]) for name in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(_equal, one, other))
    return np.array_equal(one, other) if isinstance(one, np.ndarray) else True


def as_numbers(value, expected):
    """A value as float64 arrays, one or a tuple as expected; a Failure stays, what holds no numbers is an Odd."""
    if isinstance(value, Failure):
        return value
    if isinstance(expected, tuple):
        if not isinstance(value, (tuple, list)):
            return Odd(type(value).__name__)
        parts = tuple(as_numbers(part, None) for part in value)
        return next((part for part in parts if isinstance(part, Odd)), parts)
    try:
        array = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
        return array.astype("float64") if array.dtype.kind in "biuf" else Odd(type(value).__name__)
    except Exception:  # a symbolic tensor, a list of lists of several lengths, an array's impostor
        return Odd(type(value).__name__)


def same(one, other):
    """Whether two values are alike up to TOLERANCE, their shapes too; a single number may have axes of length 1."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if not (isinstance(one, np.ndarray) and isinstance(other, np.ndarray)):
        return False
    if one.shape != other.shape and not one.size == other.size == 1:
        return False
    one, finite = one.reshape(other.shape), np.isfinite(other)
    limit = TOLERANCE * np.abs(other[finite]).max(initial=0) + 1e-9
    near = np.abs(one[finite] - other[finite]) <= limit
    return bool(near.all() and np.array_equal(one[~finite], other[~finite], equal_nan=True))


def fails_alike(one, other):
    """Whether two values are exceptions of one kind."""
    return isinstance(one, Failure) and isinstance(other, Failure) and one.kind == other.kind


def difference(came, expected):
    """What is different about a value that is not the one expected, in a sentence or two."""
    if isinstance(came, Failure):
        if came.line:
            text = t("It stops with `{kind}: {text}`. The line is `{line}`.", **vars(came))
        else:
            text = t("It stops with `{kind}: {text}`.", **vars(came))
        advice = [" " + t(words) for pattern, words in ADVICE.items() if re.search(pattern, came.text)]
        return text + "".join(advice)
    if isinstance(came, Odd):
        if isinstance(expected, tuple):
            return t(
                "What it gives is of type `{kind}`; {count} arrays are expected.", kind=came.kind, count=len(expected)
            )
        return t("It gives a `{kind}`, and not a number or an array of numbers.", kind=came.kind)
    if isinstance(expected, tuple):
        if len(came) != len(expected):
            return t("It gives {number} values, where {count} are expected.", number=len(came), count=len(expected))
        number, pair = next((n, p) for n, p in enumerate(zip(came, expected, strict=True), 1) if not same(*p))
        where = t("Value {number} of {count}.", number=number, count=len(expected))
        return f"{where} {difference(*pair)}"
    if came.shape != expected.shape:
        return t("Its shape is {came}, expected is {expected}.", came=came.shape, expected=expected.shape)
    return _numbers_differ(came, expected)


def _numbers_differ(came, expected):
    if not np.isfinite(came).all():
        return t("{count} of its {size} values are not finite.", count=(~np.isfinite(came)).sum(), size=came.size)
    factor = float((came * expected).sum() / max((expected**2).sum(), 1e-30))
    if came.size > 1 and abs(factor) > 1e-6 and same(came, factor * expected):
        return t("Each value is {factor:.4g} times what is expected.", factor=factor)
    if came.size == 1:
        return t("It gives {came:.6g}, expected is {expected:.6g}.", came=came.item(), expected=expected.item())
    place = tuple(map(int, np.unravel_index(np.abs(came - expected).argmax(), came.shape)))
    values = {"place": place, "came": came[place], "expected": expected[place]}
    return t("The largest difference is at {place}: it gives {came:.4g}, expected is {expected:.4g}.", **values)


def picture(came, expected):
    """{"yours", "expected", "difference"} -> images, of values with two axes or more; {} where they have fewer."""
    if isinstance(expected, tuple) and isinstance(came, tuple) and len(came) == len(expected):
        return next((picture(*p) for p in zip(came, expected, strict=True) if not same(*p)), {})
    if not all(isinstance(a, np.ndarray) and np.isfinite(a).all() and _drawable(a) for a in (came, expected)):
        return {}
    both = np.concatenate([_first(came).ravel(), _first(expected).ravel()])
    ends = (0.0, 1.0) if 0 <= both.min() and both.max() <= 1 else (both.min(), both.max())
    shown = {"yours": _draw(_first(came), *ends), "expected": _draw(_first(expected), *ends)}
    if came.shape == expected.shape:
        error = _first(came) - _first(expected)
        shown["difference"] = plots.difference_map(pixels.strongest(error[None]) if error.ndim == 3 else error)
    return {name: plots.enlarge(image, 120) for name, image in shown.items()}


def _first(array):
    """An image (H, W, 3) or a matrix (h, w): the first of a stack of them."""
    while array.ndim > (3 if array.shape[-1] == 3 else 2):
        array = array[0]
    return array


def _drawable(array):
    return array.ndim >= 2 and min(array.shape) > 0 and min(_first(array).shape[:2]) > 1


def _draw(array, low, high):
    if array.ndim == 2:
        return plots.colour_map(array, low=low, high=high)
    return ((array - low) / max(high - low, 1e-12))[None].astype("float32")


def _text_of(error):
    try:
        return " ".join(str(error).split())[:200]
    except Exception:  # an exception of the learner's own
        return "…"
