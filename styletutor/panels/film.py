"""A strip of past pictures of a run, to scrub through."""

import numpy as np

from .. import reconstruction, timelapse

SHOWN = 8  # thumbnails in the strip
THUMB = 64  # pixels high


class Film(timelapse.Recording):
    """A run's recording that shows itself as a strip."""

    def strip(self):
        """Thumbnails of up to SHOWN of the pictures kept, evenly spread, as one image (1, THUMB, W, 3)."""
        chosen = self.frames
        if len(chosen) > SHOWN:
            chosen = [chosen[i] for i in np.linspace(0, len(chosen) - 1, SHOWN).round().astype(int)]
        return reconstruction.strip([step.image for step in chosen], THUMB)
