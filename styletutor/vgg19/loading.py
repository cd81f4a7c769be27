"""The network with its weights: loaded, self-tested, or built again with another pooling or precision."""

import os
from functools import lru_cache

import numpy as np

from .. import weights as weight_files
from ..backend import keras
from ..errors import LayerError, WeightsError, refuses
from ..layer_names import STYLE_LAYERS
from ..messages import t
from .architecture import build_vgg19, feature_extractor
from .layers import widths


@refuses(WeightsError)
def load_vgg19(weights="auto", pooling=None, include_top=False, precision="float32"):
    """Load VGG19 with its weights, frozen; `network.source` says which weights it carries.

    weights: "embedded" (quarter width, in the package), "imagenet" (Keras' VGG19, where it is on this
    machine), "random" (full width, seeded), a file's path, or "auto": ImageNet where it is there, else embedded.
    pooling: "max" or "avg"; None is as trained. Never opens a connection.
    Raises WeightsError when the weights are missing or damaged.
    """
    name = weight_files.resolve(str(weights), include_top)
    if not isinstance(pooling, (str, type(None))) or pooling not in (None, "max", "avg"):
        raise WeightsError(t("pooling is {pooling!r}, expected 'max', 'avg' or None.", pooling=pooling))
    if not isinstance(precision, str) or precision not in ("float32", "bfloat16"):
        raise WeightsError(t("precision is {precision!r}, expected 'float32' or 'bfloat16'.", precision=precision))
    try:
        written = os.stat(name).st_mtime_ns if os.path.isfile(name) else None
    except ValueError:  # a name that no file can have
        written = None
    return _load(name, pooling, bool(include_top), precision, written)


@lru_cache(maxsize=8)
def _load(name, pooling, include_top, precision, written):
    """`load_vgg19`, once for each set of arguments; written: when a file was, so that a new one is read."""
    network = with_weights(weight_files.load(name, include_top), pooling, include_top, precision)
    if name == "embedded":
        _self_test(network)
    return network


@refuses(WeightsError)
def with_weights(loaded, pooling=None, include_top=False, precision="float32"):
    """The network that carries these `weights.Weights`, frozen; the rest as `load_vgg19`, but built anew each time."""
    network = build_vgg19(loaded.widths, pooling or loaded.pooling, include_top, precision)
    for layer in network.layers:
        if layer.weights:
            layer.set_weights([loaded.arrays[f"{layer.name}/kernel"], loaded.arrays[f"{layer.name}/bias"]])
    return _frozen(network, loaded.source, pooling or loaded.pooling, loaded.pooling, precision)


@refuses(LayerError)
def variant(network, pooling=None, precision=None):
    """The same weights with another pooling ("max" or "avg") or precision; the network itself where nothing changes."""
    pooling = pooling or network.pooling
    precision = precision or network.precision
    if (pooling, precision) == (network.pooling, network.precision):
        return network
    made = network.__dict__.setdefault("_variants", {})
    if (pooling, precision) not in made:
        other = build_vgg19(widths(network), pooling, precision=precision)
        other.set_weights(network.get_weights())
        made[pooling, precision] = _frozen(other, network.source, pooling, network.trained_pooling, precision)
    return made[pooling, precision]


def _frozen(network, source, pooling, trained_pooling, precision):
    """The network, not to be trained, with what it carries written on it."""
    network.source, network.pooling, network.trained_pooling = source, pooling, trained_pooling
    network.precision, network.trainable = precision, False
    return network


@refuses(LayerError)
def self_test_values(network):
    """Mean activation of each block's first convolution and of block5_conv4 on a fixed 64 px picture."""
    y, x = np.mgrid[0:64, 0:64] / 63
    picture = np.stack([x, y, 0.5 + 0.5 * np.sin(12 * x * y)], -1)[None].astype("float32")
    names = [*STYLE_LAYERS, "block5_conv4"]
    features = feature_extractor(network, names)(picture)
    return {name: float(np.mean(keras.ops.convert_to_numpy(features[name]))) for name in names}


def _self_test(network):
    if network.precision != "float32" or network.pooling != network.trained_pooling:
        return
    found = self_test_values(network)
    try:
        expected = {layer: float(weight_files.embedded_report()["self_test"][layer]) for layer in found}
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(t(
            "{name} is missing or damaged: reinstall styletutor.", name=t("The embedded network"),
        )) from error
    for layer, value in found.items():
        if not np.isclose(value, expected[layer], rtol=1e-4):
            raise WeightsError(t(
                "The embedded network fails its self-test at {layer} ({value:.4g}, expected {expected:.4g}): "
                "reinstall styletutor.",
                layer=layer, value=value, expected=expected[layer],
            ))
