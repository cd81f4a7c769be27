"""Large pictures by strips: the loss and gradient of the whole picture, in the memory that the estimate says."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

import styletutor as st
from styletutor import memory, strips
from styletutor.errors import RunError

LAYERS = st.Settings().style_layers


def picture(height, width, seed):
    """Noise, in which every pixel matters to the gradient."""
    return np.random.default_rng(seed).uniform(0, 1, (1, height, width, 3)).astype("float32")


def problem(network, size, content="block4_conv2", style=LAYERS, guided=False):
    """(model, image, targets, coefficients) for a picture of that size."""
    model = st.StyleContentModel(style, (content,), network)
    targets = {"style": model(picture(64, 64, 1))["style"], "content": model(picture(*size, 2))["content"]}
    if guided:
        targets["guides"] = model.guides(np.random.default_rng(3).uniform(0, 1, size))
    settings = st.Settings(style_layers=style, content_layers=content, tv_weight=0.1)
    coefficients = {name: tf.constant(value, tf.float32) for name, value in settings.coefficients.items()}
    return model, tf.constant(picture(*size, 4)), targets, coefficients


def distance(values, others):
    """How far gradients are from others, relative to these."""
    return float(np.linalg.norm(np.asarray(values) - np.asarray(others)) / np.linalg.norm(others))


def compare(model, image, targets, coefficients, depth, rows, relative=True):
    """Assert that strips give the whole picture's losses and gradient, to the rounding of float32."""
    guided = "guides" in targets
    losses, gradient = model.compiled_loss(relative, guided)(image, targets, coefficients)
    cut = strips.Strips(model, depth, guided, rows)
    assert len(list(cut._cuts(*image.shape[1:3]))) > 2
    losses_2, gradient_2 = cut.loss(relative)(image, targets, coefficients)
    for name, value in losses.items():
        assert float(losses_2[name]) == pytest.approx(float(value), rel=1e-5), name
    gradient = gradient.numpy()
    np.testing.assert_allclose(gradient_2, gradient, atol=3e-6 * np.abs(gradient).max())
    for border in (np.s_[:, :4], np.s_[:, -4:], np.s_[:, :, :4], np.s_[:, :, -4:]):
        assert np.abs(gradient[border]).max() > 1e-3 * np.abs(gradient).max()  # the border is really compared


@pytest.mark.parametrize(
    ("size", "depth", "rows"),
    [
        ((103, 45), 1, 16),
        ((203, 77), 2, 32),
        ((333, 50), 3, 64),
        ((401, 64), 4, 80),
    ],
)
def test_strips_are_the_whole(random_network, size, depth, rows):
    """Gradient and losses are the whole picture's, for even and odd sizes, thin and thick strips, every depth."""
    compare(*problem(random_network, size), depth, rows)


@pytest.mark.parametrize(("content", "relative"), [("block1_conv2", True), ("block2_conv2", False)])
def test_content_on_either_side(random_network, content, relative):
    """The content layer may lie among the blocks that are cut or beyond them; both ways of weighing."""
    compare(*problem(random_network, (123, 60), content), 2, 24, relative)


def test_guided_strips(random_network):
    """A mask weighs the same places strip by strip."""
    compare(*problem(random_network, (123, 60), guided=True), 2, 24)


def test_nothing_beyond_the_cut_blocks(random_network):
    """Where all layers lie in the blocks that are cut there is no rest of the network to run."""
    compare(*problem(random_network, (123, 60), "block2_conv1", ("block1_conv1", "block1_pool")), 2, 24)


def test_embedded_network_average_pooling(quarter_network):
    """The embedded network, with its average pooling, gives the same too."""
    compare(*problem(quarter_network, (163, 64)), 2, 32)


@pytest.mark.parametrize(("depth", "rows", "rounded"), [(1, 16, 2), (2, 32, 4), (3, 48, 8)])
def test_strips_in_bfloat16(quarter_network, depth, rows, rounded):
    """In bfloat16 strips give the whole picture's gradient, to the rounding of the convolutions that are cut.

    A number in bfloat16 has 8 binary digits: rounded it is off by at most 2^-8 of itself. Strips round the gradient at
    each convolution of the stem as the whole does, but of other sums, so the two part by at most 2 · 2^-8 at each; what
    is rounded independently adds up as squares. Too narrow a margin is beyond that.
    """
    network = st.vgg19.variant(quarter_network, precision="bfloat16")
    model, image, targets, coefficients = problem(network, (203, 77))
    losses, gradient = model.compiled_loss(True, False)(image, targets, coefficients)
    cut = strips.Strips(model, depth, False, rows)
    assert len(list(cut._cuts(203, 77))) > 2
    losses_2, gradient_2 = cut.loss(True)(image, targets, coefficients)
    for name, value in losses.items():
        assert float(losses_2[name]) == pytest.approx(float(value), rel=2**-8), name
    bound = 2 * 2**-8 * rounded**0.5
    assert 0 < distance(gradient_2, gradient) < bound
    cut.margin -= cut.unit
    assert distance(cut.loss(True)(image, targets, coefficients)[1], gradient) > bound


def test_too_narrow_a_margin_is_noticed(random_network):
    """Strips that see fewer rows of their neighbours than their features do give another gradient."""
    model, image, targets, coefficients = problem(random_network, (123, 60))
    _, gradient = model.compiled_loss(True, False)(image, targets, coefficients)
    cut = strips.Strips(model, 2, False, 24)
    cut.margin -= cut.unit
    _, other = cut.loss(True)(image, targets, coefficients)
    assert np.abs(other - gradient.numpy()).max() > 1e-4 * np.abs(gradient).max()


def test_outputs_are_the_models(random_network):
    """Targets of a large picture, worked out by strips, are the model's own."""
    model, image, _, _ = problem(random_network, (123, 60))
    whole, parts = model(image), strips.Strips(model, 2, rows=24).outputs(image)
    for kind, layers in whole.items():
        for layer, values in layers.items():
            np.testing.assert_allclose(parts[kind][layer], values, rtol=1e-4, atol=1e-5)


def test_a_run_by_strips(random_network, monkeypatch):
    """A run that the estimate sends into strips does the same as one that isn't, with a trace for all its steps."""
    content, settings = picture(120, 64, 5), st.Settings(max_dim=120, steps=5, optimizer="lbfgs", tv_weight=0.1)
    whole = list(st.stylize(content, content[:, ::-1], settings, random_network))
    monkeypatch.setattr(strips.evaluation, "depth_for", lambda *_: 2)
    monkeypatch.setattr(strips.evaluation, "STRIP_PIXELS", 24 * 64)
    strips.evaluation._strips.cache_clear()
    run = st.stylize(content, content[:, ::-1], settings, random_network)
    cut = list(run)
    used = strips.evaluation._strips(run.model, 2, False)
    assert used._backward.experimental_get_tracing_count() == 1
    strips.evaluation._strips.cache_clear()
    np.testing.assert_allclose([s.losses["total"] for s in cut], [s.losses["total"] for s in whole], rtol=1e-3)


def test_traced_once_for_all_sizes(random_network):
    """Another size, and back, builds no new graph."""
    cut = None
    for size in ((123, 60), (200, 41), (123, 60)):
        model, image, targets, coefficients = problem(random_network, size)
        cut = cut or strips.Strips(model, 2, False, 24)
        cut.loss(True)(image, targets, coefficients)
    for function in (cut._forward, cut._backward, cut._judge[True]):
        assert function.experimental_get_tracing_count() == 1


# --- the estimate


def test_the_estimate_grows_with_the_picture():
    """Twice the side is four times the bytes; fewer layers, bfloat16 or a narrow network are less."""
    network = st.load_vgg19("random")
    layers = (*LAYERS, "block4_conv2")
    whole = strips.memory_estimate(network, layers, 1024, 1024)
    assert strips.memory_estimate(network, layers, 2048, 2048) == pytest.approx(4 * whole, rel=0.05)
    assert strips.memory_estimate(network, ("block2_conv1",), 1024, 1024) < whole
    assert strips.memory_estimate(st.load_vgg19("embedded"), layers, 1024, 1024) < whole / 3
    half = strips.memory_estimate(st.vgg19.variant(network, precision="bfloat16"), layers, 1024, 1024)
    assert half < 0.6 * whole


@pytest.mark.parametrize("side", [512, 1024, 2048, 3000])
def test_depth_keeps_to_the_limit(side):
    """The fewest blocks that bring the estimate under the limit go by strips; up to 1024 px none does."""
    network = st.load_vgg19("random")
    layers = (*LAYERS, "block4_conv2")
    depth = strips.depth_for(network, layers, side, side)
    estimates = [strips.memory_estimate(network, layers, side, side, d) for d in range(5)]
    assert estimates[depth] <= memory.WHOLE
    assert all(estimate > memory.WHOLE for estimate in estimates[:depth])
    assert (depth == 0) == (side <= 1024)
    assert all(a >= b for a, b in itertools.pairwise(estimates[1:])) or side < 2048


def test_shallow_content_is_foreseen(monkeypatch):
    """Content features of blocks that go by strips stay whole, and are part of what is asked for."""
    network, size = st.load_vgg19("random"), (2048, 2048)
    deep, shallow = (st.StyleContentModel(LAYERS, (layer,), network) for layer in ("block4_conv4", "block2_conv2"))
    depth = strips.depth_for(network, deep.layers, *size)
    assert depth in (2, 3)
    monkeypatch.setattr(memory, "free", lambda: strips.memory_estimate(network, deep.layers, *size, depth))
    strips.enough_memory(deep, size)
    with pytest.raises(RunError, match="lower max_dim"):
        strips.enough_memory(shallow, size)
