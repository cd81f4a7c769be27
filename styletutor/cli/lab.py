"""`styletutor lab`: the course in JupyterLab."""

import filecmp
import os
import sys
from pathlib import Path

from .. import atomic, messages
from ..absent import hidden
from ..errors import SaveError, StyleTutorError, shortened
from ..messages import mark, t
from .progress import say

SUMMARY = "open the course in JupyterLab"
EPILOG = """\
In a clone of the repository the lessons are those in its folder notebooks. Installed from a wheel, or with --dir, they
are copied into a folder of yours; a lesson that is there and differs is yours and stays as it is.

Jupyter listens on this machine alone (127.0.0.1) and asks for its token, which the address that is printed carries.
On Linux without a display no browser is opened: paste the address into one. Ctrl-C, twice, ends it.
Arguments after -- go to JupyterLab, for instance: styletutor lab --port 9000 -- --debug
"""

FIRST_LESSON = {"en": "00_start_here.ipynb", "es": "es/00_start_here.ipynb"}
OPEN = mark("The course is in {folder} and open at\n\n    {address}\n\nCtrl-C, twice, ends it.")
DEFAULT_FOLDER = "styletutor-course"
_PACKAGE = Path(__file__).parent.parent


def add_arguments(parser):
    """Declare what `styletutor lab` understands."""
    parser.add_argument(
        "--dir",
        metavar="FOLDER",
        help=t(
            "folder to copy the lessons into (default: in a clone its notebooks themselves, else ./{folder})",
            folder=DEFAULT_FOLDER,
        ),
    )
    parser.add_argument("--port", type=int, default=8888, help="port, or where taken the next (default: %(default)s)")
    parser.add_argument("--no-browser", action="store_true", help="open no browser (default: one, given a display)")
    parser.add_argument(
        "--lang",
        choices=messages.LANGUAGES,
        help="language of the lessons and panels (default: $STYLETUTOR_LANG, else en)",
    )
    parser.add_argument("jupyter", nargs="*", metavar="-- ...", help="more arguments, for JupyterLab")


def run(args):
    """Serve the course until it is stopped. Returns the exit code."""
    if not 0 <= args.port <= 65535:
        raise StyleTutorError(t(
            "--port is {port}, expected a number from 0 (any free one) to 65535.", port=args.port
        ))
    speak(args.lang)
    folder = course_folder(args.dir)
    set_environment()
    with hidden("rfc3987_syntax"):  # three seconds on a slow machine, for addresses that no schema of Jupyter's names
        from jupyterlab.labapp import LabApp

    browser = has_display() and not args.no_browser
    server = LabApp.initialize_server(argv=jupyter_arguments(folder, args.port, browser, args.jupyter))
    address = server.local_url
    server.identity_provider.token_generated = False  # or Jupyter announces the same address again

    def announce():
        print(t(OPEN, folder=folder, address=address), flush=True)

    server.io_loop.add_callback(announce)  # runs after the callback that binds the port
    server.start()
    return 0


def speak(lang):
    """Let this process and the kernels that it starts speak this language; None leaves it as the environment has it."""
    if lang:
        os.environ[messages.VARIABLE] = lang
        messages.use(lang)


def jupyter_arguments(folder, port, browser, more=()):
    """The arguments that JupyterLab is started with; later ones win over earlier ones."""
    first = FIRST_LESSON[messages.language()]
    arguments = [
        f"--ServerApp.root_dir={folder}",
        f"--LabApp.default_url=/lab/workspaces/styletutor/tree/{first}",  # your own workspace stays as it is
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.log_level=ERROR",
        "--LabApp.log_level=ERROR",
    ]
    if not browser:
        arguments.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--allow-root")  # a container; Jupyter refuses to start otherwise
    return [*arguments, *more]


def set_environment():
    """Make Jupyter take this environment's kernel first, and the course's part of JupyterLab.

    That is a small extension, which shows a panel's saved picture where no kernel brings the panel and gives sliders
    and pictures names for screen readers, and defaults, which keep the widgets' state in saved notebooks, fetch no
    news, and don't ask at each page whether JupyterLab is to be built again. Both are read from the package; no file
    of the user's is touched, and what the user has set in JupyterLab's settings still wins.
    """
    _prepend("JUPYTER_PATH", _PACKAGE / "jupyter")
    _prepend("JUPYTER_PATH", Path(sys.prefix, "share", "jupyter"))
    _prepend("JUPYTER_CONFIG_PATH", _PACKAGE / "jupyter")


def _prepend(variable, folder):
    present = os.environ.get(variable)
    os.environ[variable] = f"{folder}{os.pathsep}{present}" if present else str(folder)


def has_display():
    """Whether a browser window could be seen."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def lessons():
    """(folder of the lessons, whether it is a clone's own): in the wheel, or beside the package in a clone."""
    inside, beside = _PACKAGE / "notebooks", _PACKAGE.parent / "notebooks"
    if inside.is_dir():
        return inside, False
    if beside.is_dir() and (_PACKAGE.parent / "pyproject.toml").is_file():
        return beside, True
    raise StyleTutorError(t("The lessons are missing from this installation: reinstall styletutor."))


def course_folder(chosen=None):
    """The folder to open, absolute: a clone's notebooks, or the folder chosen, with the lessons copied into it."""
    source, target = course_place(chosen)
    kept = [] if source == target else copy_lessons(source, target)
    if kept:
        say(t(
            "kept in {target} what differs from the course: {kept}; another --dir gets fresh copies", target=target,
            kept=", ".join(kept),
        ))
    return target


def course_place(chosen=None):
    """(where the lessons come from, where they are taken): a clone's own folder is both, unless one is chosen."""
    source, own = lessons()
    if own and chosen is None:
        return source.resolve(), source.resolve()
    try:
        return source, Path(chosen or DEFAULT_FOLDER).expanduser().absolute()
    except RuntimeError as error:  # a ~ that is nobody's
        raise _not_copied(chosen, error) from error


def copy_lessons(source, target):
    """Copy the files that are missing; return the names of those that were there and differ, which stay.

    Raises SaveError where the folder can't be written. Each file appears whole or not at all.
    """
    kept = []
    try:
        for path in sorted(source.rglob("*")):
            name = path.relative_to(source)
            if path.is_dir() or any(part.startswith(".") or part == "__pycache__" for part in name.parts):
                continue
            there = target / name
            if there.exists():
                if not filecmp.cmp(path, there, shallow=False):
                    kept.append(name.as_posix())
                continue
            there.parent.mkdir(parents=True, exist_ok=True)
            atomic.write(there, path.read_bytes())
    except (OSError, ValueError) as error:  # ValueError: a path that can't be one
        raise _not_copied(target, error) from error
    return kept


def _not_copied(target, error):
    why = str(getattr(error, "strerror", None) or error).rstrip(".")
    return SaveError(t(
        "The lessons can't be copied to {target}: {why}. Choose another folder with --dir.", target=shortened(target),
        why=why,
    ))
