"""Training the arbitrary network: every crop has a style of its own, of which the network has never seen many."""

import numpy as np
from PIL import Image

from .. import gallery, images
from ..backend import tf
from ..fast.photographs import Crops
from ..fast.training import Training
from .pictures import colour_matrix


class StyleCrops(Crops):
    """Styles to learn from: the gallery's painted ones, procedural paintings and photographs, recoloured at random."""

    def __init__(self, seed, side, count, paintings, photographs):
        super().__init__(seed + 1, side, count, photographs)
        self.paintings = paintings
        self.painted = [images.to_pil(gallery.load(name, None)) for name in gallery.PAINTED]

    def pick(self, rng):
        kind = rng.random()
        if kind < 0.45:
            return self.painted[rng.integers(len(self.painted))]
        if kind < 0.85:
            return Image.fromarray(self.paintings[rng.integers(len(self.paintings))])
        return super().pick(rng)

    def _crop(self, rng):
        crop = super()._crop(rng)
        if rng.random() < 0.6:
            crop = np.clip((crop - 0.5) @ colour_matrix(rng).astype("float32") + 0.5, 0, 1)
        return crop


class ArbitraryTraining(Training):
    """A Training of an ArbitraryNetwork; styles: has `batch(step)`, a style picture for each crop."""

    def _prepare(self, styles):
        self.supply, self.shown = styles, gallery.load("swirls", 256)

    @property
    def image(self):
        """The preview as the network makes it now, in one of the gallery's styles."""
        return self.model.apply(self.preview, self.model.read(self.shown))

    def _aims(self, count):
        return self.supply.batch(self.number)

    def _make(self, batch, styles):
        made = self.model.painter([batch, self.model.reader(styles)], training=True)
        return made, {layer: tf.stop_gradient(gram) for layer, gram in self._judge(styles)["style"].items()}
