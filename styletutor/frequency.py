"""High frequencies made visible: views of differences and edges, their numbers, and what raises or lowers them.

An image is (1, H, W, 3), RGB in [0, 1]. Differences along x compare a pixel with its right-hand neighbour and
so answer to vertical edges; differences along y compare it with the one below and answer to horizontal edges.
"""

from dataclasses import dataclass

import numpy as np

from .backend import tf
from .drawing import MARK_RGB, frame
from .errors import ImageError, refuses, shortened
from .filters import high_pass_x_y, sobel_edges, total_variation_loss
from .messages import t
from .optimizers import Adam
from .plots import enlarge

VIEWS = ("x differences", "y differences", "Sobel x", "Sobel y", "Sobel magnitude")
_SCALES = dict(zip(VIEWS, (2.0, 2.0, 0.25, 0.25, 0.25), strict=True))  # as TensorFlow's tutorial shows them


@refuses(ImageError)
def derivative(image, view):
    """The values behind a view of `VIEWS`, signed: image (1, H, W, 3) -> a NumPy array.

    x differences: (1, H, W-1, 3), y differences: (1, H-1, W, 3), Sobel: (1, H, W, 3). The magnitude is
    √(dx² + dy²). Raises ImageError for an unknown view.
    """
    if view not in VIEWS:
        raise ImageError(t("There is no view {view!r}: expected one of {views}.", view=view, views=", ".join(VIEWS)))
    if view.endswith("differences"):
        return high_pass_x_y(image)[VIEWS.index(view)]
    dy, dx = np.moveaxis(sobel_edges(image).numpy(), -1, 0)
    return {"Sobel x": dx, "Sobel y": dy}.get(view, np.hypot(dx, dy))


@refuses(ImageError)
def as_picture(values, view, gain=1.0):
    """Values of `derivative` as an image, the way TensorFlow's tutorial shows them: grey is zero.

    Differences: clip(gain·2·d + 0.5), Sobel: clip(gain·s/4 + 0.5), magnitude, which has no sign: clip(gain·m/4).
    """
    middle = 0.0 if view == "Sobel magnitude" else 0.5
    return np.clip(np.float32(gain * _SCALES[view]) * values + np.float32(middle), 0, 1)


@dataclass(frozen=True)
class ViewNumbers:
    """Values of a view in numbers: mean and largest size, and the share (0 to 1) that is too large to show."""

    mean: float
    largest: float
    cut_off: float


@refuses(ImageError)
def view_numbers(values, view, gain=1.0):
    """Values of `derivative`, or a part of them, in numbers: ViewNumbers. cut_off is what `as_picture` clips."""
    size = np.abs(values)
    limit = (1.0 if view == "Sobel magnitude" else 0.5) / (gain * _SCALES[view])
    return ViewNumbers(float(size.mean()), float(size.max()), float((size > limit).mean()))


@dataclass(frozen=True)
class HighFrequencies:
    """An image's high frequencies in numbers.

    total_variation: Σ|Δx| + Σ|Δy|, grows with the area; by_tensorflow: the same from tf.image.total_variation;
    a_pixel: the same divided by H·W; squares: Σ(Δx)² + Σ(Δy)²; the rest are means over all differences of a kind.
    """

    total_variation: float
    by_tensorflow: float
    a_pixel: float
    squares: float
    mean_abs_x: float
    mean_abs_y: float
    mean_square_x: float
    mean_square_y: float

    @property
    def edge_height(self):
        """Σ Δ² ÷ Σ|Δ|: how high the edges are that total variation consists of; 0 for a flat image."""
        return self.squares / self.total_variation if self.total_variation else 0.0


@refuses(ImageError)
def measure(image):
    """Measure an image (1, H, W, 3), at least 2 pixels wide and high: HighFrequencies.

    TensorFlow's tutorial says that total variation sums squares, and sums absolute values: both are here.
    """
    dx, dy = high_pass_x_y(np.asarray(image, "float32"))
    variation = float(total_variation_loss(image))
    square_x, square_y = (float(np.vdot(d, d)) for d in (dx, dy))
    return HighFrequencies(
        variation,
        float(tf.image.total_variation(tf.constant(image))[0]),
        variation / (image.shape[1] * image.shape[2]),
        square_x + square_y,
        float(np.abs(dx).mean()),
        float(np.abs(dy).mean()),
        square_x / dx.size,
        square_y / dy.size,
    )


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

    def variation(picture):
        return float(sum(np.abs(d).sum(dtype="float64") for d in high_pass_x_y(picture))) / pixels

    distance = float(np.square(image - noisy).sum(dtype="float64")) / pixels
    after = variation(image)
    return Denoised(image, distance, after, distance + weight * after, weight * variation(noisy))


@refuses(ImageError)
def strong_edge(height=64, width=64):
    """An image of one strong edge: black left, white right. Its total variation is 3·height, and so are its squares."""
    ramp = (np.arange(width) >= width // 2).astype("float32")
    return np.broadcast_to(ramp[:, None], (1, height, width, 3)).copy()


@refuses(ImageError)
def small_edges(height=64, width=64):
    """An image of many small edges, black to white in equal steps of a pixel.

    Its total variation is that of `strong_edge`, its sum of squares (width − 1) times smaller.
    """
    ramp = np.linspace(0, 1, width, dtype="float32")
    return np.broadcast_to(ramp[:, None], (1, height, width, 3)).copy()


@refuses(ImageError)
def crop_box(image, side, across, down):
    """(top, left, bottom, right) of a square of `side` pixels, bottom and right exclusive, inside an image.

    across, down: where it lies, from 0 (left, top) to 1 (right, bottom). The last column and row, which have
    no difference to a next one, stay out.
    """
    height, width = image.shape[1] - 1, image.shape[2] - 1
    side = max(1, min(side, height, width))
    top, left = round((height - side) * down), round((width - side) * across)
    return top, left, top + side, left + side


@refuses(ImageError)
def crop(image, box, down=False, side=192):
    """The part of an image inside (top, left, bottom, right), each pixel a square, about `side` pixels in all.

    Marks at both ends show the row that `profile` reads, or with `down` the column.
    """
    top, left, bottom, right = box
    picture = enlarge(image[:, top:bottom, left:right], side)
    lines = picture[0].swapaxes(0, 1) if down else picture[0]
    times = lines.shape[0] // ((right - left) if down else (bottom - top))
    middle = lines.shape[0] // times // 2 * times
    for end in (slice(0, 6), slice(-6, None)):
        lines[middle : middle + times, end] = np.array(MARK_RGB) / 255
    return picture


@refuses(ImageError)
def framed(image, box):
    """An image with (top, left, bottom, right) framed."""
    picture = image[0].copy()
    frame(picture, box, np.array(MARK_RGB) / 255, 1.0)
    return picture[None]


@refuses(ImageError)
def profile(image, box, down=False):
    """Brightness (mean of R, G and B) along the middle row of a box, or with `down` its middle column: a 1-D array."""
    top, left, bottom, right = box
    brightness = image[0, top:bottom, left:right].mean(-1)  # (h, w)
    return brightness[:, brightness.shape[1] // 2] if down else brightness[brightness.shape[0] // 2]


@refuses(ImageError)
def line_sums(values):
    """(Σ|Δ|, Σ Δ²) of a 1-D array: one strong edge and many small ones have the same first, another second sum."""
    differences = np.diff(np.asarray(values, "float64"))
    return float(np.abs(differences).sum()), float(np.square(differences).sum())
