"""F56 to F59 headless, F72 to F75: panels, notebooks and what the package never does; F25's lessons run under nbval.

F55, F57 and F59 are proved in a real browser on two kernels by tests/browser, F58 and F75 on a running server by
test_F75_lab; here is what needs none. Every lesson runs under nbval with sockets refused and an empty HOME, and must
leave nothing where it lies (conftest.py at the top), which is F74's first half.
"""

import ast
import datetime
import io
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import nbformat
import numpy as np
import pytest
from harness import ROOT, UNPRIVILEGED, environment, run_python
from jupyter_client import KernelManager
from pictures import png, samples
from PIL import Image

from styletutor import Settings
from styletutor.errors import ImageError
from styletutor.panels import StyleStudio
from styletutor.panels.picker import UPLOAD_MB

WHEN = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
POSIX = pytest.mark.skipif(os.name != "posix", reason="a matter of POSIX")


def test_F56_a_callback_that_raises():
    """What a callback raises, in any thread, is a message in the panel; the next that works takes it away."""
    from styletutor.panels.base import Panel
    from styletutor.panels.controls import button

    panel, fail = Panel(), [True]
    panel.add("go", button("Go", "Go"))

    def callback():
        if fail[0]:
            raise ImageError("<b>no picture</b>")

    panel.link(callback, "go")
    thread = threading.Thread(target=panel.controls["go"].click)
    thread.start()
    thread.join()
    assert "role='alert'" in panel.alert.value and "&lt;b&gt;no picture" in panel.alert.value
    fail[0] = False
    panel.controls["go"].click()
    assert panel.alert.value == "" and panel.error is None


def test_F58_uploads():
    """Two uploads of one name, none, a cancelled dialog and a damaged one harm nothing; the limit is written there."""
    from styletutor import images
    from styletutor.panels.pictures import PicturesPanel

    first, second = (png(samples(40, 40, 3, 8, seed)) for seed in (0, 1))
    entries = tuple({"name": "a.png", "type": "image/png", "size": len(c), "content": c} for c in (first, second))
    assert images.uploaded(entries) == (first, "a.png")
    panel = PicturesPanel()
    upload = next(control for name, control in panel.controls.items() if name.endswith("_upload"))
    assert f"{UPLOAD_MB} MB" in upload.description
    upload.value = ()
    upload.value = ({**_entry("a.png", b"broken")},)
    assert "a.png" in panel.alert.value
    upload.value = ({**_entry("a.png", first)},)
    assert panel.alert.value == ""


def _entry(name, content):
    return {"name": name, "type": "image/png", "size": len(content), "content": content, "last_modified": WHEN}


def test_F59_pictures_of_a_run_are_small():
    """A preview of a run as large as the studio makes it, even of noise, takes at most 200 kB."""
    from styletutor.panels.base import Picture

    picture, largest = Picture(), StyleStudio(settings=Settings(max_dim=64)).controls["max_dim"].max
    for side in (256, largest):
        noise = np.random.default_rng(0).uniform(0, 1, (1, side * 3 // 4, side, 3)).astype("float32")
        picture.show(noise, "noise", photo=True)
        assert 1000 < len(picture.image.value) <= 200_000
    assert min(Image.open(io.BytesIO(picture.image.value)).size) > 340  # the height at which it is shown


def test_F73_only_data_on_standard_output(tmp_path):
    """Bad input to any command is one line on standard error, nothing on the other, and an exit code that is not 0."""
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    buffer = io.BytesIO()
    Image.fromarray(samples(64, 64, 3, 8)).save(buffer, "TIFF", compression="tiff_lzw")
    (tmp_path / "a.tif").write_bytes(buffer.getvalue().replace(buffer.getvalue()[99:109], b"\xff" * 10))
    for arguments, code in (
        (["stylize", "a.tif", "swirls", "-o", "b.png"], 2),  # of which libtiff would say a line of its own
        (["stylize", "a.jpg", "swirls", "-o", "b.png"], 2),
        (["stylize", "chelsea", "swirls", "-o", "none/b.png"], 2),
        (["stylize", "http://127.0.0.1:9/a.png", "swirls", "-o", "b.png"], 2),
        (["download", "http://a"], 2),
        (["nonsense"], 2),
    ):
        done = run_python("import sys; from styletutor.cli import main; sys.exit(main(sys.argv[1:]))", *arguments,
                          check=False, cwd=tmp_path, LANG="C", LC_ALL="C")  # fmt: skip
        assert (done.returncode, done.stdout) == (code, ""), done.stderr
        assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    assert sorted(os.listdir(tmp_path)) == ["a.jpg", "a.tif"]


EMPTY = """
import encodings.cp437, importlib.readers, os, sys
sys.path.insert(0, sys.argv[1])
import PIL.Image, PIL.ImageCms, numpy, skimage, matplotlib.figure, matplotlib.backends.backend_agg, ipywidgets
import styletutor as st
PIL.Image.init()
st.gallery.load("swirls", 16)
%s
assert not os.access(".", os.W_OK)
image = st.gallery.load("chelsea", 64)
st.weights.load("embedded")
from styletutor import panels
panel = panels.ImagePanel(image)
print(panel.error, image.shape)
"""


@POSIX
def test_F45_F74_nothing_can_be_written(open_folder):
    """With an empty HOME that can't be written, and such a working folder, pictures, weights and panels work."""
    if os.geteuid() == 0 and not all(folder.stat().st_mode & 0o001 for folder in Path(sys.prefix, "lib").parents):
        pytest.skip("root tests as another user here, who can't enter a folder above the environment")
    open_folder.chmod(0o555)
    said = run_python(EMPTY % UNPRIVILEGED, ROOT, cwd=open_folder, HOME=str(open_folder))
    assert "None (1," in said.stdout
    assert os.listdir(open_folder) == []


def lessons_run(folder, *arguments, home):
    """pytest with nbval over notebooks of a folder, in a process of its own; all that may be written is in `home`."""
    gone = [name for name in os.environ if name.startswith(("JUPYTER", "IPYTHON", "XDG_", "MPLCONFIG", "KERAS_HOME"))]
    options = "-q", "-p", "no:cacheprovider", "--nbval-lax", "--nbval-current-env", f"--rootdir={folder}"
    return subprocess.Popen(
        [sys.executable, "-B", "-m", "pytest", *options, *map(str, arguments)],
        env=environment(**dict.fromkeys([*gone, "STYLETUTOR_CACHE"]), HOME=str(home)),
        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


TOGETHER = """
import os, time
from pathlib import Path
mine, other = (Path(os.environ["HOME"], f"{{turn}} {number}") for turn in {turns})
mine.touch()
end = time.monotonic() + 120
while not other.exists():
    assert time.monotonic() < end, "the other lesson never came here"
    time.sleep(0.01)
"""


def in_step(lesson, *turns):
    """A lesson that before each of its code cells waits until the other of two turns has come to the same cell."""
    cells = []
    for number, cell in enumerate(lesson.cells):
        waiting = nbformat.v4.new_code_cell(TOGETHER.format(turns=turns, number=number))
        cells += [waiting, cell] if cell.cell_type == "code" else [cell]
    return nbformat.from_dict(lesson | {"cells": cells})


def test_F74_two_at_a_time_and_twice_in_a_row(tmp_path):
    """A lesson beside itself, cell by cell, and after itself; one HOME, a read-only folder: nothing is left behind."""
    home, folder = tmp_path / "home", tmp_path / "course"
    home.mkdir(), folder.mkdir()
    lesson = nbformat.read(ROOT / "notebooks" / "01_images_as_tensors.ipynb", 4)
    for turns in (("left", "right"), ("right", "left")):
        nbformat.write(in_step(lesson, *turns), folder / f"{turns[0]}.ipynb")
    nbformat.write(lesson, folder / "once_more.ipynb")
    lessons = sorted(folder.iterdir())
    folder.chmod(0o555)
    both = [lessons_run(folder, *turns, home=home) for turns in (("left.ipynb", "once_more.ipynb"), ("right.ipynb",))]
    for child in both:
        said, _ = child.communicate(timeout=500)
        assert child.returncode == 0, said
    folder.chmod(0o755)  # or it can't be removed
    assert sorted(folder.iterdir()) == lessons
    codes = sum(cell.cell_type == "code" for cell in lesson.cells)
    assert len(list(home.glob("left *"))) == len(list(home.glob("right *"))) == codes > 10


HANGING = """
import os
from styletutor.panels.loop import Loop

class Endless:
    number = 0
    def __next__(self):
        self.number += 1
        return self

loop = Loop("test", lambda step, run: None, lambda run: None, print)
loop.start(Endless)
---
try:
    loop.wait()
except KeyboardInterrupt:
    ended = loop.settle(1)  # before the kernel itself is ended
    print(os.getpid(), loop.state, ended, file=open("said", "w"), flush=True)
    raise
"""


@POSIX
def test_F74_a_cell_that_hangs_takes_its_threads_along(tmp_path):
    """A cell over its time limit is interrupted, which stops the run's thread; its kernel doesn't outlive the test."""
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in HANGING.split("---")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "hanging.ipynb")
    child = lessons_run(tmp_path, "--nbval-cell-timeout=4", "hanging.ipynb", home=tmp_path)
    said, _ = child.communicate(timeout=300)
    assert child.returncode == 1 and "Timeout of 4 seconds exceeded" in said, said
    kernel, *state = (tmp_path / "said").read_text().split()
    assert state == ["stopped", "True"]
    with pytest.raises(ProcessLookupError):
        os.kill(int(kernel), 0)


DRAWING = """
import atexit, os, time
from ipywidgets import Image
from styletutor.panels.loop import Loop

class Endless:
    def __next__(self):
        return self

atexit.register(time.sleep, 1)  # between the end of what sends large messages and that of what hands them over
image = Image()
display(image)
def draw(step, run, image=image, noise=os.urandom):  # the kernel forgets its names before it ends
    image.value = noise(200_000)  # large enough to be sent without a copy

loop = Loop("test", draw, lambda run: None, print)
loop.start(Endless)
"""


def test_F74_a_kernel_that_ends_in_a_run_says_nothing(tmp_path):
    """The run ends before the kernel's sockets do, however long the process takes to end after that."""
    manager = KernelManager()
    with (tmp_path / "said").open("w") as said:
        manager.start_kernel(cwd=ROOT, stdout=said, stderr=said)
        client = manager.blocking_client()
        client.start_channels()
        client.wait_for_ready(60)
        reply = client.execute_interactive(DRAWING, timeout=60, output_hook=lambda message: None)
        pictures = 0
        while pictures < 3:
            pictures += client.get_iopub_msg(timeout=60)["msg_type"] == "comm_msg"
        client.shutdown()
        manager.provisioner.process.wait(60)
    client.stop_channels()
    manager.cleanup_resources()
    assert reply["content"]["status"] == "ok"
    assert not re.search("Traceback|Error", (tmp_path / "said").read_text())


@pytest.mark.parametrize("lesson", sorted(ROOT.glob("notebooks/**/*.ipynb")), ids=lambda path: path.stem)
def test_F74_lessons_hold_no_outputs_and_no_paths(lesson):
    """A lesson in git holds no outputs, no absolute path, and needs no trust: no HTML or script of its own."""
    notebook = json.loads(lesson.read_text())
    assert not re.search(r"/(home|root|Users|tmp)/|[A-Z]:\\\\", lesson.read_text())
    for cell in notebook["cells"]:
        assert not cell.get("outputs") and not cell.get("execution_count")
        source = "".join(cell["source"])
        assert "<script" not in source and "%%javascript" not in source and "%%html" not in source


SOURCES = sorted((ROOT / "styletutor").rglob("*.py"))


def test_F75_no_server_but_lab():
    """Only `styletutor lab` starts a server, on 127.0.0.1 with Jupyter's own token; nothing sets a token or trusts."""
    for path in SOURCES:
        text = path.read_text()
        if path.name != "lab.py":
            for word in ("initialize_server", "LabApp", "HTTPServer", "create_server", ".listen(", ".bind(("):
                assert word not in text, f"{path.name}: {word}"
        for word in ("allow_origin", "IdentityProvider.token=", "password", "disable_check_xsrf", "nbformat.sign"):
            assert not re.search(rf"(?<!name or ){re.escape(word)}\s*=", text), f"{path.name}: {word}"
        assert "verify=False" not in text and "CERT_NONE" not in text and "_create_unverified" not in text
    assert "--ServerApp.ip=127.0.0.1" in (ROOT / "styletutor" / "cli" / "lab.py").read_text()


def test_F42_no_pickles_and_no_strangers_models():
    """Nowhere is a pickle loaded, a model of another's loaded whole, or text run as code."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            assert name not in ("eval", "exec", "load_model", "model_from_json", "extractall", "unpack_archive"), path
            assert not (isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "pickle"), path
            for keyword in node.keywords:
                if keyword.arg == "allow_pickle":
                    assert keyword.value.value is False, path


def test_F59_nothing_is_cleared():
    """Pictures change in place: an output that is cleared and filled again flickers and jumps."""
    assert not [path.name for path in SOURCES if "clear_output" in path.read_text()]


def test_F44_imports_work_without_the_network_file(tmp_path):
    """An installation that lacks the embedded network is imported; using it says to reinstall."""
    code = (
        "import pathlib, styletutor as st\nfrom styletutor import packaged\n"
        "packaged.folder = lambda: pathlib.Path('nowhere')\n"
        "try: st.load_vgg19('embedded')\nexcept st.errors.WeightsError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert "reinstall styletutor" in done.stdout and "Traceback" not in done.stderr
    assert not list(Path(tmp_path).iterdir())
