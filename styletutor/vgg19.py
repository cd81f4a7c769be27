"""The network: build VGG19 at any width, list its layers, extract features. Uses keras.ops alone (any backend).

Source: Simonyan and Zisserman 2015, "Very Deep Convolutional Networks for Large-Scale Image Recognition",
configuration E.
"""

import difflib
import os
from dataclasses import astuple, dataclass
from functools import lru_cache

import numpy as np

from . import weights as weight_files
from .backend import keras
from .errors import ImageError, LayerError, WeightsError, refuses
from .images import as_image
from .layer_names import DEPTHS, STYLE_LAYERS
from .messages import either, mark, t
from .tables import Table

ops = keras.ops
IMAGENET_MEAN_BGR = (103.939, 116.779, 123.68)


@keras.saving.register_keras_serializable("styletutor")
class Preprocess(keras.layers.Layer):
    """RGB in [0, 1] -> BGR in [0, 255] minus the ImageNet mean, what VGG19 was trained on (Keras' "caffe" mode)."""

    def call(self, image):
        bgr = ops.flip(image, axis=-1) * 255.0
        return bgr - ops.convert_to_tensor(IMAGENET_MEAN_BGR, dtype=bgr.dtype)


@refuses(ImageError)
def preprocess(image):
    """Image (n, h, w, 3) in [0, 1] -> the same shape as VGG19 wants it: BGR in [0, 255] minus the ImageNet mean."""
    return Preprocess(dtype="float32")(image)


@refuses(WeightsError)
def build_vgg19(widths=weight_files.FULL_WIDTHS, pooling="max", include_top=False, precision="float32"):
    """Build VGG19 in code, untrained, with Keras' layer names and the given channels for its five blocks.

    Input (n, h, w, 3), preprocessed; h, w at least 32, with `include_top` exactly 224. `precision` "bfloat16"
    computes in bfloat16 and keeps float32 weights. It is set on each layer, because Keras' global policy
    is a matter of the thread.
    """
    policy = "mixed_bfloat16" if precision == "bfloat16" else precision
    Pool = {"max": keras.layers.MaxPooling2D, "avg": keras.layers.AveragePooling2D}[pooling]
    inputs = x = keras.Input((224, 224, 3) if include_top else (None, None, 3), name="input", dtype="float32")
    for block, (width, depth) in enumerate(zip(widths, DEPTHS, strict=True), 1):
        for i in range(1, depth + 1):
            x = keras.layers.Conv2D(
                width, 3, padding="same", activation="relu", name=f"block{block}_conv{i}", dtype=policy
            )(x)
        x = Pool(2, name=f"block{block}_pool", dtype=policy)(x)
    if include_top:
        x = keras.layers.Flatten(name="flatten", dtype=policy)(x)
        for name in ("fc1", "fc2"):
            x = keras.layers.Dense(4096, activation="relu", name=name, dtype=policy)(x)
        x = keras.layers.Dense(1000, activation="softmax", name="predictions", dtype="float32")(x)
    return keras.Model(inputs, x, name="vgg19")


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
    network.source, network.pooling, network.trained_pooling = loaded.source, pooling or loaded.pooling, loaded.pooling
    network.precision, network.trainable = precision, False
    return network


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
        other.source, other.pooling, other.precision = network.source, pooling, precision
        other.trained_pooling, other.trainable = network.trained_pooling, False
        made[pooling, precision] = other
    return made[pooling, precision]


@refuses(LayerError)
def widths(network):
    """Channels of the five blocks."""
    return tuple(network.get_layer(f"block{b}_conv1").filters for b in range(1, 6))


@refuses(LayerError)
def self_test_values(network):
    """Mean activation of each block's first convolution and of block5_conv4 on a fixed 64 px picture."""
    y, x = np.mgrid[0:64, 0:64] / 63
    picture = np.stack([x, y, 0.5 + 0.5 * np.sin(12 * x * y)], -1)[None].astype("float32")
    names = [*STYLE_LAYERS, "block5_conv4"]
    features = feature_extractor(network, names)(picture)
    return {name: float(np.mean(ops.convert_to_numpy(features[name]))) for name in names}


def _self_test(network):
    if network.precision != "float32" or network.pooling != network.trained_pooling:
        return
    expected = weight_files.embedded_report()["self_test"]
    for layer, value in self_test_values(network).items():
        if not np.isclose(value, expected[layer], rtol=1e-4):
            raise WeightsError(t(
                "The embedded network fails its self-test at {layer} ({value:.4g}, expected {expected:.4g}).",
                layer=layer, value=value, expected=expected[layer],
            ))


@refuses(LayerError)
def layer_names(network):
    """The names of the layers whose output can be asked for, in order, without the input."""
    return tuple(layer.name for layer in network.layers if not isinstance(layer, keras.layers.InputLayer))


@refuses(LayerError)
def layer_tuple(layers):
    """A tuple of names, from one name or several. Raises LayerError for what is neither."""
    try:
        return (layers,) if isinstance(layers, str) else tuple(layers)
    except TypeError as error:
        raise LayerError(t(
            "{layers!r} names no layers; expected names such as 'block4_conv2'.", layers=layers,
        )) from error


@refuses(LayerError)
def check_layers(network, layers):
    """Raise LayerError for the first name that the network doesn't have, with the nearest ones that it has."""
    known = layer_names(network)
    for name in layers:
        if not isinstance(name, str) or name not in known:
            raise _unknown(name, known)


def _unknown(name, known):
    """The LayerError for a name that is none of the known ones, with the nearest of them."""
    near = difflib.get_close_matches(str(name), known, 3, 0.3) or known[:3]
    return LayerError(t("The network has no layer {name!r}; did you mean {near}?", name=name, near=either(near)))


@refuses(LayerError)
def feature_extractor(network, layers):
    """A model: image (n, h, w, 3) in [0, 1] -> {layer: features (n, h', w', c)}, float32, preprocessing inside.

    It ends at the deepest of `layers`. Raises LayerError for an unknown name.
    """
    layers = layer_tuple(layers)
    check_layers(network, layers)
    layers = tuple(dict.fromkeys(layers))
    if not layers:
        raise LayerError(t("There is no layer to take features from: name at least one, such as 'block4_conv2'."))
    image = keras.Input((None, None, 3), name="image", dtype="float32")
    outputs = [network.get_layer(name).output for name in layers]
    features = keras.Model(network.input, outputs)(Preprocess(dtype="float32", name="preprocess")(image))
    features = features if isinstance(features, (list, tuple)) else [features]
    float32 = [ops.cast(f, "float32") if f.dtype != "float32" else f for f in features]
    return keras.Model(image, dict(zip(layers, float32, strict=True)), name="features")


@dataclass(frozen=True)
class LayerRow:
    """One line of a layer table: stride and receptive field in pixels of the picture, parameters as a count."""

    name: str
    kind: str
    channels: int
    stride: int
    receptive_field: int
    parameters: int


class LayerTable(Table, tuple):
    """LayerRows in order, or one by its name; a Table."""

    HEAD = (
        mark("name"), mark("kind"), mark("channels"), mark("stride"), mark("receptive field"), mark("parameters")
    )  # fmt: skip
    WORDS = 2

    def rows(self):
        """The table's cells as text, without the head."""
        for row in self:
            yield (row.name, t(row.kind), *map(str, astuple(row)[2:]))

    def __getitem__(self, key):
        if isinstance(key, str):
            for row in self:
                if row.name == key:
                    return row
            raise _unknown(key, [row.name for row in self])
        return super().__getitem__(key)


@refuses(LayerError)
def layer_table(network):
    """Name, kind, channels, stride, receptive field and parameters of each layer of the convolutional part.

    With kernel k and the stride s of what came before, the receptive field grows by (k - 1)·s; pooling
    doubles s (Dumoulin and Visin 2016, "A guide to convolution arithmetic", relationship 5 chained).
    """
    rows, stride, field = [], 1, 1
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D):
            field += 2 * stride
            kind = mark("convolution")
        elif layer.name.endswith("_pool"):
            field, stride = field + stride, stride * 2
            kind = mark("max pooling") if isinstance(layer, keras.layers.MaxPooling2D) else mark("average pooling")
        else:
            continue
        rows.append(LayerRow(layer.name, kind, layer.output.shape[-1], stride, field, layer.count_params()))
    return LayerTable(rows)


@refuses(LayerError)
def receptive_field(network, layer, row, column, height, width):
    """The rectangle (top, left, bottom, right) of an (height, width) picture that one feature can see.

    Pixels, bottom and right exclusive, cut at the picture's edge; row and column index the layer's feature map.
    """
    size, padding, stride = layer_table(network)[layer].receptive_field, 0, 1
    for name in layer_names(network):
        if name.endswith("_pool"):
            stride *= 2
        else:
            padding += stride  # a 3×3 convolution with "same" padding starts one cell further out
        if name == layer:
            break
    top, left = row * stride - padding, column * stride - padding
    return max(top, 0), max(left, 0), min(top + size, height), min(left + size, width)


@refuses(ImageError)
def predict_top5(image):
    """The five likeliest ImageNet classes of an image, [(name, probability)], from VGG19's classification head.

    Raises WeightsError where the classification weights are not on this machine.
    """
    import json

    from . import download

    names_file = download.find(weight_files.CLASS_NAMES)
    if names_file is None and weight_files.imagenet_path(include_top=True):
        raise WeightsError(t("ImageNet's class names are not on this machine: run `styletutor download classifier`."))
    network = load_vgg19("imagenet", include_top=True)
    names = json.loads(names_file.read_text())
    square = ops.image.resize(as_image(image), (224, 224))
    probabilities = ops.convert_to_numpy(network(preprocess(square)))[0]
    best = np.argsort(probabilities)[::-1][:5]
    return [(names[str(i)][1], float(probabilities[i])) for i in best]
