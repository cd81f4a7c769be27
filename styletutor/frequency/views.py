"""Differences and edges as pictures, and an image's high frequencies in numbers."""

from dataclasses import dataclass

import numpy as np

from ..backend import tf
from ..errors import ImageError, refuses
from ..filters import high_pass_x_y, sobel_edges, total_variation_loss
from ..messages import t

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
