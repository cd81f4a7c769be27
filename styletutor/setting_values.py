"""What each setting's value may be: a function that checks it, and says what is wrong with it in a sentence."""

import difflib
from contextlib import suppress

from .errors import SettingsError
from .layer_names import LAYERS
from .messages import either, t

_CHOICES = {
    "optimizer": ("adam", "lbfgs", "sgd"),
    "init": ("content", "noise", "style", "picture"),
    "pooling": (None, "max", "avg"),
    "precision": ("float32", "bfloat16", "auto"),
}
_RANGES = {  # lowest, highest allowed
    "style_weight": (0, 1e12),
    "content_weight": (0, 1e12),
    "tv_weight": (0, 1e12),
    "style_scale": (0.1, 10),
    "learning_rate": (1e-9, 1e6),
    "beta_1": (0, 0.9999),
    "beta_2": (0, 0.99999),
    "epsilon": (0, 1e6),
    "decay": (1e-6, 1),
    "decay_steps": (1, 10**6),
    "steps": (1, 10**6),
    "max_dim": (32, 4096),
    "scales": (1, 6),
    "margin": (0, 16),
    "seed": (0, 2**32 - 1),
}
_WHOLE = ("decay_steps", "steps", "max_dim", "scales", "margin", "seed")


def checked(name, value):
    """The value of a setting in the type that it is kept in. Raises SettingsError for one that it can't have."""
    if name in _CHOICES:
        return _choice(name, value, _CHOICES[name])
    if name in _RANGES:
        return _number(name, value, *_RANGES[name], name in _WHOLE)
    return {
        "content_layers": _layers, "style_layers": _layers, "layer_weights": _layer_weights, "style_blend": _blend,
    }.get(name, _flag)(name, value)


def listed(names):
    """Names in a row, with commas."""
    return ", ".join(map(str, names))


def _choice(name, value, choices):
    if not isinstance(value, (str, type(None))) or value not in choices:
        raise SettingsError(t(
            "{name} is {value!r}, expected one of {choices}.", name=name, value=value, choices=listed(choices),
        ))
    return value


def _flag(name, value):
    if not isinstance(value, bool):
        raise SettingsError(t("{name} is {value!r}, expected True or False.", name=name, value=value))
    return value


def _layers(name, value):
    value = (value,) if isinstance(value, str) else value
    if not isinstance(value, (tuple, list)):
        raise SettingsError(t(
            "{name} is {value!r}, expected layer names such as ('block4_conv2',).", name=name, value=value,
        ))
    for layer in value:
        if layer not in LAYERS:
            near = difflib.get_close_matches(str(layer), LAYERS, 3, 0.3) or LAYERS[:3]
            raise SettingsError(t(
                "{name}: there is no layer {layer!r}; did you mean {near}?", name=name, layer=layer,
                near=either(near),
            ))
    return tuple(dict.fromkeys(value))


def _layer_weights(name, value):
    if value is None:
        return None
    if not isinstance(value, dict):
        raise SettingsError(t("layer_weights is {value!r}, expected {{layer: factor}}.", value=value))
    _layers(name, tuple(_layer_of(term) for term in value))
    return {n: _number(f"{name}[{n!r}]", factor, 0, 1e12) for n, factor in value.items()}


def _layer_of(term):
    """The layer in "style/<layer>" and "content/<layer>"; anything else is meant as a layer itself."""
    return term.partition("/")[2] if str(term).startswith(("style/", "content/")) else term


def _blend(name, value):
    if value is None:
        return None
    if not isinstance(value, (tuple, list)) or not value:
        raise SettingsError(t(
            "style_blend is {value!r}, expected a number for each style, such as (2, 1).", value=value,
        ))
    parts = tuple(_number(f"{name}[{i}]", part, 0, 1e6) for i, part in enumerate(value))
    if not any(parts):
        raise SettingsError(t("style_blend is {value!r}: one of its numbers must be more than 0.", value=value))
    return parts


def _number(name, value, low, high, whole=False):
    if not isinstance(value, (int, float)):
        with suppress(AttributeError, ValueError):
            value = value.item()  # NumPy's numbers
    known = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not (known and low <= value <= high) or (whole and value != int(value)):
        raise SettingsError(t(
            "{name} is {value!r}, expected {kind} from {low:g} to {high:g}.", name=name, value=value,
            kind=t("a whole number") if whole else t("a number"), low=low, high=high,
        ))
    return int(value) if whole else float(value)
