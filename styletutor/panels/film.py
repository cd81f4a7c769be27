"""A strip of past pictures of a run, to scrub through."""

import numpy as np

from .. import reconstruction, timelapse

SHOWN = 8  # thumbnails in the strip
THUMB = 64  # pixels high


class Film(timelapse.Recording):
    """A run's recording that shows itself as a strip."""

    def clear(self):
        """Forget all, before another run."""
        super().clear()
        self._thumbs = {}

    def strip(self):
        """Thumbnails of up to SHOWN of the pictures kept, evenly spread, as one image (1, THUMB, W, 3)."""
        frames = self.frames
        self._thumbs = {step.number: self._thumbs[step.number] for step in frames if step.number in self._thumbs}
        if len(frames) > SHOWN:
            frames = [frames[i] for i in np.linspace(0, len(frames) - 1, SHOWN).round().astype(int)]
        return reconstruction.strip([self._thumb(step) for step in frames], THUMB)

    def _thumb(self, step):
        """A step's thumbnail, made once: the strip is drawn several times a second."""
        if step.number not in self._thumbs:
            self._thumbs[step.number] = reconstruction.strip([step.image], THUMB)
        return self._thumbs[step.number]
