"""What one learner takes of a machine: `python tests/benchmarks/learner.py [LESSON …]`.

Starts `styletutor lab` as a learner does, asks for what a browser asks for, and runs each lesson (a number such as 05;
default: all) in a kernel of that server: its cells, then every live panel to its end, then the studio's Render at its
default size. Prints a Markdown table: peak memory of the kernel, what it keeps when the lesson is over, peak of the
server and everything it started, the seconds it took and the seconds of processor time in them. Memory is
resident memory (RSS) in GiB; in brackets the part that the process shares with no other (USS), which is what a
further learner adds on a machine where all use the same installation.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import nbformat
import psutil
from jupyter_client import BlockingKernelClient

ROOT = Path(__file__).resolve().parents[2]
PANELS = """
for _panel in [value for value in list(globals().values()) if hasattr(value, "start") and hasattr(value, "loop")]:
    _panel.start()
    _panel.wait()
    if "render" in _panel.controls:
        _panel.controls["render"].click()
        _panel.render.loop.wait()
    assert not _panel.alert.value, _panel.alert.value
"""


class Server:
    """`styletutor lab` on a free port, with a copy of the lessons."""

    def __init__(self, folder):
        runtime = Path(folder, "runtime")
        command = [sys.executable, "-m", "styletutor", "lab", "--dir", f"{folder}/course", "--port", "0"]
        environment = os.environ | {"JUPYTER_RUNTIME_DIR": str(runtime), "PYTHONPATH": str(ROOT)}
        self.process = psutil.Popen([*command, "--no-browser"], stdout=subprocess.PIPE, text=True, env=environment)
        said = (re.search(r"(http://\S+?)/lab\S*token=(\w+)", line) for line in self.process.stdout)
        self.url, self.token = next(found.groups() for found in said if found)
        self.runtime = runtime
        for page in ("/lab", "/lab/api/settings", "/lab/api/translations/en", "/api/contents"):
            self.ask(page)

    def ask(self, path, method="GET", body=None):
        """What the server answers, decoded where it is JSON."""
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(self.url + path, body and json.dumps(body).encode(), headers, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            content = answer.read()
            return json.loads(content) if "json" in answer.headers.get("Content-Type", "") and content else content

    def run(self, lesson):
        """Run a lesson in a kernel of the server's and shut that down; gives what `Watch` saw."""
        body = {"name": "", "type": "notebook", "path": lesson.name, "kernel": {"name": "python3"}}
        session = self.ask("/api/sessions", "POST", body)
        client = BlockingKernelClient(connection_file=str(self.runtime / f"kernel-{session['kernel']['id']}.json"))
        client.load_connection_file()
        client.start_channels(hb=False)  # its heart may beat late where the machine is busy
        client.wait_for_ready(timeout=300)
        with Watch(self.process) as watch:
            for code in [*cells(lesson), PANELS]:
                reply = client.execute_interactive(code, allow_stdin=False, output_hook=lambda _: None)
                if reply["content"]["status"] != "ok":
                    sys.exit(f"{lesson.name}: {reply['content'].get('evalue')}")
        client.stop_channels()
        self.ask(f"/api/sessions/{session['id']}", "DELETE")
        return watch


def cells(lesson):
    """The sources of a lesson's code cells."""
    return [cell.source for cell in nbformat.read(lesson, 4).cells if cell.cell_type == "code"]


class Watch:
    """Samples a server's memory and that of its only child, the kernel, twice a second while the block runs."""

    def __init__(self, server):
        self.server, self.samples, self._over = server, [], threading.Event()

    def __enter__(self):
        self._began, self._busy = time.monotonic(), self._processor()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        self.seconds = time.monotonic() - self._began
        self.busy = self._processor() - self._busy

    def peak(self, which, measure):
        """The largest of all samples, in GiB. which: "kernel" or "all"; measure: "rss" or "uss"."""
        return max(sample[which, measure] for sample in self.samples) / 2**30

    def kept(self, measure):
        """The kernel's memory in the last sample, in GiB."""
        return self.samples[-1]["kernel", measure] / 2**30

    def _processor(self):
        return sum(sum(p.cpu_times()[:2]) for p in (self.server, *self.server.children(recursive=True)))

    def _look(self):
        while True:
            over = self._over.wait(0.5)  # one more look when it is over
            kernel = [p.memory_full_info() for p in self.server.children(recursive=True)]
            both = [*kernel, self.server.memory_full_info()]
            self.samples.append({
                (which, measure): sum(getattr(memory, measure) for memory in memories)
                for which, memories in (("kernel", kernel), ("all", both)) for measure in ("rss", "uss")
            })  # fmt: skip
            if over:
                return


def main():
    """Measure the lessons asked for and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lessons", nargs="*", metavar="LESSON")
    wanted = parser.parse_args().lessons
    lessons = [p for p in sorted((ROOT / "notebooks").glob("*.ipynb")) if not wanted or p.name.split("_")[0] in wanted]
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder)
        try:
            memory = server.process.memory_full_info()
            print(f"server alone: {memory.rss / 2**30:.2f} ({memory.uss / 2**30:.2f}) GiB\n")
            print("| lesson | kernel, peak | kernel, kept | all, peak | seconds | processor seconds |")
            print("| - | - | - | - | - | - |")
            for lesson in lessons:
                print(line(lesson, server.run(lesson)), flush=True)
        finally:
            for process in (*server.process.children(recursive=True), server.process):
                process.terminate()
            server.process.wait()


def line(lesson, watch):
    """A line of the table."""
    peaks = [f"{watch.peak(which, 'rss'):.2f} ({watch.peak(which, 'uss'):.2f})" for which in ("kernel", "all")]
    kept = f"{watch.kept('rss'):.2f} ({watch.kept('uss'):.2f})"
    return f"| {lesson.stem} | {peaks[0]} | {kept} | {peaks[1]} | {watch.seconds:.0f} | {watch.busy:.0f} |"


if __name__ == "__main__":
    main()
