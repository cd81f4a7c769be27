"""An exercise: its task, its hints, its check, and the classic mistakes that it knows by name."""

import dis
import inspect
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from .. import plots
from ..messages import mark, t
from .card import CORRECT, HINT, NOT_ATTEMPTED, TASK, WRONG, Card
from .compare import Failure, as_numbers, attempt, difference, fails_alike, picture, same

_HEADINGS = {
    CORRECT: mark("Correct"),
    WRONG: mark("Not yet"),
    NOT_ATTEMPTED: mark("Not attempted yet"),
    TASK: mark("Exercise"),
}
_CHANGED = mark(
    "The values are right, but your function changed the array that it was given: it assigned into it, or used `+=` "
    "or the like. Whoever called it still needs the old one. Make a new array."
)


@dataclass(frozen=True)
class Mistake:
    """A classic one: its name, what to say to whoever makes it, and the function that makes it.

    error: a regular expression for the text of the exception to which it leads, where it leads to one.
    """

    name: str
    text: str
    function: Any
    error: str = ""


@dataclass
class Exercise:
    """One function for the learner to write.

    solution: how it may be written, shown as the last hint; reference: the package's own function, the judge.
    probe: takes a function, gives ({label: what it gives there}, whether it changed what it was given). dtype: the type
    of the values where that is part of the task.
    """

    title: str
    task: str
    solution: Any
    reference: Any
    probe: Any
    hints: tuple[str, ...]
    dtype: str = ""
    mistakes: list[Mistake] = field(default_factory=list)
    given: int = 0

    def mistake(self, text, error=""):
        """Decorate a function that makes a classic mistake: its name, with spaces, becomes the mistake's."""

        def add(function):
            self.mistakes.append(Mistake(function.__name__.replace("_", " "), text, function, error))
            return function

        return add

    def check(self, function):
        """Try a function on the exercise's inputs: a Card whose state is "not attempted", "wrong" or "correct".

        It never raises for what the function does; an endless loop is ended as ever, by interrupting the kernel.
        """
        if not callable(function):
            text = t(
                "`check` takes the function itself, with no brackets after its name: `check({name})`.", name=self.name
            )
            return self._card(WRONG, text, mistake="not a function")
        if _is_stub(function):
            return self._not_attempted()
        values, changed = self._probed(function)
        came = {label: as_numbers(values.get(label), right) for label, right in self.expected.items()}
        if all(values.get(label) is ... for label in self.expected):
            return self._not_attempted()
        wrong = [label for label, right in self.expected.items() if not same(came[label], right)]
        if wrong:
            return self._wrong(wrong[0], values, came)
        types = {str(np.asarray(value).dtype) for value in values.values()} if self.dtype else set()
        if types - {self.dtype}:
            return self._card(WRONG, t(
                "The values are right, but their type is {found} where {wanted} was asked for.",
                found=", ".join(sorted(types)), wanted=self.dtype,
            ), mistake="another type")
        if changed:
            return self._card(WRONG, t(_CHANGED), mistake="changed its input")
        return self._card(CORRECT, t("`{name}` gives what it should.", name=function_name(function, self.name)))

    def hint(self):
        """The next hint, as a Card; the last one is a solution, and after it comes the first again."""
        number, count = self.given % (len(self.hints) + 1), len(self.hints) + 1
        self.given += 1
        heading = t("Hint {number} of {count}", number=number + 1, count=count)
        if number < len(self.hints):
            return Card(HINT, heading, t(self.hints[number]))
        return Card(HINT, heading, t("One way to write it:"), code=self.source)

    @property
    def name(self):
        """What the learner's function is called in the lesson."""
        return self.solution.__name__

    @property
    def source(self):
        """The solution, as Python."""
        return inspect.getsource(self.solution).rstrip()

    @property
    def texts(self):
        """Every sentence that belongs to this exercise alone, for translators."""
        return (self.title, self.task, *self.hints, *(mistake.text for mistake in self.mistakes), *self.expected)

    @cached_property
    def expected(self):
        """{label: what the reference gives}: float64 arrays, or tuples of them."""
        values, _ = self.probe(self.reference)
        return {label: as_numbers(value, value) for label, value in values.items()}

    def _probed(self, function):
        found = attempt(self.probe, function)
        return found if isinstance(found, tuple) else (dict.fromkeys(self.expected, found), False)

    def _makes(self, mistake, values, came):
        """Whether a learner's values are those of a mistake."""
        if mistake.error:
            first = next(iter(values.values()))
            return isinstance(first, Failure) and bool(re.search(mistake.error, first.text))
        wrong, _ = self._probed(mistake.function)
        makes = {label: as_numbers(wrong[label], right) for label, right in self.expected.items()}
        alike = [label for label in makes if same(came[label], makes[label])]
        return bool(alike) and all(label in alike or fails_alike(came[label], makes[label]) for label in makes)

    def _wrong(self, label, values, came):
        if all(value is None for value in values.values()):
            text = t("Your function returns nothing. Its last line has to be `return` and the result.")
            return self._card(WRONG, text, mistake="no return")
        found = t("For {label}:", label=t(label)) + " " + difference(came[label], self.expected[label])
        named = next((mistake for mistake in self.mistakes if self._makes(mistake, values, came)), None)
        text, name = (f"{t(named.text)} {found}", named.name) if named else (found, "")
        shown = picture(came[label], self.expected[label])
        if not shown:
            return self._card(WRONG, text, mistake=name)
        drawn = plots.png(plots.side_by_side(1.6, **{t(title): image for title, image in shown.items()}))
        caption = t("Yours and what is expected, on one scale of colours.")
        if "difference" in shown:
            caption += " " + t("Difference: red is too much, blue too little, white is right.")
        return self._card(WRONG, text, mistake=name, picture=drawn, caption=caption)

    def _not_attempted(self):
        return self._card(NOT_ATTEMPTED, t("Put your code in place of the three dots, and run both cells again."))

    def _card(self, state, text, **more):
        return Card(state, f"{t(_HEADINGS[state])} · {t(self.title)}", text, **more)

    def _task(self):
        return self._card(TASK, t(self.task), code=f"def {self.name}{inspect.signature(self.solution)}:\n    ...")

    def __repr__(self):
        return str(self._task())

    def _repr_html_(self):
        return self._task()._repr_html_()


def function_name(function, otherwise):
    """A function's name, or another where it has none."""
    return getattr(function, "__name__", otherwise)


def _is_stub(function):
    """Whether a function's body does nothing at all: three dots, `pass`, or a docstring."""
    code = getattr(function, "__code__", None)
    steps = list(dis.get_instructions(code)) if code else []
    idle = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}
    constants = [step.argval for step in steps if "CONST" in step.opname]
    return bool(steps) and idle.issuperset(step.opname for step in steps) and constants[-1] in (None, ...)
