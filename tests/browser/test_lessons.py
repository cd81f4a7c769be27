"""Every lesson, from its first cell to its last, in JupyterLab, on the newest kernel."""

from pathlib import Path

import pytest

from . import lab as harness

LESSONS = sorted(path.name for path in (Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("lesson", LESSONS, indirect=True)
def test_lesson_runs(lesson):
    """No cell ends in an error, no panel shows one, each picture of each panel is there."""
    assert lesson.python("ipykernel.__version__", "import ipykernel") == harness.kernels()["python3"]
    cells = [cell for cell in lesson.content()["cells"] if cell["cell_type"] == "code"]
    assert len(cells) >= 5 and all(cell["execution_count"] for cell in cells)
    for cell in cells:
        for output in cell["outputs"]:
            assert output["output_type"] != "error", output
            assert output.get("name") != "stderr", output
    assert lesson.page.locator(".jp-Notebook [role=alert]").count() == 0
    assert lesson.page.get_by_text("Error displaying widget").count() == 0
    pictures = lesson.page.locator("img.widget-image:visible").evaluate_all("all => all.map(i => i.naturalWidth)")
    assert all(pictures), pictures
