"""Style transfer at once: a small network learns what optimisation would do, or optimisation is cut short.

The names load on first use.

Sources: Johnson, Alahi and Fei-Fei 2016, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution";
Dumoulin, Shlens and Kudlur 2017, "A Learned Representation for Artistic Style".
"""

import importlib

_HOMES = {
    "styling": ("stylize", "read", "Style", "names", "gallery_network", "arbitrary_network"),
    "arbitrary": ("ArbitraryNetwork",),
    "few_steps": ("FewSteps",),
    "training": ("train", "Training"),
    "network": ("FastNetwork", "load"),
    "ways": ("Ways",),
    "hub": ("load_hub", "HubModel"),
    "export": ("export_tflite",),
    "lite": ("load_tflite", "LiteModel", "LitePair"),
}
_NAMES = {name: module for module, names in _HOMES.items() for name in names}
__all__ = sorted(_NAMES)


def __getattr__(name):
    if name not in _NAMES:
        raise AttributeError(f"module 'styletutor.fast' has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(f".{_NAMES[name]}", __name__), name)
    return value


def __dir__():
    return sorted({*globals(), *__all__})
