"""The package's docstrings as reStructuredText: they are plain text, with names of code between single backticks."""

import inspect
import re

_CODE = re.compile(r"`+([^`]+)`+(\w?)")
_MARKS = re.compile(r"[*|]|_(?=\W|$)")


def restructured(text):
    """Plain text as reStructuredText that shows the same."""
    parts, end = [], 0
    for code in _CODE.finditer(text):
        after = code[2] and "\\ " + code[2]  # reStructuredText wants a gap, which isn't shown
        parts += [_escaped(text[end : code.start()]), "``", " ".join(code[1].split()), "``", after]
        end = code.end()
    return "".join(parts) + _escaped(text[end:])


def _escaped(text):
    return _MARKS.sub(lambda mark: "\\" + mark[0], text)


def _process(app, kind, name, thing, options, lines):
    lines[:] = restructured("\n".join(lines)).split("\n")


def _signature(app, kind, name, thing, options, signature, result):
    if kind == "class" and "t.Any" in (signature or ""):  # widgets hide what their own __init__ takes
        parameters = list(inspect.signature(thing.__init__).parameters.values())[1:]
        return str(inspect.Signature(parameters)), result
    return None


def setup(app):
    """For Sphinx."""
    app.connect("autodoc-process-signature", _signature)
    app.connect("autodoc-process-docstring", _process)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
