"""A model's outputs, loss and gradient, the network's first blocks strip by strip."""

from functools import lru_cache

import numpy as np

from ..backend import keras, tf
from ..style import gram_matrix, gram_sum, in_full, loss_terms, weighted
from ..vgg19 import Preprocess, layer_table
from .estimate import STRIP_PIXELS, block, depth_for


def outputs(model, image, guides=None):
    """`model(image, guides)` in bounded memory."""
    depth = depth_for(model.network, model.layers, *image.shape[1:3])
    return _strips(model, depth, bool(guides)).outputs(image, guides) if depth else model(image, guides)


def loss_function(model, relative, guided, size):
    """(image, targets, coefficients) -> (losses, gradient) for pictures of size (height, width), in bounded memory.

    As `StyleContentModel.compiled_loss`, which it is where memory doesn't matter.
    """
    depth = depth_for(model.network, model.layers, *size)
    return _strips(model, depth, guided).loss(relative) if depth else model.compiled_loss(relative, guided)


@lru_cache(maxsize=4)
def _strips(model, depth, guided):
    return Strips(model, depth, guided)


class Strips:
    """A StyleContentModel whose first `depth` blocks, the stem, run over strips; the trunk is the rest.

    rows: how many a strip has, a multiple of 2^depth; None takes about STRIP_PIXELS pixels at a time.
    """

    def __init__(self, model, depth, guided=False, rows=None):
        self.model, self.depth, self.rows = model, depth, rows
        table = layer_table(model.network)
        self.stride = {row.name: row.stride for row in table}
        seen = sum(2 ** (block(row.name) - 1) for row in table if "conv" in row.name and block(row.name) <= depth)
        self.unit = 2**depth
        self.margin = -(-seen // self.unit) * self.unit  # rows of its neighbours that a strip's features see
        shallow = [name for name in model.layers if block(name) <= depth]
        self.deep = [name for name in model.layers if name not in shallow]
        self.summed = [name for name in shallow if name in model.style_layers]
        self.kept = [name for name in shallow if name in model.content_layers]
        self._build_networks(model.network)
        self._compile(guided)

    def outputs(self, image, guides=None):
        """What `model(image, guides)` gives: Gram matrices and features."""
        guides = guides or {}
        return self._finish(*self._sweep(np.asarray(image), guides), guides)

    def loss(self, relative):
        """A function (image, targets, coefficients) -> (losses, gradient), as `StyleContentModel.compiled_loss`."""

        def evaluate(image, targets, coefficients):
            image, guides = np.asarray(image), targets.get("guides", {})
            maps, grams = self._sweep(image, guides)
            losses, gradient, maps, grams = self._judge[relative](maps, grams, image, targets, coefficients)
            gradient = gradient.numpy()
            grams = {name: grams[name] / self._places(name, image, guides) for name in self.summed}
            for above, top, bottom, below in self._cuts(*image.shape[1:3]):
                parts = {name: self._part(maps[name], name, top, bottom) for name in maps}
                cut = [top - above, bottom - top], self._guide_parts(guides, top, bottom)
                gradient[:, above:below] += self._backward(image[:, above:below], *cut, parts, grams).numpy()
            return losses, gradient

        return evaluate

    def _build_networks(self, network):
        """The stem, image -> {layer: features}, and the trunk, what leaves the stem -> {layer: features}."""
        image = keras.Input((None, None, 3), name="image", dtype="float32")
        self.joint = f"block{self.depth}_pool"
        ends = tuple(dict.fromkeys([*self.kept, *self.summed, *([self.joint] if self.deep else [])]))
        stem = keras.Model(network.input, {name: network.get_layer(name).output for name in ends})
        self._stem_network = keras.Model(image, stem(Preprocess(dtype="float32")(image)))
        joint = network.get_layer(self.joint).output
        self._trunk = keras.Model(joint, {n: network.get_layer(n).output for n in self.deep}) if self.deep else None
        self._dtype = joint.dtype

    def _compile(self, guided):
        """Everything that runs in TensorFlow, traced once for all sizes."""
        targets, coefficients = self.model.target_specs(guided), self.model.coefficient_specs()
        guides = targets.get("guides", {})
        image, rows = tf.TensorSpec([1, None, None, 3]), tf.TensorSpec([2], tf.int32)
        maps = {name: targets["content"][name] for name in self.kept}
        if self.deep:
            channels = self._stem_network.output[self.joint].shape[-1]
            maps[self.joint] = tf.TensorSpec([1, None, None, channels], self._dtype)
        grams = {name: targets["style"][name] for name in self.summed}
        own = {name: guides[name] for name in self.summed} if guided else {}
        self._forward = tf.function(self._stem, [image, rows, own])
        self._backward = tf.function(self._stem_gradient, [image, rows, own, maps, grams])
        self._finish = tf.function(self._rest, [maps, grams, guides])
        self._judge = {
            relative: tf.function(
                lambda *arguments, relative=relative: self._loss(relative, *arguments),
                [maps, grams, image, targets, coefficients],
            )
            for relative in (True, False)
        }

    def _cuts(self, height, width):
        """The strips as (above, top, bottom, below): rows top to bottom are its own, above to below what they see."""
        rows = self.rows or max(self.unit, STRIP_PIXELS // width // self.unit * self.unit)
        tops = [rows * number for number in range(max(1, round(height / rows)))]
        for top, bottom in zip(tops, [*tops[1:], height], strict=True):
            yield max(top - self.margin, 0), top, bottom, min(bottom + self.margin, height)

    def _sweep(self, image, guides):
        """({layer: features} of what the trunk or the content loss takes, {layer: Gram}), of the stem."""
        maps, sums = [], []
        for above, top, bottom, below in self._cuts(*image.shape[1:3]):
            cut = [top - above, bottom - top], self._guide_parts(guides, top, bottom)
            features, products = self._forward(image[:, above:below], *cut)
            maps.append(features)
            sums.append(products)
        places = {name: self._places(name, image, guides) for name in self.summed}
        grams = {name: tf.add_n([part[name] for part in sums]) / places[name] for name in self.summed}
        return {name: tf.concat([part[name] for part in maps], 1) for name in maps[0]}, grams

    def _stem(self, strip, rows, guides):
        """A strip's own features and Gram sums. rows: how many come before its own, and how many are its own."""
        features = self._stem_network(strip)
        own = {}
        for name, values in features.items():
            first, count = rows[0] // self.stride[name], rows[1] // self.stride[name]
            own[name] = values[:, first : first + count]
        maps = {name: in_full(own[name]) for name in self.kept}
        if self.deep:
            maps[self.joint] = own[self.joint]
        sums = {name: gram_sum(own[name], guides.get(name)) for name in self.summed}
        return maps, sums

    def _stem_gradient(self, strip, rows, guides, maps, sums):
        """The gradient with respect to a strip, given those with respect to what `_stem` gives."""
        with tf.GradientTape() as tape:
            tape.watch(strip)
            found = self._stem(strip, rows, guides)
        return tape.gradient(tf.nest.flatten(found), strip, tf.nest.flatten((maps, sums)))

    def _rest(self, maps, grams, guides):
        """The model's outputs from what the stem gave."""
        features = self._trunk(maps[self.joint]) if self.deep else {}
        grams = grams | {name: gram_matrix(f, guides.get(name)) for name, f in features.items()}
        return {
            "style": {name: grams[name] for name in self.model.style_layers},
            "content": {name: in_full((features | maps)[name]) for name in self.model.content_layers},
        }

    def _loss(self, relative, maps, grams, image, targets, coefficients):
        """(losses, gradients with respect to the image by itself, the maps and the Gram matrices)."""
        with tf.GradientTape() as tape:
            tape.watch((maps, grams, image))
            found = self._rest(maps, grams, targets.get("guides", {}))
            losses = weighted(loss_terms(found, targets, relative, image), coefficients)
        return losses, *tape.gradient(losses["total"], (image, maps, grams))

    def _places(self, name, image, guides):
        """What a layer's Gram sums are divided by."""
        if name in guides:
            return max(float(np.sum(guides[name])), 1e-12)
        return (image.shape[1] // self.stride[name]) * (image.shape[2] // self.stride[name])

    def _guide_parts(self, guides, top, bottom):
        return {name: self._part(guides[name], name, top, bottom) for name in self.summed if name in guides}

    def _part(self, values, name, top, bottom):
        """The rows of a layer's values that belong to a strip."""
        return values[:, top // self.stride[name] : bottom // self.stride[name]]
