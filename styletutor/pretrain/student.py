"""The student: VGG19's sixteen convolutions at a quarter of the width, each with BatchNorm while it learns.

Batch normalisation (Ioffe and Szegedy 2015) makes sixteen layers train from random weights in minutes; afterwards
`fold` puts it into kernels and biases, and what remains is a plain VGG19. `continued` makes a student without it,
which goes on from such weights.
"""

import numpy as np

from ..backend import keras
from ..layer_names import CONVOLUTIONS
from ..vgg19 import Preprocess
from ..weights import QUARTER_WIDTHS
from .calibrate import activations, rescale

ops = keras.ops
EPSILON = 1e-3
CHANGE = 0.5  # what the lesson of a change weighs beside that of its pictures
CHANGING = ("block3", "block4", "block5")  # where it is taught: these hold the content


def build(lessons, channels, widths=QUARTER_WIDTHS, seed=0, normalised=True):
    """A model: image (n, h, w, 3) in [0, 1] -> {lesson: what the student expects the teacher to see}.

    lessons: names as in teacher.LESSONS; channels: {lesson: channels of the teacher's feature}; normalised: with
    BatchNorm. Average pooling, zero "same" padding. A head is a 1 × 1 convolution and ReLU; "…/detail" is compared
    with what one more pooling makes of the teacher's feature.
    """
    image = keras.Input((None, None, 3), name="image", dtype="float32")
    x, features = Preprocess(dtype="float32")(image), {}
    for index, name in enumerate(CONVOLUTIONS):
        block, first = int(name[5]), name.endswith("conv1")
        if first and block > 1:
            x = keras.layers.AveragePooling2D(2)(x)
        start = keras.initializers.HeNormal(seed=seed + index)
        convolution = keras.layers.Conv2D(
            widths[block - 1], 3, padding="same", use_bias=not normalised, kernel_initializer=start, name=name
        )
        x = convolution(x)
        if normalised:
            x = keras.layers.BatchNormalization(momentum=0.98, epsilon=EPSILON, name=f"{name}_norm")(x)
        x = features[name] = keras.layers.ReLU()(x)
    outputs = {}
    for index, lesson in enumerate(lessons):
        start = keras.initializers.HeNormal(seed=seed + 100 + index)
        head = keras.layers.Conv2D(
            channels[lesson], 1, activation="relu", kernel_initializer=start, name=_head(lesson), dtype="float32"
        )
        outputs[lesson] = head(features[lesson.split("/")[0]])
    return keras.Model(image, outputs, name="student")


def continued(arrays, lessons, teacher, pictures):
    """A student without BatchNorm that carries the arrays, its heads fitted to the teacher by ridge regression.

    pictures: images (n, h, w, 3) to fit the heads on. Each layer is scaled to answer 1 on average, so that one
    learning rate suits them all; that changes no deeper layer.
    """
    seen = activations(arrays, pictures)
    means = {name: np.mean([np.mean(f) for f in features]) for name, features in seen.items()}
    arrays = rescale(arrays, {name: np.full(seen[name][0].shape[1], 1 / mean) for name, mean in means.items()})
    truth = [targets(lessons, teacher(picture, training=False)) for picture in pictures]
    channels = {lesson: truth[0][lesson].shape[-1] for lesson in lessons}
    model = build(lessons, channels, [arrays[f"block{b}_conv1/bias"].size for b in range(1, 6)], normalised=False)
    for name in CONVOLUTIONS:
        model.get_layer(name).set_weights([arrays[f"{name}/kernel"], arrays[f"{name}/bias"]])
    for lesson in lessons:
        name = lesson.split("/")[0]
        found = np.concatenate([f / means[name] for f in seen[name]])
        wanted = np.concatenate([ops.convert_to_numpy(t[lesson]).reshape(-1, channels[lesson]) for t in truth])
        kernel, bias = _ridge(found, wanted)
        model.get_layer(_head(lesson)).set_weights([kernel[None, None], bias])
    return model


def _ridge(x, y, strength=1e-3):
    """Kernel (c, c') and bias (c',) that predict y (n, c') from x (n, c)."""
    x = np.concatenate([x, np.ones((len(x), 1), x.dtype)], 1).astype("float64")
    gram = x.T @ x / len(x)
    both = np.linalg.solve(gram + strength * np.eye(len(gram)) * np.trace(gram) / len(gram), x.T @ y / len(x))
    return both[:-1].astype("float32"), both[-1].astype("float32")


def fold(model):
    """Put each BatchNorm into its convolution: {"block1_conv1/kernel": (3, 3, in, out), …/bias: (out,)}, float32.

    A student without BatchNorm gives its weights as they are.
    y = γ (W∗x - μ) / √(σ² + ε) + β is the convolution with the kernel W γ / √(σ² + ε) and the bias β - μ γ / √(σ² + ε).
    """
    arrays = {}
    for name in CONVOLUTIONS:
        kernel, *bias = model.get_layer(name).get_weights()
        if bias:
            arrays[f"{name}/kernel"], arrays[f"{name}/bias"] = kernel, bias[0]
            continue
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
    With a y, the second half of the batch is what the first half was made from, and the change from one to the other
    is a lesson too, from block3 on: a transfer goes by how features answer to changes (Czarnecki et al. 2017,
    "Sobolev training for neural networks").
    """

    def __init__(self, teacher, student, lessons):
        super().__init__()
        self.teacher, self.student, self.lessons = teacher, student, lessons

    def call(self, image, training=False):
        return self.student(image, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        total = 0.0
        for lesson, target in targets(self.lessons, self.teacher(x, training=False)).items():
            target, predicted = ops.stop_gradient(target), y_pred[lesson]
            error = relative_error(predicted, target)
            if y is not None and lesson.startswith(CHANGING):
                error = error + CHANGE * relative_error(_change(predicted), _change(target))
            total = total + self.lessons[lesson][1] * error
        return total


def targets(lessons, truth):
    """{lesson: what its head has to predict}, float32, of the teacher's features {name: (n, h, w, c)}."""
    truth = {name: ops.cast(features, "float32") for name, features in truth.items()}
    return {
        lesson: ops.average_pool(truth[source], 2, 2) if lesson.endswith("/detail") else truth[source]
        for lesson, (source, _) in lessons.items()
    }


def _change(features):
    made, content = ops.split(features, 2)
    return made - content


def relative_error(predicted, target):
    """Mean over pictures of ‖p - t‖² / ½(‖t‖² + the batch's mean ‖t‖²), a scalar; both (n, h, w, c)."""
    power = ops.mean(ops.square(target), axis=(1, 2, 3))
    error = ops.mean(ops.square(predicted - target), axis=(1, 2, 3))
    return ops.mean(error / (0.5 * (power + ops.mean(power)) + 1e-9))
