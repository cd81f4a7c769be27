"""F70 to F72: saving, with processes that are really killed, and what a saved file tells about its maker."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import PureWindowsPath

import numpy as np
import pytest
from harness import UNPRIVILEGED, environment, run_python
from pictures import png, samples
from PIL import Image

import styletutor as st
from styletutor import atomic, images
from styletutor.errors import SaveError

POSIX = pytest.mark.skipif(os.name != "posix", reason="a matter of POSIX")
IMAGE = images.as_image(samples(20, 30, 3, 8))


def refused(path, *words, overwrite=False):
    """save_image raises SaveError with these words in one line."""
    with pytest.raises(SaveError) as error:
        st.save_image(IMAGE, path, overwrite=overwrite)
    text = str(error.value)
    assert "\n" not in text and len(text) <= 400
    for word in words:
        assert word in text, text


@POSIX
def test_F70_links(tmp_path):
    """A link counts as a file that exists, dangling or not; when overwriting is asked for, it is the link that goes."""
    target, link, dangling = tmp_path / "target.png", tmp_path / "link.png", tmp_path / "dangling.png"
    target.write_bytes(b"kept")
    link.symlink_to(target)
    dangling.symlink_to(tmp_path / "nowhere.png")
    for path in (link, dangling):
        refused(path, "exists already")
        st.save_image(IMAGE, path, overwrite=True)
        assert not path.is_symlink()
        np.testing.assert_array_equal(st.load_image(path), IMAGE)
    assert target.read_bytes() == b"kept" and not (tmp_path / "nowhere.png").exists()


def test_F70_nothing_is_overwritten_that_appears_meanwhile(tmp_path, monkeypatch):
    """A file that appears between the check and the writing is kept."""
    path = tmp_path / "a.png"
    monkeypatch.setattr(images.saving, "check_target", lambda *_: path.write_bytes(b"newer"))
    refused(path, "exists already")
    assert path.read_bytes() == b"newer" and os.listdir(tmp_path) == ["a.png"]


@POSIX
def test_F70_read_only_folder(open_folder):
    """A folder that may not be written is said so before any work; asked by a user who is not root."""
    open_folder.chmod(0o555)
    code = (
        "import sys, numpy, styletutor.errors as e, styletutor.images as i, PIL.PngImagePlugin\n" + UNPRIVILEGED
        + "try: i.save_image(numpy.zeros((4, 4)), sys.argv[1] + '/a.png')\nexcept e.SaveError as error: print(error)"
    )
    assert "can't be written to" in run_python(code, open_folder).stdout


@pytest.mark.parametrize("path", [None, 3, "", "a\0.png", ".png", "folder/", b"a.png"])
def test_F70_what_is_no_path(tmp_path, monkeypatch, path):
    """What can't be a picture's path is a SaveError, nothing else."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SaveError):
        st.save_image(IMAGE, path)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_F70_longer_than_the_format_can_hold(tmp_path, capfd, suffix):
    """A picture too long for a JPEG or a WebP is refused with what to do; libjpeg says nothing of its own."""
    most = images.LONGEST_SIDE[images.SAVE_FORMATS[suffix]]
    flat = np.zeros((1, most + 1, 1, 3), "float32")
    st.save_image(flat[:, 1:], tmp_path / f"most{suffix}")
    with pytest.raises(SaveError, match=f"1 × {most + 1} pixels.*at most {most} on a side: save it as PNG"):
        st.save_image(flat, tmp_path / f"more{suffix}")
    assert os.listdir(tmp_path) == [f"most{suffix}"] and capfd.readouterr() == ("", "")


def test_F70_up_and_down(tmp_path, monkeypatch):
    """A path with .. is the reader's own wish and works, into folders that are there."""
    (tmp_path / "inside").mkdir()
    monkeypatch.chdir(tmp_path / "inside")
    st.save_image(IMAGE, "../up.png")
    assert (tmp_path / "up.png").exists()
    refused("../none/up.png", "doesn't exist")


SAVING = """
import sys
import numpy as np
from styletutor import images
from styletutor.images import save_image
pictures = [np.full((1, 300, 300, 3), value, "float32") for value in (0.2, 0.8)]
save_image(pictures[0], sys.argv[1], overwrite=True)
print("ready", flush=True)
while True:
    for picture in pictures:
        save_image(picture, sys.argv[1], overwrite=True)
"""


@POSIX
def test_F71_killed_while_saving(tmp_path):
    """However often and whenever a process that saves is killed, the file is whole: the old picture or the new."""
    path, chance = tmp_path / "a.png", random.Random(0)
    for _ in range(3):
        child = subprocess.Popen([sys.executable, "-c", SAVING, path], env=environment(), stdout=subprocess.PIPE)
        assert child.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0, 0.05))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        values = np.unique(np.rint(st.load_image(path) * 255))
        assert values.tolist() in ([51], [204])
    old = time.time() - atomic.STALE_SECONDS - 1
    for left in tmp_path.glob("*.tmp"):
        os.utime(left, (old, old))
    st.save_image(IMAGE, path, overwrite=True)
    assert os.listdir(tmp_path) == ["a.png"]


LINE_BY_LINE = """
import os, signal, sys
from pathlib import Path
import numpy as np
from styletutor import images

path, pictures = Path(sys.argv[1]), [np.full((1, 30, 30, 3), value, "float32") for value in (0.2, 0.8)]
old, new = map(images.to_bytes, pictures)
found, line, status = [], 0, None

def traced(frame, event, _):
    global line
    if Path(frame.f_code.co_filename).name not in ("arrays.py", "saving.py", "atomic.py", "shutil.py"):
        return None
    if event == "line":
        line -= 1
        if line == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return traced

while status != 0:
    line += 1
    images.save_image(pictures[0], path, overwrite=True)
    child = os.fork()
    if child == 0:
        sys.settrace(traced)
        images.save_image(pictures[1], path, overwrite=True)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    found.append({old: "old", new: "new"}[path.read_bytes()])
    for left in path.parent.glob(".*.tmp"):
        left.unlink()
print(*found)
"""


@POSIX
def test_F71_killed_at_any_line(tmp_path):
    """Killed at each line of saving in turn, a process leaves the old file up to one line, from there on the new."""
    found = run_python(LINE_BY_LINE, tmp_path / "a.png").stdout.split()
    assert found == sorted(found, reverse=True) and found.count("old") > 20 and found.count("new") > 2


@pytest.mark.parametrize("suffix", sorted(images.SAVE_FORMATS))
def test_F72_nothing_private_is_saved(tmp_path, suffix):
    """Of a source with GPS, a comment and a folder in its tags, a saved picture holds nothing but the pixels."""
    exif = Image.Exif()
    exif[0x010E] = "SECRET of Ada"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    source = tmp_path / "source.jpg"
    Image.fromarray(samples(20, 30, 3, 8)).save(source, exif=exif, comment=b"SECRET comment")
    path = st.save_image(st.load_image(source), tmp_path / f"saved{suffix}", st.Settings())
    content = path.read_bytes()
    for word in (b"SECRET", b"GPS", os.fsencode(os.path.expanduser("~")), os.fsencode(tmp_path)):
        assert word not in content
    with Image.open(path) as picture:
        assert not dict(picture.getexif().get_ifd(0x8825))
        assert not picture.info.get("comment")
        if suffix == ".png":
            (settings,) = picture.text.values()
            assert not re.search(r"[/\\]", settings) and isinstance(json.loads(settings), dict)


def test_F72_settings_of_a_hostile_png():
    """Settings are read from a PNG as data: text of any kind is None or a SettingsError, never code."""
    values = samples(4, 4, 3, 8)
    for text in (b"__import__('os')", b"{}", b"[1]", b'{"steps": 1e999}', b"\xff\xfe", b'{"steps": NaN}'):
        content = png(values, chunks=[(b"tEXt", b"styletutor:settings\0" + text)])
        found = images.read_settings(content)
        try:
            st.Settings.from_json(found)
        except st.errors.SettingsError as error:
            assert "\n" not in str(error)


def test_F45_names_that_windows_reserves(tmp_path):
    """A picture is not saved under a device's name, which Windows couldn't read; names that only look so are saved."""
    names = ["con.png", "NUL.png", "Aux.tar.png", "com1.png", "LPT9 .png", "prn .png", "conin$.png"]
    near = ["icon.png", "console.png", "com.png", "com10.png", "nul_.png", "aux-1.png", "a.con.png"]
    for name in names + near:
        assert PureWindowsPath(name).is_reserved() == (name in names)
        if name in near:
            assert st.load_image(st.save_image(IMAGE, tmp_path / name)).shape == IMAGE.shape
            continue
        with pytest.raises(SaveError, match="Windows"):
            st.save_image(IMAGE, tmp_path / name)
    assert {path.name for path in tmp_path.iterdir()} == set(near)
