"""Time-lapse: any run as a short film, an animated GIF, WebP or PNG."""

import io
from pathlib import Path

from . import atomic, images
from .errors import ImageError, RunError, SaveError, refuses
from .messages import t

KEPT = 48  # pictures; when full, every second one goes
FORMATS = {".gif": "GIF", ".webp": "WEBP", ".png": "PNG"}
HOLD = 1.5  # seconds that the last picture stays


class Recording:
    """Keeps Steps of a run in bounded memory: at most KEPT, evenly spread over it, and the latest."""

    def __init__(self):
        self.clear()

    def clear(self):
        """Forget all, before another run."""
        self._kept, self._latest, self._every = [], None, 1

    @property
    def frames(self):
        """The Steps kept, the first and the latest included."""
        latest = self._latest
        if latest is None:
            return []
        return [*(step for step in self._kept if step.number < latest.number), latest]

    @refuses(RunError)
    def add(self, step):
        """Keep a Step: for good where it is due, else until the next comes."""
        self._latest = step
        if self._kept and step.number < self._kept[-1].number + self._every:
            return
        self._kept = [*self._kept, step]
        if len(self._kept) > KEPT:
            self._kept = self._kept[::2]
            self._every *= 2


@refuses(ImageError)
def watch(run):
    """Iterate a run to its end; the pictures on the way, about KEPT at most, the first and the last included."""
    recording = Recording()
    for step in run:
        recording.add(step)
    return [frame.image for frame in recording.frames]


@refuses(SaveError)
def save(pictures, path, seconds=6.0, overwrite=False):
    """Write images (1, H, W, 3) as an endless animation, first to last, and return its path.

    The suffix decides: .gif (256 colours a picture), .webp (smallest) or .png. seconds: how long it takes from the
    first picture to the last, which then stays for HOLD more. All get the last one's size.
    The file appears whole or not at all. Raises ImageError for no pictures, SaveError for an unknown suffix, a missing
    folder, or a file that exists, unless `overwrite` is True.
    """
    images.check_target(path, overwrite, FORMATS)
    content = to_bytes(pictures, Path(path).suffix, seconds)
    return atomic.save(Path(path), content, overwrite)


@refuses(ImageError)
def to_bytes(pictures, suffix=".gif", seconds=6.0):
    """Images (1, H, W, 3) as the bytes of an animation of that suffix. Raises ImageError."""
    pictures = list(pictures)
    if not pictures:
        raise ImageError(t("There is no picture to make a film of."))
    size = images.as_image(pictures[-1]).shape[1:3]
    frames = [images.to_pil(images.resize(images.as_image(picture), size=size)) for picture in pictures]
    each = max(20, round(1000 * seconds / len(frames)))  # milliseconds; browsers slow down what is faster
    durations = [each] * (len(frames) - 1) + [each + round(1000 * HOLD)]
    buffer = io.BytesIO()
    frames[0].save(
        buffer, FORMATS[suffix.lower()], save_all=True, append_images=frames[1:], duration=durations, loop=0
    )
    return buffer.getvalue()
