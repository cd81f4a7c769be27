"""What every test and every lesson runs under: no network, no display, and nothing of the user's own files.

pytest imports this before anything else; the kernels of the lessons inherit the environment.
"""

import os
import re
import shutil
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import nbformat
import pytest

_OFFLINE = Path(__file__).parent / "tests" / "offline"
_HOME = Path(tempfile.mkdtemp(prefix="styletutor-tests-"))

sys.path.insert(0, str(_OFFLINE))
sys.modules.pop("sitecustomize", None)
import sitecustomize  # noqa: E402, F401  (from _OFFLINE: refuses the network)

for _variable in [name for name in os.environ if name.startswith(("JUPYTER", "IPYTHON", "XDG_", "STYLETUTOR_"))]:
    del os.environ[_variable]
os.environ |= {
    "PYTHONPATH": os.pathsep.join(filter(None, [str(_OFFLINE), os.environ.get("PYTHONPATH")])),
    "HOME": str(_HOME),
    "USERPROFILE": str(_HOME),
    "LOCALAPPDATA": str(_HOME / "local"),
    "XDG_CACHE_HOME": str(_HOME / "cache"),
    "STYLETUTOR_CACHE": str(_HOME / "downloads"),
    "KERAS_HOME": str(_HOME / "keras"),
    "MPLCONFIGDIR": str(_HOME / "matplotlib"),
    "JUPYTER_CONFIG_DIR": str(_HOME / "jupyter" / "config"),
    "JUPYTER_DATA_DIR": str(_HOME / "jupyter" / "data"),
    "JUPYTER_RUNTIME_DIR": str(_HOME / "jupyter" / "runtime"),
    "JUPYTERLAB_SETTINGS_DIR": str(_HOME / "jupyter" / "settings"),
    "JUPYTERLAB_WORKSPACES_DIR": str(_HOME / "jupyter" / "workspaces"),
    "IPYTHONDIR": str(_HOME / "ipython"),
    "MPLBACKEND": "Agg",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


def pytest_unconfigure(config):
    """Remove the home folder that was made for the tests."""
    shutil.rmtree(_HOME, ignore_errors=True)


collect_ignore_glob = ["notebooks/es/*"]  # their code is the English lessons'; tests/test_translations.py compares it

_PRIVATE = {str(path) for path in (_HOME, Path(__file__).parent, Path(sys.prefix), tempfile.gettempdir())}
_ACTIVE = re.compile(r"<(script|iframe|object|embed)\b|<[^>]*\son\w+\s*=|javascript:", re.IGNORECASE)

_LIVE_PANELS = """
for _panel in [value for value in list(globals().values()) if hasattr(value, "start") and hasattr(value, "loop")]:
    _panel.controls["steps"].value = _panel.controls["steps"].min
    _panel.start()
    _panel.wait(120)
    assert _panel.alert.value == "" and _panel.run.number == _panel.controls["steps"].min, _panel.alert.value
import os
assert set(os.listdir()) <= {files}, "a lesson leaves nothing where it lies"
"""


def pytest_collection_modifyitems(items):
    """The browser's tests come first, for they take longest; after a lesson's cells come its live panels."""
    _add_live_panels(items)
    items.sort(key=lambda item: item.path.parent.name != "browser")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """With several processes (`-n 2`) a file's tests, a lesson's cells and the browser's panels stay in one of them.

    The browser's lessons may run in the other, with a server and pages of their own.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.split("::")[0].removesuffix(".ipynb")
            panels = file.startswith("tests/browser/") and not file.endswith("/test_lessons.py")
            return "the browser's panels" if panels else file

    config.option.loadscopereorder = False
    return Together(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """What a lesson's cell shows holds no path of this machine, and no HTML or script that works only where trusted.

    But for `st.doctor()`, which is a report of this machine.
    """
    result = yield
    for output in getattr(item, "test_outputs", None) or ():
        data = output.get("data", {"text/plain": output.get("text", "")})
        text = "\n".join(str(data[kind]) for kind in data if kind.startswith("text/"))
        paths = [path for path in _PRIVATE if path in text and "st.doctor(" not in item.cell.source]
        assert not paths and "application/javascript" not in data and not _ACTIVE.search(text), text[:300]
    return result


def _add_live_panels(items):
    """After a lesson's last cell, in the same kernel: start each live panel that it shows; nothing is left behind."""
    lessons = {}
    for item in items:
        if type(item).__name__ == "IPyNbCell":
            lessons[item.parent] = item
    for lesson, last in lessons.items():
        files = repr(set(os.listdir(lesson.path.parent)))
        cell = nbformat.v4.new_code_cell(_LIVE_PANELS.replace("{files}", files))
        number = last.cell_num + 1
        options = defaultdict(bool)
        harness = type(last).from_parent(lesson, name="live panels", cell_num=number, cell=cell, options=options)
        items.insert(items.index(last) + 1, harness)
