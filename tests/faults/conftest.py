"""Fixtures of the tests of faults."""

import shutil
import tempfile
from pathlib import Path

import pytest
from harness_server import Answers


@pytest.fixture
def open_folder():
    """A folder that every user of this machine may enter and write; pytest's own are for its user alone."""
    folder = Path(tempfile.mkdtemp(prefix="styletutor-faults-"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A server that says what it is told; private addresses are allowed, caches empty, ours in `server.cache`."""
    monkeypatch.setenv("STYLETUTOR_ALLOW_PRIVATE", "1")
    monkeypatch.setenv("STYLETUTOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    running = Answers()
    running.cache = tmp_path / "cache"
    yield running
    running.close()
