"""A margin: the network sees mirrored pixels around each picture, and its zero padding colours no edge."""

import numpy as np
import pytest
import tensorflow as tf

import styletutor as st
from styletutor import edges, gallery
from styletutor.strips import evaluation

LAYERS = ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1")
SETTINGS = st.Settings(style_layers=LAYERS, tv_weight=0.5, max_dim=64, margin=8)


def pictures(seed=0):
    """Two images, of whole places in every layer below."""
    rng = np.random.default_rng(seed)
    return [rng.uniform(0, 1, (1, *size, 3)).astype("float32") for size in ((40, 64), (48, 40))]


@pytest.mark.parametrize("margin", [0, 1, 8, 16])
def test_the_gradient_is_folded_back(margin):
    """⟨mirrored(x), y⟩ = ⟨x, folded(y)⟩ for all x and y: one is the other's transpose."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(1, 33, 40, 3)), rng.normal(size=(1, 33 + 2 * margin, 40 + 2 * margin, 3))
    assert np.sum(edges.mirrored(x, margin) * y) == pytest.approx(np.sum(x * edges.folded(y, margin)))


def test_a_run_sees_the_margin_and_counts_none_of_it(quarter_network):
    """Loss and gradient are those of padded pictures whose features are cut to the picture for the Gram matrices."""
    content, style = pictures()
    run = st.stylize(content, style, SETTINGS, quarter_network, start=pictures(2)[0])
    extract = st.feature_extractor(quarter_network, (*LAYERS, "block4_conv2"))

    def answers(image):
        features = extract(tf.pad(image, [[0, 0], [8, 8], [8, 8], [0, 0]], "REFLECT"))
        own = {}
        for stride, layer in zip((1, 2, 4, 8), LAYERS, strict=True):
            cut, (high, wide) = 8 // stride, (side // stride for side in image.shape[1:3])
            own[layer] = st.gram_matrix(features[layer][:, cut : cut + high, cut : cut + wide])
        return {"style": own, "content": {"block4_conv2": features["block4_conv2"]}}

    targets = {"style": answers(style)["style"], "content": answers(content)["content"]}
    image = tf.constant(run.sources.start)
    with tf.GradientTape() as tape:
        tape.watch(image)
        padded = tf.pad(image, [[0, 0], [8, 8], [8, 8], [0, 0]], "REFLECT")
        losses = st.style_content_loss(answers(image), targets, SETTINGS, padded)
    losses_there, gradient = run._evaluate()
    assert losses_there == pytest.approx({name: float(value) for name, value in losses.items()}, rel=2e-3)
    wanted = tape.gradient(losses["total"], image).numpy()
    assert np.linalg.norm(gradient - wanted) < 0.02 * np.linalg.norm(wanted)


def test_a_margin_by_strips(quarter_network, monkeypatch):
    """The same picture, style and loss, where the first blocks go strip by strip."""
    content, style = pictures()
    whole = st.stylize(content, style, SETTINGS, quarter_network)
    monkeypatch.setattr(evaluation, "depth_for", lambda *_: 2)
    monkeypatch.setattr(evaluation, "STRIP_PIXELS", 80 * 16)
    parts = st.stylize(content, style, SETTINGS, quarter_network)
    assert parts.losses == pytest.approx(whole.losses, rel=1e-4)


def frame(image, content):
    """How far the change of the outermost two pixels is from that of pixels 8 to 16 from the edge."""
    height, width = content.shape[1:3]
    rows, columns = np.mgrid[:height, :width]
    depth = np.minimum(np.minimum(rows, height - 1 - rows), np.minimum(columns, width - 1 - columns))
    change = (image - content)[0]
    return np.linalg.norm(change[depth < 2].mean(0) - change[(depth >= 8) & (depth < 16)].mean(0))


@pytest.mark.parametrize(("content", "style"), [("chelsea", "autumn"), ("coffee", "mosaic")])
def test_quick_paints_no_frame(content, style):
    """What the embedded network leaves at the edges of a picture without a margin is gone with that of the preset."""
    content, style = (gallery.load(name, 128) for name in (content, style))
    network, left = st.load_vgg19("embedded"), {}
    for margin in (0, st.Settings.preset("quick").margin):
        run = st.stylize(content, style, st.Settings.preset("quick", max_dim=128, steps=60, margin=margin), network)
        for step in run:
            left[margin] = frame(step.image, content)
    assert left[8] < left[0] / 4 and left[0] > 0.1
