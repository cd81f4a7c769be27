"""Choose the scales of layers and channels, which a ReLU network leaves free.

A positive factor on a channel, undone in the next kernel, changes no deeper layer. What it does change is how much
the channel counts in a Gram matrix, and what the constants of TensorFlow's tutorial mean on this network.
"""

import numpy as np

from ..backend import keras
from ..layer_names import CONVOLUTIONS, STYLE_LAYERS
from ..vgg19 import build_vgg19, feature_extractor

# The tutorial's weighted terms are 1e-2/5 · mean (G - A)² and 1e4 · mean (F - P)². With UNIT · 2 for a style layer
# and UNIT · 1 for content where the difference is as large as the target, style : content is 10 : 1 in relative
# terms, and total variation at weight 30, some 3e6 at 512 pixels, is about a tenth of the loss.
UNIT = 1.2e8
STYLE_POWER = 2 * UNIT / (1e-2 / 5)  # mean squared entry of a Gram matrix
CONTENT_POWER = UNIT / 1e4  # mean squared activation
SPREAD = 6.0  # no channel counts more than this many times more, or less, than the layer's middle one
DEAD = 1e-5


def network_of(arrays, precision="float32"):
    """A VGG19 with average pooling that carries the arrays."""
    widths = [arrays[f"block{b}_conv1/kernel"].shape[-1] for b in range(1, 6)]
    network = build_vgg19(widths, "avg", precision=precision)
    for name in CONVOLUTIONS:
        network.get_layer(name).set_weights([arrays[f"{name}/kernel"], arrays[f"{name}/bias"]])
    return network


def activations(arrays, pictures):
    """{layer: list of features (h·w, c)} on pictures, an iterable of images (n, h, w, 3)."""
    extract, found = feature_extractor(network_of(arrays), CONVOLUTIONS), {name: [] for name in CONVOLUTIONS}
    for batch in pictures:
        for name, features in extract(batch).items():
            features = keras.ops.convert_to_numpy(features)
            found[name] += [f.reshape(-1, f.shape[-1]) for f in features]
    return found


def factors(features, heads):
    """The factor of each channel: {layer: (c,)}, 0 for a channel that never answers.

    features: as from `activations`; heads: {layer: [1 × 1 kernels (c, c')]} of the layers that have some.
    """
    result = {}
    for name, pictures in features.items():
        mean = np.mean([p.mean(0) for p in pictures], 0)
        alive = mean > DEAD * mean.max()
        weight = _importance(heads[name], mean) if heads.get(name) else 1 / np.maximum(mean, 1e-12)
        middle = np.median(weight[alive])
        weight = np.where(alive, np.clip(weight, middle / SPREAD, middle * SPREAD), 0)
        result[name] = weight * _level(name, [p * weight for p in pictures])
    return result


def _importance(kernels, mean):
    """How much a unit of each channel moves the teacher's features: the norm of its column, heads summed up."""
    return np.sqrt(sum(np.sum(kernel**2, 1) / np.sum((mean @ np.abs(kernel)) ** 2) for kernel in kernels))


def _level(name, pictures):
    """The layer's own factor: a geometric mean over pictures, so that none rules."""
    if name in STYLE_LAYERS:
        powers = [np.mean((p.T @ p / len(p)) ** 2) for p in pictures]
        return (STYLE_POWER / np.exp(np.mean(np.log(np.maximum(powers, 1e-30))))) ** 0.25
    powers = [np.mean(p**2) for p in pictures]
    return (CONTENT_POWER / np.exp(np.mean(np.log(np.maximum(powers, 1e-30))))) ** 0.5


def rescale(arrays, scales):
    """The arrays with each layer's channels multiplied by its factors (c,), undone in the next layer's kernel."""
    result, before = {}, np.ones(3)
    for name in CONVOLUTIONS:
        undo = np.divide(1.0, before, out=np.zeros_like(before, dtype=float), where=before > 0)
        kernel = arrays[f"{name}/kernel"] * undo[:, None]
        result[f"{name}/kernel"] = (kernel * scales[name]).astype("float32")
        result[f"{name}/bias"] = (arrays[f"{name}/bias"] * scales[name]).astype("float32")
        before = scales[name]
    return result


def calibrate(arrays, heads, pictures):
    """Rescale folded arrays; gives them and, for the report, each layer's mean activation and dead channels."""
    features = activations(arrays, pictures)
    scales = factors(features, heads)
    facts = {
        name: {
            "mean_activation": float(np.mean([p.mean(0) * scales[name] for p in pictures])),
            "dead_channels": int(np.sum(scales[name] == 0)),
        }
        for name, pictures in features.items()
    }
    return rescale(arrays, scales), facts
