"""VGG19's arrays in files: an .npz, or an .h5 in the layout of Keras' VGG19 files. Only arrays, never objects or links.

What is read is float32, named as in `weights`. What a damaged file raises is nearly anything; `weights` sees to that.
"""

import numpy as np

from .errors import WeightsError
from .layer_names import CONVOLUTIONS
from .messages import t

DENSE = ("fc1", "fc2", "predictions")
MOST_NUMBERS = 110_000_000  # in an array: fc1, the largest, has 103 million


def read_npz(file, names):
    """{"layer/kernel" and "layer/bias": array} of these layers, from an open .npz."""
    with np.load(file, allow_pickle=False) as archive:
        names = [f"{layer}/{part}" for layer in names for part in ("kernel", "bias")]
        for name in names:
            if archive.zip.getinfo(f"{name}.npy").file_size > 8 * MOST_NUMBERS:
                raise ValueError(t("{name} is larger than VGG19's largest layer", name=name))
        return {name: archive[name].astype("float32") for name in names}


def read_h5(path, names):
    """The same from the path of an .h5. Raises ValueError for what is too large, or lies outside the file."""
    import h5py

    arrays = {}
    with h5py.File(path, "r", locking=False) as file:  # locking fails on some network file systems
        for layer in names:
            group = _inside(file, layer)
            for part, key in zip(("kernel", "bias"), group.attrs["weight_names"], strict=True):
                dataset = _inside(group, key.decode() if isinstance(key, bytes) else key)
                if dataset.external or dataset.is_virtual:
                    raise ValueError(t("{layer} points outside the file", layer=layer))
                if dataset.size > MOST_NUMBERS:  # an empty file can claim any shape
                    raise ValueError(t("{layer} is larger than VGG19's largest layer", layer=layer))
                arrays[f"{layer}/{part}"] = np.asarray(dataset, "float32")
    return arrays


def _inside(group, path):
    """What lies at a path below an HDF5 group, reached through no link that may lead out of the file."""
    import h5py

    for name in path.split("/"):
        link = group.get(name, getlink=True)
        if link is None:
            raise KeyError(t("{path} is missing", path=path))
        if not isinstance(link, h5py.HardLink):
            raise ValueError(t("{path} points outside the file", path=path))
        group = group[name]
    return group


def check(arrays, filename):
    """Raise WeightsError naming the first layer whose shape doesn't follow from those before or isn't finite."""
    channels = 3
    for layer in (name for name in CONVOLUTIONS + DENSE if f"{name}/kernel" in arrays):
        kernel, bias = arrays[f"{layer}/kernel"], arrays[f"{layer}/bias"]
        if layer in CONVOLUTIONS:
            expected = (3, 3, channels, arrays[f"{layer[:6]}_conv1/bias"].size)
        else:
            expected = (49 * channels if layer == "fc1" else channels, 1000 if layer == "predictions" else 4096)
        for array, shape in ((kernel, expected), (bias, expected[-1:])):
            if array.shape != shape or not array.size:
                raise WeightsError(t(
                    "{filename}: {layer} has the shape {shape}, expected {wanted}.", filename=filename, layer=layer,
                    shape=array.shape, wanted=shape,
                ))
            if not np.isfinite(array).all():
                raise WeightsError(t(
                    "{filename}: {layer} holds values that are not finite; fetch the file again.", filename=filename,
                    layer=layer,
                ))
        channels = expected[-1]
