"""GramPanel: each control shows what it does, in a picture and in numbers; what a shuffle keeps is seen."""

import io
import re

import numpy as np
import panel_checks as checks
import pytest
from PIL import Image

import styletutor as st
from styletutor import texture
from styletutor.errors import ImageError, LayerError
from styletutor.panels import GramPanel, gram

LAYER = "block2_conv1"
MOVES = {
    "layer": "block3_conv2",
    "c": 3,
    "d": 4,
    "strongest": checks.CLICK,
    "log": False,
    "second": "coffee",
    "shuffle": "pixels",
    "tile": 4,
    "seed": 7,
}


@pytest.fixture
def panel(photo, quarter_network):
    """The panel on a small photograph."""
    return GramPanel(quarter_network, photo, LAYER)


def choose(panel, **values):
    """Set controls, as a reader does."""
    for name, value in values.items():
        panel.controls[name].value = value


def prepare(panel):
    """Away from the strongest pair, with shuffled tiles, so that every control matters."""
    choose(panel, c=1, d=2, shuffle="tiles", tile=16)


def distance(panel):
    """The relative style distance that the readout says."""
    said = re.search(r"‖² = (\S+?)[. ]*(?:\(|\n)", checks.text_of(panel.readout.value))[1]
    return float(said.replace("−", "-"))


def pixels(panel, name):
    """A picture's pixels as RGB."""
    return np.asarray(Image.open(io.BytesIO(panel.pictures[name].image.value)).convert("RGBA"))[..., :3]


def test_every_control_has_a_move(panel):
    """No control is forgotten here."""
    checks.check_moves_are_complete(panel, MOVES)


@pytest.mark.parametrize("name", MOVES)
def test_control_moves_a_picture_and_a_number(panel, name):
    """Each control changes a picture and a number beside it."""
    checks.check_control(panel, name, MOVES, prepare)


@pytest.mark.parametrize("name", MOVES)
def test_nothing_moves_without_the_handler(panel, name):
    """The test above fails when the handler is removed."""
    checks.check_handlers_matter(panel, name, MOVES, prepare)


def test_accessible_and_steady(panel):
    """Tooltips, captions, fixed heights, of captions too, also after every move."""
    checks.check_accessible(panel)
    checks.check_heights_stay(panel, MOVES, prepare)
    assert all(picture.caption.layout.height.endswith("px") for picture in panel.pictures.values())


def test_error_is_shown_and_mended(panel, monkeypatch):
    """What a callback raises stands in the panel, escaped; afterwards the panel works again."""

    def broken(*args):
        raise ValueError("<injected>")

    with monkeypatch.context() as patch:
        checks.check_error_is_shown(
            panel, "c", MOVES, lambda: patch.setattr(texture, "channel_product", broken), patch.undo,
            lambda panel: choose(panel, d=5),
        )


def test_works_from_another_thread(panel):
    """A callback from another thread does the same."""
    checks.check_works_from_another_thread(panel, "second", MOVES)


def test_readout_says_the_entry_two_ways(panel, photo, quarter_network):
    """The chosen entry of the Gram matrix and the mean of the product, as NumPy has them."""
    choose(panel, c=6, d=2)
    features = texture.features_at(photo, LAYER, quarter_network)[0].astype("float64")
    expected = (features[..., 6] * features[..., 2]).mean()
    text = checks.text_of(panel.readout.value).splitlines()[0].replace(",", "")
    said = re.search(r": (\S+) in the matrix (\S+) as the mean of 1536 products", text).groups()
    assert [float(number) for number in said] == pytest.approx([expected] * 2, rel=1e-3)


def test_starts_at_the_strongest_pair_of_each_layer(panel, photo, quarter_network):
    """First and after each change of layer the pair is the strongest, and the sliders reach every channel."""
    for layer in (LAYER, "block4_conv1", texture.PICTURE):
        choose(panel, layer=layer)
        style = texture.layer_style(photo, layer, quarter_network)
        assert (panel.controls["c"].value, panel.controls["d"].value) == texture.strongest_pair(style.gram)
        assert panel.controls["c"].max == panel.controls["d"].max == style.features.shape[-1] - 1
        assert panel.error is None


def test_shuffled_positions_keep_the_gram_matrix_and_scramble_the_maps(panel):
    """The distance is zero but for rounding, both matrices look alike, the maps don't."""
    choose(panel, shuffle="positions", seed=3)
    assert distance(panel) < 1e-9
    assert np.array_equal(pixels(panel, "gram_1"), pixels(panel, "gram_2"))
    assert not np.array_equal(pixels(panel, "map_c_1"), pixels(panel, "map_c_2"))
    assert "another order" in panel.readout.value


@pytest.mark.parametrize("shuffle", ["pixels", "tiles"])
def test_a_shuffled_picture_keeps_it_only_before_the_network(panel, shuffle):
    """Shuffled pixels and tiles change a layer's Gram matrix, and that of the picture itself not at all."""
    choose(panel, shuffle=shuffle, tile=8)
    assert distance(panel) > 1e-4
    choose(panel, layer=texture.PICTURE)
    assert distance(panel) < 1e-9
    assert np.array_equal(pixels(panel, "gram_1"), pixels(panel, "gram_2"))
    assert not np.array_equal(pixels(panel, "picture_1"), pixels(panel, "picture_2"))


def test_the_entry_is_framed_where_it_stands(panel):
    """The heat map's entry (c, d) has its own colour inside a black frame: row c, column d."""
    choose(panel, c=20, d=9)
    size = 256 // 32
    picture = pixels(panel, "gram_1")
    assert (picture[20 * size - 1, 9 * size : 10 * size] == 0).all()
    assert (picture[20 * size : 21 * size, 9 * size - 1] == 0).all()
    assert (picture[20 * size : 21 * size, 9 * size : 10 * size] != 0).any(-1).all()


def test_numbers_are_short_and_plain():
    """Thousands are grouped, small ones keep their digits, only extreme ones get an exponent."""
    numbers = (0, 4.34084, -0.0123456, 247766.9, 1.323e9, -2.77e-14)
    assert [gram.short(n) for n in numbers] == ["0", "4.34", "−0.0123", "247,767", "1.32e+09", "−2.77e−14"]
    assert gram.short(4.34084, 5) == "4.3408"


def test_only_what_matters_can_be_moved(panel):
    """The tile's side and the shuffle's number are greyed out while they do nothing."""
    for shuffle, tile, seed in (("nothing", True, True), ("pixels", True, False), ("tiles", False, False)):
        choose(panel, shuffle=shuffle)
        assert (panel.controls["tile"].disabled, panel.controls["seed"].disabled) == (tile, seed)


def test_channels_that_are_never_active_together_frame_nothing(panel, monkeypatch):
    """A product that is zero everywhere is said, not framed."""
    silent = texture.ChannelProduct(*(np.zeros((32, 48), "float32"),) * 3, 0.0, (0, 0))
    monkeypatch.setattr(texture, "channel_product", lambda *args: silent)
    choose(panel, c=1)
    assert panel.error is None
    assert "nowhere in it" in panel.pictures["picture_1"].caption.value


def test_features_are_computed_once_for_a_picture_and_layer(panel, monkeypatch):
    """Moving a channel or shuffling positions doesn't ask the network again."""
    calls = []
    real = texture.features_at
    monkeypatch.setattr(texture, "features_at", lambda *args: calls.append(args) or real(*args))
    choose(panel, c=1, d=3, log=False, shuffle="positions", seed=4)
    assert calls == []
    choose(panel, shuffle="pixels")
    assert len(calls) == 1


def test_without_arguments_the_gallery_is_shown(quarter_network, monkeypatch):
    """No network and no image: the default network and the gallery's first style."""
    monkeypatch.setattr(gram, "load_vgg19", lambda: quarter_network)
    panel = GramPanel(max_dim=64)
    np.testing.assert_array_equal(panel.image, st.gallery.load(st.gallery.styles()[0], 64))


def test_bad_arguments_are_named(photo, quarter_network):
    """An unknown layer, a picture too small and a file that isn't there are one clear sentence."""
    with pytest.raises(LayerError, match="block9_conv1"):
        GramPanel(quarter_network, photo, "block9_conv1")
    with pytest.raises(ImageError, match="32"):
        GramPanel(quarter_network, photo[:, :20])
    with pytest.raises(ImageError, match="no file"):
        GramPanel(quarter_network, "nowhere.png")
