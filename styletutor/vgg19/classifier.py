"""What VGG19 was trained for: the ImageNet classes of a picture, where its classification head is on this machine."""

import json

import numpy as np

from .. import download, weights
from ..backend import keras
from ..errors import ImageError, WeightsError, refuses
from ..images import as_image
from ..messages import t
from .architecture import preprocess
from .loading import load_vgg19

ops = keras.ops


@refuses(ImageError)
def predict_top5(image):
    """The five likeliest ImageNet classes of an image, [(name, probability)], from VGG19's classification head.

    Raises WeightsError where the classification weights are not on this machine.
    """
    names_file = download.find(weights.CLASS_NAMES)
    if names_file is None and weights.imagenet_path(include_top=True):
        raise WeightsError(t("ImageNet's class names are not on this machine: run `styletutor download classifier`."))
    network = load_vgg19("imagenet", include_top=True)
    names = json.loads(names_file.read_text())
    square = ops.image.resize(as_image(image), (224, 224))
    probabilities = ops.convert_to_numpy(network(preprocess(square)))[0]
    best = np.argsort(probabilities)[::-1][:5]
    return [(names[str(i)][1], float(probabilities[i])) for i in best]
