"""StyleContentModel: what a picture answers to the two questions, and the compiled loss of its answers.

Source: Gatys, Ecker and Bethge 2016, "Image Style Transfer Using Convolutional Neural Networks"; guides: Gatys,
Ecker, Bethge, Hertzmann and Shechtman 2017, "Controlling Perceptual Factors in Neural Style Transfer".
"""

from functools import cached_property, lru_cache

import numpy as np

from .backend import tf
from .errors import LayerError, refuses
from .style import gram_matrix, in_full, loss_terms, weighted
from .vgg19 import check_layers, feature_extractor, layer_table, layer_tuple, load_vgg19


@refuses(LayerError)
@lru_cache(maxsize=8)
def shared_model(network, style_layers, content_layers):
    """The StyleContentModel of a network and tuples of layers, built once: its compiled losses are shared too."""
    return StyleContentModel(style_layers, content_layers, network)


class StyleContentModel:
    """image (1, H, W, 3) -> {"style": {layer: Gram (1, c, c)}, "content": {layer: features (1, h, w, c)}}.

    network: from `load_vgg19`; None loads "auto". Raises LayerError for an unknown layer.
    """

    @refuses(LayerError)
    def __init__(self, style_layers, content_layers, network=None):
        self.network = network or load_vgg19()
        self.style_layers, self.content_layers = layer_tuple(style_layers), layer_tuple(content_layers)
        check_layers(self.network, self.style_layers + self.content_layers)
        self.layers = tuple(dict.fromkeys(self.style_layers + self.content_layers))
        self.extractor = feature_extractor(self.network, self.layers, as_computed=True)
        self._losses = {}

    @refuses(LayerError)
    def __call__(self, image, guides=None):
        """The image's Gram matrices and features; TensorFlow tensors, differentiable.

        guides: {style layer: (1, h, w, 1)}, how much each place counts in the layer's Gram matrix (see `guides`).
        """
        features, guides = self.extractor(image), guides or {}
        return {
            "style": {layer: gram_matrix(features[layer], guides.get(layer)) for layer in self.style_layers},
            "content": {layer: in_full(features[layer]) for layer in self.content_layers},
        }

    @cached_property
    def compiled(self):
        """The same without guides as a tf.function, traced once for all sizes: what small pictures should take."""
        return tf.function(self, [tf.TensorSpec([1, None, None, 3])], autograph=False)

    @refuses(LayerError)
    def compiled_loss(self, relative, guided=False):
        """A tf.function (image, targets, coefficients) -> (losses, gradient), traced once for all sizes and weights.

        targets: {"style": Grams, "content": features}, and where guided "guides". The model keeps it.
        """
        if (relative, guided) not in self._losses:
            self._losses[relative, guided] = self._compiled(relative, guided)
        return self._losses[relative, guided]

    def _compiled(self, relative, guided):
        def evaluate(image, targets, coefficients):
            with tf.GradientTape() as tape:
                tape.watch(image)
                outputs = self(image, targets.get("guides"))
                losses = weighted(loss_terms(outputs, targets, relative, image), coefficients)
            return losses, tape.gradient(losses["total"], image)

        picture = tf.TensorSpec([1, None, None, 3])
        signature = [picture, self.target_specs(guided), self.coefficient_specs()]
        return tf.function(evaluate, input_signature=signature, autograph=False)

    @refuses(LayerError)
    def target_specs(self, guided=False):
        """The shapes of targets, as tf.TensorSpecs, for any size of picture."""
        channels = {layer: output.shape[-1] for layer, output in self.extractor.output.items()}
        specs = {
            "style": {layer: tf.TensorSpec([1, channels[layer], channels[layer]]) for layer in self.style_layers},
            "content": {layer: tf.TensorSpec([1, None, None, channels[layer]]) for layer in self.content_layers},
        }
        return specs | ({"guides": self.guide_specs()} if guided else {})

    def guide_specs(self):
        """The shapes of guides, as tf.TensorSpecs."""
        return {layer: tf.TensorSpec([1, None, None, 1]) for layer in self.style_layers}

    def coefficient_specs(self):
        """A scalar a term of the loss, as tf.TensorSpecs."""
        names = [f"style/{n}" for n in self.style_layers] + [f"content/{n}" for n in self.content_layers]
        return {name: tf.TensorSpec([]) for name in [*names, "total_variation"]}

    @refuses(LayerError)
    def guides(self, mask):
        """A mask (H, W) in [0, 1] as guides {style layer: (1, h, w, 1)}: its mean over what a place's pixels cover.

        A place of a layer also sees beyond its own pixels, so a style fades out around a mask's edge instead of
        ending there (Gatys et al. 2017, section 4.1, who guide with the mask at the layer's size as well).
        """
        strides = {layer: layer_table(self.network)[layer].stride for layer in self.style_layers}
        return {layer: _shrunk(mask, stride)[None, ..., None] for layer, stride in strides.items()}


def loss_coefficients(settings):
    """The settings' coefficients {term: float32 scalar}, as tensors: new values do not retrace a compiled loss."""
    return {name: tf.constant(value, tf.float32) for name, value in settings.coefficients.items()}


def _shrunk(mask, stride):
    """Means over squares of stride × stride; what is left over at the right and bottom counts in the last ones.

    Pooling drops it, but a mask that lies there alone would leave a layer without any place.
    """
    for axis, side in enumerate(mask.shape):
        starts = np.arange(side // stride) * stride
        lengths = np.diff([*starts, side]).astype("float32")
        mask = np.add.reduceat(mask, starts, axis) / (lengths if axis else lengths[:, None])
    return np.ascontiguousarray(mask, "float32")
