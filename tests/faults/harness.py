"""Children and servers for the tests of faults: real processes, some of them unprivileged, and a real web server."""

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534

UNPRIVILEGED = f"""
import os
if hasattr(os, "geteuid") and os.geteuid() == 0:  # permissions mean nothing to root
    os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
"""


@contextlib.contextmanager
def not_waited_for(pipe, seconds=5):
    """Fail where the block waits for somebody to write to a named pipe, who after so many seconds comes and goes."""
    came = []

    def come():
        came.append(True)
        os.close(os.open(pipe, os.O_RDWR | os.O_NONBLOCK))

    timer = threading.Timer(seconds, come)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
    assert not came, f"it waited for {pipe}"


def environment(**changes):
    """This process's environment with changes; None takes a variable away."""
    values = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])} | changes
    return {name: value for name, value in values.items() if value is not None}


def run_python(code, *arguments, check=True, timeout=120, cwd=None, **env):
    """Run code in a Python process of its own; gives what it said. env: changes of its environment."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True, text=True, timeout=timeout, cwd=cwd, env=environment(**env), stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert not check or done.returncode == 0, done.stderr
    return done
