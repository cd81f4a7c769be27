"""StyleStudio's controls, and the way from controls to Settings and back."""

import ipywidgets as widgets

from ..layer_names import CONVOLUTIONS, STYLE_LAYERS
from ..messages import mark, t
from ..settings import Settings, presets
from ..weights import imagenet_path
from .controls import button, checkbox, dropdown, float_slider, log_slider, reach, several, slider
from .layout import column, heading, row

FACTORS = tuple(f"factor_{layer}" for layer in STYLE_LAYERS)
OWN = mark("my own")
ANOTHER_RUN = ("content_layers", "style_layers", "max_dim", "optimizer", "init", "preserve_colour")
STARTS_OVER = ("network", *ANOTHER_RUN)
WEIGHTS = ("style_weight", "content_weight", "tv_weight", "learning_rate", "steps")
SAME_NAME = (*WEIGHTS, *ANOTHER_RUN)


def add_controls(panel, base, network):
    """Add every control but the pickers and the run's buttons to the panel; returns its boxes by name."""
    boxes = {
        "how": column(*_add(panel, _how(base, network))),
        "layers": column(row(*_add(panel, _layers(base)))),
        "weights": column(heading("Weights, live"), *_add(panel, _weights(base))),
        "factors": column(heading("Each style layer, live"), *_add(panel, _factors())),
    }
    for name in FACTORS:
        panel.controls[name].layout.width = "300px"  # short labels: leaves room for the others' and the curves
    _add(panel, {
        "past": slider("Past pictures", 0, 0, 0, "Scrub through the run, from its first picture to its latest"),
        "file": widgets.Text("stylized-image.png", description=t("File"), tooltip=t("Where Save writes the picture")),
        "save": button("Save", "Write the best picture of the run, with its settings inside a PNG", "save"),
        "code": button("Show the code", "The Python that makes this picture without the panel", "code"),
    })
    show_settings(panel.controls, base)
    return boxes


def settings_of(controls, base):
    """The Settings that the controls show; what no control shows comes from `base`. Raises SettingsError."""
    factors = {layer: controls[f"factor_{layer}"].value for layer in STYLE_LAYERS}
    return base.replace(
        **{name: controls[name].value for name in SAME_NAME},
        layer_weights=layer_weights(base, factors),
    )


def show_settings(controls, settings):
    """Set the controls to what the settings say; the layers' own factors go back to 1."""
    for name in SAME_NAME:
        control, value = controls[name], getattr(settings, name)
        reach(control, value)
        control.value = value
    for name in FACTORS:
        controls[name].value = 1.0


def _add(panel, controls):
    return [panel.add(name, control) for name, control in controls.items()]


def _how(base, network):
    preset = next((name for name in presets() if Settings.preset(name) == base), OWN)
    return {
        "preset": dropdown("Preset", [*presets(), OWN], preset, "All the numbers of a paper or a tutorial at once"),
        "network": dropdown("Network", networks(), network, "Whose features the losses are computed from"),
        "max_dim": slider("Size", base.max_dim, 64, 1024, "Longer side in pixels; a change starts over", 32),
        "steps": slider("Steps", base.steps, 10, 2000, "How many steps the run does", 10),
        "optimizer": dropdown(
            "Optimiser", ("adam", "lbfgs", "sgd"), base.optimizer, "What turns the gradient into a step"
        ),
        "init": dropdown(
            "Start from", (mark("content"), mark("noise"), mark("style")), base.init, "The picture before step 1"
        ),
        "preserve_colour": checkbox(
            "Keep the content's colours", base.preserve_colour, "Take only the luminance of the result"
        ),
    }


def _layers(base):
    return {
        "content_layers": several(
            "Content layers", CONVOLUTIONS, base.content_layers,
            "The layers whose features the result keeps; Ctrl or Shift for several",
        ),
        "style_layers": several(
            "Style layers", CONVOLUTIONS, base.style_layers,
            "The layers whose Gram matrices the result takes on; Ctrl or Shift for several",
        ),
    }  # fmt: skip


def _weights(base):
    return {
        "style_weight": log_slider("Style weight", base.style_weight, -6, 6, "How much the Gram terms weigh"),
        "content_weight": log_slider("Content weight", base.content_weight, -6, 6, "How much the content term weighs"),
        "tv_weight": float_slider(
            "Total variation weight", base.tv_weight, 0, 40, "How much the differences of neighbours weigh", 0.05
        ),
        "learning_rate": log_slider(
            "Learning rate", base.learning_rate, -4, 0, "How far Adam moves a pixel in a step (black to white is 1)"
        ),
    }


def _factors():
    return {
        f"factor_{layer}": float_slider(
            layer, 1.0, 0, 4, t("Multiplies the weight of {layer} among the style layers", layer=layer), 0.05
        )
        for layer in STYLE_LAYERS
    }


def layer_weights(base, factors):
    """The base's layer_weights, with more factors upon its style layers': content at the same layer keeps its own."""
    weights = dict(base.layer_weights or {})
    for layer, factor in factors.items():
        if factor != 1:
            weights[f"style/{layer}"] = factor * weights.get(f"style/{layer}", weights.get(layer, 1.0))
    return weights or None


def networks():
    """The networks that are on this machine."""
    return ["auto", "embedded", *(["imagenet"] if imagenet_path() else []), "random"]
