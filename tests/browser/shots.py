"""The README's pictures of panels: python tests/browser/shots.py FOLDER en, or es, with nothing else at work.

They say how long a run takes, so a busy machine shows in them.
"""

import importlib.util
import io
import os
import sys
import tempfile
from pathlib import Path

import nbformat
from PIL import Image, ImageOps

ROOT = Path(__file__).parents[2]
CELLS = {
    "layer_panel": "panel = st.panels.LayerPanel(st.load_vgg19(), st.gallery.load('coffee', 256))",
    "gram_panel": "panel = st.panels.GramPanel(st.load_vgg19(), st.gallery.load('coffee', 256))",
    "studio": "panel = st.panels.StyleStudio(settings=st.Settings.preset('quick', optimizer='lbfgs', steps=110))",
}
BEFORE = {"layer_panel": "panel.controls['strongest'].click()", "gram_panel": """
panel.controls['strongest'].click()
panel.controls['shuffle'].value = 'tiles'""", "studio": """
def run(weight):
    panel.controls['style_weight'].value = weight
    panel.start()
    panel.wait(1800)
run(10**0.5)  # the slider has a place there, and shows the number that the run has
panel.controls['pin'].click()
run(10**1.5)
panel.controls['past'].value = panel.controls['past'].max // 3
panel.controls['render'].click()
panel.render.loop.wait(3600)"""}  # fmt: skip


def main(folder, language):
    """Write NAME.jpg, in Spanish NAME_es.jpg: the panel's output as a page 1250 pixels wide shows it."""
    from browser import lab

    os.environ["STYLETUTOR_LANG"] = language
    server = lab.Lab(Path(tempfile.mkdtemp()))
    with lab.chromium() as browser:
        for name, code in CELLS.items():
            cell = nbformat.v4.new_code_cell(f"import styletutor as st\n{code}\npanel")
            kernel = {"name": "python3", "display_name": "python3", "language": "python"}
            nbformat.write(
                nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel}), server.folder / f"{name}.ipynb"
            )
            notebook = lab.Notebook(browser, server, f"{name}.ipynb")
            notebook.page.set_viewport_size({"width": 1250, "height": 2200})
            notebook.run_all()
            notebook.python("None", BEFORE[name])
            notebook.page.wait_for_timeout(3000)
            output = notebook.cell(0).locator(".jp-OutputArea-output")
            picture = Image.open(io.BytesIO(output.screenshot())).convert("RGB")
            picture = picture.crop(ImageOps.invert(picture).getbbox())
            picture.thumbnail((960, picture.height))
            suffix = "" if language == "en" else f"_{language}"
            picture.save(Path(folder) / f"{name}{suffix}.jpg", quality=76, optimize=True)
            notebook.close()
    server.close()


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    spec = importlib.util.spec_from_file_location("conditions", ROOT / "conftest.py")
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    main(*sys.argv[1:])
