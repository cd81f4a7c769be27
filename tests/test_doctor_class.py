"""`styletutor doctor --class`: ready here; not ready where memory, weights or a folder really lack."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import styletutor
from styletutor import weights
from styletutor.cli import classroom, main

PACKAGE = Path(styletutor.__file__).parent
POOR = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
from styletutor.cli import main
sys.exit(main(["doctor", "--class", "--dir", sys.argv[1]]))
"""


def test_ready(tmp_path, monkeypatch, capfd):
    """Where the tests run a class can begin, sockets refused: a kernel starts, a step is timed, the folder is read."""
    monkeypatch.setenv("STYLETUTOR_CACHE", str(tmp_path))
    tmp_path.chmod(0o755)
    assert main(["doctor", "--class", "--dir", str(tmp_path / "new")]) == 0
    out = capfd.readouterr().out
    digest = weights.embedded_report()["sha256"][:12]
    said = ("ok memory: ", "ok a kernel starts", f"SHA-256 {digest}", " s for a picture of the preset quick")
    for words in (*said, "VGG19 trained on ImageNet (80 MB): not here", "ok the shared folder", "ok offline:"):
        assert words in out, out
    assert out.endswith("This machine is ready for the class.\n") and "!!" not in out
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(os.name != "posix", reason="the limit of a process is POSIX's")
def test_not_ready(tmp_path):
    """In one gibibyte, with a package that lost its weights and no folder to write: a reason for each, in Spanish."""
    ignored = shutil.ignore_patterns("vgg19_quarter.npz", "__pycache__")
    shutil.copytree(PACKAGE, tmp_path / "copy" / "styletutor", ignore=ignored)
    (tmp_path / "copy" / "notebooks").mkdir()
    for name in ("file", "copy/pyproject.toml"):
        (tmp_path / name).touch()
    path = os.pathsep.join([str(tmp_path / "copy"), os.environ.get("PYTHONPATH", "")])
    variables = {"STYLETUTOR_LANG": "es", "STYLETUTOR_CACHE": str(tmp_path / "none"), "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-c", POOR, str(tmp_path / "file" / "course")], cwd=tmp_path, capture_output=True, text=True,
        env=os.environ | variables | {"OPENBLAS_NUM_THREADS": "1"}, timeout=300,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    last = done.stdout.splitlines()[-1]
    assert re.match(r"Este ordenador no está listo para la clase, porque: hay 0\.\d GiB de memoria", last), last
    for why in ("La red incluida falta", f"las lecciones: {tmp_path}/file/course", f"{tmp_path}/none no existe"):
        assert why in last, last


def test_a_class_on_one_machine(capsys):
    """What a class takes grows with its learners; nobody is no class."""
    lacks = [finding for finding in classroom.machine(10**6) if finding.good is False]
    assert len(lacks) == 1 and f"{10**6 * classroom.LEARNER:.1f} needed" in lacks[0].text
    assert main(["doctor", "--class", "--learners", "0"]) == 2
    lesson = (PACKAGE.parent / "notebooks" / "05_style_transfer.ipynb").read_text(encoding="utf-8")
    assert f"steps={classroom.LESSON}" in lesson
    assert "--learners is 0" in capsys.readouterr().err


def test_a_shared_folder_with_damaged_weights(tmp_path, monkeypatch):
    """A file that isn't what was published keeps a class from being ready; a folder that all may write is said."""
    monkeypatch.setenv("STYLETUTOR_CACHE", str(tmp_path))
    (tmp_path / weights.IMAGENET.name).write_bytes(b"half of it")
    tmp_path.chmod(0o777)
    found = list(classroom.shared())
    (lack,) = [finding for finding in found if finding.good is False]
    assert weights.IMAGENET.name in lack.text and lack.mend == "styletutor download imagenet"
    if os.name == "posix":
        assert "chmod -R go-w" in found[0].mend
