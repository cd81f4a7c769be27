"""SavedModels as TensorFlow Hub publishes them for style transfer: Magenta's arbitrary image stylisation.

A SavedModel is a program: once loaded, it can run any TensorFlow operation, also those that read and write files. So
one whose bytes are not known here is loaded only by someone who says `trust=True`; its hash is kept, and the same
bytes then load without. For Magenta's own no hash has been published, so `KNOWN` is empty.

Source of Magenta's network: Ghiasi et al. 2017, "Exploring the structure of a real-time, arbitrary neural artistic
stylization network".
"""

import contextlib
import os
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .. import atomic, images
from .. import download as downloads
from ..errors import RunError, WeightsError, shortened
from ..messages import mark, t
from . import archive

MAGENTA = "google/magenta/arbitrary-image-stylization-v1-256/2"
STYLE_SIDE = 256  # pixels; the size of the style pictures that Magenta's network was trained on
KNOWN = frozenset()  # fingerprints of SavedModels that load without trust=True
TRUSTED = "trusted-savedmodels.txt"  # in the cache folder: a fingerprint a line
SIGNATURE = mark("two batches of float32 pictures (b, h, w, 3), content and style, to one")

HUB = "https://tfhub.dev/"
_HANDLE = re.compile(rf"(?:{re.escape(HUB)})?((?:[a-zA-Z0-9][\w.-]*/)+[0-9]+)")


@dataclass(frozen=True)
class HubModel:
    """A style transfer network from a SavedModel: model(content, style) gives an image (1, h, w, 3).

    source: where it came from. fingerprint: SHA-256 of its files' names and bytes.
    """

    source: str
    fingerprint: str
    _model: object = field(repr=False)  # keeps the variables of the signature alive
    _names: tuple[str, str] = field(repr=False)

    def __call__(self, content, style):
        """The content in the style: an image of the content's size (1, h, w, 3), in one pass.

        content, style: images or anything that `load_image` takes. Of the style the middle square is used, at 256 ×
        256 pixels. Raises ImageError; WeightsError where the SavedModel fails, RunError where it gives no numbers.
        """
        content = images.load_image(content, None)
        pictures = content, square(images.load_image(style, None), STYLE_SIDE)
        function = self._model.signatures["serving_default"]
        try:
            outputs = function(**dict(zip(self._names, map(_tensor, pictures), strict=True)))
            stylized = np.asarray(next(iter(outputs.values())), "float32")[:1]
        except Exception as error:  # whatever a stranger's graph raises
            raise WeightsError(t(
                "{name} can't be run on these pictures: {error}", name=shortened(self.source), error=error,
            )) from error
        if stylized.ndim != 4 or stylized.shape[-1] != 3 or not np.isfinite(stylized).all():
            raise RunError(t(
                "{name} gave no picture: shape {shape}, or not finite.", name=shortened(self.source),
                shape=stylized.shape,
            ))
        return images.resize(np.clip(stylized, 0, 1), size=content.shape[1:3])


def load_hub(source=MAGENTA, trust=False, download=False, progress=None):
    """Load a style transfer network from TensorFlow Hub, or from a folder or .tar.gz on this machine: a `HubModel`.

    source: a handle such as "google/magenta/arbitrary-image-stylization-v1-256/2", or a path to a SavedModel of the
    same signature. trust: load it although its bytes are not known here; they are then known to later calls by the
    same user. download: fetch a handle that isn't in the cache folder yet; otherwise no connection is opened.
    progress: as in `download.fetch`. Raises WeightsError, DownloadError.
    """
    name = shortened(source)
    path = _locate(source, download, progress)
    try:
        with tempfile.TemporaryDirectory(prefix="styletutor-hub-") as folder:
            fingerprint = archive.copy_saved_model(path, folder)
            _check_trust(fingerprint, name, trust)
            return _loaded(folder, name, fingerprint)
    except archive.ArchiveError:
        if path != Path(source):  # what the server gave can't be used: fetch it anew the next time
            downloads.remove(resource(source))
        raise
    except OSError as error:
        if isinstance(error, WeightsError):
            raise
        raise WeightsError(t("{path} can't be read: {error}.", path=name, error=error.strerror or error)) from error


def resource(handle):
    """The archive behind a TensorFlow Hub handle as a download.Resource, or None for what is no handle."""
    found = _HANDLE.fullmatch(handle) if isinstance(handle, str) else None
    if not found:
        return None
    name = found[1].replace("/", "--") + ".tar.gz"
    return downloads.Resource(name, HUB, None, "", f"{HUB}{found[1]}?tf-hub-format=compressed")


def square(image, side):
    """The middle square of an image, scaled to (1, side, side, 3)."""
    height, width = image.shape[1:3]
    least = min(height, width)
    top, left = (height - least) // 2, (width - least) // 2
    return images.resize(image[:, top : top + least, left : left + least], size=(side, side))


def _locate(source, download, progress):
    """The path of a folder or an archive. Raises WeightsError where there is none."""
    try:
        if os.path.exists(path := Path(source)):
            return path
    except (OSError, TypeError, ValueError):
        pass  # no path that there could be
    published = resource(source)
    if published is None:
        raise WeightsError(t(
            "{name} is no folder here and no TensorFlow Hub handle such as {handle}; give the path of a SavedModel.",
            name=shortened(repr(source)), handle=MAGENTA,
        ))
    path = downloads.fetch(published, progress) if download else downloads.find(published)
    if path is None:
        raise WeightsError(t(
            "{name} is not on this machine: load it once with download=True while online, or give the path of a "
            "folder that holds it.", name=shortened(source),
        ))
    return path


def _check_trust(fingerprint, name, trust):
    if trust is True:
        _remember(fingerprint)
    elif fingerprint not in KNOWN and fingerprint not in _remembered():
        raise WeightsError(t(
            "{name} is a SavedModel, a program that can run any TensorFlow operation, and not one that is known here "
            "(SHA-256 {found}…): add trust=True if you trust where it comes from.", name=name, found=fingerprint[:16],
        ))


def _remembered():
    """The fingerprints that this user has trusted. A list that somebody else could have written counts for nothing."""
    with contextlib.suppress(OSError, ValueError):
        path = downloads.cache_dir() / TRUSTED
        if not hasattr(os, "getuid") or path.lstat().st_uid in (0, os.getuid()):
            return frozenset(path.read_text("ascii").split())
    return frozenset()


def _remember(fingerprint):
    """Add a fingerprint to the list; where the cache folder can't be written, trust=True is needed again."""
    with contextlib.suppress(OSError):
        path = downloads.cache_dir() / TRUSTED
        if fingerprint not in (known := _remembered()):
            path.parent.mkdir(parents=True, exist_ok=True)
            atomic.write(path, "".join(f"{line}\n" for line in sorted({*known, fingerprint})).encode())


def _loaded(folder, name, fingerprint):
    """The SavedModel in a folder as a HubModel. Raises WeightsError where it is none, or has another signature."""
    from ..backend import tf

    try:
        model = tf.saved_model.load(folder)
        function = model.signatures["serving_default"]
        inputs, outputs = function.structured_input_signature[1], function.structured_outputs
    except Exception as error:  # damaged files raise nearly anything
        raise WeightsError(t(
            "{name} holds no SavedModel with a signature serving_default: {error}", name=name, error=error,
        )) from error
    names = tuple(sorted(inputs))  # placeholder is the content, placeholder_1 the style
    if len(names) != 2 or len(outputs) != 1 or not all(map(_is_picture, [*inputs.values(), *outputs.values()])):
        takes, gives = (", ".join(f"{n} {specs[n].shape}" for n in specs) for specs in (inputs, outputs))
        raise WeightsError(t(
            "{name} takes {takes} and gives {gives}; expected {wanted}.", name=name, takes=shortened(takes, 80),
            gives=shortened(gives, 80), wanted=t(SIGNATURE),
        ))
    return HubModel(name, fingerprint, model, names)


def _is_picture(spec):
    from ..backend import tf

    return spec.dtype == tf.float32 and spec.shape.is_compatible_with((1, None, None, 3))


def _tensor(image):
    from ..backend import tf

    return tf.constant(image)
