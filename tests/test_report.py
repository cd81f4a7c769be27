"""`st.doctor()`: the findings of the command, as a table that a lesson shows."""

import panel_checks
import pytest

import styletutor as st
from styletutor.cli import findings, report


@pytest.fixture
def checks(monkeypatch):
    """Three findings instead of the machine's own: a good one, one that can wait, one that is missing."""
    found = {
        "Machine": lambda: iter([findings.Finding(True, "two cores")]),
        "Downloads": lambda: iter([findings.Finding(None, "pictures: <none>", "styletutor download pictures")]),
        "Packages": lambda: iter([findings.Finding(False, "numpy is not installed", 'pip install "numpy>=2"')]),
    }
    for title in list(report.CHECKS):
        monkeypatch.delitem(report.CHECKS, title)
    for title, check in found.items():
        monkeypatch.setitem(report.CHECKS, title, check)


def test_every_finding_is_shown_with_its_remedy(checks):
    """Texts and commands stand in the table, escaped, each beside a word that says how grave it is."""
    shown = st.doctor()._repr_html_()
    assert "<none>" not in shown
    text = panel_checks.text_of(shown)
    for words in ("two cores", "pictures: <none>", "styletutor download pictures", 'pip install "numpy>=2"'):
        assert words in text
    assert [text.count(word) for word in ("can wait", "missing")] == [1, 2]


def test_missing_is_not_good_and_what_can_wait_is(checks, monkeypatch):
    """The verdict falls with what the course needs, and with that alone."""
    assert not st.doctor().good and "can't run" in str(st.doctor())
    monkeypatch.delitem(report.CHECKS, "Packages")
    assert st.doctor().good and "The course can run." in str(st.doctor())


def test_this_installation_can_run_the_course():
    """Where the tests run, nothing that the course needs is missing."""
    found = st.doctor()
    assert found.good, str(found)
