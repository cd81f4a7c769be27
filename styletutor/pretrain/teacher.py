"""The networks that can teach: Keras' ImageNet VGG19, or a 16 times smaller encoder read from an .npz.

A teacher is a frozen Keras model: image (n, h, w, 3), RGB in [0, 1] -> {name: features (n, h', w', c)}, never
negative. `LESSONS` says which of a teacher's features each layer of the student learns.
"""

import numpy as np

from ..backend import keras
from ..errors import WeightsError
from ..vgg19 import IMAGENET_MEAN_BGR, feature_extractor, load_vgg19

ENCODER_LAYERS = tuple(f"conv{b}{c}" for b, n in enumerate((2, 2, 4, 4, 1), 1) for c in range(1, n + 1))
AUX = tuple(f"conv{b}1_aux" for b in range(1, 6))
ops = keras.ops


@keras.saving.register_keras_serializable("styletutor")
class ReflectionPadding(keras.layers.Layer):
    """Pad height and width by one pixel of mirrored neighbours: (n, h, w, c) -> (n, h + 2, w + 2, c)."""

    def call(self, inputs):
        return ops.pad(inputs, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")

    def compute_output_shape(self, shape):
        return (shape[0], *(None if side is None else side + 2 for side in shape[1:3]), shape[3])


def load(teacher):
    """The teacher called "imagenet", or the encoder in the .npz at that path.

    The encoder is that of Wang et al. 2020, "Collaborative Distillation for Ultra-Resolution Universal Style
    Transfer": VGG19 up to conv5_1 with 16, 32, 64, 128, 128 channels, reflection padding and max pooling,
    kernels (out, in, h, w), and 1 × 1 heads `conv11_aux` … `conv51_aux` to VGG19's 64 … 512 channels.
    Raises WeightsError where the file or the ImageNet weights are missing or not of that form.
    """
    if str(teacher) == "imagenet":
        layers = dict.fromkeys(source for source, _ in LESSONS["imagenet"].values())
        model = feature_extractor(load_vgg19("imagenet"), layers)
    else:
        model = encoder(read(teacher))
    model.trainable = False
    return model


def read(path):
    """The arrays of an encoder's file, by name."""
    try:
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:  # NumPy leaves a damaged one open
            return {name: file[name] for name in (*_names("weight"), *_names("bias"))}
    except Exception as error:  # damaged archives raise nearly anything
        raise WeightsError(f"{path} holds no teacher: expected imagenet or an encoder's .npz ({error}).") from error


def _names(part):
    return [f"{layer}.{part}" for layer in ("conv0", *ENCODER_LAYERS, *AUX)]


def encoder(arrays):
    """Image -> {"conv11" … "conv51": relu1_1 … relu5_1, "aux1" … "aux5": what VGG19's would be}."""
    network = encoder_network(arrays)
    features = feature_extractor(network, [_keras_name(name) for name in ENCODER_LAYERS])
    outputs = {name: features.output[_keras_name(name)] for name in ENCODER_LAYERS}
    for block in range(1, 6):
        outputs[f"aux{block}"] = _convolution(outputs[f"conv{block}1"], arrays, f"conv{block}1_aux")
    return keras.Model(features.input, outputs, name="teacher")


def encoder_network(arrays):
    """The encoder under VGG19's layer names, for preprocessed input, so that `stylize` can use it too."""
    x = inputs = keras.Input((None, None, 3), name="input", dtype="float32")
    arrays = arrays | _without_conv0(arrays)
    for name in ENCODER_LAYERS:
        if name.endswith("1") and name != "conv11":
            x = keras.layers.MaxPooling2D(2, name=f"block{int(name[4]) - 1}_pool")(x)
        x = _convolution(ReflectionPadding()(x), arrays, name, _keras_name(name))
    network = keras.Model(inputs, x, name="encoder")
    network.source, network.pooling, network.trained_pooling = "the teacher", "max", "max"
    network.precision, network.trainable = "float32", False
    return network


def _without_conv0(arrays):
    """The first convolution for Keras' preprocessed input instead of what the encoder's own 1 × 1 `conv0` gives.

    conv0 turns RGB in [0, 1] into almost that, but not exactly.
    """
    matrix, bias = arrays["conv0.weight"][:, :, 0, 0], arrays["conv0.bias"]
    matrix = matrix[:, ::-1] / 255  # now for BGR in [0, 255]
    bias = bias + matrix @ np.array(IMAGENET_MEAN_BGR, "float32")
    kernel = arrays["conv11.weight"]
    return {
        "conv11.weight": np.einsum("ochw,ci->oihw", kernel, matrix),
        "conv11.bias": arrays["conv11.bias"] + np.einsum("ochw,c->o", kernel, bias),
    }


def _keras_name(name):
    return f"block{name[4]}_conv{name[5]}"


def _convolution(x, arrays, source, name=None):
    kernel, bias = arrays[f"{source}.weight"].transpose(2, 3, 1, 0), arrays[f"{source}.bias"]
    layer = keras.layers.Conv2D(kernel.shape[-1], kernel.shape[:2], activation="relu", name=name or source)
    x = layer(x)
    layer.set_weights([kernel, bias])
    return x


def _lessons():
    """{kind of teacher: {lesson: (the teacher's feature, weight)}}.

    A lesson is called after the student's layer; "layer/what" is a second one for the same layer.
    """
    first = {f"block{b}_conv1": (f"aux{b}", 1.5 if b == 4 else 1.0) for b in range(1, 6)}
    inner = {_keras_name(name): (name, 0.25) for name in ENCODER_LAYERS if not name.endswith("1")}
    inner["block4_conv2"] = ("conv42", 0.75)  # the default content layer
    own = {f"{_keras_name(name)}/own": (name, 0.25) for name in ENCODER_LAYERS if name.endswith("1")}
    deep = {
        "block5_conv2": ("aux5", 0.5),
        "block5_conv2/detail": ("conv44", 0.25),
        "block5_conv4": ("aux5", 0.5),
    }
    names = [*(f"block{b}_conv1" for b in range(1, 6)), "block4_conv2", "block5_conv2", "block5_conv4"]
    return {"imagenet": {name: (name, 1.0) for name in names}, "encoder": first | inner | own | deep}


LESSONS = _lessons()
