"""High frequencies: neighbouring differences, Sobel edges, total variation."""

import numpy as np

from .backend import tf
from .errors import ImageError, refuses


@refuses(ImageError)
def high_pass_x_y(image):
    """Differences of neighbours along x and along y: (n, H, W, c) -> (n, H, W-1, c), (n, H-1, W, c)."""
    return image[:, :, 1:, :] - image[:, :, :-1, :], image[:, 1:, :, :] - image[:, :-1, :, :]


@refuses(ImageError)
def sobel_edges(image):
    """Sobel gradients of an image: (n, H, W, c) -> (n, H, W, c, 2), the last axis being (dy, dx).

    Each is the 3×3 kernel (1, 2, 1) ⊗ (-1, 0, 1), on the picture mirrored at its border; a step from 0 to 1
    gives 4. Raises ImageError for a side under 2 pixels.
    """
    padded = tf.pad(tf.convert_to_tensor(image), [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT")
    smooth_x = padded[:, :, :-2] + 2 * padded[:, :, 1:-1] + padded[:, :, 2:]
    smooth_y = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    dy = smooth_x[:, 2:] - smooth_x[:, :-2]
    dx = smooth_y[:, :, 2:] - smooth_y[:, :, :-2]
    return tf.stack([dy, dx], axis=-1)


@refuses(ImageError)
def total_variation_loss(image):
    """Anisotropic total variation: Σ|Δx| + Σ|Δy| over pixels and channels, a scalar.

    A sum, so it grows with the picture's area. Absolute values, as in TensorFlow's tutorial (whose text
    says squares); Mahendran and Vedaldi 2015, "Understanding Deep Image Representations by Inverting
    Them", eq. 8, with β = 1 but an axis at a time, which keeps the gradient finite on flat pictures.
    """
    image = tf.convert_to_tensor(image)
    dx, dy = high_pass_x_y(tf.stop_gradient(image))
    x, y = tf.sign(dx), tf.sign(dy)
    across, down = [[0, 0], [0, 0], [1, 0], [0, 0]], [[0, 0], [1, 0], [0, 0], [0, 0]]
    slope = tf.pad(x, across) - tf.pad(x, _behind(across)) + tf.pad(y, down) - tf.pad(y, _behind(down))
    # TensorFlow's gradient of a slice takes five times as long.
    return tf.reduce_sum(tf.abs(dx)) + tf.reduce_sum(tf.abs(dy)) + without_value(tf.reduce_sum(slope * image))


@refuses(ImageError)
def without_value(values):
    """Zeros with the gradient of a tensor, of its shape: added to something else they bring it that gradient.

    tf.custom_gradient would do so too, but TensorFlow keeps what each of them saw, the whole graph, for ever.
    """
    return values - tf.stop_gradient(values)


def _behind(paddings):
    return [[after, before] for before, after in paddings]


@refuses(ImageError)
def variation_a_pixel(image):
    """`total_variation_loss` of a NumPy image (1, H, W, c), divided by its H·W pixels: a float, summed in float64."""
    variation = sum(float(np.abs(d).sum(dtype="float64")) for d in high_pass_x_y(image))
    return variation / (image.shape[1] * image.shape[2])
