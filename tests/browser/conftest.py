"""One server and one browser for all the tests of this folder; without Chromium they skip."""

import sys

import pytest

from . import lab as harness
from .panels import write_notebook

NO_CHROMIUM = "Chromium is missing; on Debian and Ubuntu: apt-get install --no-install-recommends chromium"
NO_OLD_KERNEL = (
    "ipykernel 6 is missing; "
    f"{sys.executable} -m pip install --no-deps --target {harness.OLD_KERNEL} ipykernel==6.31.0"
)


@pytest.fixture(scope="package")
def lab(tmp_path_factory):
    """JupyterLab, serving a copy of the lessons."""
    if harness.CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    server = harness.Lab(tmp_path_factory.mktemp("lab"))
    yield server
    server.close()


@pytest.fixture(scope="package")
def browser():
    """Chromium without a window."""
    if harness.CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=harness.CHROMIUM, args=harness.FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def lessons(lab, browser):
    """The lessons in two pages of JupyterLab: while a test waits for one, the next test's runs in the other page."""
    lessons = Lessons(lab, browser)
    yield lessons
    lessons.close()


class Lessons:
    """Lessons under way, {name: notebook}, and pages that hold none."""

    def __init__(self, lab, browser):
        self._lab, self._browser = lab, browser
        self._running, self._pages = {}, []

    def begin(self, name):
        """Open a lesson and run it, if that isn't under way."""
        if name not in self._running:
            page = self._pages.pop() if self._pages else None
            self._running[name] = harness.Notebook(self._browser, self._lab, name, page)
            self._running[name].start()

    def finish(self, name):
        """The lesson's notebook, when all of it has run."""
        self._running[name].finish()
        return self._running[name]

    def put_away(self, name):
        """End a lesson's kernel and keep its page."""
        notebook = self._running.pop(name)
        notebook.put_away()
        self._pages.append(notebook.page)

    def close(self):
        """End all that is under way, and close the pages."""
        for name in list(self._running):
            self.put_away(name)
        for page in self._pages:
            page.close()


@pytest.fixture
def lesson(request, lessons):
    """A lesson's notebook that has run; the lesson of the test that comes next has begun."""
    tests = request.session.items
    after = tests[tests.index(request.node) + 1 :][:1]
    lessons.begin(request.param)
    for test in after:
        if test.path == request.path:
            lessons.begin(test.callspec.params["lesson"])
    yield lessons.finish(request.param)
    lessons.put_away(request.param)


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
