"""One server and one browser for the tests of this folder that a process runs; without Chromium they skip."""

import sys

import pytest

from . import lab as harness
from .panels import write_notebook

NO_CHROMIUM = "Chromium is missing; on Debian and Ubuntu: apt-get install --no-install-recommends chromium"
NO_OLD_KERNEL = (
    "ipykernel 6 is missing; "
    f"{sys.executable} -m pip install --no-deps --target {harness.OLD_KERNEL} ipykernel==6.31.0"
)
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
"""Of TensorFlow's, for each kernel: several work beside each other here, and waiting for its own threads costs a step
of 256 pixels a sixth more processor time, one of 64 pixels half as much again."""


@pytest.fixture(scope="package")
def lab(tmp_path_factory):
    """JupyterLab, serving a copy of the lessons."""
    if harness.CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    server = harness.Lab(tmp_path_factory.mktemp("lab"), **ONE_THREAD)
    yield server
    server.close()


@pytest.fixture(scope="package")
def browser():
    """Chromium without a window."""
    if harness.CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    with harness.chromium() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def lessons(lab, browser):
    """The lessons under way, {name: notebook}; those whose test doesn't come end with the others."""
    running = {}
    yield running
    for notebook in running.values():
        notebook.close()


@pytest.fixture
def lesson(request, lessons, lab, browser):
    """A lesson's notebook that has run; meanwhile the lesson of the test that comes next runs in another page."""
    tests = request.session.items
    place = tests.index(request.node)
    for test in tests[place : place + 2]:
        name = test.path == request.path and test.callspec.params["lesson"]
        if name and name not in lessons:
            lessons[name] = harness.Notebook(browser, lab, name)
            lessons[name].start()
    lessons[request.param].finish()
    yield lessons[request.param]
    lessons.pop(request.param).close()


@pytest.fixture(scope="package", params=["python3", "ipykernel6"])
def panels(request, lab, browser):
    """A notebook with every panel, run, on each of the two kernels."""
    if request.param not in harness.kernels():
        pytest.skip(NO_OLD_KERNEL)
    name = f"panels-{request.param}.ipynb"
    write_notebook(lab.folder / name, request.param)
    notebook = harness.Notebook(browser, lab, name)
    notebook.kernel = request.param
    notebook.run_all()
    yield notebook
    notebook.close()
