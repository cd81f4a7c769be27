"""Several styles, their scale and colours, a mask and a picture to start from: what each changes, what is refused."""

import json

import numpy as np
import pytest

import styletutor as st
from styletutor import colour
from styletutor.errors import ImageError, SettingsError

SETTINGS = st.Settings(max_dim=64, steps=6, learning_rate=0.05)


def picture(height, width, seed, low=0.1, high=0.9):
    """Smooth random blobs as an image."""
    coarse = np.random.default_rng(seed).uniform(low, high, (1, 6, 8, 3)).astype("float32")
    return st.images.resize(coarse, size=(height, width))


CONTENT, BRICKS, WAVES = picture(48, 64, 1), picture(64, 64, 2), picture(64, 56, 3, 0.4, 1.0)


def run_to_end(*arguments, **options):
    """A run after its last step."""
    run = st.stylize(*arguments, **options)
    for _ in run:
        pass
    return run


def grams(network, image):
    """The Gram matrices of an image at the default style layers, NumPy."""
    outputs = st.StyleContentModel(SETTINGS.style_layers, (), network)(image)["style"]
    return {layer: gram.numpy() for layer, gram in outputs.items()}


def targets(run):
    """The Gram matrices that a run aims at."""
    return {layer: gram.numpy() for layer, gram in run._targets["style"].items()}


# --- several styles


@pytest.mark.parametrize(("blend", "shares"), [((3, 1), (0.75, 0.25)), (None, (0.5, 0.5)), ((0, 2), (0, 1))])
def test_blend_is_the_weighted_mean_of_grams(random_network, blend, shares):
    """Two styles give the mean of their Gram matrices, weighed as style_blend says; without it, evenly."""
    run = st.stylize(CONTENT, [BRICKS, WAVES], SETTINGS.replace(style_blend=blend), random_network)
    one, two = grams(random_network, BRICKS), grams(random_network, WAVES)
    for layer, gram in targets(run).items():
        np.testing.assert_allclose(gram, shares[0] * one[layer] + shares[1] * two[layer], rtol=1e-4, atol=1e-6)


def test_all_weight_on_one_style_is_that_style(random_network):
    """A blend of (1, 0) does what the first style does alone, step by step."""
    alone = run_to_end(CONTENT, WAVES, SETTINGS, random_network)
    blended = run_to_end(CONTENT, [WAVES, BRICKS], SETTINGS.replace(style_blend=(1, 0)), random_network)
    np.testing.assert_allclose(blended.image, alone.image, atol=1e-4)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_blend_changes_in_a_run(random_network, optimizer):
    """update(style_blend=…) aims at the new mean from the next step on, and traces nothing anew."""
    settings = SETTINGS.replace(optimizer=optimizer, style_blend=(1, 0))
    run = st.stylize(CONTENT, [BRICKS, WAVES], settings, random_network)
    next(run), next(run)
    before = run.losses
    traces = run.model.compiled_loss(True, False).experimental_get_tracing_count()
    for blend in ((0, 1), (1, 0), (1, 1)):
        run.update(style_blend=blend)
        after = next(run).losses
        assert after["style"] != before["style"] or blend == (1, 0)
    one, two = grams(random_network, BRICKS), grams(random_network, WAVES)
    for layer, gram in targets(run).items():
        np.testing.assert_allclose(gram, (one[layer] + two[layer]) / 2, rtol=1e-4, atol=1e-6)
    assert run.model.compiled_loss(True, False).experimental_get_tracing_count() == traces
    assert json.loads(run.settings.to_json())["style_blend"] == [1, 1]


@pytest.mark.parametrize(
    ("blend", "words"), [((1,), "1 numbers for 2"), ((1, 2, 3), "3 numbers for 2"), ((0, 0), "more than 0"),
                         ((1, -1), r"style_blend\[1\]"), ("ab", "a number for each"), ((), "a number for each")],
)  # fmt: skip
def test_blends_that_fit_nothing(random_network, blend, words):
    """Another count than of styles, nothing but zeros, a negative number: refused, at the start and later."""
    with pytest.raises(SettingsError, match=words):
        st.stylize(CONTENT, [BRICKS, WAVES], SETTINGS.replace(style_blend=blend), random_network)
    run = st.stylize(CONTENT, [BRICKS, WAVES], SETTINGS, random_network)
    before = targets(run)
    with pytest.raises(SettingsError, match=words):
        run.update(style_weight=3, style_blend=blend)
    assert run.settings == SETTINGS
    assert all(np.array_equal(before[layer], gram) for layer, gram in targets(run).items())


def test_no_style_at_all(random_network):
    """An empty list of styles is an ImageError."""
    with pytest.raises(ImageError, match="at least one"):
        st.stylize(CONTENT, [], SETTINGS, random_network)


# --- the style's scale


def test_style_scale(random_network):
    """The style's longer side is style_scale · max_dim, from the pixels it has, and enlarged where it has fewer.

    Whoever loads it at style_dim, as the command does, loses nothing.
    """
    style = picture(150, 200, 4)
    for scale, size in ((0.5, (1, 32, 43, 3)), (1, (1, 48, 64, 3)), (2, (1, 96, 128, 3)), (4, (1, 192, 256, 3))):
        settings = SETTINGS.replace(style_scale=scale)
        run = st.stylize(CONTENT, style, settings, random_network)
        assert run.style.shape == size
        loaded = st.images.resize(style, settings.style_dim)
        np.testing.assert_array_equal(st.stylize(CONTENT, loaded, settings, random_network).style, run.style)
    sharp = st.stylize(CONTENT, style, SETTINGS.replace(style_scale=2), random_network).style
    np.testing.assert_array_equal(sharp, st.images.resize(style, size=(96, 128)))


def test_style_scale_of_a_small_style(random_network):
    """A style smaller than max_dim keeps its size at scale 1 and is twice that at scale 2."""
    style = picture(40, 50, 4)
    sizes = [
        st.stylize(CONTENT, style, SETTINGS.replace(style_scale=scale), random_network).style.shape[1:3]
        for scale in (1, 2)
    ]
    assert sizes == [(40, 50), (80, 100)]


def test_each_of_several_styles_is_scaled(random_network):
    """Every style of a list gets the same scale."""
    run = st.stylize(CONTENT, [BRICKS, WAVES], SETTINGS.replace(style_scale=1.5), random_network)
    assert [style.shape[1:3] for style in run.sources.styles] == [(96, 96), (96, 84)]


# --- colours


def test_match_colours_moves_mean_and_covariance():
    """The matched style has the content's mean and covariance of colours, where nothing is clipped."""
    content = picture(60, 60, 5, 0.35, 0.6) * np.array([0.9, 1, 1.1], "float32")
    matched = colour.match_colours(BRICKS, content)
    assert matched.min() > 0 and matched.max() < 1
    ours, wanted = (image.reshape(-1, 3).astype("float64") for image in (matched, content))
    np.testing.assert_allclose(ours.mean(0), wanted.mean(0), atol=1e-5)
    np.testing.assert_allclose(np.cov(ours.T), np.cov(wanted.T), atol=1e-6)


def test_match_colours_of_itself_and_of_flat_pictures():
    """A picture matched to itself stays; a flat style or content gives the content's colour and no NaN."""
    np.testing.assert_allclose(colour.match_colours(BRICKS, BRICKS), BRICKS, atol=1e-5)
    flat = np.full((1, 40, 40, 3), [0.2, 0.5, 0.7], "float32")
    matched = colour.match_colours(BRICKS, flat)
    np.testing.assert_allclose(matched, np.broadcast_to(flat[0, 0, 0], BRICKS.shape), atol=1e-5)
    np.testing.assert_allclose(colour.match_colours(flat, BRICKS)[0, 0, 0], BRICKS.mean((0, 1, 2)), atol=1e-5)


def test_match_colours_in_a_run(random_network):
    """With match_colours=True the run's style picture is the matched one."""
    run = st.stylize(CONTENT, BRICKS, SETTINGS.replace(match_colours=True), random_network)
    np.testing.assert_array_equal(run.style, colour.match_colours(BRICKS, CONTENT))


# --- a mask


def left_half():
    """1 on the left half of the content picture, 0 on the right."""
    mask = np.zeros(CONTENT.shape[1:3], "float32")
    mask[:, :32] = 1
    return mask


def test_guided_gram_by_hand(random_network):
    """The result's Gram is Σ m F Fᵀ / Σ m, m being the mask's mean over a place's pixels: one NumPy line."""
    mask = np.random.default_rng(0).uniform(0, 1, (48, 64)).astype("float32")
    model = st.StyleContentModel(("block3_conv1",), (), random_network)
    features = st.feature_extractor(random_network, "block3_conv1")(CONTENT)["block3_conv1"].numpy()[0]
    m = mask.reshape(12, 4, 16, 4).mean((1, 3))
    expected = np.einsum("ij,ijc,ijd->cd", m, features, features) / m.sum()
    found = model(CONTENT, model.guides(mask))["style"]["block3_conv1"][0]
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_a_mask_in_a_corner_reaches_every_layer(random_network):
    """Rows and columns that pooling drops count in a layer's last places: no layer is left without any."""
    mask = np.zeros((47, 63), "float32")
    mask[-3:, -3:] = 1
    guides = st.StyleContentModel(st.Settings().style_layers, (), random_network).guides(mask)
    for layer, guide in guides.items():
        assert guide[0, -1, -1, 0] == guide.max() > 0, layer
        assert guide.shape[1:3] == tuple(side // 2 ** (int(layer[5]) - 1) for side in mask.shape)


def test_a_mask_of_ones_is_no_mask(random_network):
    """Where the mask is 1 everywhere the run does the same as without."""
    plain = run_to_end(CONTENT, BRICKS, SETTINGS, random_network)
    masked = run_to_end(CONTENT, BRICKS, SETTINGS, random_network, mask=np.ones((48, 64), "float32"))
    np.testing.assert_allclose(masked.image, plain.image, atol=1e-3)


def test_the_style_goes_where_the_mask_is(random_network):
    """Beyond the mask, further than the layers see, the content picture stays to the last bit."""
    layers = ("block1_conv1", "block2_conv1")
    settings = SETTINGS.replace(style_layers=layers, content_weight=0, optimizer="lbfgs", steps=12)
    run = run_to_end(CONTENT, BRICKS, settings, random_network, mask=left_half())
    moved = np.abs(run.image - CONTENT).max((0, -1))
    assert moved[:, :28].mean() > 0.01
    assert moved[:, 40:].max() == 0


def test_masks_come_as_pictures_and_in_pyramids(random_network, tmp_path):
    """A mask may be a picture file of another size, white where the style goes; each level gets it at its size."""
    white = st.images.resize(np.repeat(left_half()[None, ..., None], 3, -1), size=(96, 128))
    path = st.save_image(white, tmp_path / "mask.png")
    settings = SETTINGS.replace(max_dim=128, scales=2, steps=4, content_weight=0, style_layers=("block1_conv1",))
    content = picture(96, 128, 1)
    run = run_to_end(content, BRICKS, settings, random_network, mask=path)
    assert run._targets["guides"]["block1_conv1"].shape == (1, 96, 128, 1)
    enlarged = st.images.resize(st.images.resize(content, size=(48, 64)), size=(96, 128))
    moved = np.abs(run.image - enlarged).max((0, -1))
    assert moved[:, :40].mean() > 10 * moved[:, 90:].mean()


def test_a_black_mask(random_network):
    """A mask that is 0 everywhere would leave nothing to do: an ImageError says what white means."""
    with pytest.raises(ImageError, match="black everywhere"):
        st.stylize(CONTENT, BRICKS, SETTINGS, random_network, mask=np.zeros((48, 64), "float32"))


# --- a picture to start from


def test_starting_from_a_picture(random_network, tmp_path):
    """start= begins with that picture at the content's size, and the settings say so without holding it."""
    path = st.save_image(WAVES, tmp_path / "begun.png")
    run = st.stylize(CONTENT, BRICKS, SETTINGS, random_network, start=path)
    np.testing.assert_array_equal(run.image, st.images.resize(st.load_image(path), size=(48, 64)))
    assert run.settings.init == "picture"
    assert len(run.settings.to_json()) < 1000 and "begun" not in run.settings.to_json()


def test_going_on_from_a_result(random_network):
    """A run that starts from another's result begins with its loss, not with the content's."""
    first = run_to_end(CONTENT, BRICKS, SETTINGS.replace(optimizer="lbfgs"), random_network)
    second = st.stylize(CONTENT, BRICKS, SETTINGS, random_network, start=first.image)
    best = min(first.losses["total"], *(losses["total"] for losses in first.history))
    assert second.losses["total"] == pytest.approx(best, rel=1e-4)
    assert best < 0.9 * first.history[0]["total"]


def test_settings_that_miss_their_picture(random_network):
    """Settings read back from such a run ask for the picture they can't hold."""
    with pytest.raises(SettingsError, match="start=picture"):
        st.stylize(CONTENT, BRICKS, SETTINGS.replace(init="picture"), random_network)


@pytest.mark.parametrize("given", ["mask", "start"])
def test_pictures_that_are_none(random_network, given, tmp_path):
    """A mask or start that can't be read is an ImageError before the first step."""
    with pytest.raises(ImageError, match="no file"):
        st.stylize(CONTENT, BRICKS, SETTINGS, random_network, **{given: tmp_path / "missing.png"})


def test_settings_with_everything_come_back():
    """The new settings survive JSON and Python text."""
    settings = st.Settings(style_blend=[2, 1.5], style_scale=0.5, match_colours=True, init="picture", precision="auto")
    assert st.Settings.from_json(settings.to_json()) == settings
    assert eval(settings.to_python(), {"st": st}) == settings
    assert settings.style_blend == (2.0, 1.5)
