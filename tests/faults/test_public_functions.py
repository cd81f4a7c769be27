"""No exception but the package's own leaves a public function for bad input: every one is found, and given bad things.

Public is what `styletutor.__all__` names, and what its modules define or list in an __all__ of their own; of classes
the constructor and the methods. Each parameter in turn gets the bad things, the others what is right by their names
(`known`). So a new function is walked by itself, and fails here where a name of its parameters isn't known yet.

A wrong call itself (too many arguments, an unknown keyword) may be a TypeError, as everywhere in Python.
"""

import dataclasses
import functools
import inspect
import types

import numpy as np
import pytest

import styletutor as st
from styletutor.errors import LONGEST, ImageError, StyleTutorError, refuses


class Liar:
    """Looks like an array, and is none."""

    shape, dtype = (1, 40, 40, 3), np.dtype("float32")

    def __array__(self, *_, **__):
        raise RuntimeError("no array")


class NoPath:
    """Looks like a path, and is none."""

    def __fspath__(self):
        return 3


NAN = np.full((1, 40, 40, 3), np.nan, "float32")
FEW = (None, -1, 1.5, float("nan"), "x", object(), [], np.zeros(7), NAN)
MANY = (  # what a reader may hand over by mistake, and what an attacker would
    *FEW,
    *(True, 0, 2**70, float("inf"), 1j, "", "n" * 5000, "a\0b", "\ud800", "..", b"", b"\x89PNG\r\n\x1a\n", list),
    *("http://[", "ftp://x", "data:,x", "<img src=x>", "$x\\frac{1$", "%s{}", [1], ["x"], [[]], (), (1, 2), {}),
    *({"a": 1}, {"content": 3}, {1: {}}, set(), range(3), lambda: 0, NAN[0] * 0 + 300, np.zeros((0, 0, 3))),
    *(np.zeros((1, 3, 40, 40)), np.zeros((1, 2, 3, 4, 5)), np.array(["x"]), np.array([None])),
    *(np.zeros((40, 40, 3), complex), np.zeros((4, 4), "datetime64[s]"), Liar(), NoPath(), {"content": 2**62}),
)
NOT_WALKED = {
    "vgg19.Preprocess": "a layer, which Keras calls with what `preprocess` has checked",
    "plots.Plot": "a Figure, which matplotlib makes",
    "vgg19.LayerTable": "a tuple, which `layer_table` makes",
    "fast.FewSteps": "its methods take what `stylize` has checked",
    "fast.ArbitraryNetwork": "made by `arbitrary_network` from the package's file",
    **dict.fromkeys(("fast.load_hub", "fast.HubModel", "fast.load_tflite", "fast.LiteModel", "fast.LitePair",
                     "fast.export_tflite"), "networks of strangers: below, and in test_fast_hub and test_fast_lite"),
    **dict.fromkeys(("bugs.paint", "bugs.Gallery"), "each call compiles a network; what they refuse is in test_bugs"),
    "bugs.RIGHT": "a record of parts, which are shown and not called by a reader",
    "fast.Ways": "a table, filled by functions that are walked",
    "panels.FastPanel": "what it takes goes to `FastNetwork` and the pickers; it takes long to build",
    "fast.Training": "made by `train`, which has checked what it takes",
}


def known(network):
    """{parameter: a right value}, or {"function.parameter": …} where its name alone says too little."""
    image = np.random.default_rng(0).uniform(0, 1, (1, 40, 48, 3)).astype("float32")
    settings = st.Settings(steps=1, max_dim=48, style_layers=("block1_conv1",), content_layers=("block2_conv1",))
    outputs = st.StyleContentModel(settings.style_layers, settings.content_layers, network)(image)
    features, gram = image[:, :8, :8], np.eye(3, dtype="float32")
    right = dict.fromkeys(("image", "content", "style", "stylized", "rebuilt", "start", "array", "source"), image)
    right |= dict.fromkeys(("c", "d", "channel", "row", "column", "seed", "n", "steps", "step", "scales"), 1)
    right |= dict.fromkeys(("overwrite", "allow_private", "preprocess", "truncate", "relative", "guided"), False)
    right |= dict.fromkeys(("include_top", "down", "as_computed"), False)
    right |= dict.fromkeys(("guide", "guides", "style_blend"))
    right |= dict.fromkeys(("gain", "amount", "radius", "weight", "rate", "noise", "top", "limit", "high"), 1.0)
    right |= dict.fromkeys(("low", "across", "mark", "decades", "tv_weight", "left", "bottom", "right"), 0.1)
    right |= dict.fromkeys(("max_dim", "side", "height", "width", "quality"), 48) | {"tile": 8, "bits": 8}
    right |= dict.fromkeys(("values", "error"), image) | dict.fromkeys(("gram", "target", "value"), gram)
    right |= {"network": network, "settings": settings, "features": features, "outputs": outputs, "targets": outputs}
    right |= {"grams": [outputs["style"]]}
    right |= {"feature_map": features[0, ..., 0], "mask": image[0, ..., 0], "pictures": [image], "size": (40, 48)}
    right |= {"layer": "block2_conv1", "layers": ("block1_conv1",), "style_layers": ("block1_conv1",)}
    right |= {"content_layers": ("block2_conv1",), "widths": (4, 8, 8, 16, 16), "weights": "embedded"}
    right |= {"name": "chelsea", "path": "a.png", "suffix": ".png", "text": "{}", "label": "a", "kind": "walk"}
    right |= {"view": "Sobel x", "which": "red", "shuffle": "tiles", "against": "seconds", "optimizer": "adam"}
    right |= {"pooling": "avg", "precision": "float32", "box": (0, 0, 8, 8), "rectangle": (0, 0, 8, 8)}
    right |= {"history": [{"total": 1.0}], "figure": st.plots.new_plot()[0], "function": abs}
    right |= {"terms": dict.fromkeys(("style/a", "total_variation"), gram[0, 0])}
    right |= {"coefficients": dict.fromkeys(right["terms"], 1.0)}
    right |= {"runs": {"a": st.stylize(image, image, settings, network)}, "loss_curves.terms": ("total",)}
    right |= {"shuffle_style.style": st.texture.layer_style(image, "block1_conv1", network), "bars.values": {"a": 1.0}}
    right |= {"describe_outputs.outputs": {"a": features}, "colour_map.name": "viridis", "colour_map.values": gram}
    right |= {"difference_map.values": gram, "line_sums.values": gram[0], "crop_box.down": 0.5, "new_plot.top": 0.1}
    right |= {"preset.name": "quick", "weights.load.name": "embedded", "resolve.name": "auto", "mistake.error": ""}
    right |= dict.fromkeys(("OptimizerPanel.content", "StyleStudio.content", "PicturesPanel.content"), "chelsea")
    right |= dict.fromkeys(("OptimizerPanel.style", "StyleStudio.style", "PicturesPanel.style"), "swirls")
    fast, points = st.fast.FastNetwork(("style",)), image[0, 0]
    right |= {"names": ("style",), "arrays": {}, "FastNetwork.style": "style"}
    right |= dict.fromkeys(("fast.stylize.style", "fast.read.style"), "style")
    right |= dict.fromkeys(("fast.stylize.network", "fast.read.network"), fast)
    right |= {"code": np.ones((1, 1), "float32"), "strength": 1.0}
    right |= {"preserve_colour": False, "minutes": 1.0, "crops": None}
    right |= {"fast.load.path": "none.npz", "fast.train.start": None, "blend": None, "FastNetwork.save.path": "a.npz"}
    right |= {"x": points, "y": points, "kernel": st.mmd.linear, "gaussian.width": 1.0, "statistic": "Gram matrix"}
    square = st.board.Square("block2_conv2", 1, image)
    right |= {"letter": "A", "board": [square], "run": [], "seconds": 1.0, "depths": (1,)}
    right |= {"font.size": 12, "check_target.formats": (".png",), "loaded": st.weights.seeded((4, 8, 8, 16, 16))}
    keywords = {"changes": "steps", "options": "steps", "images": "picture", "grid": "ncols"}  # for **changes …
    return right | keywords | {"StyleStudio.network": "embedded", "from_file.path": "none.npz"}


@pytest.fixture(scope="module")
def right(random_network):
    """What `known` says."""
    return known(random_network)


def public(name):
    """{name: function, class or object} of a public name: itself, or where it is a module what is its own."""
    thing = getattr(st, name)
    if not inspect.ismodule(thing):
        return {name: thing}
    own = getattr(thing, "__all__", None)
    if own is None:
        own = [key for key, value in vars(thing).items() if getattr(value, "__module__", "") == thing.__name__]
    top = [getattr(st, key) for key in st.__all__]
    own = {key: getattr(thing, key) for key in own if not key.startswith("_")}
    return {f"{name}.{key}": value for key, value in own.items() if not any(value is known for known in top)}


def calls(name, thing, right):
    """(name, function, {parameter: a right value}) of a function, or of a class's constructor and methods."""
    if name in NOT_WALKED:
        return
    if inspect.isfunction(thing):
        yield name, thing, arguments(name, thing, right)
        return
    kind = thing if inspect.isclass(thing) else type(thing)
    if not kind.__module__.startswith("styletutor") or issubclass(kind, Exception):
        return
    if kind is thing:
        if dataclasses.is_dataclass(kind) and kind is not st.Settings:
            return  # a record, which holds whatever it is given
        given = arguments(name, thing, right)
        yield name, thing, given
        thing = thing(**given)
    for key, value in vars(kind).items():
        if isinstance(value, (types.FunctionType, classmethod)) and (key == "__call__" or not key.startswith("_")):
            yield f"{name}.{key}", getattr(thing, key), arguments(f"{name}.{key}", getattr(thing, key), right)


def arguments(name, function, right):
    """{parameter: a right value}; that of the function's own comes before that of the parameter's name alone."""
    parts, found = name.split("."), {}
    for parameter in inspect.signature(function).parameters.values():
        keys = [".".join([*parts[start:], parameter.name]) for start in range(len(parts) + 1)]
        key = next((key for key in keys if key in right), None)
        if key is None and function is st.Settings:
            found[parameter.name] = parameter.default
        elif parameter.kind not in (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL):
            assert key is not None, f"{name}: `known` has no value for {parameter.name}"
            found[parameter.name] = right[key]
    return found


def outcome(call):
    """What leaves a call that is neither the package's own error nor one line of it, or None."""
    try:
        call()
    except StyleTutorError as error:
        text = str(error)
        return None if "\n" not in text and 0 < len(text) <= LONGEST else f"its text is {text!r}"
    except Exception as error:
        return repr(error)[:300]
    return None


def tried(name, function, given, right, things):
    """{(function, parameter, bad thing): what left}, each parameter in turn."""
    found = {}
    for parameter in inspect.signature(function).parameters.values():
        key = right[parameter.name] if parameter.kind is inspect.Parameter.VAR_KEYWORD else parameter.name
        switch = isinstance(given.get(key), bool)  # takes whatever is true or false; arrays are neither
        for bad in (np.zeros(2),) if switch else things:
            said = outcome(functools.partial(function, **{**given, key: bad}))
            if said:
                found[name, key, repr(bad)[:40]] = said
    return found


@pytest.mark.parametrize("name", sorted({*st.__all__, "settings"}))
def test_only_the_packages_own_errors(name, right, tmp_path, monkeypatch):
    """Every bad thing given to a public function is taken, or refused by an error of the package's own."""
    monkeypatch.chdir(tmp_path)
    found = {}
    for part, thing in public(name).items():
        for called, function, given in calls(part, thing, right):
            found |= tried(called, function, given, right, FEW if inspect.ismodule(getattr(st, name)) else MANY)
    assert found == {}


STRANGERS = {
    "load_hub": lambda bad: st.fast.load_hub(bad),
    "load_tflite": lambda bad: st.fast.load_tflite(bad, "nowhere.tflite"),
    "LiteModel": lambda bad: st.fast.LiteModel(bad),
    "export_tflite": lambda bad: st.fast.export_tflite(bad, "new.tflite"),
    "export_tflite path": lambda bad: st.fast.export_tflite(None, bad),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_networks_of_strangers(name, tmp_path, monkeypatch):
    """The same for what loads and writes networks of other programs."""
    monkeypatch.chdir(tmp_path)
    found = {repr(bad)[:80]: said for bad in MANY if (said := outcome(functools.partial(STRANGERS[name], bad)))}
    assert found == {}


@refuses(ImageError)
def halve(image, by=2):
    """Half an image."""
    return image / by


def test_a_refusal_says_what_came():
    """It names the function, its arguments in short, the cause, and where to read on; a wrong call is a TypeError."""
    assert halve(4.0) == 2
    with pytest.raises(ImageError, match=r"^halve can't work with image='x': unsupported .*\. help\(halve\)") as error:
        halve("x")
    assert isinstance(error.value.__cause__, TypeError)
    with pytest.raises(ImageError, match=r"image=ndarray \(2,\) float64, by='x'"):
        halve(np.zeros(2), by="x")
    for wrong in (lambda: halve(), lambda: halve(1, 2, 3), lambda: halve(1, near=2)):
        with pytest.raises(TypeError, match="argument"):
            wrong()
