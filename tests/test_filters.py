"""Differences, Sobel edges and total variation against NumPy, TensorFlow's own operations and values known by hand."""

import numpy as np
import pytest
import tensorflow as tf

import styletutor as st
from styletutor.errors import ImageError

SHAPES = [(1, 7, 5, 3), (1, 2, 2, 3), (2, 16, 33, 1), (1, 40, 24, 4)]


def random_images(shape, seed=0):
    """Uniform values in [0, 1] of that shape."""
    return np.random.default_rng(seed).uniform(0, 1, shape).astype("float32")


def checkerboard(height, width):
    """A one-channel picture whose neighbours always differ by exactly 1."""
    return (np.indices((height, width)).sum(0) % 2).astype("float32")[None, ..., None]


@pytest.mark.parametrize("shape", SHAPES)
def test_high_pass_is_numpy_diff(shape):
    """The differences along x and y are NumPy's diff along the third and second axis, to the last bit."""
    image = random_images(shape)
    dx, dy = st.high_pass_x_y(image)
    np.testing.assert_array_equal(dx, np.diff(image, axis=2))
    np.testing.assert_array_equal(dy, np.diff(image, axis=1))


def test_high_pass_by_hand():
    """A picture of known numbers gives the differences worked out on paper, x first."""
    image = np.array([[0.0, 0.25, 1.0], [0.5, 0.5, 0.0]], "float32")[None, ..., None]
    dx, dy = st.high_pass_x_y(image)
    np.testing.assert_array_equal(dx[0, ..., 0], [[0.25, 0.75], [0.0, -0.5]])
    np.testing.assert_array_equal(dy[0, ..., 0], [[0.5, 0.25, -1.0]])


def test_high_pass_undone_by_a_sum():
    """Summing the differences from the first column on gives the picture back: nothing else is lost."""
    image = random_images((1, 6, 9, 3))
    dx, _ = st.high_pass_x_y(tf.constant(image))
    back = np.concatenate([image[:, :, :1], image[:, :, :1] + np.cumsum(dx, axis=2)], axis=2)
    np.testing.assert_allclose(back, image, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_sobel_is_tensorflows(shape):
    """Sobel edges agree with tf.image.sobel_edges to 1e-5, border included."""
    image = random_images(shape)
    np.testing.assert_allclose(st.sobel_edges(image), tf.image.sobel_edges(tf.constant(image)), atol=1e-5)


def test_sobel_of_a_step_is_four():
    """A step from 0 to 1 along x gives 4 in dx where the columns meet and 0 everywhere in dy."""
    image = np.zeros((1, 5, 6, 1), "float32")
    image[:, :, 3:] = 1
    edges = st.sobel_edges(image).numpy()[0, :, :, 0]
    np.testing.assert_array_equal(edges[..., 0], 0)
    np.testing.assert_array_equal(edges[..., 1], [[0, 0, 4, 4, 0, 0]] * 5)


def test_sobel_turns_with_the_picture():
    """Transposing the picture swaps dy and dx."""
    image = random_images((1, 8, 11, 3))
    edges = st.sobel_edges(image).numpy()
    turned = st.sobel_edges(image.transpose(0, 2, 1, 3)).numpy()
    np.testing.assert_allclose(turned[..., ::-1].transpose(0, 2, 1, 3, 4), edges, atol=1e-6)


def test_sobel_refuses_a_line_of_pixels():
    """A side of one pixel can't be mirrored: an error as the docstring says, caused by TensorFlow's."""
    with pytest.raises(ImageError) as error:
        st.sobel_edges(np.zeros((1, 1, 5, 3), "float32"))
    assert isinstance(error.value.__cause__, tf.errors.InvalidArgumentError)


@pytest.mark.parametrize("shape", [s for s in SHAPES if s[0] == 1])
def test_total_variation_is_tensorflows(shape):
    """Total variation agrees with tf.image.total_variation to 1e-5 relative."""
    image = random_images(shape)
    np.testing.assert_allclose(
        st.total_variation_loss(image), tf.image.total_variation(tf.constant(image))[0], rtol=1e-5
    )


def test_total_variation_of_a_batch_is_the_sum():
    """Of several pictures it is the sum over them, as the scalar in the docstring promises."""
    images = random_images((3, 9, 8, 3))
    np.testing.assert_allclose(
        st.total_variation_loss(images), np.sum(tf.image.total_variation(tf.constant(images))), rtol=1e-5
    )


@pytest.mark.parametrize(("height", "width"), [(2, 2), (5, 9), (8, 8)])
def test_total_variation_of_a_checkerboard(height, width):
    """Every pair of neighbours of a checkerboard differs by 1, so total variation counts the pairs."""
    pairs = height * (width - 1) + (height - 1) * width
    assert float(st.total_variation_loss(checkerboard(height, width))) == pairs


def test_total_variation_is_absolute_not_squared():
    """Halving the contrast halves it, where the squares of the tutorial's text would give a quarter."""
    image = random_images((1, 12, 12, 3))
    np.testing.assert_allclose(st.total_variation_loss(image / 2), float(st.total_variation_loss(image)) / 2, rtol=1e-5)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_gradient_is_finite_on_a_flat_picture(value):
    """On a flat picture, where |x| has no derivative, the gradient is finite and total variation 0."""
    image = tf.fill((1, 6, 7, 3), value)
    with tf.GradientTape() as tape:
        tape.watch(image)
        loss = st.total_variation_loss(image)
    assert float(loss) == 0
    assert np.isfinite(tape.gradient(loss, image)).all()


def test_gradient_of_total_variation_by_hand():
    """A single bright pixel inside: four differences rise with it, each neighbour has one that falls."""
    image = np.zeros((1, 5, 5, 1), "float32")
    image[0, 2, 2, 0] = 1
    picture = tf.constant(image)
    with tf.GradientTape() as tape:
        tape.watch(picture)
        loss = st.total_variation_loss(picture)
    gradient = tape.gradient(loss, picture).numpy()[0, ..., 0]
    assert gradient[2, 2] == 4
    assert [gradient[1, 2], gradient[3, 2], gradient[2, 1], gradient[2, 3]] == [-1] * 4


def test_gradient_of_total_variation_is_tensorflows():
    image = tf.constant(random_images((2, 5, 8, 3)))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(image)
        ours = 0.3 * st.total_variation_loss(image)
        theirs = 0.3 * tf.reduce_sum(tf.image.total_variation(image))
    np.testing.assert_allclose(tape.gradient(ours, image), tape.gradient(theirs, image), rtol=1e-6)
