"""Where weights come from: the package, Keras' ImageNet files, a seed, or a file. Gives arrays, knows no network.

Arrays are named after VGG19's layers, `block1_conv1/kernel` (3, 3, in, out) and `block1_conv1/bias` (out,).
Whatever the source, the network that carries them takes Keras' preprocessed input: BGR in [0, 255] minus
the ImageNet mean.
"""

import io
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import download, packaged
from .errors import WeightsError, refuses, shortened
from .layer_names import CONVOLUTIONS
from .messages import t
from .weight_files import DENSE, check, read_h5, read_npz

log = logging.getLogger(__name__)

EMBEDDED = "vgg19_quarter"  # .npz and .json in the package's data
FULL_WIDTHS = (64, 128, 256, 512, 512)
QUARTER_WIDTHS = (16, 32, 64, 128, 128)

_KERAS = "https://storage.googleapis.com/tensorflow/keras-applications/vgg19/"
IMAGENET = download.Resource(
    "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5", _KERAS, 80_134_624, "md5:253f8cb515780f3b799900260a226db6"
)
CLASSIFIER = download.Resource(
    "vgg19_weights_tf_dim_ordering_tf_kernels.h5", _KERAS, 574_710_816, "md5:cbe5617147190e668d6c5d5026f83318"
)
CLASS_NAMES = download.Resource(
    "imagenet_class_index.json",
    "https://storage.googleapis.com/download.tensorflow.org/data/",
    None,
    "md5:c2c37ea517e94d9795004a39431a14cb",
)


@dataclass(frozen=True)
class Weights:
    """Arrays by name, the pooling they were trained with, and a sentence that says where they come from."""

    arrays: dict[str, np.ndarray]
    pooling: str
    source: str

    @property
    def widths(self):
        """Channels of the five blocks, e.g. (64, 128, 256, 512, 512)."""
        return tuple(self.arrays[f"block{b}_conv1/kernel"].shape[-1] for b in range(1, 6))


@refuses(WeightsError)
def imagenet_path(include_top=False):
    """The verified ImageNet file on this machine (ours or Keras' own cache), or None."""
    return download.find(CLASSIFIER if include_top else IMAGENET)


@refuses(WeightsError)
def resolve(name, include_top=False):
    """What "auto" means on this machine now, "imagenet" or "embedded"; every other name as it is."""
    if isinstance(name, str) and name == "auto":
        if imagenet_path(include_top):
            return "imagenet"
        damage = download.damage(CLASSIFIER if include_top else IMAGENET)
        if damage:  # or the change of network would go unnoticed
            log.warning(t(
                "{damage}: using the embedded network; `styletutor download imagenet` replaces the file", damage=damage
            ))
        return "embedded"
    return name


@refuses(WeightsError)
def load(name="auto", include_top=False):
    """Load weights by name: "auto", "embedded", "imagenet", "random", or the path of an .h5 or .npz file.

    Opens no connection. Raises WeightsError when the weights are missing, damaged or of another shape.
    """
    name = resolve(name, include_top)
    name = name if isinstance(name, str) else f"{name}"
    if name == "embedded" and not include_top:
        return _embedded()
    if name == "random" and not include_top:
        return seeded()
    if name == "imagenet" or name == "embedded" or name == "random":
        return _imagenet(include_top)
    return from_file(name, include_top)


@refuses(WeightsError)
def seeded(widths=FULL_WIDTHS, seed=0):
    """He-normal weights for the given block widths (He et al. 2015, eq. 10), the same for the same seed."""
    rng = np.random.default_rng(seed)
    arrays, channels = {}, 3
    for layer in CONVOLUTIONS:
        width = widths[int(layer[5]) - 1]
        kernel = rng.normal(0, (2 / (9 * channels)) ** 0.5, (3, 3, channels, width))
        arrays[f"{layer}/kernel"] = kernel.astype("float32")
        arrays[f"{layer}/bias"] = np.zeros(width, "float32")
        channels = width
    return Weights(arrays, "avg", t("VGG19 with random weights (seed {seed}, never trained)", seed=seed))


@refuses(WeightsError)
def from_file(path, include_top=False):
    """Read an .npz, or an .h5 in the layout of Keras' VGG19 files; only arrays, never objects or links."""
    try:
        path, present = Path(path), Path(path).is_file()
    except (OSError, TypeError, ValueError):  # no path, or none that there could be
        present = False
    if not present:
        raise WeightsError(t(
            "No weights called {path!r}: expected auto, embedded, imagenet, random or the path of a file.",
            path=shortened(path),
        ))
    names = CONVOLUTIONS + (DENSE if include_top else ())
    try:
        with path.open("rb") as file:  # NumPy leaves a damaged one open
            arrays = read_npz(file, names) if path.suffix == ".npz" else read_h5(path, names)
    except Exception as error:  # damaged archives raise nearly anything
        raise WeightsError(
            t("{name} holds no VGG19 weights (an .npz or Keras' .h5 is expected): {error}", name=path.name, error=error)
        ) from error
    check(arrays, path.name)
    return Weights(arrays, "max", t("VGG19 with weights from {name}", name=path.name))


def embedded_report():
    """What `styletutor.pretrain` recorded beside the embedded weights: hash, self-test values, figures."""
    return packaged.report(EMBEDDED)


def _embedded():
    content = packaged.read(EMBEDDED, t("The embedded network"))
    arrays = read_npz(io.BytesIO(content), CONVOLUTIONS)
    return Weights(arrays, "avg", t("the embedded quarter-width VGG19, trained by this project"))


def _imagenet(include_top):
    path = imagenet_path(include_top)
    if path is None:
        what = "classifier" if include_top else "imagenet"
        damage = download.damage(CLASSIFIER if include_top else IMAGENET)
        if damage:
            raise WeightsError(t(
                "{damage}: run `styletutor download {what}`, which replaces it.", damage=damage, what=what,
            ))
        raise WeightsError(t(
            "The ImageNet weights ({what}) are not on this machine: run `styletutor download {what}` once, online.",
            what=what,
        ))
    loaded = from_file(path, include_top)
    return Weights(loaded.arrays, "max", t("Keras' VGG19 trained on ImageNet (Simonyan and Zisserman 2015)"))
