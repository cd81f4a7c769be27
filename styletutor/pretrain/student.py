"""The student: VGG19's sixteen convolutions at a quarter of the width, each with BatchNorm while it learns.

Batch normalisation (Ioffe and Szegedy 2015) makes sixteen layers train from random weights in minutes; afterwards
`fold` puts it into kernels and biases, and what remains is a plain VGG19.
"""

import numpy as np

from ..backend import keras
from ..vgg19 import Preprocess
from ..weights import CONVOLUTIONS, QUARTER_WIDTHS

ops = keras.ops
EPSILON = 1e-3


def build(lessons, channels, widths=QUARTER_WIDTHS, seed=0):
    """A model: image (n, h, w, 3) in [0, 1] -> {lesson: what the student expects the teacher to see}.

    lessons: names as in teacher.LESSONS; channels: {lesson: channels of the teacher's feature}. Average pooling,
    zero "same" padding. A head is a 1 × 1 convolution and ReLU; "…/detail" is compared with what one more
    pooling makes of the teacher's feature.
    """
    image = keras.Input((None, None, 3), name="image", dtype="float32")
    x, features = Preprocess(dtype="float32")(image), {}
    for index, name in enumerate(CONVOLUTIONS):
        block, first = int(name[5]), name.endswith("conv1")
        if first and block > 1:
            x = keras.layers.AveragePooling2D(2)(x)
        start = keras.initializers.HeNormal(seed=seed + index)
        convolution = keras.layers.Conv2D(
            widths[block - 1], 3, padding="same", use_bias=False, kernel_initializer=start, name=name
        )
        x = convolution(x)
        x = keras.layers.BatchNormalization(momentum=0.98, epsilon=EPSILON, name=f"{name}_norm")(x)
        x = features[name] = keras.layers.ReLU()(x)
    outputs = {}
    for index, lesson in enumerate(lessons):
        start = keras.initializers.HeNormal(seed=seed + 100 + index)
        head = keras.layers.Conv2D(channels[lesson], 1, activation="relu", kernel_initializer=start, name=_head(lesson))
        outputs[lesson] = head(features[lesson.split("/")[0]])
    return keras.Model(image, outputs, name="student")


def fold(model):
    """Put each BatchNorm into its convolution: {"block1_conv1/kernel": (3, 3, in, out), …/bias: (out,)}, float32.

    y = γ (W∗x - μ) / √(σ² + ε) + β is the convolution with the kernel W γ / √(σ² + ε) and the bias β - μ γ / √(σ² + ε).
    """
    arrays = {}
    for name in CONVOLUTIONS:
        (kernel,) = model.get_layer(name).get_weights()
        gamma, beta, mean, variance = model.get_layer(f"{name}_norm").get_weights()
        scale = gamma / np.sqrt(variance + EPSILON)
        arrays[f"{name}/kernel"] = kernel * scale
        arrays[f"{name}/bias"] = beta - mean * scale
    return arrays


def heads(model, lessons):
    """{layer: [1 × 1 kernels (c, c')]}: what each layer's heads make of its channels."""
    found = {}
    for lesson in lessons:
        kernel = model.get_layer(_head(lesson)).get_weights()[0]
        found.setdefault(lesson.split("/")[0], []).append(kernel[0, 0])
    return found


def _head(lesson):
    return lesson.replace("/", "_") + "_head"


@keras.saving.register_keras_serializable("styletutor")
class Distiller(keras.Model):
    """Trains the student to predict the teacher's features (Hinton et al. 2015; Romero et al. 2015, "FitNets").

    The loss is the weighted sum over the lessons of the relative squared error ‖s - t‖² / ‖t‖², taken for each
    picture, half of the denominator being the batch's, so that plain pictures count but don't rule.
    """

    def __init__(self, teacher, student, lessons):
        super().__init__()
        self.teacher, self.student, self.lessons = teacher, student, lessons
        self.errors = {lesson: keras.metrics.Mean(name=lesson) for lesson in lessons}

    def call(self, image, training=False):
        return self.student(image, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        truth, total = self.teacher(x, training=False), 0.0
        for lesson, (source, weight) in self.lessons.items():
            target = ops.stop_gradient(truth[source])
            if lesson.endswith("/detail"):
                target = ops.average_pool(target, 2, 2)
            error = relative_error(y_pred[lesson], target)
            self.errors[lesson].update_state(error)
            total = total + weight * error
        return total

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        return self.get_metrics_result()


def relative_error(predicted, target):
    """Mean over pictures of ‖p - t‖² / ½(‖t‖² + the batch's mean ‖t‖²), a scalar; both (n, h, w, c)."""
    power = ops.mean(ops.square(target), axis=(1, 2, 3))
    error = ops.mean(ops.square(predicted - target), axis=(1, 2, 3))
    return ops.mean(error / (0.5 * (power + ops.mean(power)) + 1e-9))
