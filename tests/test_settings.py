"""Settings: the presets' constants, what is refused and how it is said, copies and text that come back equal."""

import dataclasses
import json

import numpy as np
import pytest

import styletutor as st
from styletutor.errors import SettingsError, StyleTutorError
from styletutor.layer_names import LAYERS
from styletutor.settings import presets

TUTORIAL = {
    "content_layers": ("block5_conv2",),
    "style_layers": ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1", "block5_conv1"),
    "style_weight": 1e-2,
    "content_weight": 1e4,
    "tv_weight": 0,
    "relative": False,
    "optimizer": "adam",
    "learning_rate": 0.02,
    "beta_1": 0.99,
    "beta_2": 0.999,  # Keras' default, which the tutorial leaves
    "epsilon": 1e-1,
    "steps": 1000,
    "max_dim": 512,
    "init": "content",
    "layer_weights": None,
}
GATYS = {
    "content_layers": ("block4_conv2",),
    "content_weight": 1,
    "relative": False,
    "optimizer": "lbfgs",
    "pooling": "avg",
    "steps": 500,
    "max_dim": 512,
}
KERAS = {
    "content_layers": ("block5_conv2",),
    "optimizer": "sgd",
    "decay": 0.96,
    "decay_steps": 100,
    "steps": 4000,
    "relative": False,
}
D2L = {
    "content_layers": ("block4_conv4",),
    "optimizer": "adam",
    "decay": 0.8,
    "decay_steps": 50,
    "steps": 500,
    "relative": False,
}
QUICK = {
    "content_layers": ("block2_conv2", "block4_conv1", "block4_conv2"),
    "relative": True,
    "optimizer": "adam",
    "pooling": None,
}


@pytest.mark.parametrize(
    ("name", "constants"),
    [("tutorial", TUTORIAL), ("gatys", GATYS), ("keras", KERAS), ("d2l", D2L), ("quick", QUICK)],
)
def test_presets_have_the_published_constants(name, constants):
    """Each preset has the constants of its source, as TUTORIAL.md records them."""
    settings = st.Settings.preset(name)
    for field, value in constants.items():
        assert getattr(settings, field) == value, field


def test_quick_is_the_default(quarter_network, photo):
    """The preset quick is what a run takes that is told nothing."""
    assert st.stylize(photo, photo, network=quarter_network).settings == st.Settings.preset("quick")


def test_every_preset_is_listed_and_loads():
    """presets() names all five and each one makes settings that differ from the others."""
    assert set(presets()) == {"quick", "tutorial", "gatys", "keras", "d2l"}
    assert len({st.Settings.preset(name) for name in presets()}) == 5


def test_a_preset_takes_changes():
    """Changes given with a preset win over its own constants and leave the rest."""
    settings = st.Settings.preset("tutorial", steps=10, tv_weight=30)
    assert (settings.steps, settings.tv_weight, settings.learning_rate) == (10, 30, 0.02)


def test_tutorial_coefficients():
    """The tutorial divides its weights by the number of layers: 1e-2/5 a style layer, 1e4 for the content layer."""
    expected = {f"style/{layer}": 1e-2 / 5 for layer in TUTORIAL["style_layers"]}
    expected |= {"content/block5_conv2": 1e4, "total_variation": 30}
    assert st.Settings.preset("tutorial", tv_weight=30).coefficients == pytest.approx(expected)


def test_gatys_coefficients():
    """Gatys' own code weighs each style layer 1000/channels²; the content layer 1."""
    channels = (64, 128, 256, 512, 512)
    expected = {f"style/block{b}_conv1": 1e3 / n**2 for b, n in enumerate(channels, 1)}
    expected |= {"content/block4_conv2": 1, "total_variation": 0}
    assert st.Settings.preset("gatys").coefficients == pytest.approx(expected)


def test_layer_weights_multiply_coefficients():
    """A layer's factor multiplies its coefficient; a layer that is not named counts 1."""
    settings = st.Settings(style_weight=10, layer_weights={"block1_conv1": 0.5, "block4_conv2": 3})
    assert settings.coefficients["style/block1_conv1"] == pytest.approx(1)
    assert settings.coefficients["style/block2_conv1"] == pytest.approx(2)
    assert settings.coefficients["content/block4_conv2"] == pytest.approx(3)


def test_a_layer_of_both_kinds_may_weigh_differently():
    """A factor under a term's name is for that term alone and goes before the layer's; unknown terms are refused."""
    both = {"style_layers": "block4_conv1", "content_layers": "block4_conv1", "style_weight": 10.0}
    settings = st.Settings(**both, layer_weights={"block4_conv1": 0.5, "style/block4_conv1": 3})
    assert settings.coefficients["style/block4_conv1"] == pytest.approx(30)
    assert settings.coefficients["content/block4_conv1"] == pytest.approx(0.5)
    for wrong in ("content/block4_conv", "texture/block4_conv1", "style/content/block4_conv1"):
        with pytest.raises(SettingsError, match="no layer"):
            settings.replace(layer_weights={wrong: 1})


def test_rate_falls_in_stairs():
    """d2l's rate is 0.8 of itself every 50 steps: steps 1 to 50 have the first, 51 the second."""
    settings = st.Settings.preset("d2l")
    first = settings.learning_rate
    assert [settings.rate(n) for n in (1, 50)] == [first, first]
    assert settings.rate(51) == pytest.approx(0.8 * first)
    assert settings.rate(500) == pytest.approx(0.8**9 * first)
    assert st.Settings.preset("tutorial").rate(1000) == 0.02


NUMBERS = [f.name for f in dataclasses.fields(st.Settings) if f.type in (int, float, "int", "float")]
WHOLE = ("steps", "max_dim", "scales", "margin", "seed", "decay_steps")


def test_the_table_below_covers_every_number():
    """The list of numeric settings that the next tests go through is not empty by accident."""
    assert set(NUMBERS) >= {"style_weight", "content_weight", "tv_weight", "learning_rate", *WHOLE}


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(
    "value", [True, float("nan"), -1, float("inf"), "3", None, 1j, [1], np.True_, np.float32("nan"), 10**400]
)
def test_F60_no_number_takes_nonsense(name, value):
    """A bool, NaN, an infinite, negative or huge number, text and None are refused, with the setting's name."""
    with pytest.raises(SettingsError, match=name) as error:
        st.Settings(**{name: value})
    assert "expected a" in str(error.value)


@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_stay_whole(name):
    """Half a step, pixel, level or seed is refused; a float that is whole becomes an int."""
    with pytest.raises(SettingsError, match=f"{name} is .*whole number"):
        st.Settings(**{name: 40.5 if name not in ("scales", "margin") else 1.5})
    value = getattr(st.Settings(**{name: 64.0 if name not in ("scales", "margin") else 2.0}), name)
    assert type(value) is int


@pytest.mark.parametrize("number", [np.float32(4), np.float64(4), np.int64(4), np.uint8(4), np.array(4.0)])
def test_numpy_numbers_are_numbers(number):
    """NumPy's numbers are taken and kept as Python's, so that JSON and repr show them plainly."""
    settings = st.Settings(style_weight=number, steps=number)
    assert (settings.style_weight, settings.steps) == (4, 4)
    assert (type(settings.style_weight), type(settings.steps)) == (float, int)
    assert settings == st.Settings(style_weight=4, steps=4)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"optimizer": "adamw"}, "adam, lbfgs, sgd"),
        ({"optimizer": ["adam"]}, "adam, lbfgs, sgd"),
        ({"init": "random"}, "content, noise, style"),
        ({"pooling": "mean"}, "max, avg"),
        ({"precision": "float16"}, "float32, bfloat16"),
        ({"relative": 1}, "True or False"),
        ({"preserve_colour": "yes"}, "True or False"),
        ({"content_layers": ("block4_conv9",)}, "block4_conv"),
        ({"style_layers": ("blok1_conv1",)}, "block1_conv1"),
        ({"style_layers": 3}, "layer names"),
        ({"style_layers": (), "content_layers": ()}, "at least one"),
        ({"layer_weights": {"block1_conv": 1}}, "block1_conv1"),
        ({"layer_weights": {"block1_conv1": -1}}, "block1_conv1"),
        ({"layer_weights": {"block1_conv1": float("nan")}}, "block1_conv1"),
        ({"layer_weights": [1, 2]}, "layer: factor"),
        ({"max_dim": 31}, "from 32"),
        ({"scales": 7}, "from 1 to 6"),
        ({"learning_rate": 0}, "learning_rate"),
    ],
)
def test_F60_refusals_say_what_was_expected(changes, words):
    """What is refused is a SettingsError, a ValueError too, that says in one line what would do."""
    with pytest.raises(SettingsError) as error:
        st.Settings(**changes)
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert isinstance(error.value, (StyleTutorError, ValueError))


def test_F60_unknown_names_get_the_nearest():
    """A mistyped setting, preset or layer is answered with the nearest one there is."""
    with pytest.raises(SettingsError, match=r"did you mean .*style_weight"):
        st.Settings().replace(style_wieght=3)
    with pytest.raises(SettingsError, match="Did you mean tutorial"):
        st.Settings.preset("tutorail")
    with pytest.raises(SettingsError, match=r"did you mean .*block4_conv2"):
        st.Settings(content_layers="block4conv2")
    with pytest.raises(SettingsError, match="quick, tutorial"):
        st.Settings.preset("zzz")


def test_layers_of_vgg19():
    """The layer names are VGG19's: 16 convolutions in blocks of 2, 2, 4, 4, 4, and 5 poolings."""
    assert len(LAYERS) == 21
    assert LAYERS[:3] == ("block1_conv1", "block1_conv2", "block1_pool")
    assert LAYERS[-1] == "block5_pool"


def test_layers_may_be_one_name_a_list_or_repeated():
    """One name, a list, and a name given twice all become a tuple of different names."""
    assert st.Settings(content_layers="block1_conv1").content_layers == ("block1_conv1",)
    assert st.Settings(content_layers=["block1_conv1", "block1_conv1"]).content_layers == ("block1_conv1",)


FULL = {
    "content_layers": ("block3_conv1", "block5_pool"),
    "style_layers": (),
    "layer_weights": {"block3_conv1": 0.1},
    "tv_weight": 1 / 3,
    "relative": False,
    "optimizer": "lbfgs",
    "pooling": "avg",
    "scales": 3,
    "preserve_colour": True,
    "seed": 2**32 - 1,
}
SOME = [*(st.Settings.preset(name) for name in presets()), st.Settings(**FULL)]


@pytest.mark.parametrize("settings", SOME)
def test_json_round_trip(settings):
    """JSON text comes back as equal settings, and is plain JSON for others to read."""
    text = settings.to_json()
    assert st.Settings.from_json(text) == settings
    assert json.loads(text)["style_weight"] == settings.style_weight


@pytest.mark.parametrize("settings", SOME)
def test_python_round_trip(settings):
    """What "show the code" shows is Python that makes equal settings, naming only what differs from the defaults."""
    text = settings.to_python()
    assert eval(text, {"st": st}) == settings
    assert text.count("=") == sum(
        getattr(settings, f.name) != getattr(st.Settings(), f.name) for f in dataclasses.fields(settings)
    )


@pytest.mark.parametrize("text", ["", "{", "[1]", "3", None, '{"style_wieght": 3}', '{"tv_weight": NaN}', b"\xff"])
def test_bad_json_is_a_settings_error(text):
    """Text that is no settings is refused as a SettingsError, not as the JSON reader's own."""
    with pytest.raises(SettingsError):
        st.Settings.from_json(text)


def test_frozen_and_hashable():
    """Settings can't be changed in place, equal ones are one key of a dict, and replace makes a copy."""
    settings = st.Settings.preset("gatys")
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.steps = 3
    assert {settings: 1}[st.Settings.preset("gatys")] == 1
    assert hash(settings) != hash(settings.replace(steps=3))
    assert settings.replace(steps=3).replace(steps=500) == settings


def test_settings_keep_their_own_layer_weights():
    """Changing the dict that was given does not change the settings made from it."""
    given = {"block1_conv1": 2.0}
    settings = st.Settings(layer_weights=given)
    given["block1_conv1"] = 7.0
    assert settings.layer_weights == {"block1_conv1": 2.0}


@pytest.mark.parametrize(
    "make", [lambda x: st.Settings(steps=x), lambda x: st.Settings().replace(init=x), st.Settings.preset]
)
def test_a_value_that_cannot_be_named_is_refused(make):
    class Nameless:
        def __repr__(self):
            raise RuntimeError("no name")

        __str__ = __repr__

    with pytest.raises(SettingsError, match=r"can't work with .*no name"):
        make(Nameless())
