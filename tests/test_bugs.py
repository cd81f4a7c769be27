"""Each bug of the gallery is a bug: its run differs from the right one in just the way that the lesson describes."""

import numpy as np
import pytest

from styletutor import bugs, gallery
from styletutor.errors import ImageError, SettingsError


@pytest.fixture(scope="module")
def shown():
    """The gallery on small pictures; each run is painted once, when a test asks for it."""
    content, style = gallery.load("chelsea", 64), gallery.load("swirls", 96)
    return bugs.Gallery(content, style, max_dim=64, steps=6)


def test_the_right_run_finds_its_way(shown):
    """Its loss falls, at every step, and the picture keeps the content's shape."""
    right, _ = shown.pair("A")
    assert right.losses == sorted(right.losses, reverse=True) and right.losses[-1] < 0.9 * right.losses[0]
    assert right.image.shape == (1, 43, 64, 3)


def test_bugs_before_and_after_the_loop(shown):
    """A: a square. B: the same losses, red and blue exchanged."""
    right, squeezed = shown.pair("A")
    assert squeezed.image.shape == (1, 64, 64, 3)
    _, swapped = shown.pair("B")
    assert swapped.losses == right.losses
    np.testing.assert_array_equal(swapped.image, right.image[..., ::-1])


def test_unclipped_values_go_round(shown):
    """C: in places the saved value is almost as far from the right one as can be."""
    right, faulty = shown.pair("C")
    assert np.abs(faulty.image - right.image).max() > 0.8


def test_bugs_that_the_curve_shows(shown):
    """D is flat to the last digit, E leaps, F begins far too low, G ends higher."""
    right = shown.pair("D")[0].losses
    flat, leaping, low, loud = (shown.pair(letter)[1].losses for letter in "DEFG")
    assert len(set(flat)) == 1 and flat[0] == right[0]
    assert max(leaping) > 3 * leaping[0]
    assert low[0] < 0.1 * right[0]
    assert loud[-1] > right[-1]


def test_the_reshaped_matrix_is_another(shown):
    """H: on features whose Gram matrix is known, a single 1, the faulty part gives something else of the same shape."""
    features = np.zeros((1, 4, 6, 3), "float32")
    features[..., 0] = 1
    expected = np.zeros((3, 3))
    expected[0, 0] = 1
    np.testing.assert_allclose(bugs.RIGHT.gram(features)[0], expected, atol=1e-6)
    found = bugs.BUGS["H"][0]["gram"](features)[0].numpy()
    assert found.shape == (3, 3) and np.allclose(found, found.T) and not np.allclose(found, expected)
    right, faulty = shown.pair("H")
    assert faulty.losses != right.losses


def test_the_captured_weight_is_deaf(shown):
    """I: when the slider moves after half of the steps, the right loss jumps and the stale one goes on falling."""
    right, stale = shown.pair("I")
    assert stale.losses[:3] == pytest.approx(right.losses[:3], rel=1e-5)
    assert right.losses[3] > 5 * right.losses[2]
    assert stale.losses[3] < stale.losses[2]


def test_reveal_shows_the_right_part_and_the_faulty_one():
    """As Python, one after the other; a number as its assignment."""
    right, faulty = bugs.reveal("H").split("\n\n")
    assert right.startswith("def gram(features):") and faulty.startswith("def gram_reshaped(features):")
    assert bugs.reveal("E") == "rate = 0.02\n\nrate = 0.5"
    for letter in bugs.BUGS:
        assert bugs.reveal(letter)


def test_a_bug_that_does_not_exist_is_named(shown):
    """The error lists the letters."""
    for call in (bugs.reveal, shown.look):
        with pytest.raises(SettingsError, match="A, B, C"):
            call("Z")


@pytest.mark.parametrize("bad", [None, "x", np.zeros(7)])
def test_what_is_no_picture_is_refused(bad):
    """By an error of the package's own."""
    with pytest.raises(ImageError):
        bugs.paint(bad, gallery.load("swirls", 64))
