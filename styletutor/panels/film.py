"""A strip of past pictures of a run, to scrub through."""

import numpy as np

from .. import images, timelapse

SHOWN = 8  # thumbnails in the strip
THUMB = 64  # pixels high


class Film(timelapse.Recording):
    """A run's recording that shows itself as a strip."""

    def strip(self):
        """Thumbnails of up to SHOWN of the pictures kept, evenly spread, as one image (1, THUMB, W, 3)."""
        chosen = self.frames
        if len(chosen) > SHOWN:
            chosen = [chosen[i] for i in np.linspace(0, len(chosen) - 1, SHOWN).round().astype(int)]
        height, width = chosen[0].image.shape[1:3]
        size = THUMB, max(1, round(THUMB * width / height))
        gap = np.full((1, THUMB, 4, 3), 0.5, "float32")
        parts = [part for step in chosen for part in (images.resize(step.image, size=size), gap)]
        return np.concatenate(parts[:-1], axis=2)
