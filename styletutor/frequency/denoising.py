"""What raises and lowers high frequencies: noise, blur, and noise taken away by lowering total variation."""

from dataclasses import dataclass

import numpy as np

from ..errors import ImageError, refuses, shortened
from ..filters import high_pass_x_y, variation_a_pixel
from ..messages import t
from ..optimizers import Adam


@refuses(ImageError)
def add_noise(image, amount, seed=0):
    """An image with Gaussian noise of standard deviation `amount` on every value, clipped to [0, 1]."""
    noise = np.random.default_rng(seed).standard_normal(image.shape, "float32")
    return np.clip(image + np.float32(amount) * noise, 0, 1)


@refuses(ImageError)
def blur(image, radius):
    """An image blurred with a Gaussian whose standard deviation is `radius` pixels, mirrored at the border."""
    from scipy.ndimage import gaussian_filter  # here: it takes a while to import

    return np.clip(gaussian_filter(image, (0, radius, radius, 0), mode="reflect"), 0, 1)


@refuses(ImageError)
def variation_gradient(image):
    """A gradient of total variation Σ|Δx| + Σ|Δy| at an image, of its shape: for each pixel a sum of four signs."""
    gradient = np.zeros_like(image)
    befores, afters = (gradient[:, :, :-1], gradient[:, :-1]), (gradient[:, :, 1:], gradient[:, 1:])
    for difference, before, after in zip(high_pass_x_y(image), befores, afters, strict=True):
        sign = np.sign(difference)
        before -= sign
        after += sign
    return gradient


@dataclass(frozen=True)
class Denoised:
    """What `denoise` gives: the image, its mean squared distance from the noisy one and its total variation a pixel.

    loss is Σ(difference)² + weight·(total variation), a pixel; loss_before is that of the noisy image.
    """

    image: np.ndarray
    distance: float
    variation: float
    loss: float
    loss_before: float


@refuses(ImageError)
def denoise(image, weight=0.2, steps=30, rate=0.03):
    """Take noise away: `steps` of Adam on ‖u − image‖² + weight·(Σ|Δx| + Σ|Δy|), from u = image: a Denoised.

    The rate falls to zero along the way, because the gradient of |d| doesn't fade near d = 0.
    Rudin, Osher and Fatemi 1992, "Nonlinear total variation based noise removal algorithms", the
    unconstrained form, with absolute values an axis at a time. Raises ImageError unless steps is a whole number
    from 0 to 10,000.
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or not 0 <= steps <= 10_000:
        raise ImageError(t(
            "steps is {steps}, expected a whole number from 0 to {most:,}.", steps=shortened(repr(steps)), most=10_000
        ))
    optimizer = Adam(image, beta_1=0.5, beta_2=0.9)
    weight = np.float32(weight)
    for step in range(steps):
        gradient = 2 * (optimizer.image - image) + weight * variation_gradient(optimizer.image)
        optimizer.tell(None, gradient, rate * (1 - step / steps))
    return _denoised(optimizer.image, image, float(weight))


def _denoised(image, noisy, weight):
    pixels = image.shape[1] * image.shape[2]
    distance = float(np.square(image - noisy).sum(dtype="float64")) / pixels
    after = variation_a_pixel(image)
    return Denoised(image, distance, after, distance + weight * after, weight * variation_a_pixel(noisy))
