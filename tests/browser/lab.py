"""JupyterLab as `styletutor lab` starts it, and a notebook open in a browser."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import ipykernel

OLD_KERNEL = Path(sys.prefix) / "ipykernel6"  # where the README's test command puts it
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--disable-features=SpareRendererForSitePerProcess",  # a process for a page that may never come
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip
FOR_TESTS = [  # on loopback, for as long as the tests run; the course itself keeps Jupyter's token
    "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True",
    "--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly",
]  # fmt: skip
_PAGE_GONE = re.compile(
    r"Task exception was never retrieved\n(?:(?!Task exception).)*?\n *tornado\.websocket\.WebSocketClosedError\n",
    re.DOTALL,
)
SETTINGS = {  # every cell stays in the page, seen or not; nothing moves by itself
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none", "recordTiming": False},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
}


def kernels():
    """{kernel's name: ipykernel's version}: the environment's own, and the older one where it is installed."""
    found = {"python3": ipykernel.__version__}
    for path in OLD_KERNEL.glob("ipykernel-*.dist-info"):
        found["ipykernel6"] = path.name.removeprefix("ipykernel-").removesuffix(".dist-info")
    return found


class Lab:
    """A server of its own: `folder` holds the lessons, `url` leads to it, `log` is what it said.

    Its kernels have environment variables besides this process's.
    `pages` are those of JupyterLab that hold no notebook at the moment: a page takes longer to load than a notebook.
    """

    def __init__(self, folder, **variables):
        self.pages, self.folder, self.log = [], folder / "course", folder / "log.txt"
        _write_settings()
        if "ipykernel6" in kernels():
            _write_old_kernel()
        command = [sys.executable, "-m", "styletutor", "lab", "--dir", str(self.folder), "--port", "0", "--no-browser"]
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [*command, "--", *FOR_TESTS], stdout=log, stderr=subprocess.STDOUT, env=os.environ | variables
            )
        until(lambda: self._process.poll() is not None or "http://" in self.said(), "JupyterLab's address", 120)
        assert self._process.poll() is None, self.said()
        self.url = re.search(r"http://127\.0\.0\.1:\d+", self.said()).group()

    def said(self):
        """What the server and its kernels wrote."""
        return self.log.read_text()

    def complaints(self):
        """What the server and its kernels wrote about errors.

        Jupyter's server may note that it wrote to a page that was closed a moment ago: that is no complaint.
        """
        rest = _PAGE_GONE.sub("", self.said())
        return [line for line in rest.splitlines() if re.search(r"Traceback|[Ee]rror\b|Exception", line)]

    def show(self, browser, name):
        """A page that opens this notebook, with or without a kernel: one that is free, else a new one."""
        if self.pages:
            page = self.pages.pop()
            page.evaluate("path => { jupyterapp.commands.execute('docmanager:open', {path}); }", name)
        else:
            page = new_page(browser)
            page.goto(f"{self.url}/doc/tree/{name}?reset")
        return page

    def put_away(self, page):
        """End the kernel, if any, and close the notebook that a page shows: it is free for another."""
        page.evaluate(
            "async () => { const w = jupyterapp.shell.currentWidget; await w.sessionContext.shutdown(); w.dispose(); }"
        )
        self.pages.append(page)

    def close(self):
        """End the server and its kernels; Jupyter has been seen to say that it stops, and to hang then."""
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            assert "received signal 15, stopping" in self.said()
            self._process.kill()
            self._process.wait()


class Notebook:
    """A notebook open in a page of its own, with its kernel idle."""

    def __init__(self, browser, lab, name):
        self.name, self._lab = name, lab
        self.open(browser)

    def open(self, browser):
        """Open it in a page that none needs, else in a new one."""
        self.page = self._lab.show(browser, self.name)
        self._wait_for_kernel()

    def close(self):
        """End the kernel, put the notebook away; the page is free for another."""
        self._lab.put_away(self.page)

    def start(self):
        """Begin to run every cell from the top."""
        self.page.evaluate(
            "() => { window.ran = undefined;"
            " jupyterapp.commands.execute('notebook:run-all-cells').then(() => { window.ran = true; }); }"
        )

    def finish(self, seconds=240):
        """Wait until every cell has run; returns the notebook with its outputs."""
        self._wait_js("window.ran", seconds)
        self._wait_js("w.sessionContext.session.kernel.status === 'idle'", seconds)
        return self.content()

    def run_all(self):
        """Run every cell from the top; returns the notebook with its outputs."""
        self.start()
        return self.finish()

    def content(self):
        """The notebook as it would be saved."""
        return self.page.evaluate("() => jupyterapp.shell.currentWidget.context.model.toJSON()")

    def save(self):
        """Save it, as Ctrl+S does."""
        self.page.evaluate("async () => { await jupyterapp.commands.execute('docmanager:save'); }")

    def python(self, expression, before=""):
        """Run `before` in the kernel, in no cell, and return the value of an expression that JSON can carry."""
        reply = self.page.evaluate(
            """async ([code, expression]) => {
                const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const future = kernel.requestExecute(
                    {code, store_history: false, user_expressions: {value: expression}});
                return (await future.done).content; }""",
            [before, f"__import__('json').dumps({expression})"],
        )
        assert reply["status"] == "ok", reply
        value = reply["user_expressions"]["value"]
        assert value["status"] == "ok", value
        return json.loads(ast.literal_eval(value["data"]["text/plain"]))

    def cell(self, number):
        """The locator of a cell's output; cells count from 0, text cells too."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number).locator(".jp-Cell-outputArea")

    def _wait_for_kernel(self):
        """Also until it is this notebook that the page shows."""
        self._wait_js(
            f"w?.context?.path === '{self.name}' && w.context.isReady && "
            "w.sessionContext?.session?.kernel?.status === 'idle'",
            120,
        )

    def _wait_js(self, condition, seconds):
        self.page.wait_for_function(
            f"() => {{ const w = window.jupyterapp?.shell?.currentWidget; return {condition}; }}",
            timeout=1000 * seconds,
            polling=100,  # milliseconds; by default it asks, and has the page drawn, sixty times a second
        )


@contextmanager
def chromium():
    """Chromium without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def new_page(browser):
    """An empty page as wide as a laptop's."""
    page = browser.new_page(viewport={"width": 1250, "height": 900})
    page.set_default_timeout(120_000)  # a machine with much else to do
    return page


def until(condition, what, seconds=60):
    """Wait until condition() is true and return what it gave; fail naming what was waited for.

    What takes long is asked for less and less often: to ask a page costs it time.
    """
    pause, end = 0.05, time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(pause)
        pause = min(1.2 * pause, 0.5)
    return value


def _write_settings():
    folder = Path(os.environ["JUPYTERLAB_SETTINGS_DIR"])
    for name, values in SETTINGS.items():
        path = folder / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))


def _write_old_kernel():
    folder = Path(os.environ["JUPYTER_DATA_DIR"], "kernels", "ipykernel6")
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps({
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3 (ipykernel 6)",
        "language": "python",
        "env": {"PYTHONPATH": os.pathsep.join([str(OLD_KERNEL), os.environ["PYTHONPATH"]])},
    }))  # fmt: skip
