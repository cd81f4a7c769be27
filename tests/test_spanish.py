"""What a Spanish reader meets: lessons in step with the English ones, and no English in a panel, a table or a card."""

import ast
import importlib.util
import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from panel_checks import text_of

from styletutor import cli, messages, panels
from styletutor.cli import lab

ROOT = Path(__file__).parent.parent
LESSONS = ROOT / "notebooks"
ENGLISH = re.compile(r"\b(the|of|and|with|which|are|from|to|is|it|pictures?|layers?|rows?|column|channels?|steps?|"
                     r"weight|noise|size|mean|shape|press|seconds?|not|first|start|loss)\b(?![_/=.])")  # fmt: skip
DRAWN = ("side_by_side", "bars", "line_chart", "loss_chart", "loss_curves", "histogram")


@pytest.fixture
def spanish():
    """Messages in Spanish for one test."""
    messages.use("es")
    yield
    messages.use("en")


def translations():
    """.ci/translations.py as a module."""
    spec = importlib.util.spec_from_file_location("translations", ROOT / ".ci" / "translations.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_lessons_are_in_step():
    """Each lesson has its Spanish one: every text translated as it is now, the same cells, code and metadata."""
    assert translations().compare() == []


def test_what_is_out_of_step_is_found(tmp_path):
    """A changed text is stale, a new one missing, changed code differs; `write` brings the code across and no more."""
    shutil.copytree(LESSONS, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "00_start_here.ipynb"
    lesson = json.loads(path.read_text(encoding="utf-8"))
    cells = {cell["id"]: cell for cell in lesson["cells"]}
    cells["title"]["source"][-1] += " Or more."
    cells["kernel-start"]["source"] = ["steps = 2"]
    lesson["cells"].append(cells["idea"] | {"id": "one-more"})
    path.write_text(json.dumps(lesson), encoding="utf-8")
    tool, stale = translations(), ["00_start_here.ipynb: title is stale", "00_start_here.ipynb: one-more is missing"]
    assert tool.compare(tmp_path) == [*stale, "00_start_here.ipynb: code, order or metadata differ"]
    assert tool.compare(tmp_path, write=True) == stale
    again = json.loads((tmp_path / "es" / path.name).read_text(encoding="utf-8"))
    assert next(c for c in again["cells"] if c["id"] == "kernel-start")["source"] == ["steps = 2"]


def test_a_translation_is_marked_done(tmp_path, monkeypatch, capsys):
    """--done marks a stale text; a lesson or a cell that isn't there is one sentence, code 2, and changes nothing."""
    shutil.copytree(LESSONS, tmp_path, dirs_exist_ok=True)
    path, tool = tmp_path / "es" / "00_start_here.ipynb", translations()
    current, text = path.read_text(encoding="utf-8"), tool.read(path)
    next(c for c in text["cells"] if c["id"] == "title")["metadata"]["translates"] = "another"
    path.write_text(json.dumps(text, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    tool.done(path.name, "title", tmp_path)
    assert path.read_text(encoding="utf-8") == current
    for lesson, name in (("none.ipynb", "title"), ("../README.md", "title"), (path.name, "none"),
                         (path.name, "kernel-start"), ("", "")):  # fmt: skip
        monkeypatch.setattr(sys, "argv", ["translations.py", "--done", lesson, name])
        assert tool.main() == 2
        said = capsys.readouterr()
        assert said.out == "" and re.fullmatch(r"No lesson [^\n]*\.\n|\S+ has no text [^\n]*\.\n", said.err)
    assert translations().compare() == []


def test_readme():
    """The Spanish README has the English one's commands and a row for each lesson; its links lead to files."""
    english, text = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.es.md"))
    assert re.findall(r"\]\((notebooks/es/\w+\.ipynb)\)", text) == [
        f"notebooks/es/{path.name}" for path in sorted((LESSONS / "es").glob("*.ipynb"))
    ]
    assert all((ROOT / link).is_file() for link in re.findall(r"\]\(([^)#:]+)\)", text))
    commands = [re.findall(r"^(?:styletutor|.*-m pytest -n 2`?$|import|st\.)[^#\n]*", t, re.M) for t in (english, text)]
    given, translated = ({command.strip() for command in found} for found in commands)
    assert translated < given and given - translated == {"styletutor lab"}  # theirs is with --lang es
    assert len(re.findall(r"^## ", text, re.M)) == len(re.findall(r"^## ", english, re.M))


def test_lab_opens_the_spanish_lessons(spanish, monkeypatch, tmp_path):
    """`styletutor lab --lang es` opens lesson 0 of the folder es, in a copy too, and tells the kernels."""
    monkeypatch.setenv(messages.VARIABLE, "en")
    args = cli.parser().parse_args(["lab", "--lang", "es", "--dir", str(tmp_path / "course")])
    lab.speak(args.lang)
    assert os.environ[messages.VARIABLE] == "es"
    folder = lab.course_folder(args.dir)
    (address,) = (a for a in lab.jupyter_arguments(folder, 0, False) if a.startswith("--LabApp.default_url"))
    assert (folder / address.split("/tree/")[1]).is_file()
    assert "/tree/es/" in address


def words_shown(code):
    """The titles and labels that a code cell gives to what draws, and whatever else reads like words."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in DRAWN:
            yield from (k.arg.replace("_", " ") for k in node.keywords if k.arg and k.arg not in ("height", "log"))
        elif isinstance(node, ast.JoinedStr):
            parts = (part.value.strip(" :,") for part in node.values if isinstance(part, ast.Constant))
            yield from (part for part in parts if re.fullmatch(r"[A-Za-z][A-Za-z ]{2,}", part))
        elif isinstance(node, ast.Constant) and re.search(r"[a-z]{2,} [a-z]{2,}", str(node.value)):
            yield node.value


def test_code_shows_no_english(spanish):
    """Whatever words a lesson's code shows are in the table of messages."""
    missing = []
    for path in LESSONS.glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        words = {words for source in code for words in words_shown(source)}
        missing += [(path.stem, w) for w in words if messages.title(w) == w and w not in messages.spanish()]
    assert sorted(missing) == []


def shown_by(panel):
    """Every text that a panel shows: labels, tooltips, options, captions, readout, whatever HTML it holds."""
    yield from (text for control in panel.controls.values() for text in _texts(control))
    yield from (text_of(picture.caption.value) for picture in panel.pictures.values())
    yield text_of(panel.readout.value)
    yield from (text_of(widget.value) for widget in _htmls(panel))


def _texts(control):
    yield text_of(control.description)
    yield control.tooltip or ""
    yield from re.findall(r'title="([^"]*)"', control.description)
    yield from (label for label in getattr(control, "_options_labels", ()))


def _htmls(widget):
    for child in getattr(widget, "children", ()):
        if type(child).__name__ == "HTML":
            yield child
        yield from _htmls(child)


def english_in(texts):
    """The texts that hold an English word; code, names in backticks or with underscores don't count."""
    texts = (re.sub(r"`[^`]*`|\S*[_/]\S*|image\[[^\n]*", " ", text) for text in texts)
    return [text for text in texts if ENGLISH.search(text)]


@pytest.mark.parametrize("name", panels.__all__)
def test_panel_shows_no_english(name, spanish, quarter_network, photo):
    """Nothing that a panel shows at its beginning is English."""
    arguments = {
        "LayerPanel": (quarter_network, photo), "ContentPanel": (quarter_network, photo),
        "OptimizerPanel": (quarter_network,), "GramPanel": (quarter_network, photo),
        "FrequencyPanel": (photo,), "ImagePanel": (photo,),
    }  # fmt: skip
    texts = list(shown_by(getattr(panels, name)(*arguments.get(name, ()))))
    assert len(texts) > 10
    assert english_in(texts) == []


def test_english_is_found():
    """The check above finds English, and takes neither code nor Spanish for it."""
    assert english_in(["How much the Gram terms weigh", "Layer", "Cuánto pesa block1_conv1 en `step`", "no pasa"]) == [
        "How much the Gram terms weigh"
    ]


def test_tables_and_cards_show_no_english(spanish, quarter_network, photo):
    """Nor are the layer table, the statistics, a value taken apart, the exercises' cards and the command's help."""
    import styletutor as st
    from styletutor.cli import parser

    features = st.feature_extractor(quarter_network, ["block1_conv1"])(photo)
    cards = [getattr(st.exercises, name) for name in st.exercises.names()]
    texts = [
        text_of(st.layer_table(quarter_network)._repr_html_()),
        text_of(st.inspection.describe_outputs(features)._repr_html_()),
        text_of(st.inspection.take_apart(quarter_network, "block1_conv2", 0, 3, 3, photo)._repr_html_()),
        *(str(card._task()).split("\ndef ")[0] for card in cards),
        *(text for card in cards for text in map(messages.t, card.hints)),
        parser().format_help(),
    ]
    assert english_in(texts) == []
