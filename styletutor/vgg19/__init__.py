"""The network: build VGG19 at any width, load it, list its layers, extract features. Runs on any of Keras' backends.

Source: Simonyan and Zisserman 2015, "Very Deep Convolutional Networks for Large-Scale Image Recognition",
configuration E.
"""

from .architecture import IMAGENET_MEAN_BGR, Preprocess, build_vgg19, feature_extractor, preprocess
from .classifier import predict_top5
from .layers import (
    LayerRow,
    LayerTable,
    check_layers,
    layer_names,
    layer_table,
    layer_tuple,
    receptive_field,
    widths,
)
from .loading import load_vgg19, self_test_values, variant, with_weights

__all__ = [
    "IMAGENET_MEAN_BGR", "LayerRow", "LayerTable", "Preprocess", "build_vgg19", "check_layers", "feature_extractor",
    "layer_names", "layer_table", "layer_tuple", "load_vgg19", "predict_top5", "preprocess", "receptive_field",
    "self_test_values", "variant", "widths", "with_weights",
]  # fmt: skip
