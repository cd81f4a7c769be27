"""Pictures rebuilt from features, against NumPy's own losses and what must hold for any network."""

import numpy as np
import pytest

import styletutor as st
from styletutor import reconstruction
from styletutor.errors import ImageError, StyleTutorError

LAYER = "block2_conv1"


@pytest.fixture(scope="module")
def network():
    """The embedded network; nothing here depends on its weights' values."""
    return st.load_vgg19("embedded")


@pytest.fixture(scope="module")
def image():
    """A small photograph, wider than high."""
    return st.gallery.load("chelsea", 64)


def test_start_is_seeded_noise_around_grey():
    """Noise 1 fills [0, 1], noise 0 is flat grey, in between it scales; the seed decides it."""
    full, some = reconstruction.start_image(40, 50), reconstruction.start_image(40, 50, 0.2)
    assert full.shape == (1, 40, 50, 3) and full.dtype == np.float32
    assert full.min() < 0.01 and full.max() > 0.99 and abs(full.mean() - 0.5) < 0.02
    np.testing.assert_allclose(some - 0.5, 0.2 * (full - 0.5), atol=1e-6)
    assert (reconstruction.start_image(8, 8, 0) == 0.5).all()
    np.testing.assert_array_equal(full, reconstruction.start_image(40, 50))
    assert not np.array_equal(full, reconstruction.start_image(40, 50, seed=1))


def test_loss_is_the_papers_relative_to_the_features(network, image):
    """The first step's losses are ‖F(x) − F(image)‖² / ‖F(image)‖² and weight × (Σ|Δ| a pixel), by NumPy."""
    run = reconstruction.rebuild(image, LAYER, network, tv_weight=0.3, seed=4)
    start = reconstruction.start_image(*image.shape[1:3], seed=4)
    extract = st.feature_extractor(network, LAYER)
    target, features = (extract(x)[LAYER].numpy().astype("float64") for x in (image, start))
    losses = next(run).losses
    assert losses["content"] == pytest.approx(((features - target) ** 2).sum() / (target**2).sum(), rel=1e-4)
    variation = sum(np.abs(np.diff(start.astype("float64"), axis=axis)).sum() for axis in (1, 2))
    assert losses["total_variation"] == pytest.approx(0.3 * variation / (start.shape[1] * start.shape[2]), rel=1e-4)
    assert losses["total"] == pytest.approx(losses["content"] + losses["total_variation"], rel=1e-5)
    assert losses["style"] == 0


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_the_loss_falls(network, image, optimizer):
    """Both optimisers lower the loss far below that of the noise."""
    run = reconstruction.rebuild(image, "block4_conv1", network, steps=25, optimizer=optimizer, learning_rate=0.05)
    losses = [step.losses["total"] for step in run]
    assert len(losses) == 25 and min(losses) < 0.3 * losses[0]


def test_the_first_layer_brings_the_picture_back(network, image):
    """From block1_conv1 and almost no smoothing, pixels return to within a fiftieth of the noise's distance."""
    run = reconstruction.rebuild(image, "block1_conv1", network, steps=100, tv_weight=1e-3)
    for _ in run:
        pass
    target = reconstruction.LayerTarget(image, "block1_conv1", network)
    start = reconstruction.start_image(*image.shape[1:3])
    assert target.compare(run.image).pixels < target.compare(start).pixels / 50


def test_deeper_layers_lose_more_pixels(network, image):
    """rebuild_all goes through the layers in order; from a deep one the pixels come back less well."""
    layers = ("block1_conv1", "block4_conv1")
    first, deep = reconstruction.rebuild_all(image, layers, network, max_dim=64, steps=30)
    assert (first.layer, deep.layer) == layers
    pixels = [np.square(r.image - image).mean() for r in (first, deep)]
    assert pixels[0] < 0.2 * pixels[1]
    target = reconstruction.LayerTarget(image, "block4_conv1", network)
    assert deep.loss == target.compare(deep.image).loss < 0.5


def test_the_same_seed_gives_the_same_picture(network, image):
    """Twice the same to the last bit; another seed starts elsewhere and ends elsewhere."""
    first, again, other = (
        [step.image for step in reconstruction.rebuild(image, LAYER, network, steps=4, seed=seed)][-1]
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_size_and_settings_arrive(network, image):
    """max_dim shrinks, other settings pass through, and there is nothing of style in the run."""
    run = reconstruction.rebuild(image, LAYER, network, max_dim=48, optimizer="adam", learning_rate=0.2, beta_1=0.5)
    assert max(run.image.shape[1:3]) == 48
    assert (run.settings.learning_rate, run.settings.beta_1, run.settings.style_layers) == (0.2, 0.5, ())


def test_weights_act_in_the_running_optimisation(network, image):
    """A run that is told of a larger weight half-way ends smoother than one that isn't."""
    pictures = []
    for weight in (0.0, 5.0):
        run = reconstruction.rebuild(image, LAYER, network, steps=30, tv_weight=0.0)
        for step in run:
            if step.number == 15:
                run.update(tv_weight=weight)
        pictures.append(run.image)
    variations = [float(st.total_variation_loss(picture)) for picture in pictures]
    assert variations[1] < 0.7 * variations[0]


def test_comparison_by_hand(network, image):
    """Features, pixels and total variation of another picture, by NumPy; of the picture itself zero."""
    target = reconstruction.LayerTarget(image, LAYER, network)
    other = np.clip(image + 0.1, 0, 1)
    found, same = target.compare(other), target.compare(image)
    features = st.feature_extractor(network, LAYER)(other)[LAYER].numpy()
    np.testing.assert_allclose(found.features, features, rtol=1e-5, atol=1e-5)
    expected = np.square(features - target.features).sum() / np.square(target.features).sum()
    assert found.loss == pytest.approx(expected, rel=1e-4)
    assert found.pixels == pytest.approx(255 * np.sqrt(np.square(other - image).mean()), rel=1e-4)
    variation = float(st.total_variation_loss(other)) / (image.shape[1] * image.shape[2])
    assert found.variation == pytest.approx(variation, rel=1e-4)
    assert same.loss == same.pixels == 0


def test_pictures_by_hand():
    """Channel mean, difference around grey, and a strip with its gap."""
    np.testing.assert_array_equal(reconstruction.channel_mean(np.float32([[[[1, 3], [5, 7]]]])), [[2, 6]])
    a, b = np.full((1, 4, 8, 3), 0.2, "float32"), np.full((1, 4, 8, 3), 0.9, "float32")
    np.testing.assert_allclose(reconstruction.difference(a, a), 0.5)
    np.testing.assert_allclose(reconstruction.difference(a, b), 1.0)
    np.testing.assert_allclose(reconstruction.difference(b, a), 0.0)
    strip = reconstruction.strip([a, b], height=8)
    assert strip.shape == (1, 8, 16 + 4 + 16, 3)
    np.testing.assert_allclose(strip[0, 4, [2, 18, 30], 0], [0.2, 0.5, 0.9], atol=1e-6)


def test_what_cannot_be_rebuilt_is_refused(network, image):
    """An unknown layer, a picture too small, a negative weight: one clear error each, before the first step."""
    with pytest.raises(StyleTutorError, match="block1_conv1"):
        reconstruction.rebuild(image, "block1_conv9", network)
    with pytest.raises(ImageError, match="32"):
        reconstruction.rebuild(image[:, :20], LAYER, network)
    with pytest.raises(StyleTutorError, match="tv_weight"):
        reconstruction.rebuild(image, LAYER, network, tv_weight=-1)
    with pytest.raises(StyleTutorError, match="block1_conv1"):
        reconstruction.LayerTarget(image, "block1_conv9", network)
