"""The logic behind FrequencyPanel, against NumPy, TensorFlow's own operations and values computed by hand."""

import numpy as np
import pytest
import tensorflow as tf

from styletutor import frequency
from styletutor.errors import ImageError
from styletutor.frequency import recipes

RNG = np.random.default_rng(3)
IMAGE = RNG.uniform(0, 1, (1, 20, 30, 3)).astype("float32")


def stripes(vertical=True, side=12):
    """Black and white stripes, two pixels wide."""
    row = (np.arange(side) // 2 % 2).astype("float32")
    plane = np.broadcast_to(row, (side, side)) if vertical else np.broadcast_to(row[:, None], (side, side))
    return np.repeat(plane[None, ..., None], 3, -1)


@pytest.mark.parametrize("view", frequency.VIEWS)
def test_derivatives_are_tensorflows(view):
    """Each view's values are np.diff or tf.image.sobel_edges, to the letter."""
    dy, dx = np.moveaxis(tf.image.sobel_edges(tf.constant(IMAGE)).numpy(), -1, 0)
    expected = {
        "x differences": np.diff(IMAGE, axis=2), "y differences": np.diff(IMAGE, axis=1), "Sobel x": dx, "Sobel y": dy,
        "Sobel magnitude": np.sqrt(dx**2 + dy**2),
    }[view]
    np.testing.assert_allclose(frequency.derivative(IMAGE, view), expected, atol=1e-5)


def test_directions_are_named_rightly():
    """Differences along x answer to vertical stripes and not to horizontal ones; along y the other way round."""
    for view, vertical in (("x differences", True), ("Sobel x", True), ("y differences", False), ("Sobel y", False)):
        assert np.abs(frequency.derivative(stripes(vertical), view)).max() > 0.9
        assert np.abs(frequency.derivative(stripes(not vertical), view)).max() == 0


def test_an_unknown_view_is_refused():
    """A view that doesn't exist is named, with those that do."""
    with pytest.raises(ImageError, match="Sobel magnitude"):
        frequency.derivative(IMAGE, "horizontal")


def test_pictures_of_values_are_the_tutorials():
    """2·d + 0.5, s/4 + 0.5 and m/4, cut to [0, 1]; zero is grey, or black for the magnitude."""
    values = np.float32([-1, -0.25, 0, 0.1, 0.5])
    np.testing.assert_allclose(frequency.as_picture(values, "x differences"), [0, 0, 0.5, 0.7, 1])
    np.testing.assert_allclose(frequency.as_picture(values, "Sobel y"), [0.25, 0.4375, 0.5, 0.525, 0.625])
    np.testing.assert_allclose(frequency.as_picture(values[2:], "Sobel magnitude", 2), [0, 0.05, 0.25])


def test_view_numbers_count_what_is_cut_off():
    """Mean and largest size, and the share that falls outside black and white; the gain cuts off more."""
    values = np.float32([-1, -0.25, 0, 0.1, 0.5])
    numbers = frequency.view_numbers(values, "x differences")
    assert (numbers.mean, numbers.largest, numbers.cut_off) == pytest.approx((0.37, 1, 0.4))
    assert frequency.view_numbers(values, "x differences", 2).cut_off == pytest.approx(0.6)
    assert frequency.view_numbers(values, "Sobel magnitude").cut_off == 0


def test_measures_are_numpys_and_tensorflows():
    """Sums, means and squares of np.diff; total variation also tf.image.total_variation's."""
    numbers = frequency.measure(IMAGE)
    dx, dy = np.diff(IMAGE.astype("float64"), axis=2), np.diff(IMAGE.astype("float64"), axis=1)
    total = np.abs(dx).sum() + np.abs(dy).sum()
    assert numbers.total_variation == pytest.approx(total, rel=1e-5)
    assert numbers.by_tensorflow == pytest.approx(total, rel=1e-5)
    assert numbers.a_pixel == pytest.approx(total / 600, rel=1e-5)
    assert numbers.squares == pytest.approx((dx**2).sum() + (dy**2).sum(), rel=1e-5)
    assert (numbers.mean_abs_x, numbers.mean_abs_y) == pytest.approx((np.abs(dx).mean(), np.abs(dy).mean()), rel=1e-5)
    assert (numbers.mean_square_x, numbers.mean_square_y) == pytest.approx(((dx**2).mean(), (dy**2).mean()), rel=1e-5)


def test_one_strong_edge_against_many_small_ones():
    """The same total variation, 3 channels × 10 rows; the squares of 20 steps of 1/20 are 20 times smaller."""
    strong, small = (frequency.measure(f(10, 21)) for f in (frequency.strong_edge, frequency.small_edges))
    assert strong.total_variation == pytest.approx(30) and small.total_variation == pytest.approx(30)
    assert (strong.squares, small.squares) == pytest.approx((30, 1.5), rel=1e-4)
    assert (strong.edge_height, small.edge_height) == pytest.approx((1, 0.05), rel=1e-4)


def test_a_flat_picture_has_no_high_frequencies():
    """All numbers are zero and finite, the height of its edges too."""
    numbers = frequency.measure(np.full((1, 8, 8, 3), 0.3, "float32"))
    assert numbers.total_variation == numbers.squares == numbers.edge_height == 0


def test_noise_is_seeded_and_as_strong_as_told():
    """The same seed gives the same noise; its standard deviation is the amount; nothing leaves [0, 1]."""
    grey = np.full((1, 100, 100, 3), 0.5, "float32")
    noisy = frequency.add_noise(grey, 0.05, 7)
    np.testing.assert_array_equal(noisy, frequency.add_noise(grey, 0.05, 7))
    assert not np.array_equal(noisy, frequency.add_noise(grey, 0.05, 8))
    assert (noisy - grey).std() == pytest.approx(0.05, rel=0.05)
    assert 0 <= frequency.add_noise(grey, 2).min() and frequency.add_noise(grey, 2).max() <= 1


def test_blur_is_a_gaussian():
    """A white pixel becomes the Gaussian's values; a flat picture stays as it is."""
    dot = np.zeros((1, 41, 41, 3), "float32")
    dot[0, 20, 20] = 1
    x = np.arange(-20, 21)
    bell = np.exp(-(x**2) / (2 * 1.5**2))
    bell /= bell.sum()
    np.testing.assert_allclose(frequency.blur(dot, 1.5)[0, ..., 0], np.outer(bell, bell), atol=1e-4)
    np.testing.assert_allclose(frequency.blur(np.full((1, 9, 9, 3), 0.4, "float32"), 3), 0.4, atol=1e-6)


def test_gradient_of_total_variation_is_tensorflows():
    """Sums of signs agree with automatic differentiation of tf.image.total_variation."""
    image = tf.constant(IMAGE)
    with tf.GradientTape() as tape:
        tape.watch(image)
        variation = tf.image.total_variation(image)
    np.testing.assert_allclose(frequency.variation_gradient(IMAGE), tape.gradient(variation, image), atol=1e-6)


def test_denoising_lowers_its_loss_nearly_to_the_minimum():
    """Squared distance + weight·TV falls with the steps and ends within 2 % of what the dual method reaches."""
    noisy = frequency.add_noise(frequency.strong_edge(24, 24), 0.1)
    losses = [frequency.denoise(noisy, 0.2, steps).loss for steps in (0, 5, 20, 60)]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] == pytest.approx(frequency.denoise(noisy, 0.2, 5).loss_before)
    best = _minimum(noisy.astype("float64"), 0.2)
    assert best <= losses[-1] * (1 + 1e-6) and losses[-1] <= 1.02 * best


def _minimum(noisy, weight, steps=2000):
    """The least loss a pixel by projected gradient on the dual (Chambolle 2005), another way to the same picture."""
    px, py = np.zeros_like(noisy[:, :, 1:]), np.zeros_like(noisy[:, 1:])
    for _ in range(steps + 1):
        image = noisy.copy()
        image[:, :, :-1] += weight / 2 * px
        image[:, :, 1:] -= weight / 2 * px
        image[:, :-1] += weight / 2 * py
        image[:, 1:] -= weight / 2 * py
        dx, dy = np.diff(image, axis=2), np.diff(image, axis=1)
        px, py = np.clip(px + dx / (4 * weight), -1, 1), np.clip(py + dy / (4 * weight), -1, 1)
    pixels = noisy.shape[1] * noisy.shape[2]
    return (((image - noisy) ** 2).sum() + weight * (np.abs(dx).sum() + np.abs(dy).sum())) / pixels


def test_denoising_keeps_an_edge_that_blur_loses():
    """Both lower the noise; the denoised edge stays higher than the blurred one."""
    clean = frequency.strong_edge(32, 32)
    noisy = frequency.add_noise(clean * 0.6 + 0.2, 0.1)

    def edge(image):
        return float((image[0, :, 16] - image[0, :, 15]).mean())

    def noise(image):
        return float(image[0, :, :14].std())

    denoised, blurred = frequency.denoise(noisy, 0.2, 40).image, frequency.blur(noisy, 1.5)
    assert max(noise(denoised), noise(blurred)) < 0.5 * noise(noisy)
    assert edge(denoised) > 0.8 * edge(noisy) > 0.4 > edge(blurred)


def test_nothing_to_denoise():
    """Without weight or without steps the picture stays as it is; a flat picture too, without a division by zero."""
    for weight, steps in ((0, 10), (0.5, 0)):
        np.testing.assert_array_equal(frequency.denoise(IMAGE, weight, steps).image, IMAGE)
    flat = np.full((1, 8, 8, 3), 0.5, "float32")
    assert frequency.denoise(flat, 0.5, 10).loss == 0


def test_crop_boxes_stay_inside():
    """From corner to corner of the differences, one pixel less than the picture; a picture too small gives less."""
    assert frequency.crop_box(IMAGE, 8, 0, 0) == (0, 0, 8, 8)
    assert frequency.crop_box(IMAGE, 8, 1, 1) == (11, 21, 19, 29)
    assert frequency.crop_box(IMAGE, 64, 0.5, 0.5) == (0, 5, 19, 24)


def test_crop_enlarges_pixels():
    """Each pixel of the crop is a square of equal values."""
    enlarged = frequency.crop(IMAGE, (2, 3, 10, 11), side=32)
    assert enlarged.shape == (1, 32, 32, 3)
    inside = np.s_[:, 2:6], np.s_[2:10, 5:9]  # the marks cover the ends of the middle row
    np.testing.assert_array_equal(enlarged[0, ::4, ::4][inside[0]], IMAGE[0][inside[1]])
    np.testing.assert_array_equal(enlarged[0, 1::4, 3::4][inside[0]], IMAGE[0][inside[1]])
    turned = frequency.crop(np.swapaxes(IMAGE, 1, 2), (3, 2, 11, 10), True, 32)
    np.testing.assert_array_equal(np.swapaxes(turned, 1, 2), enlarged)


def test_frame_leaves_the_inside_alone():
    """The frame lies around the box; the image given isn't changed."""
    before = IMAGE.copy()
    framed = frequency.framed(IMAGE, (5, 6, 12, 13))
    np.testing.assert_array_equal(framed[0, 5:12, 6:13], IMAGE[0, 5:12, 6:13])
    assert not np.array_equal(framed, IMAGE) and np.array_equal(before, IMAGE)


def test_profile_reads_the_middle():
    """The mean of R, G and B along the middle row, or the middle column."""
    np.testing.assert_allclose(frequency.profile(IMAGE, (2, 3, 10, 11)), IMAGE[0, 6, 3:11].mean(-1), rtol=1e-6)
    column = frequency.profile(IMAGE, (2, 3, 10, 11), down=True)
    np.testing.assert_allclose(column, IMAGE[0, 2:10, 7].mean(-1), rtol=1e-6)


def test_line_sums_by_hand():
    """0, 1, 0.5: |1| + |−0.5| and 1 + 0.25."""
    assert frequency.line_sums([0, 1, 0.5]) == (1.5, 1.25)


def test_a_recipe_is_followed_in_order_and_each_stage_once(monkeypatch):
    """Noise, blur, denoising; another weight of the last begins with what the others made."""
    room, made = recipes.Darkroom({"it": IMAGE}, 64), []

    def counted(name):
        make = getattr(frequency, name)

        def counting(*given):
            made.append(name)
            return make(*given)

        monkeypatch.setattr(recipes, name, counting)

    for name in ("add_noise", "blur", "denoise"):
        counted(name)
    first = recipes.Recipe("it", 0.1, 2, 0.7, 3, 0.2)
    expected = frequency.denoise(frequency.blur(frequency.add_noise(IMAGE, 0.1, 2), 0.7), 0.2, 3)
    np.testing.assert_array_equal(room.image(first), expected.image)
    assert room.denoised(first).loss == expected.loss
    room.image(first._replace(weight=0.4))
    assert made == ["add_noise", "blur", "denoise", "denoise"]


def test_recipes_know_given_drawn_and_gallery_pictures():
    room = recipes.Darkroom({"it": IMAGE}, 64)
    assert room.image(recipes.Recipe("it")) is IMAGE
    np.testing.assert_array_equal(room.image(recipes.Recipe(recipes.EDGE)), frequency.strong_edge(20, 30))
    np.testing.assert_array_equal(room.image(recipes.Recipe(recipes.EDGES)), frequency.small_edges(20, 30))
    assert room.image(recipes.Recipe("chelsea")).shape == (1, 43, 64, 3)
    assert room.measured(recipes.Recipe("it")) == frequency.measure(IMAGE)
    expected = frequency.derivative(IMAGE, "Sobel x")
    np.testing.assert_array_equal(room.derivative(recipes.Recipe("it"), "Sobel x"), expected)
