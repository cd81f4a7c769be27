"""Gram matrices entry by entry, what shuffles keep of them, a texture rebuilt: against NumPy and by hand."""

import numpy as np
import pytest

import styletutor as st
from styletutor import texture
from styletutor.errors import ImageError, LayerError, SettingsError
from styletutor.vgg19 import receptive_field

LAYER = "block2_conv1"


def random_features(shape=(1, 5, 7, 4), seed=0):
    """Features as a ReLU leaves them: many zeros, no negative ones."""
    return np.maximum(np.random.default_rng(seed).normal(0, 3, shape), 0).astype("float32")


def tiles_of(image, side):
    """The whole tiles of an image (1, H, W, c) as an array (tiles, side, side, c), cut out one by one."""
    height, width = (n // side * side for n in image.shape[1:3])
    corners = [(y, x) for y in range(0, height, side) for x in range(0, width, side)]
    return np.stack([image[0, y : y + side, x : x + side] for y, x in corners])


def sorted_tiles(tiles):
    """Tiles in an order that doesn't depend on where they stood."""
    return tiles[np.lexsort(tiles.reshape(len(tiles), -1).T[::-1])]


@pytest.fixture
def style(photo, quarter_network):
    """A photograph's features and Gram matrix at a layer."""
    return texture.layer_style(photo, LAYER, quarter_network)


def test_gram_entry_worked_out_by_hand():
    """Two positions, channels (1, 2) and (3, 4): G_01 is (1·2 + 3·4) / 2 = 7."""
    features = np.float32([[[[1, 2], [3, 4]]]])
    assert texture.channel_product(features, 0, 1).value == 7.0
    assert texture.gram_at(features).tolist() == [[5.0, 7.0], [7.0, 10.0]]


def test_every_entry_is_the_mean_of_a_product():
    """The matrix product and the product map's mean agree with einsum for each pair."""
    features = random_features()
    double = features[0].astype("float64")
    expected = np.einsum("ijc,ijd->cd", double, double) / 35
    for c, d in np.ndindex(4, 4):
        assert texture.channel_product(features, c, d).value == pytest.approx(expected[c, d], rel=1e-6)
    np.testing.assert_allclose(texture.gram_at(features), expected, rtol=1e-5)


def test_channel_product_shows_both_maps_and_the_strongest_position():
    """The maps are the channels, the product is theirs, and a planted position is found."""
    features = random_features()
    features[0, 3, 6, 1:3] = 20
    found = texture.channel_product(features, 1, 2)
    np.testing.assert_array_equal(found.map_c, features[0, ..., 1])
    np.testing.assert_array_equal(found.map_d, features[0, ..., 2])
    np.testing.assert_array_equal(found.product, features[0, ..., 1] * features[0, ..., 2])
    assert found.strongest == (3, 6)


@pytest.mark.parametrize("pair", [(4, 0), (0, 4), (-1, 0)])
def test_a_channel_that_is_not_there_is_named(pair):
    """A channel outside the features is a LayerError that says which there are."""
    with pytest.raises(LayerError, match="0 to 3"):
        texture.channel_product(random_features(), *pair)


def test_strongest_pair_is_the_largest_entry_off_the_diagonal():
    """A larger diagonal is passed over, and negative or equal entries give a pair too."""
    gram = np.float32([[90, 1, 2], [1, 95, 7], [2, 7, 99]])
    assert texture.strongest_pair(gram) == (1, 2)
    assert texture.strongest_pair(-gram) == (0, 1)
    assert texture.strongest_pair(np.zeros((3, 3))) == (0, 1)


def test_style_distance_against_numpy():
    """Mean squared and relative distances are NumPy's; of a matrix to itself they are zero."""
    gram, target = (texture.gram_at(random_features(seed=s)) for s in (1, 2))
    difference = (gram.astype("float64") - target) ** 2
    assert texture.style_distance(gram, target, False) == pytest.approx(difference.mean(), rel=1e-5)
    relative = difference.sum() / (target.astype("float64") ** 2).sum()
    assert texture.style_distance(gram, target, True) == pytest.approx(relative, rel=1e-5)
    assert texture.style_distance(gram, gram) == 0.0


def test_shuffled_positions_keep_the_gram_matrix():
    """Each position's channels stay together: the same vectors in another order, the same Gram matrix."""
    features = random_features((2, 9, 8, 5))
    shuffled = texture.shuffle_positions(features, 3)
    assert shuffled.shape == features.shape and not np.array_equal(shuffled, features)
    for before, after in zip(features, shuffled, strict=True):
        assert sorted(map(tuple, before.reshape(-1, 5))) == sorted(map(tuple, after.reshape(-1, 5)))
    np.testing.assert_allclose(texture.gram_at(shuffled), texture.gram_at(features), rtol=1e-5)


def test_a_seed_is_one_way_to_shuffle():
    """The same seed shuffles alike, another one otherwise; the input isn't touched."""
    features = random_features()
    kept = features.copy()
    once, again, other = (texture.shuffle_positions(features, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, other)
    np.testing.assert_array_equal(features, kept)


def test_channels_shuffled_apart_change_the_gram_matrix():
    """What keeps the Gram matrix is that all channels move alike: shuffling one of them alone changes it."""
    features = random_features()
    apart = features.copy()
    apart[..., :1] = texture.shuffle_positions(features[..., :1], 0)
    assert texture.style_distance(texture.gram_at(apart), texture.gram_at(features)) > 1e-3


@pytest.mark.parametrize("tile", [1, 4, 5, 16])
def test_tiles_change_places_and_stay_whole(photo, tile):
    """The shuffled picture's tiles are the picture's own, and the strip that fills no tile stays."""
    shuffled = texture.shuffle_tiles(photo, tile, 1)
    assert not np.array_equal(shuffled, photo)
    np.testing.assert_array_equal(sorted_tiles(tiles_of(shuffled, tile)), sorted_tiles(tiles_of(photo, tile)))
    height, width = (n // tile * tile for n in photo.shape[1:3])
    np.testing.assert_array_equal(shuffled[:, height:], photo[:, height:])
    np.testing.assert_array_equal(shuffled[:, :, width:], photo[:, :, width:])


def test_tiles_of_one_pixel_are_pixels(photo):
    """Shuffling tiles of one pixel is shuffling positions."""
    np.testing.assert_array_equal(texture.shuffle_tiles(photo, 1, 2), texture.shuffle_positions(photo, 2))


@pytest.mark.parametrize("tile", [0, -3, 2.5, 65, "16"])
def test_a_tile_that_cannot_be_cut_is_refused(photo, tile):
    """A tile must be a whole number of pixels and fit."""
    with pytest.raises(SettingsError, match="1 to 64"):
        texture.shuffle_tiles(photo, tile)


@pytest.mark.parametrize("shuffle", texture.SHUFFLES)
def test_no_shuffle_changes_the_gram_matrix_of_the_raw_picture(photo, shuffle):
    """At the picture itself the Gram matrix is that of red, green and blue, whatever changes places."""
    first = texture.layer_style(photo, texture.PICTURE)
    second = texture.shuffle_style(first, shuffle, 1)
    colours = photo.reshape(-1, 3).astype("float64")
    np.testing.assert_allclose(first.gram, colours.T @ colours / len(colours), rtol=1e-5)
    assert texture.style_distance(second.gram, first.gram) < 1e-9
    assert np.array_equal(second.image, first.image) == (shuffle == "nothing")
    assert second.image is second.features


def test_inside_the_network_only_shuffled_positions_keep_the_gram_matrix(style, quarter_network):
    """Shuffled positions give the same Gram matrix, shuffled pixels and tiles another one by far."""
    distances = {
        shuffle: texture.style_distance(
            texture.shuffle_style(style, shuffle, 1, 8, quarter_network).gram, style.gram
        )
        for shuffle in texture.SHUFFLES
    }
    assert distances["nothing"] == 0.0
    assert distances["positions"] < 1e-9
    assert min(distances["pixels"], distances["tiles"]) > 1e-4


def test_shuffled_positions_leave_the_picture(style):
    """Only the features change places; the picture is the same."""
    shuffled = texture.shuffle_style(style, "positions", 1)
    assert shuffled.image is style.image
    assert not np.array_equal(shuffled.features, style.features)


def test_features_that_see_inside_a_tile_move_with_it(photo, quarter_network):
    """A 3 × 3 convolution gives the same inside each tile, wherever the tile stands."""
    first = texture.layer_style(photo, "block1_conv1", quarter_network)
    second = texture.shuffle_style(first, "tiles", 0, 16, quarter_network)
    before, after = (tiles_of(style.features, 16)[:, 1:-1, 1:-1] for style in (first, second))
    nearest = [np.abs(before - tile).max((1, 2, 3)).min() for tile in after]
    assert max(nearest) < 1e-4 * before.max()


def test_an_unknown_shuffle_is_named(style):
    """A shuffle that doesn't exist is a SettingsError that lists those that do."""
    with pytest.raises(SettingsError, match="positions, pixels, tiles"):
        texture.shuffle_style(style, "colours")


def test_layer_style_is_what_the_network_gives(photo, style, quarter_network):
    """The features are the feature extractor's, the Gram matrix is theirs."""
    features = st.feature_extractor(quarter_network, LAYER)(photo)[LAYER].numpy()
    np.testing.assert_allclose(style.features, features, rtol=1e-6, atol=1e-6)
    flat = features.reshape(-1, features.shape[-1]).astype("float64")
    np.testing.assert_allclose(style.gram, flat.T @ flat / len(flat), rtol=1e-4, atol=1e-6)


def test_layers_begin_with_the_picture(quarter_network):
    """The picture itself, then sixteen convolutions and five poolings."""
    names = texture.layers(quarter_network)
    assert names[0] == texture.PICTURE and names[1] == "block1_conv1" and names[-1] == "block5_pool"
    assert len(names) == 1 + 16 + 5


def test_no_network_means_the_default_one(photo, quarter_network, monkeypatch):
    """Without a network `load_vgg19()` is asked for one."""
    monkeypatch.setattr(texture, "load_vgg19", lambda: quarter_network)
    assert texture.features_at(photo, LAYER).shape[1:3] == (32, 48)


def test_features_refuse_what_the_network_cannot_take(photo, quarter_network):
    """An unknown layer and a picture under 32 pixels are named."""
    with pytest.raises(LayerError, match="block2_conv9"):
        texture.features_at(photo, "block2_conv9", quarter_network)
    with pytest.raises(ImageError, match="32"):
        texture.features_at(photo[:, :20], LAYER, quarter_network)


def test_a_pixel_sees_itself_and_a_feature_its_receptive_field(quarter_network):
    """Where a position looks: at the picture itself one pixel, else what `receptive_field` says."""
    assert texture.seen_by(quarter_network, texture.PICTURE, 4, 9, 64, 96) == (4, 9, 5, 10)
    expected = receptive_field(quarter_network, LAYER, 4, 9, 64, 96)
    assert texture.seen_by(quarter_network, LAYER, 4, 9, 64, 96) == expected


def test_heat_is_linear_or_counts_powers_of_ten():
    """Linear: divided by the top. Logarithmic over two decades: a tenth is half way, a hundredth is 0."""
    values = np.array([0, 1e-9, 0.05, 0.5, 5.0, -0.5])
    np.testing.assert_allclose(texture.heat(values, 5.0), values / 5)
    np.testing.assert_allclose(texture.heat(values, 5.0, 2), [0, 0, 0, 0.5, 1, -0.5], atol=1e-9)
    assert not texture.heat(np.zeros((2, 2)), 0.0, 3).any()


def test_texture_is_rebuilt_from_noise_by_its_gram_matrices(photo, quarter_network):
    """The run starts at noise, has no content term, and brings the Gram matrices nearer to the style's."""
    run = texture.rebuild_texture(photo, quarter_network, max_dim=64, scales=1, steps=12)
    assert (run.settings.content_weight, run.settings.content_layers, run.settings.init) == (0.0, (), "noise")
    start = run.image
    for step in run:
        assert step.losses["content"] == 0.0
    assert run.history[-1]["style"] < 0.5 * run.history[0]["style"]
    style = texture.layer_style(run.style, LAYER, quarter_network).gram
    before, after = (texture.layer_style(image, LAYER, quarter_network).gram for image in (start, run.image))
    assert texture.style_distance(after, style) < texture.style_distance(before, style)


def test_texture_takes_any_setting(photo, quarter_network):
    """What is given replaces the settings for textures; an unknown name is refused."""
    changes = {"optimizer": "adam", "style_layers": ("block1_conv1",), "max_dim": 64}
    settings = texture.rebuild_texture(photo, quarter_network, **changes).settings
    assert {name: getattr(settings, name) for name in changes} == changes
    with pytest.raises(SettingsError, match="colour"):
        texture.rebuild_texture(photo, quarter_network, colour=1)
