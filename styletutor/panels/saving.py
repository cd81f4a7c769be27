"""Saving from a panel: the picture of one step, under a free name, offered as a download too."""

import base64
import html
from contextlib import contextmanager

from ..messages import t

DOWNLOAD = 400_000  # bytes


@contextmanager
def resting(loop):
    """Let a running loop pause after its present step meanwhile, so that what is saved is of one step.

    One that was told to pause or to stop may still be at its last step: that is waited for, too.
    """
    running = loop.state == "running"
    if running:
        loop.pause()
    loop.settle()
    try:
        yield
    finally:
        if running and loop.state == "paused":
            loop.start(None)


def free_path(path):
    """The path, or where it exists the first of path-2, path-3 … that doesn't."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free


def download_link(path):
    """A link that holds the file itself, where it is small enough to be kept in a saved notebook."""
    if path.stat().st_size > DOWNLOAD:
        return ""
    content, name = base64.b64encode(path.read_bytes()).decode(), html.escape(path.name, quote=True)
    return f" · <a href='data:image/png;base64,{content}' download='{name}'>{t('download')}</a>"
