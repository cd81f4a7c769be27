"""Messages in two languages: which language is chosen, and that Spanish lacks none and has the same placeholders."""

import ast
import string

import message_scan
import pytest

from styletutor import messages


@pytest.fixture
def spanish():
    """Messages in Spanish for one test."""
    messages.use("es")
    yield
    messages.use("en")


TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in message_scan.sources()}


@pytest.mark.parametrize(("variables", "folder", "language"), [
    ({}, "/srv/ana/course", "en"),
    ({}, "/srv/ana/course/es", "es"),
    ({}, "/srv/es/course", "en"),
    ({"STYLETUTOR_LANG": "es"}, "/srv/ana", "es"),
    ({"STYLETUTOR_LANG": "es_MX.UTF-8"}, "/srv/ana", "es"),
    ({"STYLETUTOR_LANG": "en"}, "/srv/ana/es", "en"),
    ({"STYLETUTOR_LANG": "fr"}, "/srv/ana/es", "es"),
    ({"STYLETUTOR_LANG": ""}, "/srv/ana", "en"),
])  # fmt: skip
def test_language(variables, folder, language):
    """The variable decides, else the folder's name, else it is English."""
    assert messages.decide(variables, folder) == language


def test_spanish_lacks_no_message():
    """Every message of the package's code has a translation."""
    wanted = {n.value for tree in TREES.values() for n in message_scan.messages(tree) if n.value}
    assert sorted(wanted - set(messages.spanish())) == []


def test_placeholders_are_the_same():
    """A translation fills in what the English does, in the same format, and ends its lines where that does."""
    for english, translated in messages.spanish().items():
        if "%(" in english or "%s" in english:  # argparse's, filled in by it
            continue
        places = [
            sorted((name, form, kind) for _, name, form, kind in string.Formatter().parse(text) if name is not None)
            for text in (english, translated)
        ]
        assert places[0] == places[1], english
        assert english.endswith("\n") == translated.endswith("\n"), english


def test_panels_hold_no_bare_sentences():
    """Whatever reads like a sentence in a panel's code goes through the table of messages."""
    found = [
        f"{path.name}:{line}: {text}"
        for path, tree in TREES.items() if path.parent.name == "panels"
        for line, text in message_scan.bare_sentences(tree)
    ]  # fmt: skip
    assert found == []


def test_errors_are_messages():
    """No error of the package is raised with words that can't be translated."""
    found = {path.name: list(message_scan.untranslated_errors(tree)) for path, tree in TREES.items()}
    assert {name: lines for name, lines in found.items() if lines} == {}
