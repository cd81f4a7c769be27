"""Everything a run can be told, checked once, and the presets."""

import difflib
import json
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property

from .errors import SettingsError, refuses
from .layer_names import STYLE_LAYERS
from .messages import either, t
from .presets import PRESETS
from .setting_values import checked, listed

LIVE = ("style_weight", "content_weight", "tv_weight", "layer_weights", "style_blend", "learning_rate", "steps")


@dataclass(frozen=True)
class Settings:
    """What a run is told: layers, weights, optimiser, sizes. Frozen; `replace` makes a changed copy.

    relative: True weighs each term relative to its target (pure numbers that carry over between networks,
    layers and sizes); False is TensorFlow's tutorial to the letter.
    layer_weights: {layer: factor} on top of style_weight / number of style layers (and the same for content);
    a layer that is not named counts 1. "style/<layer>" and "content/<layer>" name one term of a layer that has two.
    style_blend: with several style pictures, how much each counts, such as (2, 1); None is all alike.
    style_scale: how many times as large as at max_dim the style picture is taken; its strokes grow with it.
    learning_rate · decay^(step // decay_steps) is the rate of a step; beta_1, beta_2 and epsilon are Adam's
    (Kingma and Ba 2015, algorithm 1), beta_1 is also the momentum of "sgd"; "lbfgs" finds its steps' lengths itself.
    max_dim: longer side in pixels. scales: levels of a pyramid, each half the next, run from coarse to fine.
    margin: pixels by which each picture is continued, mirrored, while the network sees it, because the zeros that a
    convolution pads with would colour the picture's own edge. What is added counts in no Gram matrix; the content
    term and total variation are those of the continued picture.
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
    margin: int = 0
    init: str = "content"
    pooling: str | None = None
    precision: str = "float32"
    preserve_colour: bool = False
    match_colours: bool = False
    seed: int = 0

    def __post_init__(self):
        for field in fields(self):
            object.__setattr__(self, field.name, checked(field.name, getattr(self, field.name)))
        if not self.style_layers + self.content_layers:
            raise SettingsError(t("There is neither a style layer nor a content layer: choose at least one."))

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
                "There is no preset {name!r}; there are {presets}.{hint}", name=name, presets=listed(PRESETS),
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
                    "; there are {known}.", known=listed(known),
                )
                raise SettingsError(t("There is no setting {name!r}{hint}", name=name, hint=hint))
        return replace(self, **changes)

    @refuses(SettingsError)
    def rate(self, step):
        """The learning rate of step number `step`, counted from 1."""
        return self.learning_rate * self.decay ** ((step - 1) // self.decay_steps)

    @property
    def style_dim(self):
        """The longer side in pixels at which style pictures are loaded: max_dim, or larger by style_scale."""
        return round(self.max_dim * max(1, self.style_scale))

    @cached_property
    def coefficients(self):
        """What each term of the loss is multiplied by, under the terms' names: "style/<layer>", "total_variation" …"""
        result, factors = {}, self.layer_weights or {}
        for kind, layers, weight in (
            ("style", self.style_layers, self.style_weight),
            ("content", self.content_layers, self.content_weight),
        ):
            for layer in layers:
                term = f"{kind}/{layer}"
                result[term] = weight / len(layers) * factors.get(term, factors.get(layer, 1.0))
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
