"""Findings on the set-up: machine, packages, lessons, the network really loaded, what was downloaded."""

import functools
import importlib.metadata
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .. import download, pace
from ..errors import DownloadError, StyleTutorError
from ..messages import mark, t

_ROOT = Path(__file__).parent.parent
_TRIAL = (
    "import sys; sys.path.append(sys.argv[1]); import styletutor as st; network = st.load_vgg19('embedded'); "
    "print(network.source)"
)


@dataclass(frozen=True)
class Finding:
    """One line of the report. good: True, False (the course needs it) or None (it can do without)."""

    good: bool | None
    text: str
    mend: str = ""

    def __str__(self):
        sign = {True: "ok", False: "!!", None: "--"}[self.good]
        return f"{sign} {self.text}" + (f"\n   -> {self.mend}" if self.mend else "")


def machine():
    """The machine: system, cores, memory."""
    try:
        import psutil  # comes with ipykernel

        memory = psutil.virtual_memory()
        text = t(
            "{total:.1f} GiB of memory, {free:.1f} free", total=memory.total / 2**30, free=memory.available / 2**30,
        )
    except ImportError:
        text = t("memory unknown")
    yield Finding(True, t(
        "{system} {machine}, {cores} processor cores, {text}", system=platform.system(), machine=platform.machine(),
        cores=pace.cores(), text=text,
    ))


def packages():
    """Python, and each package that styletutor requires: present, within the bounds, and as tested?"""
    yield Finding(True, t(
        "Python {version} in {prefix} (tested with 3.11)", version=platform.python_version(), prefix=sys.prefix,
    ))
    try:
        wanted = requirements()
    except importlib.metadata.PackageNotFoundError:
        mend = t("in the clone:") + f' "{sys.executable}" -m pip install -c constraints.txt -e .'
        yield Finding(False, t("styletutor is not installed here"), mend)
        return
    tested = tested_versions()
    for requirement in wanted:
        try:
            found = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            found = None
        mend = f'"{sys.executable}" -m pip install "{requirement}"'
        if found is None:
            yield Finding(False, t("{name} is not installed", name=requirement.name), mend)
        elif not requirement.specifier.contains(found, prereleases=True):
            yield Finding(False, t(
                "{name} {found}, but {wanted} is needed", name=requirement.name, found=found,
                wanted=requirement.specifier,
            ), mend)
        else:
            version = tested.get(_normal(requirement.name))
            other = t("tested with {version}", version=version) if version else t("not tested")
            remark = t("as tested") if version == found else other
            yield Finding(True, f"{requirement.name} {found} ({remark})")


def requirements():
    """What styletutor requires here, without extras: a list of packaging's Requirement."""
    lines = importlib.metadata.requires("styletutor") or []
    from packaging.requirements import Requirement

    every = map(Requirement, lines)
    return [r for r in every if r.marker is None or r.marker.evaluate({"extra": ""})]


def tested_versions():
    """{package: version} of constraints.txt, which a clone has at its top and an installed wheel in its metadata."""
    clone = _ROOT.parent / "constraints.txt"
    if clone.is_file():
        text = clone.read_text(encoding="utf-8")
    else:
        text = importlib.metadata.distribution("styletutor").read_text("extra_metadata/constraints.txt") or ""
    lines = (line.split("#")[0].split(";")[0].strip() for line in text.splitlines())
    pairs = (line.split("==") for line in lines if "==" in line)
    return {_normal(name): version.strip() for name, version in pairs}


def jupyter():
    """The lessons, the kernel that runs them, and the extension that shows their widgets."""
    from . import lab

    try:
        folder, own = lab.lessons()
        count = len(list(folder.glob("[0-9][0-9]*_*.ipynb")))
        where = t("in {folder}", folder=folder) if own else t("in the package; `styletutor lab` copies them")
        yield Finding(count > 0, t("lessons: {count}, {where}", count=count, where=where))
    except StyleTutorError as error:
        yield Finding(False, str(error))
    from jupyter_core.paths import jupyter_path

    if any(map(os.path.isdir, jupyter_path("labextensions", "@jupyter-widgets", "jupyterlab-manager"))):
        yield Finding(True, t("JupyterLab's extension that shows widgets"))
    else:
        missing = t("JupyterLab's extension that shows widgets is missing")
        yield Finding(False, missing, _reinstall("jupyterlab_widgets"))
    try:
        yield Finding(True, t("kernel: ipykernel {version}", version=importlib.metadata.version("ipykernel")))
    except importlib.metadata.PackageNotFoundError:
        yield Finding(False, t("the kernel, ipykernel, is not installed"), _reinstall("ipykernel"))


def network():
    """The embedded network, really loaded."""
    source = yield from trial(_TRIAL)
    if source:
        yield Finding(True, t("TensorFlow starts; {source}: loaded, self-test passed", source=source))


def trial(code):
    """Run code that starts TensorFlow in a process of its own: a library that crashes must not take us along.

    A generator that returns what it said; where that failed, it yields a finding and returns "".
    """
    done = subprocess.run(
        [sys.executable, "-c", code, str(_ROOT.parent)], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    if done.returncode == 0:
        return done.stdout.strip()
    ended = t("it ended with code {code}", code=done.returncode)
    last = (done.stderr.strip().splitlines() or [ended])[-1]
    yield Finding(
        False,
        t("the embedded network can't be loaded: {last}", last=last),
        f'"{sys.executable}" -c "import tensorflow"   ' + t("(shows the whole message)"),
    )
    return ""


def downloads():
    """What `styletutor download` adds, and the folder it goes to."""
    yield from downloaded()
    try:
        folder = download.cache_dir()
    except DownloadError as error:  # no home folder
        yield Finding(None, str(error))
        return
    if writable(folder):
        yield Finding(True, t("downloads go to {folder}", folder=folder))
    else:
        mend = t("set {variable} to a folder that can", variable=download.CACHE_VARIABLE)
        yield Finding(None, t("downloads would go to {folder}, which can't be written", folder=folder), mend)


def downloaded():
    """What `styletutor download` adds: here, with its paths, or not."""
    from . import fetch

    whats = {
        "imagenet": t("VGG19 trained on ImageNet (80 MB)"),
        "classifier": t("its classification head, for the top-5 in lesson 02 (575 MB)"),
        "pictures": t("the two pictures of TensorFlow's tutorial"),
        "hub": t("Magenta's network from TensorFlow Hub, for lesson 08"),
        "lite": t("the same as two TensorFlow Lite files"),
    }
    for what, text in whats.items():
        paths = [download.find(resource) for resource in fetch.resources(what)]
        if all(paths):
            yield Finding(True, f"{text}: {', '.join(map(str, paths))}")
        else:
            yield Finding(None, t("{text}: not here", text=text), f"styletutor download {what}")


def writable(folder):
    """Whether the folder can be written or, where there is none yet, be made; not where it may not even be seen."""
    above = next(path for path in (folder, *folder.parents) if os.path.exists(path))
    return os.path.isdir(above) and os.access(above, os.W_OK | os.X_OK)


def whole(check):
    """The check, where a package that can't be imported is a finding too instead of an error."""

    @functools.wraps(check)
    def checked():
        try:
            yield from check()
        except ImportError as error:
            yield Finding(False, t("this can't be checked: {error}", error=error))

    return checked


CHECKS = {
    mark("Machine"): whole(machine),
    mark("Packages"): whole(packages),
    mark("Course"): whole(jupyter),
    mark("Network"): whole(network),
    mark("Downloads (the course runs without them)"): whole(downloads),
}


def _reinstall(package):
    return f'"{sys.executable}" -m pip install --force-reinstall --no-deps {package}'


def _normal(name):
    return name.lower().replace("_", "-").replace(".", "-")
