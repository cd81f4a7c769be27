"""Time-lapses read back with Pillow: all pictures, in their order, for as long as was asked."""

import io
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from styletutor import timelapse
from styletutor.errors import ImageError, SaveError


def flat(level, height=24, width=32):
    """A picture of one grey."""
    return np.full((1, height, width, 3), level, "float32")


FILM = [flat(0.0), flat(0.4), flat(0.8, 12, 16), flat(1.0)]


@pytest.mark.parametrize("suffix", timelapse.FORMATS)
def test_a_film_holds_the_pictures(suffix, tmp_path):
    """Four pictures of one size, endless, two seconds in all and the last held; the file alone is in the folder."""
    path = timelapse.save(FILM, tmp_path / f"film{suffix}", seconds=2)
    with Image.open(path) as film:
        levels, durations = [], []
        for number in range(film.n_frames):
            film.seek(number)
            film.load()
            levels.append(np.asarray(film.convert("RGB")).mean())
            durations.append(film.info["duration"])
        assert film.size == (32, 24) and film.info.get("loop") == 0
    np.testing.assert_allclose(levels, [0, 102, 204, 255], atol=2)
    assert [round(d) for d in durations] == [500, 500, 500, 2000]
    assert list(tmp_path.iterdir()) == [path]


def test_a_film_is_not_replaced_unasked(tmp_path):
    """A file that exists stays, byte for byte, unless overwrite is asked for."""
    path = tmp_path / "film.gif"
    path.write_bytes(b"mine")
    with pytest.raises(SaveError, match="exists already"):
        timelapse.save(FILM, path)
    assert path.read_bytes() == b"mine"
    timelapse.save(FILM, path, overwrite=True)
    assert path.read_bytes().startswith(b"GIF")


def test_what_cannot_be_a_film_is_refused(tmp_path):
    """Another suffix, a folder that isn't there, no pictures, no picture."""
    for path, pattern in (("film.mp4", ".gif, .webp, .png"), ("nowhere/film.gif", "doesn't exist")):
        with pytest.raises(SaveError, match=pattern):
            timelapse.save(FILM, tmp_path / path)
    with pytest.raises(ImageError, match="no picture"):
        timelapse.save([], tmp_path / "film.gif")
    with pytest.raises(ImageError):
        timelapse.save([flat(2.0)], tmp_path / "film.gif")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("steps", [0, 1, 48, 49, 500])
def test_a_run_is_watched_from_first_to_last(steps):
    """At most KEPT pictures and the last one, evenly spread, in order."""
    run = (SimpleNamespace(number=n, image=n) for n in range(1, steps + 1))
    seen = timelapse.watch(run)
    assert len(seen) == min(steps, len(seen)) <= timelapse.KEPT + 1
    assert seen[:1] + seen[-1:] == ([1, steps] if steps else [])
    gaps = np.diff(seen[:-1])
    assert len(gaps) == 0 or gaps.min() == gaps.max()


def test_a_film_fits_in_a_notebook():
    """As bytes, for a cell that shows it."""
    with Image.open(io.BytesIO(timelapse.to_bytes(FILM, ".webp"))) as film:
        assert film.n_frames == 4


def test_a_film_takes_no_second_copy_of_its_pictures():
    """Only the frames in 8 bits are held beside the pictures: a film of large ones would not fit twice."""
    pictures = [np.full((1, 200, 300, 3), n / 40, "float32") for n in range(40)]
    tracemalloc.start()
    timelapse.to_bytes(pictures)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.5 * sum(picture.nbytes for picture in pictures)
