"""No exception but the package's own leaves a public function for bad input: each is called with a hundred bad things.

A wrong call itself (too many arguments, an unknown keyword) may be a TypeError, as everywhere in Python.
"""

import inspect

import numpy as np
import pytest

import styletutor as st
from styletutor import download, fast, images, weights
from styletutor.errors import StyleTutorError


def bad_things():
    """What a reader may hand over by mistake, and what an attacker would."""
    nan = np.full((1, 40, 40, 3), np.nan, "float32")
    return [
        *(None, True, -1, 0, 2**70, 1.5, float("nan"), float("inf"), 1j, "", "x", "n" * 5000),
        *("a\0b", "\ud800", "..", b""),
        *("http://[", "ftp://x", "data:,x", "<img src=x>", "$x\\frac{1$", "%s{}", b"\x89PNG\r\n\x1a\n", object(), list),
        *([], [1], ["x"], [[]], (), (1, 2), {}, {"a": 1}, {"content": 3}, {1: {}}, set(), range(3), lambda: 0),
        *(nan, nan[0] * 0 + 300, np.zeros((0, 0, 3)), np.zeros((1, 3, 40, 40)), np.zeros((1, 2, 3, 4, 5)), np.zeros(7)),
        *(np.array(["x"]), np.array([None]), np.zeros((40, 40, 3), complex), np.zeros((4, 4), "datetime64[s]")),
    ]


FIRST = {  # what is public and takes something to judge: (function, further arguments that are right)
    "load_image": (st.load_image, ()),
    "load_image max_dim": (lambda bad: st.load_image(np.zeros((4, 4, 3)), bad), ()),
    "as_image": (images.as_image, ()),
    "resize": (lambda bad: images.resize(images.as_image(np.zeros((4, 4, 3))), bad), ()),
    "save_image": (lambda bad: st.save_image(bad, "bad.png", overwrite=True), ()),
    "save_image path": (lambda bad: st.save_image(np.zeros((4, 4, 3)), bad), ()),
    "to_bytes suffix": (lambda bad: images.to_bytes(np.zeros((4, 4, 3)), bad), ()),
    "read_settings": (images.read_settings, ()),
    "check_target": (images.check_target, ()),
    "uploaded": (images.uploaded, ()),
    "gallery.load": (st.gallery.load, ()),
    "gallery.load max_dim": (lambda bad: st.gallery.load("chelsea", bad), ()),
    "gallery.describe": (st.gallery.describe, ()),
    "read_url": (lambda bad: download.read_url(bad, 100, 1), ()),
    "Settings.preset": (st.Settings.preset, ()),
    "Settings.from_json": (st.Settings.from_json, ()),
    "weights.load": (weights.load, ()),
    "weights.from_file": (weights.from_file, ()),
    "load_hub": (fast.load_hub, ()),
    "load_tflite": (lambda bad: fast.load_tflite(bad, "nowhere.tflite"), ()),
    "LiteModel": (fast.LiteModel, ()),
    "export_tflite": (lambda bad: fast.export_tflite(bad, "new.tflite"), ()),
    "export_tflite path": (lambda bad: fast.export_tflite(None, bad), ()),
} | {
    f"Settings({name})": (lambda bad, name=name: st.Settings(**{name: bad}), ())
    for name in inspect.signature(st.Settings).parameters
}


def outcome(function, bad):
    """The exception that leaves the function, if it is not the package's own and one line."""
    try:
        function(bad)
    except StyleTutorError as error:
        text = str(error)
        return None if "\n" not in text and 0 < len(text) <= 400 else f"its text is {text!r}"
    except Exception as error:
        return repr(error)
    return None


@pytest.mark.parametrize("name", FIRST)
def test_only_the_packages_own_errors(name, tmp_path, monkeypatch):
    """Every bad thing given to a public function is taken, or refused by an error of the package's own."""
    monkeypatch.chdir(tmp_path)
    function, _ = FIRST[name]
    found = {repr(bad)[:80]: said for bad in bad_things() if (said := outcome(function, bad))}
    assert found == {}


@pytest.fixture(scope="module")
def network():
    """The embedded network."""
    return st.load_vgg19("embedded")


def test_functions_that_need_tensorflow(network):
    """The same for the functions behind TensorFlow: networks, layers, losses, runs."""
    image = images.as_image(np.full((40, 40, 3), 0.5))
    quick = st.Settings(steps=1, max_dim=40)
    calls = {
        "load_vgg19": st.load_vgg19,
        "load_vgg19 pooling": lambda bad: st.load_vgg19("embedded", bad),
        "feature_extractor": lambda bad: st.feature_extractor(network, bad),
        "StyleContentModel": lambda bad: st.StyleContentModel(bad, ("block1_conv1",), network),
        "stylize content": lambda bad: st.stylize(bad, image, quick, network),
        "stylize style": lambda bad: st.stylize(image, bad, quick, network),
        "predict_top5": st.predict_top5,
    }
    run = st.stylize(image, image, quick, network)
    for name in ("style_weight", "layer_weights", "steps", "seed", "nonsense"):
        calls[f"update {name}"] = lambda bad, name=name: run.update(**{name: bad})
    found = {
        (name, repr(bad)[:60]): said
        for name, call in calls.items()
        for bad in bad_things()
        if (said := outcome(call, bad))
    }
    assert found == {}
