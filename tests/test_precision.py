"""precision="auto": decided by timing, once a machine, kept, recorded; and what bfloat16 costs in quality."""

import json
import logging

import numpy as np
import pytest

import styletutor as st
from styletutor import precision


@pytest.fixture
def undecided(monkeypatch, tmp_path):
    """A machine that has not decided yet: an empty cache folder, its path."""
    monkeypatch.setenv("STYLETUTOR_CACHE", str(tmp_path / "cache"))
    precision.choose.cache_clear()
    yield tmp_path / "cache"
    precision.choose.cache_clear()


def pretend(monkeypatch, **seconds):
    """Let the timing give these seconds; returns a list that grows with every timing."""
    calls = []
    monkeypatch.setattr(precision, "time_convolutions", lambda: calls.append(1) or seconds)
    return calls


def test_both_ways_are_timed():
    """Both number types are really run and timed, in positive seconds."""
    seconds = precision.time_convolutions(rounds=2)
    assert set(seconds) == {"float32", "bfloat16"}
    assert 0 < min(seconds.values()) and max(seconds.values()) < 60


@pytest.mark.parametrize(("bfloat16", "expected"), [(0.5, "bfloat16"), (0.95, "float32"), (3.0, "float32")])
def test_bfloat16_only_where_it_wins(undecided, monkeypatch, bfloat16, expected):
    """bfloat16 is taken where it is clearly faster, not at a tie and not where it is emulated."""
    pretend(monkeypatch, float32=1.0, bfloat16=bfloat16)
    assert precision.choose() == expected


def test_decided_once_a_machine(undecided, monkeypatch):
    """A second process reads what the first found; it neither times again nor decides otherwise."""
    calls = pretend(monkeypatch, float32=1.0, bfloat16=0.5)
    assert precision.choose() == "bfloat16"
    precision.choose.cache_clear()  # what another process knows
    pretend(monkeypatch, float32=0.1, bfloat16=0.5)
    assert precision.choose() == "bfloat16"
    assert len(calls) == 1
    (path,) = undecided.iterdir()
    assert json.loads(path.read_text())["seconds"] == {"float32": 1.0, "bfloat16": 0.5}


def test_the_first_of_two_at_once_decides(undecided, monkeypatch):
    """A process that finds its decision when another has put its own there meanwhile takes the other's."""
    first = {"precision": "bfloat16"}

    def slower():
        precision._write(precision._path(), first)
        return {"float32": 1.0, "bfloat16": 9.0}

    monkeypatch.setattr(precision, "time_convolutions", slower)
    exists = type(undecided).exists
    monkeypatch.setattr(type(undecided), "exists", lambda path: path.suffix != ".json" and exists(path))  # a moment ago
    assert precision.choose() == "bfloat16"
    (path,) = undecided.iterdir()
    assert json.loads(path.read_text()) == first


def test_another_machine_decides_for_itself(undecided, monkeypatch):
    """With a home folder that two machines share, each has its own decision."""
    pretend(monkeypatch, float32=1.0, bfloat16=0.5)
    assert precision.choose() == "bfloat16"
    precision.choose.cache_clear()
    monkeypatch.setattr(precision, "_machine", lambda: ["another processor"])
    pretend(monkeypatch, float32=1.0, bfloat16=2.0)
    assert precision.choose() == "float32"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"precision": "float16"}', '{"precision": []}'])
def test_a_damaged_record_is_replaced(undecided, monkeypatch, content):
    """A file that says nothing is as good as none, and is written anew."""
    pretend(monkeypatch, float32=1.0, bfloat16=0.5)
    precision.choose()
    (path,) = undecided.iterdir()
    path.write_text(content)
    precision.choose.cache_clear()
    assert precision.choose() == "bfloat16"
    assert json.loads(path.read_text())["precision"] == "bfloat16"


def test_no_home_folder(undecided, monkeypatch):
    """Where there is no folder for a cache at all, the decision holds for the process."""
    for name in ("STYLETUTOR_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # as for a user without an entry in passwd
    calls = pretend(monkeypatch, float32=1.0, bfloat16=0.5)
    assert [precision.choose() for _ in range(2)] == ["bfloat16"] * 2
    assert len(calls) == 1


def test_a_cache_that_cannot_be_written(undecided, monkeypatch, caplog):
    """Where the cache folder is a file, the decision holds for the process, and the log says so."""
    undecided.write_text("not a folder")
    calls = pretend(monkeypatch, float32=1.0, bfloat16=0.5)
    with caplog.at_level(logging.WARNING):
        assert [precision.choose() for _ in range(3)] == ["bfloat16"] * 3
    assert len(calls) == 1
    assert "can't be kept" in caplog.text


@pytest.mark.parametrize("bfloat16", [0.5, 2.0])
def test_the_saved_picture_says_what_was_chosen(undecided, monkeypatch, tmp_path, photo, random_network, bfloat16):
    """A run's settings, and with them the saved PNG, name the precision that "auto" became."""
    pretend(monkeypatch, float32=1.0, bfloat16=bfloat16)
    expected = "bfloat16" if bfloat16 < 1 else "float32"
    run = st.stylize(photo, photo, st.Settings(precision="auto", max_dim=64, steps=1), random_network)
    next(run)
    assert run.settings.precision == run.network.precision == expected
    path = st.save_image(run.image, tmp_path / "picture.png", run.settings)
    assert st.Settings.from_json(st.images.read_settings(path)).precision == expected


def final_loss(run):
    """The last picture's loss, worked out in float32 whatever the run computed in."""
    for _ in run:
        pass
    network = st.vgg19.variant(run.network, precision="float32")
    model = st.StyleContentModel(run.settings.style_layers, run.settings.content_layers, network)
    targets = {"style": model(run.style)["style"], "content": model(run.content)["content"]}
    return float(st.style_content_loss(model(run.image), targets, run.settings, run.image)["total"])


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_bfloat16_gets_as_far(quarter_network, optimizer):
    """After 50 steps the loss, in float32, is within 2 % of that of a run in float32 throughout."""
    content, style = st.gallery.load("chelsea", 96), st.gallery.load("swirls", 96)
    settings = st.Settings(optimizer=optimizer, steps=50, max_dim=96)
    exact, rounded = (
        final_loss(st.stylize(content, style, settings.replace(precision=p), quarter_network))
        for p in ("float32", "bfloat16")
    )
    assert rounded < 1.02 * exact


def test_grams_and_losses_stay_float32(photo, quarter_network):
    """In bfloat16 the Gram matrices, features, losses and the image are float32, of more than 8 binary places."""
    run = st.stylize(photo, photo, st.Settings(precision="bfloat16", max_dim=64, steps=1), quarter_network)
    outputs = run.model(run.image)
    for tensors in outputs.values():
        for tensor in tensors.values():
            assert tensor.dtype == "float32"
    gram = outputs["style"]["block3_conv1"].numpy()
    assert np.any(gram.view("uint32") & 0xFFFF)  # a bfloat16's lower half is 0
    assert next(run).image.dtype == np.float32
