"""The hooks that look at a commit: they strip what running a notebook adds, and fetch nothing."""

import importlib.util
import json
import os
import shutil
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent


def test_hooks_need_no_network():
    """Every hook is local, runs what is installed, and names a program or a file that is there."""
    (repo,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert repo["repo"] == "local"
    folders = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for hook in repo["hooks"]:
        program, *rest = hook["entry"].split()
        assert hook["language"] == "system" and shutil.which(program, path=folders)
        assert all((ROOT / part).is_file() for part in rest if part.endswith(".py"))


def test_outputs_are_stripped(tmp_path):
    """Outputs, counts and an editor's metadata go; source, ids and what a text translates stay; again: no change."""
    spec = importlib.util.spec_from_file_location("strip_outputs", ROOT / ".ci" / "strip_outputs.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    lesson = json.loads((ROOT / "notebooks" / "es" / "00_start_here.ipynb").read_text(encoding="utf-8"))
    ran = json.loads(json.dumps(lesson))
    code = next(cell for cell in reversed(ran["cells"]) if cell["cell_type"] == "code")
    code |= {"outputs": [{"output_type": "stream", "name": "stdout", "text": "1"}], "execution_count": 3}
    code["metadata"] = {"scrolled": True}
    ran["metadata"]["language_info"]["version"] = "3.11.9"
    path = tmp_path / "lesson.ipynb"
    path.write_text(json.dumps(ran), encoding="utf-8")
    assert tool.main([path]) == 1
    assert json.loads(path.read_text(encoding="utf-8")) == lesson
    assert tool.main([path]) == 0
