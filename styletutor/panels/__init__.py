"""The course's panels: what a lesson shows to play with. Each shows as a cell's last line."""

import importlib

_HOMES = {
    "ContentPanel": "content",
    "FastPanel": "fast",
    "FrequencyPanel": "frequency",
    "GramPanel": "gram",
    "ImagePanel": "image",
    "LayerPanel": "layer",
    "OptimizerPanel": "optimizer",
    "PicturesPanel": "pictures",
    "StyleStudio": "studio",
}

__all__ = sorted(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module 'styletutor.panels' has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__():
    return [*globals(), *__all__]
