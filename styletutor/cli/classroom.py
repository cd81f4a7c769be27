"""`styletutor doctor --class`: is this machine ready for so many learners?

What the plain doctor checks, and what only a class needs. LEARNER was measured by tests/benchmarks/learner.py.
"""

import json
import os
import subprocess
import sys
from functools import partial

from .. import download, memory, pace, weights
from ..errors import DownloadError, SettingsError, StyleTutorError
from ..messages import mark, t
from ..settings import Settings
from . import findings, lab
from .findings import Finding

LEARNER = 2.0  # GiB: JupyterLab and one kernel at its peak (1.5), and a third more
SLOW = 0.5  # seconds a step: from here on the picture no longer follows a slider
LESSON = 60  # steps of the run in lesson 05
CONNECTION = 3  # seconds within which a connection is there or isn't
HOST = "storage.googleapis.com"  # where ImageNet's weights lie

_STEPS = """
import sys, time; sys.path.append(sys.argv[1])
import json, statistics
import styletutor as st
settings, network = st.Settings.preset("quick", max_dim=256, steps=12), st.load_vgg19("embedded")
run = st.stylize(st.gallery.load("chelsea", 256), st.gallery.load("pointillism", 256), settings, network)
ends = [time.perf_counter() for _ in run]
print(json.dumps(statistics.median(b - a for a, b in zip(ends[1:], ends[2:]))))
"""
_CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], 443), float(sys.argv[2])).close()"


def checks(learners, folder):
    """{title: check} for so many learners, and the folder of the lessons (None: where `styletutor lab` takes them)."""
    if learners < 1:
        raise SettingsError(t("--learners is {learners}, expected 1 or more.", learners=learners))
    found = {
        mark("Machine"): partial(machine, learners),
        mark("Packages"): findings.packages,
        mark("Course"): partial(course, folder),
        mark("Network"): steps,
        mark("Weights and pictures"): shared,
        mark("Connection (none is needed)"): connection,
    }
    return {title: findings.whole(check) for title, check in found.items()}


def verdict(lacks):
    """Print the last line, which says why not; gives what is missing."""
    if lacks:
        why = "; ".join(finding.text.rstrip(".") for finding in lacks)
        print(t("This machine is not ready for the class, because: {why}.", why=why))
    else:
        print(t("This machine is ready for the class."))
    return lacks


def machine(learners):
    """Memory and cores, against what the learners on this machine take."""
    yield from findings.machine()
    values = {"free": memory.free() / 2**30, "need": learners * LEARNER, "learners": learners}
    if values["free"] < values["need"]:
        text = t("{free:.1f} GiB of memory to be had, {need:.1f} needed; learners: {learners}", **values)
        yield Finding(False, text, t("end other programs, or fewer learners on this machine"))
    else:
        yield Finding(True, t(
            "memory: {need:.1f} GiB needed, {free:.1f} to be had; learners: {learners}", **values,
        ))
    if pace.cores() < learners:
        yield Finding(None, t(
            "{learners} learners share {cores} cores: steps get slower as they run at once", learners=learners,
            cores=pace.cores(),
        ))


def course(folder):
    """Lessons, kernel and widgets; where the learner writes; a kernel, really started and asked."""
    yield from findings.jupyter()
    try:
        place = lab.course_place(folder)[1]
    except StyleTutorError:  # the line above says it
        return
    if findings.writable(place):
        yield Finding(True, t("the lessons are taken in {folder}, which can be written", folder=place))
    else:
        mend = t("styletutor lab --dir FOLDER, and the same here")
        yield Finding(False, t("the folder for the lessons can't be written: {folder}", folder=place), mend)
    yield _kernel()


def _kernel():
    from jupyter_client.manager import start_new_kernel

    lab.set_environment()
    manager = client = None
    try:
        manager, client = start_new_kernel(60, "python3", stderr=subprocess.DEVNULL)
        reply = client.execute_interactive(
            "import styletutor", timeout=60, allow_stdin=False, output_hook=lambda _: None
        )["content"]
        if reply["status"] == "ok":
            return Finding(True, t("a kernel starts and finds the course"))
        why = f"{reply['ename']}: {reply['evalue']}"
    except Exception as error:  # a firewall, a folder, a program: whatever keeps a kernel from answering
        why = f"{type(error).__name__}: {error}"
    finally:
        if client is not None:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    return Finding(False, t("no kernel can be used ({why})", why=why.splitlines()[0]))


def steps():
    """The embedded network: as published, and the seconds of a step in a process of its own."""
    try:
        weights.load("embedded")
    except StyleTutorError as error:
        yield Finding(False, str(error))
        return
    digest = weights.embedded_report()["sha256"][:12]
    yield Finding(True, t("the embedded network is as published (SHA-256 {digest}…)", digest=digest))
    said = yield from findings.trial(_STEPS)
    if said:
        seconds, picture = json.loads(said.splitlines()[-1]), Settings.preset("quick").steps
        text = t(
            "a step takes {seconds:.2f} s at 256 pixels: {picture:.0f} s for a picture of the preset quick "
            "({picture_steps} steps), {lesson:.0f} s for the run of lesson 05 ({lesson_steps} steps)",
            seconds=seconds, picture=picture * seconds, picture_steps=picture, lesson=LESSON * seconds,
            lesson_steps=LESSON,
        )
        slow = seconds > SLOW
        yield Finding(None if slow else True, text, t("work at 128 pixels: a quarter of the time") if slow else "")


def shared():
    """The folder that a class shares, and what was fetched: here, damaged or not here."""
    from . import fetch

    if os.environ.get(download.CACHE_VARIABLE):
        try:
            yield _shared_folder(download.cache_dir())
        except DownloadError as error:  # a ~ that is nobody's
            yield Finding(False, str(error))
    else:
        yield Finding(None, t("no shared folder: {variable} is not set", variable=download.CACHE_VARIABLE))
    yield from findings.downloaded()
    for what in fetch.WHATS:
        for resource in fetch.resources(what):
            damage = download.damage(resource)
            if damage:
                yield Finding(False, damage, f"styletutor download {what}")


def _shared_folder(folder):
    """One finding on the folder that $STYLETUTOR_CACHE names: there, readable, and by whom it can be written."""
    if not os.path.isdir(folder):  # Path's own raises where it may not be seen
        return Finding(False, t("the shared folder {folder} is not there", folder=folder))
    files = list(folder.iterdir()) if os.access(folder, os.R_OK | os.X_OK) else [folder]
    closed = [path.name for path in files if not os.access(path, os.R_OK)]
    mend = f'chmod -R a+rX "{folder}"'
    if closed:
        text = t("the shared folder {folder} can't be read: {names}", folder=folder, names=", ".join(closed))
        return Finding(False, text, mend)
    if os.name == "posix" and any(path.stat().st_mode & 0o022 for path in (folder, *files)):
        text = t("others than its owner can write to the shared folder {folder}", folder=folder)
        return Finding(None, text, f'chmod -R go-w "{folder}"')
    return Finding(True, t("the shared folder {folder} can be read; files: {count}", folder=folder, count=len(files)))


def connection():
    """Whether there is a connection: one is tried in a process of its own, since looking up a name has no deadline."""
    command = [sys.executable, "-c", _CONNECT, HOST, str(CONNECTION)]
    try:
        done = subprocess.run(command, timeout=CONNECTION + 2, capture_output=True, stdin=subprocess.DEVNULL)
        online = done.returncode == 0
    except subprocess.TimeoutExpired:
        online = False
    if online:
        yield Finding(True, t("online: {host} answers", host=HOST))
    else:
        yield Finding(True, t("offline: {host} did not answer within {seconds} s", host=HOST, seconds=CONNECTION))
