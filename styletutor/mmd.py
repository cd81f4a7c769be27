"""Style as a distribution: the Gram distance is a maximum mean discrepancy, and other kernels make other textures.

Sources: Li, Wang, Liu and Hou 2017, "Demystifying Neural Style Transfer"; Gretton, Borgwardt, Rasch, Schölkopf and
Smola 2012, "A Kernel Two-Sample Test", eq. 5.
"""

import time

import numpy as np

from .backend import tf
from .errors import LayerError, SettingsError, refuses
from .images import check_size, load_image
from .messages import t
from .optimizers import LBFGS
from .style import gram_matrix, squared_error
from .texture import TEXTURE
from .transfer import Step
from .vgg19 import feature_extractor, load_vgg19


@refuses(LayerError)
def points(features):
    """Features (1, h, w, c) as a set of points, one a place: (h·w, c), float64."""
    return np.asarray(features, "float64")[0].reshape(-1, np.shape(features)[-1])


@refuses(SettingsError)
def linear(x, y):
    """x·y of each pair of points (n, c) and (m, c): (n, m)."""
    return x @ y.T


@refuses(SettingsError)
def polynomial(x, y):
    """(x·y)² of each pair of points (n, c) and (m, c): (n, m)."""
    return linear(x, y) ** 2


@refuses(SettingsError)
def gaussian(width):
    """The kernel exp(−‖x − y‖² / 2·width²): it sees every moment of a distribution."""

    def kernel(x, y):
        return np.exp(-squared_distances(x, y) / (2 * width**2))

    return kernel


@refuses(SettingsError)
def squared_distances(x, y):
    """‖x − y‖² of each pair of points (n, c) and (m, c): (n, m)."""
    squares = (x**2).sum(1)[:, None] + (y**2).sum(1) - 2 * linear(x, y)
    return np.maximum(squares, 0)  # rounding makes some a little negative


@refuses(SettingsError)
def mmd(x, y, kernel):
    """Squared maximum mean discrepancy of two sets of points (n, c) and (m, c), a float: 0 for equal distributions.

    mean k(x, x') + mean k(y, y') − 2 · mean k(x, y), each over all pairs, a point with itself included (Gretton et
    al., eq. 5, squared). With `polynomial` it is ‖G_x − G_y‖², the Gram matrices' squared distance (Li et al., eq. 8).
    """
    return float(kernel(x, x).mean() + kernel(y, y).mean() - 2 * kernel(x, y).mean())


@refuses(SettingsError)
def share(x, y, kernel):
    """The `mmd` as a share of the target's own size, mean k(y, y'): with `polynomial` the relative style loss."""
    return mmd(x, y, kernel) / max(float(kernel(y, y).mean()), 1e-30)


@refuses(LayerError)
def mean(features):
    """The mean of each channel: (1, h, w, c) -> (1, c). What the linear kernel compares."""
    return tf.reduce_mean(features, [1, 2])


@refuses(LayerError)
def mean_and_deviation(features):
    """Mean and standard deviation of each channel: (1, h, w, c) -> (1, 2, c), as batch normalisation has them.

    Li et al., eq. 14.
    """
    deviation = tf.sqrt(tf.math.reduce_variance(features, [1, 2]) + 1e-6)  # the root's slope at 0 is endless
    return tf.stack([mean(features), deviation], 1)


@refuses(LayerError)
def covariance(features):
    """Gram matrix of the features less their means: (1, h, w, c) -> (1, c, c), divided by h·w."""
    return gram_matrix(features - tf.reduce_mean(features, [1, 2], keepdims=True))


TV_WEIGHT = 2e-3  # not in the paper: takes the noise that no layer sees
STATISTICS = {
    "mean": mean,
    "mean and deviation": mean_and_deviation,
    "covariance": covariance,
    "Gram matrix": gram_matrix,
}


@refuses(SettingsError)
def rebuild_texture(style, statistic, network=None, steps=60, max_dim=128, seed=0):
    """A texture from noise that has a style picture's statistic in five layers: yields a `Step` for each evaluation.

    style: an image (1, H, W, 3), or whatever `load_image` takes. statistic: one of `STATISTICS`. Minimises the sum of
    ‖S(x) − S(style)‖² / ‖S(style)‖² over the layers of `texture.TEXTURE`, and a little total variation, by L-BFGS.
    Raises SettingsError for an unknown statistic, ImageError for a picture that can't be used.
    """
    if not isinstance(statistic, str) or statistic not in STATISTICS:
        raise SettingsError(t(
            "There is no statistic {statistic!r}; there are {statistics}.",
            statistic=statistic, statistics=", ".join(STATISTICS),
        ))
    style = load_image(style, max_dim)
    check_size(style)
    evaluate = _compiled(style, STATISTICS[statistic], network or load_vgg19())
    noise = np.random.default_rng(seed).uniform(0, 1, style.shape).astype("float32")
    return _steps(evaluate, LBFGS(noise), range(1, steps + 1))


def _compiled(style, measure, network):
    """A tf.function: image -> (loss, gradient)."""
    extractor = feature_extractor(network, TEXTURE["style_layers"])
    targets = {layer: measure(features) for layer, features in extractor(style).items()}

    @tf.function(autograph=False)
    def evaluate(image):
        with tf.GradientTape() as tape:
            tape.watch(image)
            terms = [squared_error(measure(f), targets[layer], True) for layer, f in extractor(image).items()]
            variation = tf.reduce_mean(tf.image.total_variation(image)) / tf.cast(tf.size(image) // 3, "float32")
            loss = tf.add_n(terms) / len(terms) + TV_WEIGHT * variation
        return loss, tape.gradient(loss, image)

    return evaluate


def _steps(evaluate, optimizer, numbers):
    begun = time.perf_counter()
    for number in numbers:
        loss, gradient = (value.numpy() for value in evaluate(tf.constant(optimizer.ask())))
        optimizer.tell(float(loss), gradient)
        yield Step(number, optimizer.image, {"total": optimizer.loss}, time.perf_counter() - begun, 0)
