"""Looking inside the network: features, their statistics, receptive fields, one value taken apart."""

import numpy as np
import pytest

import styletutor as st
from styletutor import inspection, vgg19
from styletutor.errors import ImageError, LayerError

SIZE = (64, 80)


@pytest.fixture(scope="module")
def network():
    """The embedded network."""
    return st.load_vgg19("embedded")


@pytest.fixture(scope="module")
def image():
    """A picture of colourful noise, smooth on one half."""
    picture = np.random.default_rng(1).uniform(size=(1, *SIZE, 3)).astype("float32")
    picture[:, :, 40:] = np.linspace(0, 1, 40)[None, None, :, None]
    return picture


@pytest.fixture(scope="module")
def look(network, image):
    """Everything about that picture."""
    return inspection.Inspection(network, image)


def convolve(inputs, network, layer):
    """A convolution layer in NumPy: windows of the zero-padded inputs (h, w, c) times the kernel, bias, ReLU."""
    kernel, bias = network.get_layer(layer).get_weights()
    padded = np.pad(inputs.astype("float64"), ((1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (0, 1))
    return np.maximum(np.einsum("hwcij,ijcd->hwd", windows, kernel) + bias, 0)


def close(value, truth, scale):
    """Equal up to float32's accuracy in sums of numbers of this scale."""
    return np.allclose(value, truth, rtol=1e-4, atol=1e-5 * scale)


def test_feature_maps_preprocess_as_vgg19_expects(network, image):
    """The first layer is the NumPy convolution of BGR × 255 minus ImageNet's mean."""
    bgr = image[0, ..., ::-1] * 255 - np.array([103.939, 116.779, 123.68])
    truth = convolve(bgr, network, "block1_conv1")
    features = inspection.feature_maps(network, "block1_conv1", image)
    assert features.shape == (1, *SIZE, truth.shape[-1]) and features.dtype == np.float32
    assert close(features[0], truth, np.abs(truth).max())


def test_feature_maps_without_preprocessing_are_the_tutorials_trap(network, image):
    """With preprocess=False the first layer is the convolution of RGB × 255, and differs from the right one."""
    truth = convolve(image[0] * 255, network, "block1_conv1")
    features = inspection.feature_maps(network, "block1_conv1", image, preprocess=False)
    assert close(features[0], truth, np.abs(truth).max())
    right = inspection.feature_maps(network, "block1_conv1", image)
    assert not np.allclose(features, right, rtol=0.01)


def test_layer_outputs_are_what_the_feature_extractor_gives(network, image, look):
    """All layers in one pass agree with each layer from `feature_extractor`, names in the network's order."""
    assert tuple(look.outputs) == vgg19.layer_names(network)
    alone = vgg19.feature_extractor(network, ["block3_conv2"])(image)["block3_conv2"]
    assert np.allclose(look.outputs["block3_conv2"], alone, rtol=1e-4, atol=1e-4)
    assert list(inspection.layer_outputs(network, image, ["block2_pool"])) == ["block2_pool"]


def test_bad_layers_and_images_are_refused(network, image):
    """An unknown layer and a picture too small for the network give the package's own errors."""
    for preprocess in (True, False):
        with pytest.raises(LayerError, match="block9"):
            inspection.feature_maps(network, "block9_conv1", image, preprocess)
    with pytest.raises(ImageError, match="32"):
        inspection.feature_maps(network, "block1_conv1", image[:, :20])


def test_statistics_by_hand():
    """Shape, extremes, mean and share of zeros of six known numbers."""
    result = inspection.statistics(np.array([[0, 0, 1], [2, -4, 7]], "float32"))
    assert result == inspection.Statistics((2, 3), -4.0, 7.0, 1.0, pytest.approx(1 / 3))


def test_statistics_of_many_float32_values_keep_their_mean():
    """The mean of 10 million equal float32 values is that value: the sum is not kept in float32."""
    assert inspection.statistics(np.full(10**7, 0.1, "float32")).mean == pytest.approx(0.1, rel=1e-6)


def test_described_outputs_are_a_table_and_a_dict():
    """A row for each array with its numbers, in HTML and in aligned text; names are escaped."""
    table = inspection.describe_outputs({"a<b": np.zeros((1, 2, 2, 3)), "second": np.array([1.0, 3.0])})
    assert table["second"].mean == 2.0 and list(table) == ["a<b", "second"]
    markup = table._repr_html_()
    assert "a&lt;b" in markup and "<td>(1,2,2,3)</td>" in markup and "100.0 %" in markup
    lines = str(table).splitlines()
    assert len(lines) == 3 and len({len(line) for line in lines}) == 1
    assert lines[2].split() == ["second", "(2,)", "1", "3", "2", "0.0", "%"]


def test_strongest_channels_and_places_by_hand():
    """Channels are ordered by their mean, ties by number; the place of the largest value is (row, column)."""
    features = np.zeros((1, 2, 3, 4), "float32")
    features[0, 1, 2] = (1, 8, 0, 8)
    assert inspection.strongest_channels(features) == [1, 3, 0, 2]
    assert inspection.strongest_channels(features, 2) == [1, 3]
    assert inspection.strongest_place(features[0, ..., 1]) == (1, 2)


@pytest.mark.parametrize("pooling", ["avg", "max"])
@pytest.mark.parametrize("preprocess", [True, False])
def test_every_layers_values_taken_apart_come_out_as_the_network_says(network, image, pooling, preprocess):
    """In all 21 layers, at the corners and in the middle, the value computed by hand is the feature map's."""
    look = inspection.Inspection(vgg19.variant(network, pooling), image, preprocess)
    for layer, features in look.outputs.items():
        height, width, channels = features.shape[1:]
        for row, column in {(0, 0), (height - 1, width - 1), (height // 2, width // 2)}:
            parts = look.take_apart(layer, channels // 2, row, column)
            truth = features[0, row, column, channels // 2]
            scale = max(1, np.abs(parts.patch).max())
            assert parts.feature == truth and close(parts.value, truth, scale), (layer, row, column)


def test_a_convolutions_value_by_hand(network, look):
    """Patch, kernel, products, bias and ReLU are those of three nested loops over the layer before."""
    before, (kernel, bias) = look.outputs["block2_conv1"][0], network.get_layer("block2_conv2").get_weights()
    parts = look.take_apart("block2_conv2", 5, 0, 7)
    total = 0.0
    for i in range(3):
        for j in range(3):
            for c in range(before.shape[-1]):
                if 0 <= i - 1:
                    total += float(before[i - 1, 7 + j - 1, c]) * float(kernel[i, j, c, 5])
    assert parts.products_sum == pytest.approx(total, rel=1e-9)
    assert parts.bias == pytest.approx(float(bias[5])) and parts.kernel.shape == parts.patch.shape
    assert parts.before_relu == pytest.approx(total + float(bias[5])) and parts.value == max(parts.before_relu, 0)
    assert (parts.patch[0] == 0).all()  # above the picture
    assert parts.contributions.sum() == pytest.approx(parts.products_sum)
    first, second = parts.strongest_inputs(2)
    assert abs(parts.contributions[first]) >= abs(parts.contributions[second])


@pytest.mark.parametrize("pooling, kind, how", [("avg", "average pooling", np.mean), ("max", "max pooling", np.max)])
def test_a_poolings_value_by_hand(network, image, pooling, kind, how):
    """A pooling's patch is the 2 × 2 square below it in the same channel; its value their largest or mean."""
    look = inspection.Inspection(vgg19.variant(network, pooling), image)
    parts = look.take_apart("block1_pool", 3, 4, 6)
    square = look.outputs["block1_conv2"][0, 8:10, 12:14, 3]
    assert parts.kind == kind and (parts.patch == square).all()
    assert parts.value == pytest.approx(how(square), rel=1e-6)


def test_take_apart_needs_no_inspection(network, image, look):
    """The function alone gives the same as the Inspection, for the first layer, a later one and a pooling."""
    for layer in ("block1_conv1", "block3_conv1", "block2_pool"):
        alone, kept = inspection.take_apart(network, layer, 1, 2, 3, image), look.take_apart(layer, 1, 2, 3)
        assert alone.value == pytest.approx(kept.value, rel=1e-4, abs=1e-4)
        assert str(alone).startswith(f"{layer}, channel 1, row 2, column 3")


@pytest.mark.parametrize("at, what", [((16, 0, 0), "channel 16"), ((0, 64, 0), "row 64"), ((0, 0, -1), "column -1")])
def test_take_apart_refuses_what_the_layer_does_not_have(look, at, what):
    """A channel or position outside of the layer's output is named, with what there is."""
    with pytest.raises(LayerError, match=what):
        look.take_apart("block1_conv1", *at)


def test_a_value_taken_apart_shows_its_numbers(look):
    """The HTML holds a patch, a kernel and products for each input shown, and the sums that lead to the value."""
    parts = look.take_apart("block1_conv1", 2, 10, 10)
    markup = parts._repr_html_()
    assert markup.count("<table") == 9 and markup.count("<td") == 81
    assert "blue − mean" in markup and "ReLU" in markup and "-0.0" not in markup
    trap = inspection.take_apart(look.network, "block1_conv1", 2, 10, 10, look.image, preprocess=False)
    assert "red (blue expected)" in trap._repr_html_()
    assert look.take_apart("block1_pool", 2, 5, 5)._repr_html_().count("<td") == 4


def test_a_value_outside_of_its_receptive_field_changes_nothing(network, image, look):
    """With every pixel outside of the rectangle replaced the value stays; with those inside it does not."""
    layer, row, column = "block2_conv2", 12, 20
    rectangle = look.receptive_field(layer, row, column)
    top, left, bottom, right = rectangle
    inside = np.zeros(image.shape, bool)
    inside[:, top:bottom, left:right] = True
    value = look.outputs[layer][0, row, column]
    for kept, same in ((inside, True), (~inside, False)):
        changed = np.where(kept, image, 1 - image)
        assert np.allclose(inspection.feature_maps(network, layer, changed)[0, row, column], value, rtol=1e-3) == same


def test_the_receptive_field_is_drawn_around_what_it_sees(image):
    """Pixels inside keep their colour, those outside are darker, and the picture given is left alone."""
    before = image.copy()
    drawn = inspection.receptive_field_overlay(image, (10, 20, 30, 50))
    assert (image == before).all() and drawn.shape == image.shape
    assert (drawn[:, 10:30, 20:50] == image[:, 10:30, 20:50]).all()
    assert (drawn[:, 40:] <= image[:, 40:]).all() and drawn[:, 40:].mean() < image[:, 40:].mean()
    assert (inspection.receptive_field_crop(image, (10, 20, 30, 50)) == image[:, 10:30, 20:50]).all()
