"""What a sweep makes: the product of contents, styles and values of settings, each with an id of what goes into it."""

import hashlib
import itertools
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from .. import __version__, gallery
from ..errors import SettingsError, StyleTutorError, shortened
from ..images import check_size
from ..messages import t
from ..settings import Settings

_LISTS = ("content_layers", "style_layers")
_WORDS = {"true": True, "false": False, "none": None}


@dataclass(frozen=True)
class Task:
    """One picture to make, the place-th of its sweep.

    content, style: what the table calls them; sources: where they come from.

    varied: {setting: its value} of those the sweep names. id: the hash of all that decides the picture, "" where the
    picture can't be made; error then says why.
    """

    place: int
    content: str
    style: str
    varied: dict
    settings: Settings = field(repr=False)
    sources: tuple[str, str] = field(repr=False)
    id: str = ""
    error: str = ""

    @property
    def labels(self):
        """{axis: text} of the task, for a table: content, style and the settings that the sweep names."""
        return {"content": self.content, "style": self.style} | {n: worded(v) for n, v in self.varied.items()}

    def images(self, load):
        """(content, style), images (1, H, W, 3), by load(source, max_dim)."""
        sides = self.settings.max_dim, self.settings.style_dim
        return tuple(load(*pair) for pair in zip(self.sources, sides, strict=True))


def axis(text):
    """(setting, its values) from "NAME=VALUE,VALUE". Raises SettingsError where there is no "=".

    Layers of one value are joined by "+", and "none" is no layer.
    """
    name, sign, values = text.partition("=")
    if not sign:
        raise SettingsError(t("--set {text} has no values: write --set NAME=VALUE,VALUE.", text=shortened(text)))
    return name.strip(), tuple(dict.fromkeys(_value(name.strip(), part.strip()) for part in values.split(",")))


def axes(texts):
    """{setting: its values} of what `axis` takes; a setting that is named twice has the values of both."""
    found = {}
    for name, values in map(axis, texts):
        found[name] = tuple(dict.fromkeys([*found.get(name, ()), *values]))
    return found


def worded(value):
    """A setting's value as `axis` reads it."""
    if isinstance(value, tuple):
        return "+".join(value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def tasks(contents, styles, axes, preset, load, network):
    """A `Task` for each combination, contents outermost, in a list; and `load` with a memory, for `Task.images`.

    axes: {setting: values}. load: (source, max_dim) -> image. network: the hash of its weights. A picture that can't
    be loaded makes tasks with an error. Raises SettingsError for a setting that can't be.
    """
    load, digests = lru_cache(maxsize=32)(load), {}

    def hashed(source, max_dim):
        if (source, max_dim) not in digests:
            digests[source, max_dim] = _digest(load, source, max_dim)
        return digests[source, max_dim]

    choices = [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]
    settings = [Settings.preset(preset, **choice) for choice in choices]
    names, made = _labels([*contents, *styles]), []
    for content, style in itertools.product(contents, styles):
        for choice, chosen in zip(choices, settings, strict=True):
            task = Task(len(made), names[content], names[style], choice, chosen, (content, style))
            found, errors = zip(*task.images(hashed), strict=True)
            whole = "\n".join((*found, chosen.to_json(), network, __version__))
            error = next(filter(None, errors), "")
            made.append(replace(task, id="" if error else hashlib.sha256(whole.encode()).hexdigest(), error=error))
    return made, load


def digest(arrays):
    """The hash of {name: array}: their names, shapes, types and bytes."""
    found = hashlib.sha256()
    for name, array in arrays.items():
        found.update(f"{name} {array.shape} {array.dtype}\n".encode())
        found.update(array.tobytes())
    return found.hexdigest()


def _digest(load, source, max_dim):
    """(hash, "") of a picture, or ("", the sentence that says why it can't be used)."""
    try:
        image = load(source, max_dim)
        check_size(image)
    except StyleTutorError as error:
        return "", str(error)
    return digest({"": image}), ""


def _labels(sources):
    """{source: a short name}: the gallery's, or the file's; where two files are called the same, the whole path."""
    short = {source: source if source in gallery.names() else Path(source).name or source for source in sources}
    names = list(short.values())
    return {source: shortened(name if names.count(name) == 1 else source) for source, name in short.items()}


def _value(name, text):
    """A value of a setting from its text; what is no value of it is for Settings to refuse."""
    word = text.lower()
    if name in _LISTS:
        return () if word == "none" else tuple(layer.strip() for layer in text.split("+"))
    if word in _WORDS:
        return _WORDS[word]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text
