"""Fixtures of the tests of faults."""

import shutil
import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def open_folder():
    """A folder that every user of this machine may enter and write; pytest's own are for its user alone."""
    folder = Path(tempfile.mkdtemp(prefix="styletutor-faults-"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
