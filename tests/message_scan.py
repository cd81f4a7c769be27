"""What the package shows to a reader, read from its source: the messages, and sentences that are none."""

import ast
import re
from pathlib import Path

from styletutor import errors

PACKAGE = Path(__file__).parent.parent / "styletutor"
SHOWN = {  # where in these calls stand messages, by position
    "t": (0,), "mark": (0,), "counted": (0, 1), "heading": (0,), "button": (0, 1), "checkbox": (0, 2),
    "dropdown": (0, 3), "several": (0, 3), "slider": (0, 4), "float_slider": (0, 4), "log_slider": (0, 4),
}  # fmt: skip
NO_SENTENCES = re.compile(r"has no attribute|row (no)?wrap|left bottom|^import styletutor|Sobel magnitude|%s$")
CONSTANTS = ("SUMMARY", "EPILOG")  # of the command's modules; `styletutor.cli.parser` translates them


def sources():
    """The package's files, without those that a learner never runs."""
    return sorted(path for path in PACKAGE.rglob("*.py") if "pretrain" not in path.parts)


def messages(tree):
    """Every string node of a parsed file that is a message."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            places = [node.args[i] for i in SHOWN.get(name, ()) if i < len(node.args)]
            places += [k.value for k in node.keywords if name in SHOWN and k.arg in ("description", "tooltip")]
            if name == "add_argument":
                places = [keyword.value for keyword in node.keywords if keyword.arg == "help"]
            for place in places:
                yield from _strings(place)
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in CONSTANTS:
            yield from _strings(node.value)


def _strings(node):
    """The strings that an expression may be: itself, or either side of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node
    elif isinstance(node, ast.IfExp):
        yield from _strings(node.body)
        yield from _strings(node.orelse)


def bare_sentences(tree):
    """Every string that reads like words for a reader, two or more, and is no message: (line, text)."""
    known = {id(node) for node in messages(tree)}
    known |= {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}  # docstrings
    for node in ast.walk(tree):
        parts = [node] if isinstance(node, ast.Constant) else getattr(node, "values", [])
        if not isinstance(node, (ast.Constant, ast.JoinedStr)) or id(node) in known:
            continue
        text = "".join(p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str))
        if re.search(r"[A-Za-z]{3,},? [A-Za-z]{2,}", re.sub(r"<[^>]*>?", "", text)) and not NO_SENTENCES.search(text):
            yield node.lineno, text


def untranslated_errors(tree):
    """Lines where an error of the package is raised with words that are no message."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            name = getattr(node.exc.func, "id", "")
            words = [a for a in node.exc.args if isinstance(a, (ast.JoinedStr, ast.Constant))]
            if issubclass(getattr(errors, name, str), errors.StyleTutorError) and words:
                yield node.lineno
