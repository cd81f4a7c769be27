"""Style transfer in one pass: the network, its file, blends and strength, and that training trains."""

import io
import json

import numpy as np
import pytest

from styletutor import fast
from styletutor.errors import SettingsError, WeightsError
from styletutor.fast import network as networks
from styletutor.fast import training
from styletutor.fast.photographs import Crops, held_out, photographs
from styletutor.settings import Settings


@pytest.fixture(scope="module")
def two():
    """An untrained network of two styles, which differ in scale and shift."""
    made = fast.FastNetwork(("waves", "stones"), seed=1)
    rng = np.random.default_rng(2)
    made.set_arrays({
        name: array + rng.normal(0, 0.3, array.shape) * name.endswith(("gamma", "beta"))
        for name, array in made.arrays().items()
    })  # fmt: skip
    return made


def test_any_size_comes_back_inside_its_range(two, photo):
    for height, width in ((64, 96), (33, 47), (50, 37)):
        made = two(photo[:, :height, :width], "waves")
        assert made.shape == (1, height, min(width, 96), 3) and made.dtype == np.float32
        assert 0 <= made.min() < made.max() <= 1


def test_the_border_is_no_frame(two):
    """On a plain picture and without noise every pixel is treated alike, at the border too."""
    quiet = fast.FastNetwork(("one",), seed=3)
    for layer in quiet.model.layers:
        if layer.name.endswith("_noise"):
            layer.tile = np.zeros_like(layer.tile)
    made = quiet(np.full((1, 48, 48, 3), 0.3, "float32"))
    np.testing.assert_allclose(made, np.tile(made[:, 20:22, 20:22], (1, 24, 24, 1)), atol=0.01)


def test_a_blend_lies_between_its_styles(two, photo):
    waves, stones, both = (two(photo, style) for style in ("waves", "stones", {"waves": 1, "stones": 3}))
    np.testing.assert_allclose(two(photo, {"waves": 2, "stones": 0}), waves, atol=1e-6)
    np.testing.assert_allclose(two.code({"waves": 1, "stones": 3}), [[0.25, 0.75]])
    assert np.abs(both - stones).mean() < np.abs(waves - stones).mean()
    assert np.abs(both - stones).mean() > 0.01


def test_strength_and_colour(two, photo):
    full = fast.stylize(photo, "waves", network=two)
    np.testing.assert_array_equal(fast.stylize(photo, "waves", strength=0, network=two), photo)
    half = fast.stylize(photo, "waves", strength=0.5, network=two)
    np.testing.assert_allclose(half, (full + photo) / 2, atol=1e-6)
    kept = fast.stylize(photo, "waves", preserve_colour=True, network=two)
    difference = kept - photo  # the same in all channels but where it was cut
    inside = (kept > 0.01) & (kept < 0.99)
    assert np.ptp(difference, axis=-1)[inside.all(-1)].max() < 1e-5


@pytest.mark.parametrize(
    ("style", "strength", "words"),
    [
        *(("wave", 1, "did you mean waves"), ({"waves": 0}, 1, "above 0"), ({"waves": -1}, 1, "weighs -1")),
        *((3, 1, "no style"), ({}, 1, "above 0"), ("waves", 2, "from 0 to 1"), ("waves", None, "from 0 to 1")),
    ],
)
def test_what_is_refused(two, photo, style, strength, words):
    with pytest.raises(SettingsError, match=words):
        fast.stylize(photo, style, strength, network=two)


def test_the_file_is_arrays_and_gives_the_same_picture(two, photo, tmp_path):
    path = two.save(tmp_path / "two.npz")
    with np.load(path, allow_pickle=False) as file:
        assert json.loads(str(file["about"]))["styles"] == ["waves", "stones"]
    again = fast.load(path)
    assert again.names == two.names
    assert np.abs(again(photo, "stones") - two(photo, "stones")).max() < 0.02  # float16


def _file(**changes):
    arrays = {"about": np.array(json.dumps({"styles": ["one"]})), **fast.FastNetwork(("one",)).arrays(), **changes}
    file = io.BytesIO()
    np.savez(file, **{name: array for name, array in arrays.items() if array is not None})
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda: b"PK no", "holds no fast network"),
        (lambda: _file(about=np.array([{"styles": ["one"]}], dtype=object)), "holds no fast network"),
        (lambda: _file(about=np.array(json.dumps({"styles": ["a"] * 9}))), "names of their own"),
        (lambda: _file(**{"paint/bias": None}), "lack paint/bias"),
        (lambda: _file(**{"paint/bias": np.zeros(13, "float32")}), "has the shape"),
        (lambda: _file(**{"paint/bias": np.full(12, np.nan, "float32")}), "not finite"),
    ],
)
def test_damaged_files_are_refused(content, words):
    with pytest.raises(WeightsError, match=words):
        networks.from_bytes(content(), "file.npz")


def _training(steps, seed=0):
    ramp = np.mgrid[0:64, 0:64][1][None, ..., None] / 63
    style = (np.array([0.9, 0.2, 0.1]) * np.round(6 * ramp % 1) + 0.05).astype("float32")
    settings = Settings.preset("quick", style_layers=("block1_conv1", "block2_conv1"), content_layers="block2_conv2")
    return fast.train(style, settings=settings, steps=steps, seed=seed, crops=Crops(seed, 48, 2))


def test_training_lowers_the_loss_and_can_be_left():
    run = _training(24)
    first = [step.losses["total"] for step, _ in zip(run, range(4), strict=False)]
    assert run.number == 5 and run.share == 5 / 24  # the fifth was taken before zip ended
    last = [step for step in run][-1]
    assert last.number == 24 and np.mean([h["total"] for h in run.history[-4:]]) < 0.8 * np.mean(first)
    assert last.image.shape == run.preview.shape and last.seconds == run.seconds
    assert list(run) == []
    np.testing.assert_array_equal(run.image, run.model(run.preview))


def test_the_same_seed_trains_the_same_network():
    first, second, other = (_training(2, seed) for seed in (4, 4, 5))
    for run in (first, second, other):
        list(run)
    np.testing.assert_array_equal(first.image, second.image)
    assert not np.array_equal(first.image, other.image)


def test_crops_leave_out_the_held_out_photograph():
    from styletutor import images

    found = [images.resize(images.load_image(picture), size=(64, 64)) for picture in photographs()]
    kept = images.resize(held_out(), size=(64, 64))
    assert len(found) >= 6 and min(np.abs(other - kept).mean() for other in found) > 0.1
    np.testing.assert_array_equal(Crops(1, 48, 2).batch(3), Crops(1, 48, 2).batch(3))


@pytest.mark.parametrize("bad", [0, -1, "x", None, float("nan"), True])
def test_a_budget_is_a_number_above_zero(bad):
    with pytest.raises(SettingsError, match="minutes"):
        fast.train(np.zeros((32, 32, 3)), minutes=bad)


def test_learning_rate_rises_then_falls():
    rates = [training.learning_rate(share) for share in (0, 0.05, 0.5, 1)]
    assert rates[0] < rates[1] == training.PEAK and rates[1] > rates[2] > rates[3] == 0
