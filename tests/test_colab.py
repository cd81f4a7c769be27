"""The first cell of each lesson, which lets it run on Google Colab, and what it calls there."""

import json
import sys
import tomllib
import types
from pathlib import Path

import pytest

from styletutor import colab, messages

ROOT = Path(__file__).parent.parent
LESSONS = {str(path.relative_to(ROOT)): json.loads(path.read_text(encoding="utf-8"))
           for path in sorted(ROOT.glob("notebooks/**/*.ipynb"))}  # fmt: skip
ADDRESS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["styletutor"]["repository"]


def test_every_lesson_begins_with_the_same_cell():
    """Its first code cell, folded and left out of the web page; what it installs is the project's own address."""
    firsts = [next(cell for cell in lesson["cells"] if cell["cell_type"] == "code") for lesson in LESSONS.values()]
    assert len(firsts) == 2 * len(list(ROOT.glob("notebooks/*.ipynb"))) and all(f == firsts[0] for f in firsts)
    assert firsts[0]["metadata"] == {"tags": ["remove-cell"], "jupyter": {"source_hidden": True}}
    assert f'"install -q git+{ADDRESS}"' in "".join(firsts[0]["source"])


@pytest.mark.parametrize(("answer", "language"), [
    ({"ipynb": LESSONS["notebooks/05_style_transfer.ipynb"]}, "en"),
    ({"ipynb": LESSONS["notebooks/es/05_style_transfer.ipynb"]}, "es"),
    (None, "en"),
])  # fmt: skip
def test_the_cell_does_what_it_should_on_colab(answer, language, monkeypatch):
    """It installs, lets panels be shown, and speaks the language of the notebook that Colab says is open."""
    done = []
    fake = types.ModuleType("google.colab")
    fake.output = types.SimpleNamespace(enable_custom_widget_manager=lambda: done.append("widgets"))
    fake._message = types.SimpleNamespace(blocking_request=lambda kind, timeout_sec: answer)
    monkeypatch.setitem(sys.modules, "google.colab", fake)
    monkeypatch.setattr(messages, "_language", None)
    shell = types.SimpleNamespace(run_line_magic=lambda *arguments: done.append(arguments))
    (source,) = {"".join(lesson["cells"][1]["source"]) for lesson in LESSONS.values()}
    exec(source, {"get_ipython": lambda: shell})
    assert done == [("pip", f"install -q git+{ADDRESS}"), "widgets"]
    assert messages.language() == language
    assert colab.is_translation({"cells": [{"metadata": {"translates": "x"}}, {}]})
