"""Gram matrices and losses against einsum, values worked out by hand and a loss written again in NumPy."""

import gc

import numpy as np
import pytest
import tensorflow as tf

import styletutor as st
from styletutor.fast import photographs
from styletutor.style import loss_terms, squared_error

SETTINGS = st.Settings.preset("tutorial")
CHANNELS = dict(zip(SETTINGS.style_layers, (4, 6, 8, 12, 12), strict=True))


def random_features(shape, seed=0):
    """Features as a network gives them: mostly positive, of very different sizes."""
    return np.abs(np.random.default_rng(seed).normal(0, 50, shape)).astype("float32")


def numpy_gram(features):
    """The Gram matrix by the tutorial's own einsum, in double precision."""
    f = features.astype("float64")
    return np.einsum("bijc,bijd->bcd", f, f) / (f.shape[1] * f.shape[2])


def random_outputs(seed):
    """What a StyleContentModel would give, from random features."""
    style = {
        layer: numpy_gram(random_features((1, 9, 7, n), seed + i)).astype("float32")
        for i, (layer, n) in enumerate(CHANNELS.items())
    }
    return {"style": style, "content": {"block5_conv2": random_features((1, 4, 5, 12), seed + 99)}}


@pytest.fixture
def outputs():
    """A picture's random Gram matrices and features."""
    return random_outputs(1)


@pytest.fixture
def targets():
    """Other random Gram matrices and features."""
    return random_outputs(1000)


@pytest.mark.parametrize("shape", [(1, 8, 6, 5), (2, 3, 3, 4), (1, 1, 1, 3), (1, 30, 20, 16)])
def test_gram_is_einsum(shape):
    """The Gram matrix agrees with the tutorial's einsum divided by h·w to 1e-5."""
    features = random_features(shape)
    np.testing.assert_allclose(st.gram_matrix(features), numpy_gram(features), rtol=1e-5)


def test_gram_by_hand():
    """Two channels on 1 × 3 pixels: every entry worked out on paper."""
    features = np.array([[1.0, 2.0], [3.0, 0.0], [-1.0, 4.0]], "float32")[None, None]
    np.testing.assert_allclose(st.gram_matrix(features), [[[11 / 3, -2 / 3], [-2 / 3, 20 / 3]]], rtol=1e-6)


def test_gram_of_ones_is_ones():
    """All features 1: the normalised Gram is 1 in every entry, whatever the size."""
    np.testing.assert_allclose(st.gram_matrix(np.ones((1, 13, 7, 4), "float32")), np.ones((1, 4, 4)), rtol=1e-6)


def test_gram_forgets_where():
    """Moving pixels about, or tiling the picture, leaves the Gram matrix alone."""
    features = random_features((1, 12, 10, 6))
    gram = st.gram_matrix(features)
    moved = np.random.default_rng(5).permutation(features.reshape(120, 6)).reshape(features.shape)
    assert not np.array_equal(moved, features)
    np.testing.assert_allclose(st.gram_matrix(moved), gram, rtol=1e-5)
    np.testing.assert_allclose(st.gram_matrix(np.tile(features, (1, 2, 3, 1))), gram, rtol=1e-5)


def test_gram_is_symmetric_and_positive():
    """The Gram matrix equals its transpose and has no negative eigenvalue, up to rounding."""
    features = np.random.default_rng(3).normal(size=(1, 5, 4, 30)).astype("float32")  # rank 20 of 30
    gram = st.gram_matrix(features).numpy()[0]
    np.testing.assert_allclose(gram, gram.T, atol=1e-6)
    eigenvalues = np.linalg.eigvalsh(gram)
    assert eigenvalues.min() > -1e-5
    assert (eigenvalues > 1e-3).sum() == 20


def test_gram_compiles_for_unknown_sizes():
    """In a tf.function whose sizes are unknown until it runs, it gives the same as outside."""
    compiled = tf.function(st.gram_matrix, input_signature=[tf.TensorSpec([None, None, None, 3])])
    for shape in ((1, 4, 5, 3), (2, 6, 3, 3)):
        features = random_features(shape)
        np.testing.assert_allclose(compiled(features), numpy_gram(features), rtol=1e-5)


def numpy_gram_gradient(features, upstream, guide):
    """The gradient of Σ upstream · Gram(features), worked out from eq. 3 in double precision."""
    f, d, m = (array.astype("float64") for array in (features, upstream, guide))
    return m * np.einsum("bijc,bcd->bijd", f, d + d.transpose(0, 2, 1)) / np.sum(m, (1, 2, 3))[:, None, None, None]


def gram_gradient(features, upstream, guide=None):
    """(Gram, gradient of Σ upstream · Gram), as TensorFlow gets them."""
    features = tf.convert_to_tensor(features)
    with tf.GradientTape() as tape:
        tape.watch(features)
        gram = st.gram_matrix(features, guide)
        total = tf.reduce_sum(upstream * gram)
    return gram, tape.gradient(total, features)


@pytest.mark.parametrize("guided", [False, True])
@pytest.mark.parametrize("dtype, digits", [("float32", 1e-5), ("bfloat16", 2e-2)])
def test_gradient_of_gram(dtype, digits, guided):
    """For a slope that is not symmetric, too. bfloat16 features have the exact Gram, and a gradient as they are."""
    rng = np.random.default_rng(1)
    features = tf.cast(random_features((2, 9, 7, 5)), dtype)
    upstream = rng.normal(size=(2, 5, 5)).astype("float32")
    guide = rng.uniform(0, 1, (2, 9, 7, 1)).astype("float32") if guided else None
    gram, gradient = gram_gradient(features, upstream, guide)
    exact, counts = tf.cast(features, "float64").numpy(), np.ones((2, 9, 7, 1)) if guide is None else guide
    wanted = np.einsum("bij,bijc,bijd->bcd", counts[..., 0], exact, exact) / np.sum(counts, (1, 2, 3))[:, None, None]
    assert (gram.dtype, gradient.dtype) == ("float32", dtype)
    np.testing.assert_allclose(gram, wanted, rtol=1e-5)
    wanted = numpy_gram_gradient(exact, upstream, counts)
    np.testing.assert_allclose(tf.cast(gradient, "float64"), wanted, atol=digits * np.abs(wanted).max())


def numpy_tutorial_loss(outputs, targets, image):
    """TensorFlow's tutorial again, in NumPy and double precision: weights 1e-2, 1e4 and 30."""
    style = sum(np.mean((outputs["style"][n].astype("float64") - targets["style"][n]) ** 2) for n in outputs["style"])
    content = sum(
        np.mean((outputs["content"][n].astype("float64") - targets["content"][n]) ** 2) for n in outputs["content"]
    )
    picture = image.astype("float64")
    variation = np.abs(np.diff(picture, axis=1)).sum() + np.abs(np.diff(picture, axis=2)).sum()
    losses = {"style": style * 1e-2 / 5, "content": content * 1e4 / 1, "total_variation": 30 * variation}
    return losses | {"total": sum(losses.values())}


def test_tutorial_loss_is_numpys(outputs, targets):
    """The tutorial's loss agrees with its formulas written again in NumPy to 1e-4 relative."""
    image = np.random.default_rng(2).uniform(0, 1, (1, 20, 15, 3)).astype("float32")
    losses = st.style_content_loss(outputs, targets, SETTINGS.replace(tv_weight=30), image)
    for name, expected in numpy_tutorial_loss(outputs, targets, image).items():
        assert float(losses[name]) == pytest.approx(expected, rel=1e-4), name


def test_total_variation_needs_the_image(outputs, targets):
    """Without the image total variation is 0 whatever its weight, and the total is style plus content."""
    losses = st.style_content_loss(outputs, targets, SETTINGS.replace(tv_weight=30))
    assert float(losses["total_variation"]) == 0
    assert float(losses["total"]) == pytest.approx(float(losses["style"]) + float(losses["content"]))


def test_relative_terms_by_hand(outputs, targets):
    """With relative=True a term is ‖value − target‖² / ‖target‖², and total variation is per pixel."""
    image = np.random.default_rng(2).uniform(0, 1, (1, 20, 15, 3)).astype("float32")
    terms = loss_terms(outputs, targets, True, image)
    for kind in ("style", "content"):
        for layer, value in outputs[kind].items():
            target = targets[kind][layer].astype("float64")
            expected = np.sum((value - target) ** 2) / np.sum(target**2)
            assert float(terms[f"{kind}/{layer}"]) == pytest.approx(expected, rel=1e-5), layer
    variation = np.abs(np.diff(image, axis=1)).sum() + np.abs(np.diff(image, axis=2)).sum()
    assert float(terms["total_variation"]) == pytest.approx(variation / (20 * 15), rel=1e-5)


def test_relative_terms_carry_over(outputs, targets):
    """Scaling a network's features changes the tutorial's terms by a power of it, the relative ones not at all."""

    def scaled(tree):
        return {kind: {n: v * np.float32(7) for n, v in layers.items()} for kind, layers in tree.items()}

    for relative, factor in ((True, 1), (False, 49)):
        before = loss_terms(outputs, targets, relative)
        after = loss_terms(scaled(outputs), scaled(targets), relative)
        for name in before:
            assert float(after[name]) == pytest.approx(factor * float(before[name]), rel=1e-4), name


def test_relative_term_of_a_dead_target():
    """A target that is all zero, as a flat picture's features can be, gives a finite term."""
    zero = np.zeros((1, 3, 3), "float32")
    assert float(squared_error(zero, zero, True)) == 0
    assert np.isfinite(squared_error(zero + 1, zero, True))


@pytest.mark.parametrize("relative", [True, False])
def test_terms_sum_to_the_totals(outputs, targets, relative):
    """The per-layer terms sum to style and content, and these with total variation to the total."""
    image = np.random.default_rng(2).uniform(0, 1, (1, 8, 8, 3)).astype("float32")
    settings = SETTINGS.replace(relative=relative, tv_weight=3, content_layers=("block4_conv2", "block5_conv2"))
    for seed, tree in ((7, outputs), (8, targets)):
        tree["content"]["block4_conv2"] = random_features((1, 5, 5, 3), seed)
    losses = {n: float(v) for n, v in st.style_content_loss(outputs, targets, settings, image).items()}
    assert set(losses) == {
        *(f"style/{n}" for n in settings.style_layers),
        *(f"content/{n}" for n in settings.content_layers),
        *("style", "content", "total_variation", "total"),
    }
    for kind in ("style", "content"):
        parts = [v for n, v in losses.items() if n.startswith(f"{kind}/")]
        assert sum(parts) == pytest.approx(losses[kind], rel=1e-5)
        assert min(parts) > 0
    assert losses["style"] + losses["content"] + losses["total_variation"] == pytest.approx(losses["total"], rel=1e-5)


def test_layer_weights_multiply_their_layer_alone(outputs, targets):
    """A factor on one layer multiplies that layer's term and no other."""
    plain = st.style_content_loss(outputs, targets, SETTINGS)
    weighted = st.style_content_loss(
        outputs, targets, SETTINGS.replace(layer_weights={"block4_conv1": 0.25, "block5_conv2": 0})
    )
    for name, value in plain.items():
        if "/" in name:
            factor = {"style/block4_conv1": 0.25, "content/block5_conv2": 0}.get(name, 1)
            assert float(weighted[name]) == pytest.approx(factor * float(value), rel=1e-6), name
    assert float(weighted["content"]) == 0
    assert float(weighted["style"]) < float(plain["style"])


def test_no_style_layer_means_no_style_loss(outputs, targets):
    """Without style layers the style loss is 0 and the content loss is all."""
    settings = SETTINGS.replace(style_layers=())
    losses = st.style_content_loss(outputs | {"style": {}}, targets | {"style": {}}, settings)
    assert float(losses["style"]) == 0
    assert float(losses["total"]) == float(losses["content"]) > 0


def test_loss_of_the_target_itself_is_zero(targets):
    """An image whose Gram matrices and features are the targets has no loss."""
    assert float(st.style_content_loss(targets, targets, SETTINGS)["total"]) == 0


def model(layer, network):
    """A model of other layers, as each choice in the studio makes one."""
    st.StyleContentModel(("block1_conv1", layer), (layer,), network).compiled_loss(True).get_concrete_function()


def texture(layer, network):
    """A texture by another statistic."""
    next(st.mmd.rebuild_texture(st.gallery.load("mosaic", 32), "covariance", network))


def training(layer, network):
    """A network for one style, trained for a step."""
    crops = photographs.Crops(side=32)
    next(st.fast.train(st.gallery.load("mosaic", 32), network, steps=1, crops=crops))


@pytest.mark.parametrize("made", [model, texture, training])
def test_graphs_that_are_gone_are_forgotten(quarter_network, made):
    """Models, textures and trainings come and go in a class: what was compiled for them doesn't stay in memory."""

    def operations():
        gc.collect()
        return sum(isinstance(thing, tf.Operation) for thing in gc.get_objects())

    made("block1_conv2", quarter_network)
    before = operations()
    made("block2_conv1", quarter_network)
    assert operations() <= before
