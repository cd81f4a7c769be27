"""Learn neural style transfer: open a notebook, move a slider, see what the mathematics does to the picture.

The public names load on first use, so that `import styletutor` is fast and imports no TensorFlow.
"""

import importlib

__version__ = "0.1.0"

_HOMES = {
    "errors": ("StyleTutorError",),
    "settings": ("Settings",),
    "images": ("load_image", "save_image"),
    "filters": ("high_pass_x_y", "sobel_edges", "total_variation_loss"),
    "style": ("gram_matrix", "style_content_loss"),
    "vgg19": ("feature_extractor", "layer_table", "load_vgg19", "predict_top5", "preprocess"),
    "transfer": ("Run", "Step", "StyleContentModel", "stylize"),
    "cli.report": ("doctor",),
}
_NAMES = {name: module for module, names in _HOMES.items() for name in names}
_MODULES = (
    "board", "bugs", "comparison", "exercises", "fast", "filters", "frequency", "gallery", "images", "inspection",
    "mmd", "panels", "pixels", "plots", "reconstruction", "settings", "style", "texture", "timelapse", "transfer",
    "vgg19", "weights",
)  # fmt: skip

__all__ = sorted({*_NAMES, *_MODULES} - {"settings"})


def __getattr__(name):
    if name in _NAMES:
        value = getattr(importlib.import_module(f".{_NAMES[name]}", __name__), name)
    elif name in _MODULES:
        value = importlib.import_module(f".{name}", __name__)
    else:
        raise AttributeError(f"module 'styletutor' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *__all__, *_MODULES})
