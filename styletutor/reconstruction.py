"""What content is: a picture rebuilt from nothing but one layer's features.

Sources: Mahendran and Vedaldi 2015, "Understanding Deep Image Representations by Inverting Them"; Gatys,
Ecker and Bethge 2016, "Image Style Transfer Using Convolutional Neural Networks", section 2.1 and figure 1.
"""

from dataclasses import dataclass

import numpy as np

from .errors import ImageError, LayerError, SettingsError, refuses
from .filters import variation_a_pixel
from .images import load_image, resize
from .inspection import feature_maps
from .layer_names import STYLE_LAYERS
from .settings import Settings
from .style import squared_error
from .transfer import stylize
from .vgg19 import check_layers, layer_tuple, load_vgg19


@refuses(ImageError)
def start_image(height, width, noise=1.0, seed=0):
    """The picture a rebuilding begins with: (1, height, width, 3), grey 0.5 plus uniform noise of ±noise/2.

    noise: 0 is flat grey, 1 fills [0, 1] with values that are all equally likely.
    """
    values = np.random.default_rng(seed).uniform(-0.5, 0.5, (1, height, width, 3))
    return np.clip(0.5 + noise * values, 0, 1).astype("float32")


@refuses(SettingsError)
def rebuild(
    image, layer, network=None, steps=60, tv_weight=0.1, optimizer="lbfgs", max_dim=160, noise=1.0, seed=0, **changes
):
    """Start rebuilding an image from its features at one layer; returns a `Run` to iterate, `run.image` is the best.

    Minimises ‖F(x) − F(image)‖² / ‖F(image)‖² + tv_weight · (total variation a pixel), from `start_image`
    (Mahendran and Vedaldi 2015, eq. 1 with their loss eq. 4; Gatys et al. 2016, eq. 1).
    image: (1, H, W, 3), or whatever `load_image` takes. changes: other `Settings`, such as learning_rate.
    Raises as `stylize` does: ImageError, SettingsError, WeightsError; RunError at a step whose loss isn't finite.
    """
    settings = Settings(
        content_layers=(layer,), style_layers=(), style_weight=0.0, tv_weight=tv_weight, steps=steps,
        optimizer=optimizer, max_dim=max_dim, seed=seed, init="style", **changes,
    )  # fmt: skip
    image = load_image(image, settings.max_dim)
    start = start_image(*image.shape[1:3], noise, settings.seed)
    return stylize(image, start, settings, network)  # without style layers, the style picture is just the start


@dataclass(frozen=True)
class Rebuilt:
    """A layer's name, the image (1, h, w, 3) rebuilt from it, and its content loss relative to the features."""

    layer: str
    image: np.ndarray
    loss: float


@refuses(SettingsError)
def rebuild_all(image, layers=STYLE_LAYERS, network=None, max_dim=128, **options):
    """Rebuild an image from each of the layers in turn, shallow to deep by default: an iterator of `Rebuilt`s.

    options: what `rebuild` takes. Raises as `rebuild` does.
    """
    image, network = load_image(image, max_dim), network or load_vgg19()
    layers = layer_tuple(layers)
    check_layers(network, layers)
    return _rebuilt(image, layers, network, max_dim, options)


def _rebuilt(image, layers, network, max_dim, options):
    for layer in layers:
        run = rebuild(image, layer, network, max_dim=max_dim, **options)
        for _ in run:
            pass
        yield Rebuilt(layer, run.image, LayerTarget(image, layer, network).compare(run.image).loss)


@dataclass(frozen=True)
class Comparison:
    """How far an image is from the target: content loss relative to the features, pixels (root mean square, in
    levels of 255), total variation a pixel; features: its own at the layer, (1, h, w, c)."""

    loss: float
    pixels: float
    variation: float
    features: np.ndarray


class LayerTarget:
    """An image and its features at one layer, computed once, with which other images are compared.

    network: from `load_vgg19`; None loads "auto". Raises LayerError for an unknown layer, ImageError for an
    image under 32 pixels.
    """

    @refuses(LayerError)
    def __init__(self, image, layer, network=None):
        self.network = network or load_vgg19()
        self.image, self.layer = image, layer
        self.features = feature_maps(self.network, layer, image)

    @refuses(LayerError)
    def compare(self, image):
        """Compare an image (1, H, W, 3) of the same size: a Comparison."""
        features = feature_maps(self.network, self.layer, image)
        pixels = 255 * float(np.sqrt(np.square(image - self.image).mean(dtype="float64")))
        return Comparison(
            float(squared_error(features, self.features, relative=True)),
            pixels,
            variation_a_pixel(image),
            features,
        )


@refuses(ImageError)
def channel_mean(features):
    """Features (1, h, w, c) -> their mean over the channels (h, w): where the layer finds much, and where nothing."""
    return features[0].mean(-1)


@refuses(ImageError)
def difference(image, rebuilt):
    """What was lost, as an image: clip(0.5 + rebuilt − image). Grey is what came back as it was."""
    return np.clip(0.5 + rebuilt - image, 0, 1)


@refuses(ImageError)
def strip(pictures, height=80):
    """Images next to each other as one image, each `height` pixels high, with grey gaps."""
    gap = np.full((1, height, 4, 3), 0.5, "float32")
    parts = []
    for image in pictures:
        width = max(1, round(height * image.shape[2] / image.shape[1]))
        parts += [resize(image, size=(height, width)), gap]
    return np.concatenate(parts[:-1], axis=2)
