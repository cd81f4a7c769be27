"""The network against Keras' own VGG19, receptive fields against gradients, and the files that weights come from."""

import hashlib
import json
import os
import shutil

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from test_weights import write_keras_h5

import styletutor as st
from styletutor import download, images, packaged, vgg19, weights
from styletutor.errors import ImageError, LayerError, WeightsError

# Keras' names, depth by depth; Simonyan and Zisserman's table 1, column E.
NAMES = [
    *("block1_conv1", "block1_conv2", "block1_pool", "block2_conv1", "block2_conv2", "block2_pool"),
    *("block3_conv1", "block3_conv2", "block3_conv3", "block3_conv4", "block3_pool"),
    *("block4_conv1", "block4_conv2", "block4_conv3", "block4_conv4", "block4_pool"),
    *("block5_conv1", "block5_conv2", "block5_conv3", "block5_conv4", "block5_pool"),
]
RECEPTIVE_FIELDS = [3, 5, 6, 10, 14, 16, 24, 32, 40, 48, 52, 68, 84, 100, 116, 124, 156, 188, 220, 252, 268]
STRIDES = [1, 1, 2, 2, 2, 4, 4, 4, 4, 4, 8, 8, 8, 8, 8, 16, 16, 16, 16, 16, 32]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Empty folders in place of the user's caches, and no network remembered from another test."""
    monkeypatch.setenv("STYLETUTOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / "cache").mkdir()
    vgg19.loading._load.cache_clear()
    yield tmp_path / "cache"
    vgg19.loading._load.cache_clear()


@pytest.fixture(scope="module")
def full():
    """VGG19 at full width with Keras' initial weights."""
    return vgg19.build_vgg19()


@pytest.fixture(scope="module")
def reference(full):
    """Keras' own VGG19 without its head, carrying the same weights, biases too."""
    theirs = keras.applications.VGG19(weights=None, include_top=False)
    rng = np.random.default_rng(0)
    arrays = [a if a.ndim == 4 else rng.normal(0, 0.1, a.shape).astype("float32") for a in theirs.get_weights()]
    theirs.set_weights(arrays)
    full.set_weights(arrays)
    return theirs


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A two-channel VGG19 with seeded weights, from a file, with average pooling."""
    path = tmp_path_factory.mktemp("tiny") / "tiny.npz"
    np.savez(path, **weights.seeded((2, 3, 4, 5, 5)).arrays)
    return st.load_vgg19(path, pooling="avg")


def random_image(height=64, width=48, seed=0):
    """Uniform values in [0, 1]."""
    return np.random.default_rng(seed).uniform(0, 1, (1, height, width, 3)).astype("float32")


# --- against Keras' own


def test_layers_are_keras(full, reference):
    """The layers have Keras' names, in Keras' order, and the same number of parameters, 20,024,384."""
    assert list(vgg19.layer_names(full)) == NAMES
    assert [layer.name for layer in reference.layers[1:]] == NAMES
    assert full.count_params() == reference.count_params() == 20_024_384


def test_output_is_keras(full, reference):
    """With the same weights the output is that of keras.applications.VGG19 to 1e-5 relative."""
    image = random_image(70, 66)
    theirs = reference(keras.applications.vgg19.preprocess_input(image * 255))
    ours = full(st.preprocess(image))
    assert ours.shape == (1, 2, 2, 512)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5 * float(np.abs(theirs).max()))


def test_preprocess_is_keras():
    """The preprocessing is Keras' preprocess_input of 255 times the image."""
    image = random_image()
    theirs = keras.applications.vgg19.preprocess_input(image * 255)
    np.testing.assert_allclose(st.preprocess(image), theirs, atol=1e-4)


def test_preprocess_by_hand():
    """Pure red becomes (0, 0, 255) minus the mean of blue, green and red."""
    red = np.array([1.0, 0, 0], "float32").reshape(1, 1, 1, 3)
    np.testing.assert_allclose(st.preprocess(red)[0, 0, 0], [-103.939, -116.779, 255 - 123.68], atol=1e-4)


def test_features_are_keras_with_the_preprocessing_inside(full, reference):
    """feature_extractor gives what a Keras model with several outputs gives for the preprocessed image."""
    names = ["block2_conv1", "block1_pool"]
    image = random_image()
    several = keras.Model(reference.input, [reference.get_layer(n).output for n in names])
    theirs = several(keras.applications.vgg19.preprocess_input(image * 255))
    ours = st.feature_extractor(full, names)(image)
    for name, expected in zip(names, theirs, strict=True):
        scale = float(np.abs(expected).max())
        np.testing.assert_allclose(ours[name], expected, rtol=1e-4, atol=1e-5 * scale)


# --- features


def test_feature_extractor_keeps_the_order(tiny):
    """The features come in the order asked for, each name once, float32, of the layer's stride and channels."""
    names = ("block4_conv2", "block1_conv1", "block4_conv2", "block5_pool")
    features = st.feature_extractor(tiny, names)(random_image(64, 96))
    assert list(features) == ["block4_conv2", "block1_conv1", "block5_pool"]
    assert [f.shape for f in features.values()] == [(1, 8, 12, 5), (1, 64, 96, 2), (1, 2, 3, 5)]
    assert {f.dtype for f in features.values()} == {tf.float32}


def test_feature_extractor_takes_one_name(tiny):
    """A single name gives a dict of one."""
    assert list(st.feature_extractor(tiny, "block3_conv1")(random_image())) == ["block3_conv1"]


def test_features_are_not_negative(tiny):
    """After ReLU nothing is below 0."""
    features = st.feature_extractor(tiny, vgg19.layer_names(tiny))(random_image())
    assert min(float(tf.reduce_min(f)) for f in features.values()) == 0


@pytest.mark.parametrize("ask", [lambda n: st.feature_extractor(n, ["block1_conv1", "block4_conv9"]),
                                 lambda n: st.layer_table(n)["block4_conv9"]])  # fmt: skip
def test_unknown_layer_names_the_nearest(tiny, ask):
    """An unknown layer is a LayerError of one line that names the nearest ones there are."""
    with pytest.raises(LayerError, match=r"no layer 'block4_conv9'; did you mean .*block4_conv") as error:
        ask(tiny)
    assert isinstance(error.value, ValueError)
    assert "\n" not in str(error.value)


def test_too_small_a_picture():
    """A side under 32 pixels is refused with the size found and the size needed."""
    with pytest.raises(ImageError, match="100 × 31 pixels; VGG19 needs at least 32"):
        images.check_size(np.zeros((1, 31, 100, 3)))
    images.check_size(np.zeros((1, 32, 32, 3)))


# --- the layer table and receptive fields


def test_layer_table(full):
    """The table has VGG19's layers with their channels, strides, receptive fields and parameters."""
    table = st.layer_table(full)
    assert [row.name for row in table] == NAMES
    assert [row.receptive_field for row in table] == RECEPTIVE_FIELDS
    assert [row.stride for row in table] == STRIDES
    assert [row.channels for row in table] == [{1: 64, 2: 128, 3: 256}.get(int(n[5]), 512) for n in NAMES]
    assert sum(row.parameters for row in table) == 20_024_384
    assert table["block1_conv1"].parameters == 3 * 3 * 3 * 64 + 64
    assert table["block1_pool"].kind == "max pooling"


def test_layer_table_shows_itself(tiny):
    """In a notebook the table is HTML with a line a layer, elsewhere text with one."""
    table = st.layer_table(tiny)
    assert table._repr_html_().count("<tr>") == len(NAMES) + 1
    assert "average pooling" in table._repr_html_()
    assert len(str(table).splitlines()) == len(NAMES) + 1


@pytest.fixture(scope="module")
def averaging():
    """VGG19 of two channels in which every feature is a mean with positive weights of all that it can see."""
    network = vgg19.build_vgg19((2,) * 5, "avg")
    arrays = []
    for name in weights.CONVOLUTIONS:
        kernel = np.abs(weights.seeded((2,) * 5).arrays[f"{name}/kernel"]) + 0.1
        arrays += [kernel / kernel.sum((0, 1, 2)), np.zeros(2, "float32")]
    network.set_weights(arrays)
    return network


@pytest.mark.parametrize(
    ("layer", "height", "width"),
    [
        ("block1_conv1", 33, 32),
        ("block1_pool", 33, 32),
        ("block2_conv2", 47, 34),
        ("block3_conv1", 67, 93),
        ("block3_conv4", 75, 70),
        ("block3_pool", 64, 95),
        ("block4_conv2", 150, 111),
        ("block5_conv1", 250, 223),
        ("block5_pool", 320, 351),
    ],
)
def test_receptive_field_is_what_the_gradient_reaches(averaging, layer, height, width):
    """Exactly the pixels of receptive_field() have a gradient, for features inside and in every corner."""
    extractor = st.feature_extractor(averaging, layer)
    white = tf.ones((1, height, width, 3))  # above the mean, so that no ReLU is closed
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(white)
        features = extractor(white)[layer]
        rows, columns = features.shape[1:3]
        places = [(0, 0), (rows - 1, columns - 1), (rows // 2, columns // 2), (rows - 1, 0), (1, columns // 3)]
        chosen = [features[0, row, column, 1] for row, column in places]
    for (row, column), feature in zip(places, chosen, strict=True):
        gradient = tape.gradient(feature, white).numpy()[0].any(-1)
        expected = np.zeros((height, width), bool)
        top, left, bottom, right = vgg19.receptive_field(averaging, layer, row, column, height, width)
        expected[top:bottom, left:right] = True
        np.testing.assert_array_equal(gradient, expected, err_msg=f"feature {row}, {column}")


def test_receptive_field_inside_has_the_tables_size(averaging):
    """Away from the edges the rectangle is a square of the table's receptive field."""
    for row in st.layer_table(averaging):
        place = 320 // row.stride
        top, left, bottom, right = vgg19.receptive_field(averaging, row.name, place, place, 640, 640)
        assert (bottom - top, right - left) == (row.receptive_field,) * 2, row.name


def test_receptive_field_of_an_unknown_layer(averaging):
    """An unknown layer is a LayerError here, too."""
    with pytest.raises(LayerError):
        vgg19.receptive_field(averaging, "block9_conv1", 0, 0, 64, 64)


# --- loading


def test_embedded_network(cache):
    """The embedded network is of quarter width with average pooling, frozen, takes any size and says what it is."""
    network = st.load_vgg19("embedded")
    assert vgg19.widths(network) == weights.QUARTER_WIDTHS
    assert {row.kind for row in st.layer_table(network)} == {"convolution", "average pooling"}
    assert network.pooling == "avg"
    assert network.trainable_weights == []
    assert "embedded" in network.source
    assert network(st.preprocess(random_image(33, 64))).shape == (1, 1, 2, 128)


def test_F41_embedded_self_test_notices_other_numbers(cache, tmp_path, monkeypatch):
    """A network whose activations differ from those recorded fails its self-test, by "auto" too."""
    for name in ("vgg19_quarter.npz", "vgg19_quarter.json"):
        shutil.copy(str(packaged.folder() / name), tmp_path)
    report = json.loads((tmp_path / "vgg19_quarter.json").read_text())
    report["self_test"]["block4_conv1"] *= 1.0005
    (tmp_path / "vgg19_quarter.json").write_text(json.dumps(report))
    monkeypatch.setattr(packaged, "folder", lambda: tmp_path)
    for name in ("embedded", "auto"):
        with pytest.raises(WeightsError, match="self-test at block4_conv1"):
            st.load_vgg19(name)


@pytest.mark.parametrize("values", [None, [1, 2], {"block1_conv1": 579.8}, {"block1_conv1": "much"}])
def test_F44_a_report_without_its_self_test(cache, tmp_path, monkeypatch, values):
    """A report whose hash is right and whose recorded activations are gone or scribbled over says to reinstall."""
    shutil.copy(str(packaged.folder() / "vgg19_quarter.npz"), tmp_path)
    report = json.loads((packaged.folder() / "vgg19_quarter.json").read_text()) | {"self_test": values}
    (tmp_path / "vgg19_quarter.json").write_text(json.dumps(report))
    monkeypatch.setattr(packaged, "folder", lambda: tmp_path)
    with pytest.raises(WeightsError, match=r"The embedded network is missing or damaged: reinstall styletutor\."):
        st.load_vgg19("embedded")


def test_F41_red_and_blue_in_each_others_place(cache, tmp_path, monkeypatch):
    """The embedded file with its first kernel's colours the other way round, its hash right: the self-test says so."""
    with np.load(str(packaged.folder() / "vgg19_quarter.npz")) as file:
        arrays = dict(file)
    arrays["block1_conv1/kernel"] = arrays["block1_conv1/kernel"][:, :, ::-1]
    np.savez(tmp_path / "vgg19_quarter.npz", **arrays)
    report = json.loads((packaged.folder() / "vgg19_quarter.json").read_text())
    report["sha256"] = hashlib.sha256((tmp_path / "vgg19_quarter.npz").read_bytes()).hexdigest()
    (tmp_path / "vgg19_quarter.json").write_text(json.dumps(report))
    monkeypatch.setattr(packaged, "folder", lambda: tmp_path)
    with pytest.raises(WeightsError, match="self-test at block1_conv1"):
        st.load_vgg19("embedded")


def test_random_network_is_full_width_and_seeded(cache):
    """What "random" gives is VGG19 at full width with the seeded arrays, and says that it was never trained."""
    network = st.load_vgg19("random")
    assert network.count_params() == 20_024_384
    kernel = network.get_layer("block2_conv1").get_weights()[0]
    np.testing.assert_array_equal(kernel, weights.seeded().arrays["block2_conv1/kernel"])
    assert "never trained" in network.source


def test_pooling_is_as_trained_unless_said(cache, tmp_path, tiny):
    """A Keras file means max pooling and the embedded network average; either can be had with the other."""
    path = write_keras_h5(tmp_path / "a.h5", weights.seeded((2, 3, 4, 5, 5)).arrays)
    assert st.load_vgg19(path).pooling == "max"
    assert st.load_vgg19(path, pooling="avg").pooling == "avg"
    assert st.load_vgg19("embedded", pooling="max").pooling == "max"
    image = random_image()
    outputs = [n(st.preprocess(image)) for n in (st.load_vgg19(path), st.load_vgg19(path, pooling="avg"))]
    assert not np.allclose(*outputs)
    np.testing.assert_allclose(outputs[1], tiny(st.preprocess(image)), rtol=1e-5)
    with pytest.raises(WeightsError, match="'max', 'avg' or None"):
        st.load_vgg19(path, pooling="mean")


def test_variant_shares_nothing_but_the_numbers(tiny):
    """A variant has the same weights with another pooling or precision; asking for what is there gives itself."""
    assert vgg19.variant(tiny) is tiny
    assert vgg19.variant(tiny, "avg", "float32") is tiny
    other = vgg19.variant(tiny, "max")
    assert other.pooling == "max" and tiny.pooling == "avg"
    assert vgg19.variant(tiny, "max") is other
    assert other.source == tiny.source
    for ours, theirs in zip(tiny.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    before = tiny(st.preprocess(random_image()))
    other.set_weights([w * 0 for w in other.get_weights()])
    np.testing.assert_array_equal(tiny(st.preprocess(random_image())), before)
    del tiny._variants["max", "float32"]


def test_bfloat16_is_nearly_the_same(tiny):
    """In bfloat16 features still come as float32 and differ by under 5 % of the largest, and by more than nothing."""
    rough = vgg19.variant(tiny, precision="bfloat16")
    assert rough.get_layer("block3_conv1").compute_dtype == "bfloat16"
    assert rough.get_layer("block3_conv1").variable_dtype == "float32"
    exact, nearly = (st.feature_extractor(n, "block3_conv1")(random_image())["block3_conv1"] for n in (tiny, rough))
    assert nearly.dtype == tf.float32
    difference = float(tf.reduce_max(tf.abs(exact - nearly)))
    assert 0 < difference < 0.05 * float(tf.reduce_max(exact))


def test_precision_is_not_a_matter_of_the_thread(tiny):
    """Keras' global policy, which belongs to the thread, changes no number of what is built under it."""

    def features():
        network = vgg19.build_vgg19((2, 3, 4, 5, 5), "avg")
        network.set_weights(tiny.get_weights())
        return st.feature_extractor(network, "block3_conv1")(random_image())["block3_conv1"].numpy()

    expected, before = features(), keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        np.testing.assert_array_equal(features(), expected)
        assert st.preprocess(random_image()).dtype == tf.float32
    finally:
        keras.config.set_dtype_policy(before)


def publish(monkeypatch, name, path):
    """Make `path` pass for the published file that weights.<name> stands for; gives its name in the cache."""
    digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    real = getattr(weights, name)
    monkeypatch.setattr(
        weights, name, download.Resource(real.name, real.base_url, path.stat().st_size, f"md5:{digest}")
    )
    return real.name


def test_imagenet_and_auto(cache, tmp_path, monkeypatch):
    """What "auto" gives is ImageNet as long as its file is there, else embedded; "imagenet" insists on it."""
    arrays = weights.seeded((4, 6, 8, 10, 10), seed=3).arrays
    path = write_keras_h5(tmp_path / "published.h5", arrays)
    name = publish(monkeypatch, "IMAGENET", path)
    assert "embedded" in st.load_vgg19().source
    with pytest.raises(WeightsError, match="styletutor download imagenet"):
        st.load_vgg19("imagenet")
    shutil.copy(path, cache / name)
    for network in (st.load_vgg19(), st.load_vgg19("imagenet")):
        assert "ImageNet" in network.source
        assert (network.pooling, vgg19.widths(network)) == ("max", (4, 6, 8, 10, 10))
        kernel, bias = network.get_layer("block5_conv4").get_weights()
        np.testing.assert_array_equal(kernel, arrays["block5_conv4/kernel"])
        np.testing.assert_array_equal(bias, arrays["block5_conv4/bias"])
    os.remove(cache / name)
    assert "embedded" in st.load_vgg19("auto").source


def test_a_network_is_loaded_once_and_a_changed_file_again(cache, tmp_path):
    """The same file gives the same network; written anew, or another of its name elsewhere, another one."""
    path = tmp_path / "mine.npz"
    np.savez(path, **weights.seeded((2,) * 5, seed=1).arrays)
    first = st.load_vgg19(path)
    assert st.load_vgg19(path) is first
    np.savez(path, **weights.seeded((2,) * 5, seed=2).arrays)
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 10**9))
    second = st.load_vgg19(path)
    expected = weights.seeded((2,) * 5, seed=2).arrays["block1_conv1/kernel"]
    np.testing.assert_array_equal(second.get_layer("block1_conv1").get_weights()[0], expected)


# --- the classifier


@pytest.fixture
def classifier(cache, tmp_path, monkeypatch):
    """A classification file whose answer is known, with class names, in the cache. Its width is a quarter.

    One hidden unit passes on the sum of the last features; class 7 likes it and five others are fixed. Chunks that were
    never written take no disk and read as 0.
    """
    path = write_keras_h5(tmp_path / "top.h5", weights.seeded(weights.QUARTER_WIDTHS, seed=5).arrays)
    with h5py.File(path, "r+") as file:
        for name, inputs, units in (("fc1", 49 * 128, 4096), ("fc2", 4096, 4096), ("predictions", 4096, 1000)):
            group = file.create_group(name)
            group.attrs["weight_names"] = np.array([f"{name}_W_1:0", f"{name}_b_1:0"], "S")
            kernel = group.create_dataset(f"{name}_W_1:0", (inputs, units), "float32", chunks=(inputs, 8), fillvalue=0)
            bias = group.create_dataset(f"{name}_b_1:0", (units,), "float32", fillvalue=0)
            if name == "fc1":
                kernel[:, 0] = 1.65e-5
            elif name == "fc2":
                kernel[0, 0] = 1
            else:
                kernel[0, 7] = 1
                bias[[0, 3, 50, 900, 999]] = [5, 8, 7, 9, 6]
    assert path.stat().st_size < 20e6
    shutil.move(path, cache / publish(monkeypatch, "CLASSIFIER", path))
    names = tmp_path / "names.json"
    names.write_text(json.dumps({str(i): [f"n{i:08d}", f"class_{i}"] for i in range(1000)}))
    shutil.move(names, cache / publish(monkeypatch, "CLASS_NAMES", names))
    return cache


def test_top5(classifier):
    """The five likeliest classes come with their names and probabilities as NumPy's softmax gives them.

    What class 7 gets is worked out from the picture with TensorFlow's resize and Keras' preprocessing.
    """
    image = random_image(60, 80)
    network = st.load_vgg19("imagenet", include_top=True)
    square = keras.applications.vgg19.preprocess_input(tf.image.resize(image, (224, 224)).numpy() * 255)
    last = keras.Model(network.input, network.get_layer("block5_pool").output)(square)
    logits = np.zeros(1000)
    logits[[900, 3, 50, 999, 0]] = [9, 8, 7, 6, 5]
    logits[7] = 1.65e-5 * np.sum(last)
    assert 7 < logits[7] < 8  # between the third and the fourth
    probabilities = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    best = np.argsort(-probabilities)[:5]
    found = st.predict_top5(image)
    assert [name for name, _ in found] == [f"class_{i}" for i in best]
    np.testing.assert_allclose([p for _, p in found], probabilities[best], rtol=1e-3)


def test_top5_without_the_files(cache, monkeypatch):
    """Without the classification weights the error names the command that fetches them."""
    with pytest.raises(WeightsError, match="styletutor download classifier"):
        st.predict_top5(random_image())


def test_top5_without_the_names(classifier):
    """With the weights but without the class names the error names the same command."""
    os.remove(classifier / weights.CLASS_NAMES.name)
    with pytest.raises(WeightsError, match=r"names.*styletutor download classifier"):
        st.predict_top5(random_image())
