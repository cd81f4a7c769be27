"""`styletutor stylize --fast`: a picture or a folder in one pass each, in order; what fails is named and left out."""

import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from styletutor import fast, gallery, images
from styletutor.cli import main


@pytest.fixture(scope="module")
def network():
    """A network for one style, which was never trained."""
    return fast.FastNetwork(("style",))


@pytest.fixture
def folder(tmp_path, monkeypatch, network):
    """Two pictures after a text, a hidden file and a folder in `in`, and net.npz; working folder above."""
    monkeypatch.chdir(tmp_path)
    network.save("net.npz")
    Path("in", "deeper").mkdir(parents=True)
    images.save_image(gallery.load("coffee", 64), "in/b.png")
    images.save_image(gallery.load("chelsea", 64), "in/a.tiff")
    Path("in/a notes.txt").write_text("no picture")
    Path("in/.hidden").write_text("")
    return ["stylize", "in", "net.npz", "-o", "out", "--fast", "--size", "64"]


def test_a_folder_in_order(folder, capsys, network):
    """Each picture is what `fast.stylize` gives, paths come in order, the text is named, and the exit code tells."""
    assert main(folder) == 2
    said = capsys.readouterr()
    assert [Path(line) for line in said.out.splitlines()] == [Path("out/a.tiff"), Path("out/b.png")]
    assert "a notes.txt" in said.err and said.err.endswith("1 of 3 files was left out\n")
    assert sorted(os.listdir("out")) == ["a.tiff", "b.png"]
    made = fast.stylize("in/b.png", fast.load("net.npz"))
    np.testing.assert_allclose(images.load_image("out/b.png"), made, atol=0.51 / 255)
    Path("in/a notes.txt").unlink()
    Path("out/b.png").write_bytes(b"mine")
    assert main(folder) == 2  # both are there
    assert Path("out/b.png").read_bytes() == b"mine" and capsys.readouterr().out == ""
    assert main([*folder, "--overwrite"]) == 0
    np.testing.assert_allclose(images.load_image("out/b.png"), made, atol=0.51 / 255)


def test_a_folder_reads_its_style_picture_once(folder, monkeypatch):
    network, seen = fast.arbitrary_network(), []
    monkeypatch.setattr(network, "_read", lambda style, before=network._read: seen.append(style) or before(style))
    Path("in/a notes.txt").unlink()
    assert main(["stylize", "in", "rocket", "-o", "out", "--fast", "--size", "64"]) == 0
    assert len(seen) == 1 and sorted(os.listdir("out")) == ["a.tiff", "b.png"]
    made = fast.stylize("in/b.png", gallery.load("rocket", 512))
    np.testing.assert_allclose(images.load_image("out/b.png"), made, atol=0.51 / 255)


def test_one_picture(folder, capsys):
    """A gallery name, though a folder is called so, and a strength; nothing on standard output but the path."""
    Path("coffee").mkdir()
    argv = ["stylize", "coffee", "net.npz", "-o", "cup.png", "--fast", "--size", "64", "--strength", "0.25"]
    assert main([*argv, "--preserve-colour"]) == 0
    assert capsys.readouterr().out == "cup.png\n"
    content = gallery.load("coffee", 64)
    made = fast.stylize(content, fast.load("net.npz"), 0.25, preserve_colour=True)
    np.testing.assert_allclose(images.load_image("cup.png"), made, atol=0.51 / 255)


def test_weights_of_a_style_named_twice_add_up(folder, capsys):
    also = ["--also", "swirls", "--also", "mosaic", "--style-blend", "1,1,1"]
    assert main(["stylize", "in/b.png", "swirls", *also, "-o", "cup.png", "--fast"]) == 0
    made = fast.stylize("in/b.png", {"swirls": 2, "mosaic": 1})
    np.testing.assert_allclose(images.load_image("cup.png"), made, atol=0.51 / 255)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["in", "net.npz", "-o", "out", "--fast", "--steps", "5"], "--steps"),
        (["in", "net.npz", "-o", "out", "--fast", "--preset", "gatys"], "--preset"),
        (["in", "net.npz", "-o", "in", "--fast"], "among the pictures"),
        (["in/deeper", "net.npz", "-o", "out", "--fast"], "no files"),
        (["in", "net.npz", "-o", "nowhere/out", "--fast"], "nowhere"),
        (["in", "nowhere.npz", "-o", "out", "--fast"], "nowhere.npz"),
        (["in", "swirls", "--also", "mosaic", "--style-blend", "1", "-o", "out", "--fast"], "1 numbers for 2"),
        (["coffee", "net.npz", "-o", "cup.png", "--fast", "--strength", "2"], "strength"),
        (["coffee", "net.npz", "-o", "in", "--fast"], "in"),
        (["coffee", "swirls", "-o", "cup.png", "--strength", "0.5"], "--fast"),
        (["in", "swirls", "-o", "out"], "--fast"),
        (["nodir", "swirls", "-o", "out", "--fast"], "no file or folder nodir"),
        (["data:,x", "swirls", "-o", "out", "--fast"], "'out' doesn't end in"),
        (["in", "net.npz", "-o", "out", "--fast", "--timelapse", "film.gif"], "--timelapse"),
        (["in", "net.npz", "-o", "out", "--fast", "--strength", "2"], "strength"),
        *((["in", "net.npz", "-o", "out", "--fast", "--size", size], f"max_dim is {size}") for size in ("10", "0")),
        *((["in", style, "--also", "mosaic", f"--style-blend={blend}", "-o", "out", "--fast"], "style_blend")
          for style in ("swirls", "chelsea") for blend in ("-1,1", "0,0")),
        (["in", "small.png", "-o", "out", "--fast"], "20 × 20"),
    ],
)
def test_what_cannot_be_done(folder, capsys, arguments, words):
    """One sentence and exit code 2; no picture."""
    Image.new("RGB", (20, 20)).save("small.png")
    assert main(["stylize", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == "" and words in said.err and said.err.count("\n") == 1
    assert not Path("cup.png").exists() and not Path("out").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send to one process")
def test_ctrl_c_ends_it_after_the_present_picture(folder, capsys, monkeypatch):
    """What is finished stays, the picture at work too; exit code 130."""
    stylize = fast.stylize

    def interrupted(*arguments, **options):
        os.kill(os.getpid(), signal.SIGINT)
        return stylize(*arguments, **options)

    monkeypatch.setattr(fast, "stylize", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert main(folder) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().out.split() == [str(Path("out/a.tiff"))]
    assert os.listdir("out") == ["a.tiff"]
