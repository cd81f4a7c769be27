"""TensorFlow Lite files run by the LiteRT interpreter.

A file is data for a fixed set of operations, none of which touches files or the network; one that names any operation
beside them (TensorFlow's own through Flex, or a custom one) is refused. The interpreter trusts the sizes that a file
claims, so open only files from people whom you'd trust with a program.
"""

import threading
import warnings
from contextlib import contextmanager

import numpy as np

from .. import atomic, images
from .. import download as downloads
from ..errors import WeightsError, shortened
from ..messages import mark, t
from ..quiet import silent_stderr
from .hub import square

MOST_BYTES = 1 << 28  # of a file
MOST_OPERATIONS = 1000  # that a file may name: TensorFlow Lite has a fifth of that
CUSTOM = 32  # the schema's code for an operation that is not built in
STYLE_SHAPE, CODE_SHAPE, CONTENT_SHAPE = (1, 256, 256, 3), (1, 1, 1, 100), (1, 384, 384, 3)  # of Magenta's pair

_STORE = "https://storage.googleapis.com/download.tensorflow.org/models/tflite/task_library/style_transfer/android/"
MAGENTA_PAIR = {  # neither sizes nor hashes are published
    part: downloads.Resource(f"magenta_arbitrary-image-stylization-v1-256_int8_{part}_1.tflite", _STORE, None, "")
    for part in ("prediction", "transfer")
}


class LiteModel:
    """A TensorFlow Lite file, ready to run: model(array, …) gives its first output as an array.

    source: the path of the file, or its bytes. threads: processor threads (default: the interpreter's choice).
    Raises WeightsError.
    """

    def __init__(self, source, threads=None):
        self.source = t("the bytes given") if isinstance(source, bytes) else shortened(source)
        content = source if isinstance(source, bytes) else _read(source)
        _check_operations(content, self.source)
        self.bytes, self._lock = len(content), threading.Lock()
        with self._errors(mark("{name} holds no network that can be run: {error}")):
            self._interpreter = _interpreter(content, threads)
            self.inputs = tuple(sorted(self._interpreter.get_input_details(), key=lambda entry: entry["name"]))
            self.outputs = tuple(self._interpreter.get_output_details())

    def __call__(self, *arrays):
        """Run it on float32 arrays, in the order of `inputs` (an export's: the model's own); open sizes take any."""
        if len(arrays) != len(self.inputs):
            raise WeightsError(t(
                "{name} takes {wanted} arrays, not {given}.", name=self.source, wanted=len(self.inputs),
                given=len(arrays),
            ))
        with self._lock, self._errors(mark("{name} can't be run: {error}")):
            for array, entry in zip(arrays, self.inputs, strict=True):
                self._interpreter.resize_tensor_input(entry["index"], np.shape(array), strict=True)
            with silent_stderr():  # it tells of its delegate there, and a notebook would show that in red
                self._interpreter.allocate_tensors()
            for array, entry in zip(arrays, self.inputs, strict=True):
                self._interpreter.set_tensor(entry["index"], np.asarray(array, "float32"))
            self._interpreter.invoke()
            return self._interpreter.get_tensor(self.outputs[0]["index"])

    @contextmanager
    def _errors(self, message):
        try:
            yield
        except (ValueError, RuntimeError, TypeError, MemoryError) as error:
            raise WeightsError(t(message, name=self.source, error=shortened(error))) from error


class LitePair:
    """Magenta's two networks as files: `prediction` turns a style into 100 numbers, `transfer` paints with them."""

    def __init__(self, prediction, transfer):
        self.prediction, self.transfer = prediction, transfer

    def __call__(self, content, style):
        """The content in the style: an image of the content's size (1, h, w, 3).

        content, style: images or anything that `load_image` takes. Of the style the middle square is used. The
        content is pressed into the network's 384 × 384 pixels and the result pulled back to its own shape.
        """
        content = images.load_image(content, None)
        code = self.prediction(square(images.load_image(style, None), STYLE_SHAPE[1]))
        arrays = {CONTENT_SHAPE: images.resize(content, size=CONTENT_SHAPE[1:3]), CODE_SHAPE: code}
        stylized = self.transfer(*(arrays[_shape(entry)] for entry in self.transfer.inputs))
        return images.resize(images.as_image(np.clip(stylized, 0, 1)), size=content.shape[1:3])


def load_tflite(prediction=None, transfer=None, download=False, progress=None):
    """Magenta's arbitrary style transfer as a pair of TensorFlow Lite files: a `LitePair`.

    prediction, transfer: paths of files of the published pair's signatures, style (1, 256, 256, 3) to (1, 1, 1, 100),
    and content (1, 384, 384, 3) with that to (1, 384, 384, 3); None for the published ones. download: fetch these where
    they aren't in the cache folder; otherwise no connection is opened. Raises WeightsError, DownloadError.
    """
    given = {"prediction": prediction, "transfer": transfer}
    shapes = {"prediction": ([STYLE_SHAPE], CODE_SHAPE), "transfer": ([CONTENT_SHAPE, CODE_SHAPE], CONTENT_SHAPE)}
    models = {}
    for part, path in given.items():
        models[part] = _published(part, download, progress) if path is None else LiteModel(path)
        _check_shapes(models[part], *shapes[part])
    return LitePair(**models)


def _published(part, download, progress):
    resource = MAGENTA_PAIR[part]
    path = downloads.fetch(resource, progress) if download else downloads.find(resource)
    if path is None:
        raise WeightsError(t(
            "{name} is not on this machine: call load_tflite(download=True) once while online, or give the paths of "
            "both files.", name=resource.name,
        ))
    try:
        return LiteModel(path)
    except WeightsError:
        downloads.remove(resource)  # what the server gave can't be used: fetch it anew the next time
        raise


def _interpreter(content, threads):
    from ..backend import tf

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="(?s).*tf.lite.Interpreter is deprecated")  # but is in 2.21
        return tf.lite.Interpreter(model_content=content, num_threads=threads)


def _read(path):
    content = atomic.read_at_most(path, MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise WeightsError(t(
            "{name} is larger than {most} MB, the most that is read.", name=shortened(path), most=MOST_BYTES >> 20,
        ))
    return content


def _check_operations(content, source):
    """Raise WeightsError for bytes that are no TensorFlow Lite file, or one with operations that are not built in."""
    from tensorflow.lite.python import schema_py_generated as schema

    try:
        if content[4:8] != b"TFL3":
            raise ValueError(t("it doesn't begin as one"))
        model = schema.Model.GetRootAs(content, 0)
        if model.OperatorCodesLength() > MOST_OPERATIONS:
            raise ValueError(t("it names more than {most} operations", most=MOST_OPERATIONS))
        codes = [model.OperatorCodes(i) for i in range(model.OperatorCodesLength())]
        foreign = [c.CustomCode() or b"?" for c in codes if CUSTOM in (c.BuiltinCode(), c.DeprecatedBuiltinCode())]
    except Exception as error:  # offsets that lead anywhere
        raise WeightsError(t("{name} is no TensorFlow Lite file: {error}.", name=source, error=error)) from error
    if foreign:
        name = shortened(foreign[0].decode("ascii", "replace"))
        raise WeightsError(t(
            "{name} uses the operation {operation}, which is not one of TensorFlow Lite's own: refused.", name=source,
            operation=name,
        ))


def _check_shapes(model, inputs, output):
    found = sorted(map(_shape, model.inputs)), _shape(model.outputs[0])
    kinds = {entry["dtype"] for entry in (*model.inputs, model.outputs[0])}
    if found != (sorted(inputs), output) or kinds != {np.float32}:
        raise WeightsError(t(
            "{name} takes {takes} and gives {gives}; expected {inputs} and {output}.", name=model.source,
            takes=found[0], gives=found[1], inputs=inputs, output=output,
        ))


def _shape(entry):
    return tuple(int(side) for side in entry["shape"])
