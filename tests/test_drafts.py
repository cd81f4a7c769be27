"""From a draft to a render, and moves taken back."""

import numpy as np
import pytest

import styletutor as st
from styletutor import drafts


def test_a_render_is_the_draft_and_then_larger_levels():
    """Each doubling is another level with as many steps; weights, layers, seed and the rest stay."""
    draft = st.Settings(max_dim=128, steps=30, style_weight=7.0, seed=3)
    for size, scales in ((128, 1), (256, 2), (512, 3), (180, 1), (200, 2), (64, 1)):
        render = drafts.render_settings(draft, size)
        assert (render.max_dim, render.scales, render.steps) == (size, scales, 30 * scales)
        assert render.replace(max_dim=128, scales=1, steps=30) == draft


def test_the_first_level_of_a_render_is_the_draft(quarter_network):
    """At the end of its first level a render holds the draft's own picture, to the last bit."""
    content, style = st.gallery.load("coffee", 128), st.gallery.load("mosaic", 128)
    draft = st.Settings(max_dim=64, steps=4)
    settings = drafts.render_settings(draft, 128)
    run = st.stylize(content, style, settings, quarter_network)
    first = [next(run) for _ in range(4)][-1]
    small = st.images.resize(content, size=first.image.shape[1:3])
    twin = list(st.stylize(small, st.images.resize(style, 64), draft, quarter_network))[-1]
    np.testing.assert_allclose(first.image, twin.image, atol=2e-3)
    assert next(run).image.shape == content.shape


def test_differences_names_what_differs():
    """Both values of each setting that differs, and nothing else."""
    one = st.Settings()
    assert drafts.differences(one, one) == {}
    assert drafts.differences(one, one.replace(tv_weight=2.0, steps=9)) == {"tv_weight": (0.0, 2.0), "steps": (150, 9)}


def test_a_drag_is_one_move():
    """Ticks of one control close in time are one move, back to before the first; a pause begins another."""
    moves = drafts.Moves()
    for tick in range(5):
        moves.add("style", tick, 0.1 * tick)
    moves.add("style", 5, 10.0)
    moves.add("content", 6, 10.1)
    assert len(moves) == 3
    assert [moves.undo() for _ in range(4)] == [("content", 6), ("style", 5), ("style", 0), None]


def test_a_move_after_undo_is_another():
    """What is moved right after Undo can be taken back by itself."""
    moves = drafts.Moves()
    moves.add("style", 1, 0.0)
    moves.undo()
    moves.add("style", 2, 0.1)
    assert moves.undo() == ("style", 2)


def test_old_moves_are_forgotten():
    """At most `kept` moves are remembered, the latest."""
    moves = drafts.Moves(kept=3)
    for number in range(10):
        moves.add("style", number, 10.0 * number)
    assert [moves.undo()[1] for _ in range(3)] == [9, 8, 7] and moves.undo() is None


@pytest.mark.parametrize("size", [1024, 4096])
def test_no_more_levels_than_a_run_takes(size):
    """However much larger, the settings stay valid."""
    assert drafts.render_settings(st.Settings(max_dim=32), size).scales <= 6
