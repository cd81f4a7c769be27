"""Exercises: solutions pass, each classic mistake is named as itself, nothing that a function does stops a lesson."""

import json
import logging
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from styletutor import exercises
from styletutor.backend import tf
from styletutor.exercises import card, live

NAMES = exercises.names()
LESSONS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
MISTAKES = [(name, mistake) for name in NAMES for mistake in getattr(exercises, name).mistakes]


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_is_correct(name):
    """What the last hint shows is, word for word, accepted; so is the package's own function."""
    exercise = getattr(exercises, name)
    assert exercise.check(exercise.solution).state == card.CORRECT
    assert exercise.check(exercise.reference).state == card.CORRECT


@pytest.mark.parametrize(("name", "mistake"), MISTAKES, ids=[f"{name}: {mistake.name}" for name, mistake in MISTAKES])
def test_each_classic_mistake_is_named(name, mistake):
    """Whoever makes a mistake reads about that mistake, and about no other."""
    said = getattr(exercises, name).check(mistake.function)
    assert (said.state, said.mistake) == (card.WRONG, mistake.name), said
    assert said.text.startswith(mistake.text)


@pytest.mark.parametrize("answer", [
    lambda features: (features.mean((0, 1, 2)) < 0.1).mean(),
    lambda features: (features.max((0, 1, 2)) < 0.1).mean(),
    lambda features: (np.quantile(features, 0.95, axis=(0, 1, 2)) == 0).mean(),
], ids=["small on average", "never large", "mostly zero"])  # fmt: skip
def test_a_channel_that_answers_once_and_weakly_is_not_silent(answer):
    """Zero means zero: a threshold, or nearly all of the places, is another question."""
    assert exercises.silent_channels.check(answer).state == card.WRONG


def test_a_mistake_that_breaks_on_one_input_is_named():
    """Bytes go round with one amount; with another NumPy refuses it. What fails otherwise is not that mistake."""
    said = exercises.brighten.check(lambda levels, amount: np.clip(levels + amount, 0, 255))
    assert said.mistake == "added as bytes" and "going round" in said.text

    def otherwise(levels, amount):
        if amount < 0:
            raise ValueError
        return levels + amount

    assert exercises.brighten.check(otherwise).mistake == ""
    assert exercises.brighten.check(lambda levels, amount: levels + 300).mistake == ""


def test_mistakes_are_told_apart():
    """Each exercise knows several mistakes, and no two by the same name."""
    for name in NAMES:
        named = [mistake.name for mistake in getattr(exercises, name).mistakes]
        assert len(named) == len(set(named)) >= 4, name


def no_outer_return(loss, weights):
    def weighted(image):
        return weights["style"] * loss(image)


def no_inner_return(loss, weights):
    def weighted(image):
        weights["style"] * loss(image)

    return weighted


def breaks(loss, weights):
    def weighted(image):
        return weights["tv"] * loss(image)

    return weighted


@pytest.mark.parametrize(("function", "mistake", "said"), [
    (no_outer_return, "no return", "returns nothing"),
    (no_inner_return, "no return", "returns nothing"),
    (lambda loss, weights: 3, "a value for a function", "not callable"),
    (breaks, "", "`KeyError: 'tv'`. The line is `return weights[\"tv\"] * loss(image)`"),
])  # fmt: skip
def test_a_function_that_makes_a_function_is_told_what_its_own_lines_do(function, mistake, said):
    """Not what the check's lines do with what it gave."""
    found = exercises.live_weight.check(function)
    assert found.mistake == mistake and said in found.text and "values.append" not in found.text


def test_tensorflow_says_nothing_of_graphs_recorded_anew():
    """The card says it, in the learner's language: TensorFlow's warning is of a function that they may not know."""
    said, logger = [], logging.getLogger("tensorflow")
    handler = logging.Handler()
    handler.emit = said.append
    logger.addHandler(handler)
    try:
        for _ in range(3):
            exercises.live_weight.check(live.traced_for_each_value)
    finally:
        logger.removeHandler(handler)
    assert said == []


# what a learner's function may do


def broken(features):
    """Fails two lines down."""
    flat = features.reshape(-1)
    return flat @ features


def evil(features):
    """Gives what claims to be an array."""

    class Impostor:
        def __array__(self, *arguments, **more):
            raise RuntimeError("no")

    return Impostor()


def in_place(features):
    """Right, and yet not."""
    gram = exercises.gram_matrix.solution(features)
    features *= 0
    return gram


def says_something(features):
    """The classic print for return."""
    assert features.shape


class Silent(Exception):
    """An exception that can't be shown."""

    def __str__(self):
        raise self


def raises_silent(features):
    """Raises what can't be shown."""
    raise Silent


FATES = {
    "not a function": (np.zeros(3), "not a function", "without|no brackets"),
    "an exception, with its line": (broken, "", r"ValueError.*`return flat @ features`"),
    "an exit": (lambda features: sys.exit(3), "", "SystemExit"),
    "an exception that has no text": (raises_silent, "", "Silent"),
    "no end of recursion": (lambda features: FATES["no end of recursion"][0](features), "", "RecursionError"),
    "too many arguments expected": (lambda features, more: 0, "", "TypeError"),
    "no return": (says_something, "no return", "return"),
    "^ for **": (lambda features: features ^ 2, "", r"bitwise_xor.*In Python `\^` is no power"),
    "an array for a tensor": (lambda features: tf.image.total_variation(features), "", r"get_shape.*`tf\.constant"),
    "an array watched": (lambda features: tf.GradientTape().watch(features), "", r"Passed in.*`tf\.constant"),
    "a text": (lambda features: "Gram", "", "`str`"),
    "an impostor": (evil, "", "`Impostor`"),
    "a ragged list": (lambda features: [[1], [2, 3]], "", "`list`"),
    "complex numbers": (lambda features: features + 1j, "", "`ndarray`"),
    "another shape": (lambda features: features, "", re.escape("(2, 5, 7, 4), expected is (2, 4, 4)")),
    "no values": (lambda features: np.zeros((2, 4, 4)) * np.nan, "", "32 of its 32 values are not finite"),
    "nothing": (lambda features: np.zeros((2, 0, 4)), "", re.escape("(2, 0, 4)")),
    "a factor": (lambda features: 3 * exercises.gram_matrix.solution(features), "", "3 times"),
    "an offset": (lambda features: exercises.gram_matrix.solution(features) + 1, "", "largest difference is at"),
    "its input changed": (in_place, "changed its input", "new array"),
}


@pytest.mark.parametrize("fate", FATES)
def test_nothing_that_a_function_does_is_an_error(fate):
    """It is told, in words that fit, as text and as HTML."""
    function, mistake, pattern = FATES[fate]
    said = exercises.gram_matrix.check(function)
    assert (said.state, said.mistake) == (card.WRONG, mistake)
    assert re.search(pattern, said.text), said.text
    assert said.text.split()[0] in str(said) and "<div" in said._repr_html_()


@pytest.mark.parametrize("kind", [list, np.float64, np.float32])
def test_lists_and_other_precisions_are_taken(kind):
    """A list of lists or another number type is as good as an array."""
    right = exercises.gram_matrix.solution
    turned = {list: lambda gram: gram.tolist()}.get(kind, kind)
    assert exercises.gram_matrix.check(lambda features: turned(right(features))).state == card.CORRECT


@pytest.mark.parametrize("dtype", ["float64", "int64"])
def test_a_type_that_was_asked_for_is_looked_at(dtype):
    """Right levels in another type are not what a file holds."""
    solution = exercises.save_levels.solution
    said = exercises.save_levels.check(lambda image: solution(image).astype(dtype))
    assert (said.state, said.mistake) == (card.WRONG, "another type") and dtype in said.text and "uint8" in said.text


def test_stubs_are_not_attempted():
    """Three dots, `pass`, a docstring alone, and three dots returned."""

    def dots(features): ...

    def documented(features):
        """To be done."""

    for function in (dots, documented, lambda features: ...):
        assert exercises.gram_matrix.check(function).state == card.NOT_ATTEMPTED


def test_a_wrong_array_is_shown_beside_the_right_one():
    """The picture is a PNG with words for those who don't see it; a number has none."""
    said = exercises.preprocess.check(lambda image: image * 255)
    assert said.picture.startswith(b"\x89PNG") and said.caption
    assert f"alt='{said.caption}'" in said._repr_html_()
    assert not exercises.total_variation.check(lambda image: 0.0).picture


def test_what_comes_from_the_learner_is_escaped():
    """An exception's text is shown as text."""

    def script(features):
        raise ValueError("<script>alert(1)</script> {0} $x$")

    page = exercises.gram_matrix.check(script)._repr_html_()
    assert "<script" not in page and "&lt;script&gt;alert(1)" in page and "{0} $x$" in page


def test_hints_come_one_by_one_and_the_solution_last():
    """Each call gives the next; after the solution the first comes again."""
    exercise = exercises.total_variation
    exercise.given = 0
    said = [exercise.hint() for _ in range(len(exercise.hints) + 2)]
    assert [s.text for s in said[:2]] == list(exercise.hints)
    assert said[2].code.startswith("def my_total_variation(image):") and not said[0].code
    assert said[3] == said[0] and said[0].heading == "Hint 1 of 3"


def test_an_exercise_shows_its_task():
    """As a cell's last line: what to do, and the first line of the function."""
    exercise = exercises.gram_matrix
    assert "def my_gram(features):" in repr(exercise) and exercise.task.split(".")[0] in repr(exercise)
    assert "<code>features</code>" in exercise._repr_html_()


# the lessons


def cells_of(lesson):
    """The imports of a lesson, and its exercises as [(stub, check)]."""
    sources = [("".join(c["source"]), c["id"]) for c in lesson["cells"] if c["cell_type"] == "code"]
    imports = re.findall(r"^(?:import|from) .*$", "\n".join(source for source, _ in sources), re.M)
    code = {name: source for source, name in sources if name.startswith("exercise-")}
    return "\n".join(imports), [(code[name], code[f"{name}-check"]) for name in code if not name.endswith("-check")]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lessons_exercises_run_unsolved_and_solved(path):
    """As it stands each is not attempted; with its solution in place of the stub, by the lesson's imports, correct."""
    imports, found = cells_of(json.loads(path.read_text(encoding="utf-8")))
    assert found
    names = {}
    exec(imports, names)
    for stub, check in found:
        exec(stub, names)
        assert eval(check, names).state == card.NOT_ATTEMPTED
        exercise = getattr(exercises, check.split(".")[2])
        assert stub.rstrip(". \n").endswith(exercise.source.partition("\n")[0])
        exec(exercise.source, names)
        assert eval(check, names).state == card.CORRECT


def test_every_exercise_is_in_a_lesson():
    """And in one only."""
    texts = "".join(path.read_text(encoding="utf-8") for path in LESSONS)
    assert {name: texts.count(f"st.exercises.{name}.check(") for name in NAMES} == dict.fromkeys(NAMES, 1)
