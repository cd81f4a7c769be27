"""Where weights come from: files right and wrong, damaged and hostile, and what is said about each."""

import hashlib
import json
import pickle
import shutil
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from styletutor import download, packaged, weights
from styletutor.errors import WeightsError

WIDTHS = (2, 3, 4, 5, 5)


@pytest.fixture(autouse=True)
def empty_caches(tmp_path, monkeypatch):
    """No test sees what is in the user's caches."""
    monkeypatch.setenv("STYLETUTOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


def write_keras_h5(path, arrays, nested=False):
    """Write arrays as Keras' VGG19 files are laid out: a group a layer, its datasets named in weight_names.

    The published files name them block1_conv1_W_1:0; files that Keras 2 wrote nest them a level deeper.
    """
    layers = list(dict.fromkeys(name.split("/")[0] for name in arrays))
    names = [f"block{b}_pool" for b in range(1, 6)]
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array(layers + names, "S")
        file.attrs["backend"], file.attrs["keras_version"] = b"tensorflow", b"2.0.0"
        for pool in names:
            file.create_group(pool).attrs["weight_names"] = np.zeros(0, "S1")
        for layer in layers:
            keys = [f"{layer}/kernel:0", f"{layer}/bias:0"] if nested else [f"{layer}_W_1:0", f"{layer}_b_1:0"]
            group = file.create_group(layer)
            group.attrs["weight_names"] = np.array(keys, "S")
            for key, part in zip(keys, ("kernel", "bias"), strict=True):
                group.create_dataset(key, data=arrays[f"{layer}/{part}"])
    return path


def small(**changes):
    """A small network's arrays, some exchanged."""
    return dict(weights.seeded(WIDTHS).arrays) | changes


def write_npz(path, **changes):
    """Write a small network as .npz."""
    np.savez(path, **small(**changes))
    return path


# --- files that are right


@pytest.mark.parametrize("layout", ["npz", "h5", "nested h5"])
def test_files_give_the_arrays_written(tmp_path, layout):
    """An .npz and both layouts of Keras' .h5 give every array exactly, the widths and the file's name."""
    path = tmp_path / ("mine.npz" if layout == "npz" else "mine.h5")
    if layout == "npz":
        write_npz(path)
    else:
        write_keras_h5(path, small(), nested=layout.startswith("nested"))
    loaded = weights.from_file(path)
    assert set(loaded.arrays) == set(small())
    for name, array in small().items():
        np.testing.assert_array_equal(loaded.arrays[name], array, err_msg=name)
    assert loaded.widths == WIDTHS
    assert path.name in loaded.source


def test_keras_reads_the_layout_that_is_written_here(tmp_path):
    """Keras' own reader takes the .h5 files that these tests write, so they are laid out as the real ones."""
    from styletutor.vgg19 import build_vgg19

    network = build_vgg19(WIDTHS)
    network.load_weights(write_keras_h5(tmp_path / "a.h5", small()))
    for layer in weights.CONVOLUTIONS:
        kernel, bias = network.get_layer(layer).get_weights()
        np.testing.assert_array_equal(kernel, small()[f"{layer}/kernel"])
        np.testing.assert_array_equal(bias, small()[f"{layer}/bias"])


def test_other_number_types_become_float32(tmp_path):
    """Arrays of float16 and float64 are read as float32."""
    changes = {"block1_conv1/kernel": small()["block1_conv1/kernel"].astype("float64")}
    loaded = weights.from_file(write_npz(tmp_path / "a.npz", **changes))
    assert {a.dtype for a in loaded.arrays.values()} == {np.dtype("float32")}


# --- random weights


def test_seeded_is_the_same_for_the_same_seed():
    """The same seed gives the same arrays, another seed others."""
    first, again, other = weights.seeded(WIDTHS, 1), weights.seeded(WIDTHS, 1), weights.seeded(WIDTHS, 2)
    for name in first.arrays:
        np.testing.assert_array_equal(first.arrays[name], again.arrays[name])
    assert not np.array_equal(first.arrays["block5_conv4/kernel"], other.arrays["block5_conv4/kernel"])


def test_seeded_is_he_normal():
    """Each kernel has mean 0 and variance 2/fan-in (He et al. 2015), each bias is 0."""
    channels = 3
    loaded = weights.seeded(weights.QUARTER_WIDTHS)
    for layer in weights.CONVOLUTIONS:
        kernel = loaded.arrays[f"{layer}/kernel"]
        assert kernel.shape[:3] == (3, 3, channels)
        expected = (2 / (9 * channels)) ** 0.5
        assert kernel.std() == pytest.approx(expected, rel=5 / (2 * kernel.size) ** 0.5)
        assert abs(kernel.mean()) < 5 * expected / kernel.size**0.5
        assert not loaded.arrays[f"{layer}/bias"].any()
        channels = kernel.shape[-1]
    assert "random" in loaded.source


# --- the embedded network


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A copy of the package's data folder, which the package then uses."""
    copy = tmp_path / "data"
    copy.mkdir()
    for name in ("vgg19_quarter.npz", "vgg19_quarter.json"):
        shutil.copy(Path(str(packaged.folder())) / name, copy)
    monkeypatch.setattr(packaged, "folder", lambda: copy)
    return copy


def test_embedded_is_the_file_that_was_recorded(data):
    """The embedded network's hash is the recorded one; it is quarter width and says what it is."""
    loaded = weights.load("embedded")
    recorded = json.loads((data / "vgg19_quarter.json").read_text())["sha256"]
    assert hashlib.sha256((data / "vgg19_quarter.npz").read_bytes()).hexdigest() == recorded
    assert loaded.widths == weights.QUARTER_WIDTHS
    assert loaded.pooling == "avg"
    assert "embedded" in loaded.source
    assert (data / "vgg19_quarter.npz").stat().st_size < 3e6


def test_F44_one_changed_bit_is_noticed(data):
    """A single flipped bit anywhere in the embedded file is refused with both hashes and what to do."""
    content = bytearray((data / "vgg19_quarter.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (data / "vgg19_quarter.npz").write_bytes(content)
    with pytest.raises(WeightsError, match=r"damaged \(SHA-256 .*expected.*reinstall"):
        weights.load("embedded")


@pytest.mark.parametrize("name", ["vgg19_quarter.npz", "vgg19_quarter.json"])
@pytest.mark.parametrize("damage", ["missing", "empty", "nonsense"])
def test_F44_damaged_installation(data, name, damage):
    """A missing, empty or scribbled file of the embedded network says to reinstall."""
    (data / name).unlink()
    if damage != "missing":
        (data / name).write_bytes(b"" if damage == "empty" else b'{"a": 1}')
    with pytest.raises(WeightsError, match="reinstall"):
        weights.load("embedded")


# --- names


def test_unknown_name_says_what_there_is(tmp_path):
    """A name that is neither a kind nor a file is answered with the kinds."""
    for name in ("imagnet", str(tmp_path), str(tmp_path / "none.h5"), ""):
        with pytest.raises(WeightsError, match="auto, embedded, imagenet, random"):
            weights.load(name)


@pytest.mark.parametrize(("top", "command"), [(False, "download imagenet"), (True, "download classifier")])
def test_missing_imagenet_names_the_command(top, command):
    """Without the ImageNet file the error names the command that fetches it."""
    assert weights.imagenet_path(top) is None
    with pytest.raises(WeightsError, match=f"styletutor {command}"):
        weights.load("imagenet", include_top=top)


def test_auto_takes_imagenet_only_when_it_is_verified(tmp_path, monkeypatch):
    """What "auto" means is embedded until a file of the right hash lies in the cache; a wrong one counts as none."""
    path = write_keras_h5(tmp_path / "a.h5", small())
    digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    monkeypatch.setattr(
        weights,
        "IMAGENET",
        download.Resource("vgg19.h5", "https://nowhere.invalid/", path.stat().st_size, f"md5:{digest}"),
    )
    assert weights.resolve("auto") == "embedded"
    assert "embedded" in weights.load().source
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "vgg19.h5").write_bytes(b"x" * path.stat().st_size)
    assert weights.resolve("auto") == "embedded"
    (tmp_path / "cache" / "vgg19.h5").unlink()
    shutil.copy(path, tmp_path / "cache" / "vgg19.h5")
    assert weights.resolve("auto") == "imagenet"
    loaded = weights.load()
    assert loaded.widths == WIDTHS
    assert loaded.pooling == "max"
    assert "ImageNet" in loaded.source


# --- files that are wrong


def refused(path, *words, include_top=False):
    """from_file raises WeightsError with those words, in one line that names the file."""
    with pytest.raises(WeightsError) as error:
        weights.from_file(path, include_top)
    for word in (path.name, *words):
        assert word in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("layer", "part", "shape"),
    [
        ("block1_conv1", "kernel", (3, 3, 4, 2)),
        ("block2_conv2", "kernel", (3, 3, 2, 3)),
        ("block3_conv3", "kernel", (5, 5, 4, 4)),
        ("block4_conv1", "bias", (4,)),
        ("block5_conv4", "kernel", (3, 3, 5)),
        ("block3_conv2", "kernel", ()),
        ("block3_conv2", "bias", ()),
        ("block1_conv1", "bias", ()),
    ],
)
@pytest.mark.parametrize("kind", ["npz", "h5"])
def test_F41_wrong_shape_names_the_layer(tmp_path, kind, layer, part, shape):
    """An array of another shape than VGG19's is refused with the layer's name."""
    changes = {f"{layer}/{part}": np.zeros(shape, "float32")}
    path = tmp_path / f"wrong.{kind}"
    if kind == "npz":
        write_npz(path, **changes)
    else:
        write_keras_h5(path, small(**changes))
    refused(path, layer, "expected")


def test_another_width_inside_a_block_names_the_layer(tmp_path):
    """A block whose second convolution is wider, though each fits the one before, is no VGG19 of five widths."""
    changes = {
        "block1_conv2/kernel": np.zeros((3, 3, 2, 7), "float32"),
        "block1_conv2/bias": np.zeros(7, "float32"),
        "block2_conv1/kernel": np.zeros((3, 3, 7, 3), "float32"),
    }
    refused(write_npz(tmp_path / "wide.npz", **changes), "block1_conv2", "(3, 3, 2, 7)", "(3, 3, 2, 2)")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("part", ["kernel", "bias"])
def test_F41_values_that_are_not_finite_name_the_layer(tmp_path, value, part):
    """One NaN or infinite value is enough to refuse the file, with the layer's name."""
    array = small()[f"block4_conv3/{part}"].copy()
    array.flat[-1] = value
    refused(write_npz(tmp_path / "bad.npz", **{f"block4_conv3/{part}": array}), "block4_conv3", "finite")


@pytest.mark.parametrize("kind", ["npz", "h5"])
def test_F41_missing_layer_is_named(tmp_path, kind):
    """A file without one of the layers is refused with that layer's name."""
    arrays = {name: a for name, a in small().items() if not name.startswith("block3_conv2")}
    path = tmp_path / f"part.{kind}"
    np.savez(path, **arrays) if kind == "npz" else write_keras_h5(path, arrays)
    refused(path, "block3_conv2")


def test_classifier_of_another_shape_names_the_layer(tmp_path):
    """Fully connected layers that don't fit the convolutions are refused before a network is built."""
    dense = {f"{n}/{part}": np.zeros((4, 4) if part == "kernel" else 4, "float32")
             for n in weights.DENSE for part in ("kernel", "bias")}  # fmt: skip
    path = write_keras_h5(tmp_path / "top.h5", small(**dense))
    refused(path, "fc1", "(245, 4096)", include_top=True)
    assert weights.from_file(path).widths == WIDTHS  # without the head they are not looked at


@pytest.mark.parametrize("name", ["a.npz", "a.h5", "a.txt"])
@pytest.mark.parametrize("content", [b"", b"no weights\n" * 99, b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"])
def test_files_of_another_kind(tmp_path, name, content):
    """A file that is no archive at all is refused in one line."""
    (tmp_path / name).write_bytes(content)
    refused(tmp_path / name, "no VGG19 weights")


@pytest.mark.parametrize("kind", ["npz", "h5"])
def test_F42_damaged_files_raise_nothing_else(tmp_path, kind):
    """Files cut short or scribbled over give weights or a WeightsError, never another error."""
    path = tmp_path / f"a.{kind}"
    np.savez_compressed(path, **small()) if kind == "npz" else write_keras_h5(path, small())
    content, rng, refusals = path.read_bytes(), np.random.default_rng(0), 0
    for attempt in range(40):
        damaged = bytearray(content)
        if attempt % 4 == 0:
            damaged = damaged[: rng.integers(len(damaged))]
        else:
            for _ in range(30):
                damaged[rng.integers(len(damaged))] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            weights.from_file(path)
        except WeightsError:
            refusals += 1
    assert refusals > 10


# --- files that are hostile


class Sentinel:
    """Unpickling one creates a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_F42_objects_are_not_unpickled(tmp_path):
    """An .npz with an object array is refused, and its code does not run; nor does a pickle's in its place."""
    evil, touched = tmp_path / "evil.npz", tmp_path / "touched"
    objects = np.array([Sentinel(touched)], object)
    np.savez(evil, allow_pickle=True, **small(**{"block1_conv1/kernel": objects}))
    refused(evil, "no VGG19 weights")
    assert not touched.exists()
    np.load(evil, allow_pickle=True)["block1_conv1/kernel"]
    assert touched.exists()  # the trap works
    touched.unlink()
    for name in ("pickle.npz", "pickle.h5"):
        (tmp_path / name).write_bytes(pickle.dumps(Sentinel(touched)))
        refused(tmp_path / name, "no VGG19 weights")
    assert not touched.exists()


def lead_out(file, layer, how, other):
    """Replace a layer's kernel, or the layer, by something that leads out of the HDF5 file."""
    key = f"{layer}_W_1:0"
    if how == "link to a layer":
        del file[layer]
        file[layer] = h5py.ExternalLink(other, layer)
        return
    group = file[layer]
    shape = group[key].shape
    del group[key]
    if how == "link to an array":
        group[key] = h5py.ExternalLink(other, f"{layer}/{key}")
    elif how == "link above an array":
        group["way"] = h5py.ExternalLink(other, layer)
        group.attrs["weight_names"] = np.array([f"way/{key}", f"{layer}_b_1:0"], "S")
    elif how == "raw bytes":
        raw = Path(other).with_suffix(".raw")
        raw.write_bytes(np.zeros(shape, "float32").tobytes())
        group.create_dataset(key, shape, "float32", external=[(str(raw), 0, h5py.h5f.UNLIMITED)])
    elif how == "virtual":
        layout = h5py.VirtualLayout(shape, "float32")
        layout[...] = h5py.VirtualSource(other, f"{layer}/{key}", shape)
        group.create_virtual_dataset(key, layout)


@pytest.mark.parametrize("how", ["link to an array", "link to a layer", "link above an array", "raw bytes", "virtual"])
def test_F42_files_that_point_outside_are_refused(tmp_path, how):
    """An .h5 that would make us read another file of this machine is refused, whichever way it points there."""
    other = write_keras_h5(tmp_path / "other.h5", small())
    path = write_keras_h5(tmp_path / "evil.h5", small())
    with h5py.File(path, "r+") as file:
        lead_out(file, "block2_conv1", how, str(other))
    with h5py.File(path) as file:  # the way out works
        layer = file["block2_conv1"]
        assert layer[layer.attrs["weight_names"][0].decode()][...].shape == (3, 3, 2, 3)
    refused(path, "block2_conv1", "outside")


def test_F42_shape_bombs_are_refused(tmp_path):
    """A few bytes that claim eight pebibytes, or more than any layer has, are refused before memory is asked for."""
    for shape in ((2**25, 2**26), (3, 3, 20_000, 1000)):
        path = write_keras_h5(tmp_path / "bomb.h5", small())
        with h5py.File(path, "r+") as file:
            del file["block3_conv1/block3_conv1_W_1:0"]
            file["block3_conv1"].create_dataset("block3_conv1_W_1:0", shape, "float32", chunks=(1,) * len(shape))
        refused(path, "block3_conv1", "larger")
    huge = np.broadcast_to(np.float16(0), (3, 3, 10_000, 5_000))
    np.savez_compressed(tmp_path / "bomb.npz", **small(**{"block3_conv1/kernel": huge}))
    assert (tmp_path / "bomb.npz").stat().st_size < 10**7
    refused(tmp_path / "bomb.npz", "block3_conv1")


def test_F42_a_models_code_is_not_run(tmp_path):
    """A saved model whose Lambda layer would run code gives its arrays or is refused; the code never runs."""
    touched = tmp_path / "touched"
    path = write_keras_h5(tmp_path / "model.h5", small())
    config = {"class_name": "Lambda", "config": {"function": f"__import__('pathlib').Path({str(touched)!r}).touch()"}}
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"layers": [config]}})
    weights.from_file(path)
    archive = tmp_path / "model.keras"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("config.json", json.dumps(config))
        file.writestr("../outside", "x")
    refused(archive, "no VGG19 weights")
    assert not touched.exists() and not (tmp_path.parent / "outside").exists()


def test_F40_locked_files_are_read(tmp_path, monkeypatch):
    """A weights file that another process has locked, as some network file systems do to all, is read all the same."""
    fcntl = pytest.importorskip("fcntl")
    monkeypatch.setenv("HDF5_USE_FILE_LOCKING", "TRUE")
    path = write_keras_h5(tmp_path / "a.h5", small())
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert weights.from_file(path).widths == WIDTHS
        monkeypatch.delenv("HDF5_USE_FILE_LOCKING")
        with h5py.File(path, "r", locking=False):
            assert weights.from_file(path).widths == WIDTHS
