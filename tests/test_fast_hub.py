"""TensorFlow Hub's networks: what a SavedModel of Magenta's signature gives, and which ones are not loaded."""

import os
import shutil

import numpy as np
import pytest
import saved_models

from styletutor import fast, images
from styletutor.cli import fetch
from styletutor.errors import RunError, WeightsError
from styletutor.fast import hub


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A SavedModel with Magenta's signature."""
    return saved_models.save(saved_models.Halfway, tmp_path_factory.mktemp("hub") / "magenta")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache folder."""
    monkeypatch.setenv("STYLETUTOR_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_content_and_style_arrive_as_they_should(folder, photo):
    """The content in its own size, of the style the middle square: worked out by hand."""
    style = np.zeros((1, 60, 100, 3), "float32")
    style[:, :, 20:80] = (1, 0.5, 0)  # the square is all of one colour
    made = fast.load_hub(folder, trust=True)(photo, style)
    share = saved_models.SHARE
    expected = share * photo + (1 - share) * np.array([1, 0.5, 0], "float32")
    assert made.shape == photo.shape and made.dtype == np.float32
    np.testing.assert_allclose(made, expected, atol=1e-5)
    path = images.save_image(style, folder.parent / "style.png", overwrite=True)
    np.testing.assert_allclose(fast.load_hub(folder)(photo, path), expected, atol=0.01)


def test_unknown_bytes_need_trust(folder, tmp_path, cache):
    """Refused in one sentence; trusted once, the same bytes load from anywhere, and a changed byte is refused again."""
    with pytest.raises(WeightsError, match=r"any TensorFlow operation.*trust=True"):
        fast.load_hub(folder)
    assert not cache.exists()
    with pytest.raises(WeightsError, match="trust=True"):
        fast.load_hub(folder, trust="yes, I read that it is fine")
    first = fast.load_hub(folder, trust=True)
    assert fast.load_hub(folder).fingerprint == first.fingerprint
    moved = tmp_path / "moved"
    shutil.copytree(folder, moved)
    assert fast.load_hub(moved).fingerprint == first.fingerprint
    with (moved / "variables" / "variables.data-00000-of-00001").open("r+b") as file:
        file.write(b"\xff")
    with pytest.raises(WeightsError, match="trust=True"):
        fast.load_hub(moved)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_trust_of_somebody_else_counts_for_nothing(folder, cache):
    """In a cache folder that a class shares, one user's word lets nothing run as another."""
    fast.load_hub(folder, trust=True)
    os.chown(cache / hub.TRUSTED, 65534, 65534)
    with pytest.raises(WeightsError, match="trust=True"):
        fast.load_hub(folder)


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        (saved_models.OneInput, WeightsError, "image .* expected two batches"),
        (saved_models.Failing, WeightsError, "can't be run"),
        (saved_models.NotANumber, RunError, "not finite"),
    ],
)
def test_others_say_what_is_wrong(tmp_path, photo, kind, error, words):
    """Another signature, a graph that fails, and one that gives no numbers: an error of the package's own."""
    saved_models.save(kind, tmp_path / "other")
    with pytest.raises(error, match=words):
        fast.load_hub(tmp_path / "other", trust=True)(photo, photo)


def test_what_is_no_saved_model(tmp_path):
    """A folder without one, and one whose file is damaged, trusted as they may be."""
    with pytest.raises(WeightsError, match=r"no file saved_model\.pb"):
        fast.load_hub(tmp_path, trust=True)
    (tmp_path / "saved_model.pb").write_bytes(b"\xff" * 40)
    with pytest.raises(WeightsError, match="no SavedModel"):
        fast.load_hub(tmp_path, trust=True)


def test_handles():
    """A handle, bare or as an address, is TensorFlow Hub's archive, which the command fetches too; nothing else is."""
    wanted = hub.resource(hub.MAGENTA)
    assert wanted.url == f"https://tfhub.dev/{hub.MAGENTA}?tf-hub-format=compressed"
    assert wanted == hub.resource(f"https://tfhub.dev/{hub.MAGENTA}")
    assert wanted.name == "google--magenta--arbitrary-image-stylization-v1-256--2.tar.gz"
    assert fetch.resources("hub") == (wanted,)
    others = ("google/magenta", "../magenta/2", "https://elsewhere.org/google/magenta/2", "2", "a/../2", "a/2/", 2)
    assert [other for other in others if hub.resource(other)] == []
