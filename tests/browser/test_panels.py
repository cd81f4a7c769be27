"""Every panel on both kernels: a real drag, a key, a typed number change a picture; an error shows in the panel."""

import pytest

import styletutor as st

from . import lab as harness
from .hands import Hands
from .lab import until
from .panels import PANELS


@pytest.fixture(params=PANELS)
def panel(request, panels):
    """(the panel's trial, hands on it), in the notebook that holds them all."""
    return PANELS[request.param], Hands(panels.cell(1 + list(PANELS).index(request.param)))


def test_every_panel_is_tried():
    """A public panel without a line in PANELS fails here."""
    assert sorted(PANELS) == st.panels.__all__


def test_kernel_is_the_one_named(panels):
    """The notebook's kernel is of the version it was written for: an ipykernel 6, and the newest."""
    version = panels.python("ipykernel.__version__", "import ipykernel")
    assert version == harness.kernels()[panels.kernel]
    assert version.split(".")[0] == {"ipykernel6": "6", "python3": "7"}[panels.kernel]


def test_a_kernel_loads_what_it_needs(panels):
    """Keras takes scikit-learn and pyplot along where they are installed; no panel needs them, and they take long."""
    names = ["keras", "sklearn", "matplotlib.pyplot"]
    assert panels.python(f"[name for name in {names} if name in sys.modules]", "import sys") == ["keras"]


def test_showing_a_panel_moves_nothing(panels):
    """The learning rate lies between two of its slider's places: the page rounds what it shows, not what counts."""
    assert panels.python("stylestudio.controls['learning_rate'].value") == 0.02


def test_every_layer_is_in_sight(panels):
    """A list of which several may be chosen shows all that it has: a choice out of sight is no choice."""
    lists = panels.page.locator("select[multiple]")
    assert lists.count() == 2
    assert lists.evaluate_all("lists => lists.every(list => list.scrollHeight <= list.clientHeight)")


def test_a_slider_moves_a_picture(panel):
    """Dragged with the mouse, moved with an arrow key, set by typing: each time other bytes stand behind a picture.

    The panel stays as high as it was, so that nothing below it jumps.
    """
    trial, hands = panel
    hands.at_rest()
    height = hands.output.bounding_box()["height"]
    hands.changes(hands.drag, trial.slider, 0.8)
    hands.changes(hands.press, trial.slider, "ArrowLeft")
    hands.changes(hands.type, trial.slider, trial.typed)
    assert hands.alert() is None
    hands.at_rest()
    assert abs(hands.output.bounding_box()["height"] - height) <= 2


def test_an_error_shows(panel, panels):
    """What a callback raises stands in the panel; with the next good move it is gone and the panel works."""
    trial, hands = panel
    hands.type(trial.slider, trial.typed)  # leaves room to the left, wherever the slider was
    hands.at_rest()
    panels.python("None", BREAK.format(trial.calls))
    hands.press(trial.slider, "ArrowLeft")
    until(lambda: hands.alert() == "RuntimeError: <injected>", "the error in the panel")
    panels.python("None", "breaking.stop()")
    hands.changes(hands.press, trial.slider, "ArrowLeft")
    assert hands.alert() is None


BREAK = """from unittest import mock
breaking = mock.patch({!r}, side_effect=RuntimeError("<injected>"))
breaking.start()"""
