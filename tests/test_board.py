"""The board of content layers and depths of style, and the command that writes one."""

import numpy as np
from PIL import Image

import styletutor as st
from styletutor import board
from styletutor.cli import main


def test_every_combination_is_run_and_labelled(photo, random_network):
    """Two layers by two depths: each square is the run that it says, and the picture says which is which."""
    style = photo[:, ::-1]
    options = {"max_dim": 48, "steps": 2, "content_layers": ("block2_conv2", "block4_conv2"), "depths": (1, 3)}
    found = list(board.squares(photo, style, random_network, **options))
    assert [(s.content_layer, s.depth) for s in found] == [
        ("block2_conv2", 1), ("block2_conv2", 3), ("block4_conv2", 1), ("block4_conv2", 3),
    ]  # fmt: skip
    settings = st.Settings.preset(
        "quick", content_layers=("block4_conv2",), style_layers=("block1_conv1", "block2_conv1", "block3_conv1"),
        optimizer="lbfgs", max_dim=48, steps=2,
    )  # fmt: skip
    run = st.stylize(photo, style, settings, random_network)
    assert len(list(run)) == 2
    np.testing.assert_allclose(found[3].image, run.image, atol=1e-5)
    axes = board.draw(found).axes
    assert [ax.get_title() for ax in axes[:2]] == ["block1", "block1–3"]
    assert [axes[0].get_ylabel(), axes[2].get_ylabel()] == ["block2_conv2", "block4_conv2"]


def test_the_command_writes_a_board_and_a_film(tmp_path, monkeypatch, capsys):
    """`styletutor board` with one square; `stylize --timelapse` writes picture and film, and replaces neither."""
    monkeypatch.setattr(board, "CONTENT_LAYERS", ("block1_conv2",))
    monkeypatch.setattr(board, "DEPTHS", (1,))
    sheet, out, film = (str(tmp_path / name) for name in ("board.png", "out.png", "film.gif"))
    assert main(["board", "coffee", "chelsea", "-o", sheet, "--size", "48", "--steps", "1"]) == 0
    assert capsys.readouterr().out == f"{sheet}\n"
    assert main(["board", "coffee", "chelsea", "-o", sheet]) == 2
    paint = ["stylize", "coffee", "chelsea", "-o", out, "--timelapse", film, "--network", "embedded"]
    assert main([*paint, "--size", "48", "--steps", "2", "--style-layers", "block1_conv1"]) == 0
    with Image.open(film) as shown:
        assert shown.n_frames >= 3 and shown.size == (48, 32)
    assert main([*paint[:4], str(tmp_path / "other.png"), *paint[5:]]) == 2
    assert not (tmp_path / "other.png").exists()
