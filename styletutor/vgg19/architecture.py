"""VGG19 in code at any width, untrained, and models that give its features. Uses keras.ops alone (any backend).

Source: Simonyan and Zisserman 2015, "Very Deep Convolutional Networks for Large-Scale Image Recognition",
configuration E.
"""

from ..backend import keras
from ..errors import ImageError, LayerError, WeightsError, refuses
from ..layer_names import DEPTHS
from ..messages import t
from ..weights import FULL_WIDTHS
from .layers import check_layers, layer_tuple

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
def build_vgg19(widths=FULL_WIDTHS, pooling="max", include_top=False, precision="float32"):
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


@refuses(LayerError)
def feature_extractor(network, layers, as_computed=False):
    """A model: image (n, h, w, 3) in [0, 1] -> {layer: features (n, h', w', c)}, float32, preprocessing inside.

    It ends at the deepest of `layers`. as_computed: leave features that the network computes in bfloat16 so. Raises
    LayerError for an unknown name.
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
    if not as_computed:
        features = [ops.cast(f, "float32") if f.dtype != "float32" else f for f in features]
    return keras.Model(image, dict(zip(layers, features, strict=True)), name="features")
