"""TensorFlow Lite: an exported file gives what Keras gives; Magenta's pair of files; what is refused."""

import copy
import os

import flatbuffers
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

from styletutor import fast, images
from styletutor.backend import keras
from styletutor.cli import fetch
from styletutor.errors import SaveError, SettingsError, WeightsError
from styletutor.fast import lite


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the files of this module lie."""
    return tmp_path_factory.mktemp("lite")


@pytest.fixture(scope="module")
def network():
    """A small network with the inputs of a fast one: [image of any size, code (1, 3)] -> image."""
    keras.utils.set_random_seed(1)
    image, code = keras.Input((None, None, 3), name="z_image"), keras.Input((3,), name="code")
    x = keras.layers.Conv2D(32, 5, strides=2, padding="same", activation="relu")(image)
    x = x * keras.layers.Reshape((1, 1, 32))(keras.layers.Dense(32)(code))
    x = keras.layers.Conv2DTranspose(3, 4, strides=2, padding="same", activation="sigmoid")(x)
    return keras.Model([image, code], x)


@pytest.fixture(scope="module")
def exported(folder, network):
    """The network's file with weights as they are."""
    return lite.LiteModel(fast.export_tflite(network, folder / "network.tflite"))


@pytest.fixture(scope="module")
def pair(folder):
    """Files with the signatures of Magenta's pair: half the content and half the style's mean colour."""
    style, code = keras.Input((256, 256, 3)), keras.Input((1, 1, 100))
    mean = keras.layers.AveragePooling2D(256)(style)
    prediction = keras.Model(style, keras.ops.pad(mean, ((0, 0), (0, 0), (0, 0), (0, 97))))
    content = keras.Input((384, 384, 3))
    transfer = keras.Model([content, code], 0.5 * content + 0.5 * code[..., :3])
    return [
        fast.export_tflite(model, folder / f"{name}.tflite")
        for name, model in (("prediction", prediction), ("transfer", transfer))
    ]


def inputs(height, width):
    """A seeded image and code."""
    rng = np.random.default_rng(height)
    return rng.random((1, height, width, 3), "float32"), rng.random((1, 3), "float32")


@pytest.mark.parametrize("size", [(40, 56), (64, 32), (40, 56)])
def test_export_agrees_with_keras(network, exported, size):
    """At any size, in the order of the model's inputs, to a thousandth of a level."""
    difference = np.abs(exported(*inputs(*size)) - network(inputs(*size)).numpy())
    assert difference.max() < 1e-3 / 255


def test_the_gallery_network_is_exported(folder):
    """One of its styles, for an odd size alone and for any: the mean difference is under a level."""
    image, gallery = inputs(67, 93)[0], fast.gallery_network()
    expected = gallery(image, "mosaic")
    for name, size in (("fixed", (67, 93)), ("any", None)):
        path = fast.export_tflite(gallery.single("mosaic", size), folder / f"mosaic-{name}.tflite")
        assert np.abs(lite.LiteModel(path)(image) - expected).mean() < 1 / 255


def test_smaller_weights(folder, network, exported):
    """float16 halves the file and int8 quarters the weights; both stay near, and are not the same file."""
    expected = network(inputs(40, 56)).numpy()
    sizes, errors = {"float32": exported.bytes}, {}
    for weights in ("float16", "int8"):
        small = lite.LiteModel(fast.export_tflite(network, folder / f"{weights}.tflite", weights))
        sizes[weights], errors[weights] = small.bytes, np.abs(small(*inputs(40, 56)) - expected).mean()
    assert sizes["float16"] < 0.75 * sizes["float32"] and sizes["int8"] < 0.75 * sizes["float16"]
    assert 0 < errors["float16"] < 0.1 / 255 and errors["float16"] < errors["int8"] < 2 / 255


def test_one_size_alone(folder, network):
    """With size= the file takes that one, and says so to another."""
    fixed = lite.LiteModel(fast.export_tflite(network, folder / "fixed.tflite", size=(40, 56)))
    assert fixed(*inputs(40, 56)).shape == (1, 40, 56, 3)
    with pytest.raises(WeightsError, match="can't be run"):
        fixed(*inputs(64, 32))
    assert fixed(*inputs(40, 56)).shape == (1, 40, 56, 3)  # still in order
    with pytest.raises(WeightsError, match="2 arrays, not 1"):
        fixed(inputs(40, 56)[0])


def test_a_file_is_not_replaced_unasked(folder, network, exported):
    """An existing file stays; weights or a folder that there aren't are named."""
    with pytest.raises(SaveError, match="overwrite=True"):
        fast.export_tflite(network, folder / "network.tflite")
    assert lite.LiteModel(folder / "network.tflite").bytes == exported.bytes
    with pytest.raises(SettingsError, match="float16"):
        fast.export_tflite(network, folder / "new.tflite", "float8")
    with pytest.raises(SaveError, match=r"nowhere.new\.tflite"):
        fast.export_tflite(network, folder / "nowhere" / "new.tflite", size=(40, 56))
    with pytest.raises(SaveError, match="TensorFlow Lite file"):
        fast.export_tflite("network", folder / "new.tflite")
    with pytest.raises(SaveError, match=r"A FastNetwork can't .* network\.single\(style"):
        fast.export_tflite(fast.FastNetwork(("one",)), folder / "new.tflite")


@pytest.mark.parametrize("size", [(40,), (40, 40, 40), (0, 40), (40, -1), (40.5, 40), "ab", 40])
def test_a_size_is_two_numbers(folder, network, size):
    with pytest.raises(SettingsError, match="from 1 on"):
        fast.export_tflite(network, folder / "new.tflite", size=size)


class Tall(keras.layers.Layer):
    """Refuses pictures that it sees to be low."""

    def call(self, image):
        if image.shape[1]:
            raise ValueError(f"{image.shape[1]} rows are too few")
        return image

    def compute_output_shape(self, shape):
        return shape


def test_a_refusal_says_what_the_layer_said(folder):
    """Keras' or a layer's own reason, without the way there; Keras' errors are as they were afterwards."""
    image = keras.Input((48, 64, 3))
    with pytest.raises(SaveError, match=r"Lite file: Input 0 .*, found shape=\(1, 40, 40, 3\)$"):
        fast.export_tflite(keras.Model(image, 1 - image), folder / "new.tflite", size=(40, 40))
    image = keras.Input((None, None, 3))
    model = keras.Model(image, Tall()(image))
    with pytest.raises(SaveError, match=r"Lite file: 40 rows are too few$"):
        fast.export_tflite(model, folder / "new.tflite", size=(40, 40))
    with pytest.raises(ValueError, match="Exception encountered when calling Tall"):
        model(np.zeros((1, 40, 40, 3), "float32"))


def test_operations_of_others_are_refused(folder):
    """TensorFlow's own operations, which can do anything, neither go into a file nor are run from one."""
    image = keras.Input((8, 8, 3))
    words = keras.layers.Lambda(lambda x: tf.strings.to_number(tf.strings.as_string(x)))(image)
    with pytest.raises(SaveError) as error:
        fast.export_tflite(keras.Model(image, words), folder / "words.tflite")
    assert len(str(error.value)) < 400 and not (folder / "words.tflite").exists()
    function = tf.function(lambda x: tf.strings.to_number(tf.strings.as_string(x)), [tf.TensorSpec((1, 8))])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()], tf.Module())
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
    with pytest.raises(WeightsError, match=r"Flex.*refused"):
        lite.LiteModel(converter.convert())


def test_operations_of_others_behind_many(folder):
    """A file that names a thousand operations before a foreign one isn't run either."""
    image = keras.Input((4, 4, 3))
    path = fast.export_tflite(keras.Model(image, keras.layers.ReLU()(image)), folder / "relu.tflite")
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(path.read_bytes(), 0))
    foreign = schema.OperatorCodeT()
    foreign.builtinCode = foreign.deprecatedBuiltinCode = lite.CUSTOM
    foreign.customCode = b"FlexWriteFile"
    model.operatorCodes = [*(copy.copy(model.operatorCodes[0]) for _ in range(1000)), foreign]
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    with pytest.raises(WeightsError, match="more than 1000 operations"):
        lite.LiteModel(bytes(builder.Output()))


def test_damaged_files(exported, folder):
    """Bytes that are no such file, half a file and one with wrong offsets: one sentence, and the process lives."""
    whole = (folder / "network.tflite").read_bytes()
    rng = np.random.default_rng(0)
    damaged = [b"", b"<html></html>", whole[:8], whole[: len(whole) // 2], whole[:4] + b"TFL9" + whole[8:]]
    for _ in range(40):
        content = np.frombuffer(whole, "uint8").copy()
        content[rng.integers(0, 400, 8)] = rng.integers(0, 256, 8)
        damaged.append(content.tobytes())
    refused = 0
    for content in damaged:
        try:
            lite.LiteModel(content)(*inputs(40, 56))
        except WeightsError as error:
            assert "\n" not in str(error)
            refused += 1
    assert refused > 20


def test_magentas_pair(pair, photo):
    """Content and style reach the right inputs; the result has the content's size: worked out by hand."""
    style = np.zeros((1, 50, 90, 3), "float32")
    style[:, :, 20:70] = (1, 0.5, 0)
    made = fast.load_tflite(*pair)(photo, style)
    there_and_back = images.resize(images.resize(photo, size=(384, 384)), size=photo.shape[1:3])
    assert made.shape == photo.shape
    np.testing.assert_allclose(made, 0.5 * there_and_back + 0.5 * np.array([1, 0.5, 0]), atol=5e-3)
    with pytest.raises(WeightsError, match=r"expected \[\(1, 256, 256, 3\)\]"):
        fast.load_tflite(pair[1], pair[0])


def test_magentas_pair_from_the_cache(pair, tmp_path, monkeypatch, photo):
    """The published names are looked for in the cache folder, never fetched unasked; a page among them is not kept."""
    monkeypatch.setenv("STYLETUTOR_CACHE", str(tmp_path))
    with pytest.raises(WeightsError, match=r"download=True"):
        fast.load_tflite()
    for part, path in zip(("prediction", "transfer"), pair, strict=True):
        (tmp_path / f"magenta_arbitrary-image-stylization-v1-256_int8_{part}_1.tflite").write_bytes(path.read_bytes())
    assert fast.load_tflite()(photo, photo).shape == photo.shape
    assert sorted(r.name for r in fetch.resources("lite")) == sorted(os.listdir(tmp_path))
    page = tmp_path / lite.MAGENTA_PAIR["transfer"].name
    page.write_bytes(b"<html>try again</html>")
    with pytest.raises(WeightsError, match="no TensorFlow Lite file"):
        fast.load_tflite()
    assert not page.exists()
