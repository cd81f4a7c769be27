"""Everything a run can be told, checked once, and the presets."""

import difflib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property

from .errors import SettingsError, refuses
from .layer_names import LAYERS, STYLE_LAYERS
from .messages import either, t
from .presets import PRESETS

LIVE = ("style_weight", "content_weight", "tv_weight", "layer_weights", "style_blend", "learning_rate", "steps")

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
    "seed": (0, 2**32 - 1),
}
_WHOLE = ("decay_steps", "steps", "max_dim", "seed")


@dataclass(frozen=True)
class Settings:
    """What a run is told: layers, weights, optimiser, sizes. Frozen; `replace` makes a changed copy.

    relative: True weighs each term relative to its target (pure numbers that carry over between networks,
    layers and sizes); False is TensorFlow's tutorial to the letter.
    layer_weights: {layer: factor} on top of style_weight / number of style layers (and the same for content);
    a layer that is not named counts 1.
    style_blend: with several style pictures, how much each counts, such as (2, 1); None is all alike.
    style_scale: how many times as large as at max_dim the style picture is taken; its strokes grow with it.
    learning_rate · decay^(step // decay_steps) is the rate of a step; beta_1, beta_2 and epsilon are Adam's
    (Kingma and Ba 2015, algorithm 1), beta_1 is also the momentum of "sgd"; "lbfgs" finds its steps' lengths itself.
    max_dim: longer side in pixels. scales: levels of a pyramid, each half the next, run from coarse to fine.
    init: "content", "style", "noise" (of this seed), or "picture": the one that `stylize` gets as `start`.
    precision: of the network's layers. "bfloat16" is faster on some processors, "auto" takes it on those;
    Gram matrices, losses and the image are float32 in any case.
    pooling: "max" or "avg"; None is as the network was trained.
    preserve_colour: the result keeps the content picture's colours (Gatys et al. 2016, "Preserving Color in
    Neural Artistic Style Transfer", luminance-only transfer). match_colours: the style picture takes on the
    content picture's colours beforehand (the same paper, colour histogram matching).

    Raises SettingsError for an unknown name, a value out of range or of the wrong kind.
    """

    content_layers: tuple[str, ...] = ("block4_conv2",)
    style_layers: tuple[str, ...] = STYLE_LAYERS
    layer_weights: dict[str, float] | None = None
    style_weight: float = 20.0
    content_weight: float = 1.0
    tv_weight: float = 0.0
    style_blend: tuple[float, ...] | None = None
    style_scale: float = 1.0
    relative: bool = True
    optimizer: str = "adam"
    learning_rate: float = 0.02
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    decay: float = 1.0
    decay_steps: int = 100
    steps: int = 150
    max_dim: int = 256
    scales: int = 1
    init: str = "content"
    pooling: str | None = None
    precision: str = "float32"
    preserve_colour: bool = False
    match_colours: bool = False
    seed: int = 0

    def __post_init__(self):
        for name in ("content_layers", "style_layers"):
            object.__setattr__(self, name, _layers(name, getattr(self, name)))
        if not self.style_layers + self.content_layers:
            raise SettingsError(t("There is neither a style layer nor a content layer: choose at least one."))
        object.__setattr__(self, "layer_weights", _layer_weights(self.layer_weights))
        object.__setattr__(self, "style_blend", _blend(self.style_blend))
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if not isinstance(value, (str, type(None))) or value not in choices:
                raise SettingsError(t(
                    "{name} is {value!r}, expected one of {choices}.", name=name, value=getattr(self, name),
                    choices=_listed(choices),
                ))
        for name in ("relative", "preserve_colour", "match_colours"):
            if not isinstance(getattr(self, name), bool):
                raise SettingsError(t(
                    "{name} is {value!r}, expected True or False.", name=name, value=getattr(self, name),
                ))
        for name, (low, high) in _RANGES.items():
            object.__setattr__(self, name, _number(name, getattr(self, name), low, high, name in _WHOLE))
        object.__setattr__(self, "scales", _number("scales", self.scales, 1, 6, True))

    def __hash__(self):
        return hash(self.to_json())

    @classmethod
    @refuses(SettingsError)
    def preset(cls, name, **changes):
        """The preset of that name (see `presets()`), with changes. Raises SettingsError for an unknown name."""
        if not isinstance(name, str) or name not in PRESETS:
            near = difflib.get_close_matches(str(name), PRESETS, 1, 0.3)
            hint = t(" Did you mean {near}?", near=near[0]) if near else ""
            raise SettingsError(t(
                "There is no preset {name!r}; there are {presets}.{hint}", name=name, presets=_listed(PRESETS),
                hint=hint,
            ))
        return cls().replace(**{**PRESETS[name], **changes})

    def replace(self, **changes):
        """A copy with some settings changed. Raises SettingsError."""
        known = [f.name for f in fields(self)]
        for name in changes:
            if name not in known:
                near = difflib.get_close_matches(name, known, 2, 0.3)
                hint = t("; did you mean {near}?", near=either(near)) if near else t(
                    "; there are {known}.", known=_listed(known),
                )
                raise SettingsError(t("There is no setting {name!r}{hint}", name=name, hint=hint))
        return replace(self, **changes)

    @refuses(SettingsError)
    def rate(self, step):
        """The learning rate of step number `step`, counted from 1."""
        return self.learning_rate * self.decay ** ((step - 1) // self.decay_steps)

    @cached_property
    def coefficients(self):
        """What each term of the loss is multiplied by, under the terms' names: "style/<layer>", "total_variation" …"""
        result = {}
        for kind, layers, weight in (
            ("style", self.style_layers, self.style_weight),
            ("content", self.content_layers, self.content_weight),
        ):
            for layer in layers:
                result[f"{kind}/{layer}"] = weight / len(layers) * (self.layer_weights or {}).get(layer, 1.0)
        return result | {"total_variation": self.tv_weight}

    def to_json(self):
        """JSON text that `from_json` reads back."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text):
        """Settings from what `to_json` or a saved PNG says. Raises SettingsError."""
        try:
            values = json.loads(text)
        except (AttributeError, RecursionError, TypeError, ValueError) as error:
            raise SettingsError(t("These settings are not JSON: {error}.", error=error)) from error
        if not isinstance(values, dict):
            raise SettingsError(t("These settings are not a JSON object."))
        return cls().replace(**values)

    def to_python(self):
        """The Python expression that makes these settings, naming only what differs from the defaults."""
        default = Settings()
        changed = [(f.name, getattr(self, f.name)) for f in fields(self)]
        parts = [f"{name}={value!r}" for name, value in changed if value != getattr(default, name)]
        return f"st.Settings({', '.join(parts)})"


Settings.__init__ = refuses(SettingsError)(Settings.__init__)  # dataclass made it; a value may raise when it is named


def presets():
    """The presets' names; quick is what `stylize` does where it is told nothing."""
    return tuple(PRESETS)


def _listed(names):
    return ", ".join(map(str, names))


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


def _layer_weights(value):
    if value is None:
        return None
    if not isinstance(value, dict):
        raise SettingsError(t("layer_weights is {value!r}, expected {{layer: factor}}.", value=value))
    names = _layers("layer_weights", tuple(value))
    return {n: _number(f"layer_weights[{n!r}]", value[n], 0, 1e12) for n in names}


def _blend(value):
    if value is None:
        return None
    if not isinstance(value, (tuple, list)) or not value:
        raise SettingsError(t(
            "style_blend is {value!r}, expected a number for each style, such as (2, 1).", value=value,
        ))
    parts = tuple(_number(f"style_blend[{i}]", part, 0, 1e6) for i, part in enumerate(value))
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
