"""A notebook saved in JupyterLab: small after a long run, its pictures there for a reader who runs nothing."""

import json

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from . import lab as harness
from .hands import Hands
from .lab import until
from .panels import write_notebook

NAME = "saved.ipynb"
STEPS = 1000
LARGE = """for _name, _value in (("content", "rocket"), ("init", "noise"), ("max_dim", 640)):
    stylestudio.controls[_name].value = _value"""  # 640 × 427 pixels; a larger picture is sent as small as this


@pytest.fixture(scope="module")
def saved(lab, browser):
    """(path, hashes of the studio's pictures) of a notebook saved after 1000 steps and a few of a large picture.

    Its kernel ended in another run.
    """
    path = lab.folder / NAME
    write_notebook(path, "python3", ["LayerPanel", "StyleStudio"])
    notebook = harness.Notebook(browser, lab, NAME)
    notebook.run_all()
    studio = Hands(notebook.cell(2))
    notebook.python("None", f"stylestudio.controls['steps'].value = {STEPS}")
    studio.click("Start")
    until(lambda: f"finished after {STEPS} steps" in studio.output.inner_text(), "the run's end", 300)
    studio.click("Pin")
    notebook.python("None", LARGE)
    studio.click("Start")
    until(studio.step, "a large picture")
    studio.click("Stop")
    until(lambda: "stopped after" in studio.status(), "its end")
    studio.click("Save")
    until(lambda: "saved as" in studio.output.inner_text(), "a file, and its download")
    pictures = studio.at_rest()
    notebook.save()
    studio.click("Start")
    until(lambda: "step " in studio.status(), "another run")
    notebook.close()
    return path, pictures


def test_notebook_stays_small(saved, lab):
    """A thousand steps and a large picture, saved, leave less than 2 MB; a kernel that ends in a run says nothing."""
    path, _ = saved
    assert path.stat().st_size < 2e6
    assert lab.complaints() == []


def test_reader_with_another_kernel_sees_the_panels(saved, lab, browser):
    """Opened again, with nothing run: the panels stand there with the pictures that they had."""
    notebook = harness.Notebook(browser, lab, NAME)
    studio = Hands(notebook.cell(2))
    until(lambda: studio.output.locator("img.widget-image").count(), "the studio")
    assert studio.at_rest() == saved[1]
    assert notebook.page.get_by_text("model not found").count() == 0
    assert "Feature map of channel" in notebook.cell(1).inner_text()
    notebook.close()


@pytest.mark.parametrize("trusted", [False, True])
def test_reader_without_a_kernel_sees_pictures(saved, lab, browser, trusted):
    """A saved notebook, one's own or from elsewhere, and no kernel for it: each panel is a sheet of pictures."""
    notebook = nbformat.read(saved[0], 4)
    notebook.metadata.kernelspec = {"name": "nowhere", "display_name": "nowhere"}
    del notebook.metadata["language_info"]  # or a kernel of the same language is taken
    if trusted:
        NotebookNotary().sign(notebook)
    nbformat.write(notebook, lab.folder / "foreign.ipynb")
    assert NotebookNotary().check_signature(notebook) == trusted
    page = lab.show(browser, "foreign.ipynb")
    page.locator(".jp-Dialog button", has_text="No Kernel").click()
    sheets = page.locator(".jp-OutputArea img")
    until(lambda: sheets.count() == 2, "two sheets of pictures")
    assert all(sheets.evaluate_all("all => all.map(image => image.naturalWidth)"))
    assert page.get_by_text("widget").count() == 0
    lab.put_away(page)


def test_outputs_hold_words_too(saved):
    """Where not even pictures are shown, an output says what stands there."""
    notebook = json.loads(saved[0].read_text())
    data = notebook["cells"][2]["outputs"][0]["data"]
    assert "".join(data["text/plain"]) == "StyleStudio: run this cell in JupyterLab to play with it"
    assert "Error" not in json.dumps(notebook["metadata"]["widgets"])
