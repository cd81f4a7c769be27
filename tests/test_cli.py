"""The command: what it writes, what it says, how it ends."""

import contextlib
import dataclasses
import functools
import hashlib
import http.server
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import venv
from pathlib import Path

import numpy as np
import pytest

import styletutor as st
from styletutor import connections, download, errors, images, messages, timelapse, weights
from styletutor.cli import classroom, findings, interrupt, lab, main, parser, progress
from styletutor.cli.arguments import picture

COMMAND = [sys.executable, "-m", "styletutor"]
TINY = ["--size", "64", "--steps", "2", "--network", "embedded"]
BAD_STYLIZE = {  # what a reader may get wrong: the arguments after `stylize`, what the sentence must name
    "a text file named .jpg": (["text.jpg", "swirls", "-o", "new.png"], "text.jpg"),
    "a missing file": (["missing.png", "swirls", "-o", "new.png"], "missing.png"),
    "a folder": (["folder/", "swirls", "-o", "new.png"], "folder/"),
    "a misspelt gallery name": (["chelsae", "swirls", "-o", "new.png"], "chelsea"),
    "an unreachable address": (["http://127.0.0.1:9/a.png", "swirls", "-o", "new.png"], "127.0.0.1:9"),
    "an unknown preset": (["chelsea", "swirls", "-o", "new.png", "--preset", "gaty"], "gatys"),
    "an unknown layer": (["chelsea", "swirls", "-o", "new.png", "--content-layers", "block4_conv9"], "block4_conv9"),
    "no layers": (["chelsea", "swirls", "-o", "new.png", "--content-layers", "", "--style-layers", ""], "layer"),
    "a negative weight": (["chelsea", "swirls", "-o", "new.png", "--style-weight", "-1"], "style_weight"),
    "a weight that is no number": (["chelsea", "swirls", "-o", "new.png", "--tv-weight", "nan"], "tv_weight"),
    "no steps": (["chelsea", "swirls", "-o", "new.png", "--steps", "0"], "steps"),
    "half a step": (["chelsea", "swirls", "-o", "new.png", "--steps", "1.5"], "--steps"),
    "an unknown network": (["chelsea", "swirls", "-o", "new.png", "--network", "resnet"], "resnet"),
    "weights that are not here": (["chelsea", "swirls", "-o", "new.png", "--network", "imagenet"], "download imagenet"),
    "an output that exists": (["chelsea", "swirls", "-o", "here.png"], "here.png"),
    "an unknown suffix": (["chelsea", "swirls", "-o", "new.psd"], ".psd"),
    "no suffix": (["chelsea", "swirls", "-o", "new"], "new"),
    "a missing folder": (["chelsea", "swirls", "-o", "nowhere/new.png"], "nowhere"),
    "a folder as output": (["chelsea", "swirls", "-o", "folder.png"], "folder.png"),
    "no output": (["chelsea", "swirls"], "--output"),
    "no style": (["chelsea", "-o", "new.png"], "STYLE"),
    "an unknown option": (["chelsea", "swirls", "-o", "new.png", "--stepz", "5"], "--stepz"),
    "a name that can't be one": (["chelsea", "swirls", "-o", "\ud800.png"], "ud800"),
    "no name for the film": (["chelsea", "swirls", "-o", "new.gif", "--timelapse", ""], ".gif"),
    "one name for both": (["chelsea", "swirls", "-o", "new.png", "--timelapse", "./new.png"], "new.png"),
    "an empty mask": (["chelsea", "swirls", "-o", "new.png", "--mask", ""], ""),
    "an option cut short": (["chelsea", "swirls", "-o", "new.png", "--over"], "--over"),
}
RUN_EACH = """
import contextlib, io, json, sys
from styletutor.cli import main
results = []
for argv in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(argv)
    results.append((code, out.getvalue(), err.getvalue()))
heavy = [name for name in ("tensorflow", "keras", "matplotlib") if name in sys.modules]
print(json.dumps({"results": results, "heavy": heavy}))
"""


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """An empty folder to work in, with no downloads."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STYLETUTOR_CACHE", str(tmp_path / "downloads"))
    monkeypatch.setenv("STYLETUTOR_ALLOW_PRIVATE", "1")
    return tmp_path


def files(folder):
    """{relative path: bytes} of everything in a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


@contextlib.contextmanager
def running(*arguments, **options):
    """The command, started; killed at the end where it is still running. It takes Ctrl-C even where we ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    argv = [*COMMAND, *arguments]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    signal.signal(signal.SIGINT, before)
    watchdog = threading.Timer(300, process.kill)
    watchdog.start()
    try:
        yield process
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


# stylize


def test_stylize_writes_a_picture_and_its_path(workplace, capsys):
    """The picture has the size asked for, is not the content, carries its settings; stdout is the path alone."""
    options = ["--style-weight", "20", "--seed", "3", "--style-layers", "block1_conv1, block2_conv1"]
    assert main(["stylize", "chelsea", "swirls", "-o", "cat.png", *TINY, *options]) == 0
    said = capsys.readouterr()
    assert said.out == "cat.png\n"
    assert re.match(r"styletutor: The network is the embedded [^\n]+\n", said.err)
    picture = st.load_image("cat.png", max_dim=None)
    content = st.gallery.load("chelsea", 64)
    assert picture.shape == content.shape and max(picture.shape) == 64
    assert np.abs(picture - content).mean() > 0.01
    expected = st.Settings.preset(
        "quick", style_weight=20, seed=3, style_layers=("block1_conv1", "block2_conv1"), steps=2, max_dim=64
    )
    assert st.Settings.from_json(images.read_settings("cat.png")) == expected


def test_stylize_replaces_a_file_only_when_asked(workplace):
    """Without --overwrite the file stays as it is; with it, the same command gives the same bytes."""
    argv = ["stylize", "chelsea", "swirls", "-o", "cat.png", *TINY]
    Path("cat.png").write_bytes(b"mine")
    assert main(argv) == 2
    assert Path("cat.png").read_bytes() == b"mine"
    assert main([*argv, "--overwrite"]) == 0
    first = Path("cat.png").read_bytes()
    assert first != b"mine"
    assert main([*argv, "--overwrite"]) == 0
    assert Path("cat.png").read_bytes() == first


def test_stylize_keeps_no_pictures_for_a_film_that_nobody_asked_for(workplace, monkeypatch):
    """At 2048 pixels they would be 1.6 GB that the estimate of memory doesn't know of; with --timelapse they are."""
    kept = []
    monkeypatch.setattr(timelapse.Recording, "add", lambda self, step: kept.append(step))
    assert main(["stylize", "chelsea", "swirls", "-o", "cat.png", *TINY]) == 0 and not kept
    assert main(["stylize", "chelsea", "swirls", "-o", "dog.png", *TINY, "--timelapse", "dog.gif"]) == 0 and kept


def test_stylize_keeps_colours_when_asked(workplace):
    """With --preserve-colour the chrominance (I and Q of YIQ) is the content's, but for rounding and clipping."""
    assert main(["stylize", "chelsea", "swirls", "-o", "cat.png", *TINY, "--preserve-colour"]) == 0
    to_iq = np.array([[0.596, 0.211], [-0.274, -0.523], [-0.322, 0.312]])
    difference = (st.load_image("cat.png", None) - st.gallery.load("chelsea", 64)) @ to_iq
    assert np.median(np.abs(difference)) < 0.005


def test_stylize_blends_masks_and_goes_on(workplace):
    """Every option about styles, mask and start does what the same call in Python does."""
    mask = np.zeros((1, 40, 64, 3), "float32")
    mask[:, :, 32:] = 1
    for name, image in (("mask.png", mask), ("start.png", st.gallery.load("chelsea", 64))):
        st.save_image(image, name)
    argv = ["stylize", "chelsea", "swirls", "--also", "mosaic", "--style-blend", "3,1", "--style-scale", "0.5"]
    argv += ["--layer-weights", "block1_conv1=0.5", "--mask", "mask.png", "--start", "start.png", "--match-colours"]
    assert main([*argv, "-o", "cat.png", *TINY]) == 0
    changes = {"style_blend": (3, 1), "style_scale": 0.5, "layer_weights": {"block1_conv1": 0.5}, "match_colours": True}
    settings = st.Settings.preset("quick", max_dim=64, steps=2, **changes)
    styles = [st.gallery.load(name, 64) for name in ("swirls", "mosaic")]
    content, network = st.gallery.load("chelsea", 64), st.load_vgg19("embedded")
    run = st.stylize(content, styles, settings, network, mask="mask.png", start="start.png")
    for _ in run:
        pass
    np.testing.assert_allclose(st.load_image("cat.png"), run.image, atol=0.51 / 255)
    assert st.Settings.from_json(images.read_settings("cat.png")) == run.settings


@pytest.mark.parametrize(
    ("option", "words"),
    [("--style-blend=1,2", "2 numbers for 1"), ("--style-blend=x", "style_blend"), ("--layer-weights=block1", "block1"),
     ("--mask=nowhere.png", "nowhere.png"), ("--style-scale=0", "style_scale"), ("--precision=half", "auto")],
)  # fmt: skip
def test_stylize_says_what_is_wrong_with_an_option(workplace, capsys, option, words):
    """A blend, factor, mask, scale or precision that can't be is one line on standard error and exit code 2."""
    assert main(["stylize", "chelsea", "swirls", "-o", "cat.png", *TINY, option]) == 2
    assert words in capsys.readouterr().err
    assert not Path("cat.png").exists()


def test_names_mean_the_gallery_and_dotted_paths_mean_files(workplace, photo):
    """A file called like a gallery picture is reached as ./name; any other file just by its name."""
    red = np.full_like(photo, (1, 0, 0))
    images.save_image(red, workplace / "red.png")
    (workplace / "red.png").rename(workplace / "chelsea")
    np.testing.assert_array_equal(picture("chelsea", 96), photo)
    np.testing.assert_array_equal(picture("./chelsea", 96), red)
    (workplace / "chelsea").rename(workplace / "kitten")
    np.testing.assert_array_equal(picture("kitten", 96), red)


def test_F73_bad_input_gives_one_sentence_and_no_file(workplace):
    """Each mistake: exit code 2, one line that names it, nothing on stdout, nothing written, TensorFlow not loaded."""
    (workplace / "text.jpg").write_text("not a picture")
    (workplace / "here.png").write_bytes(b"mine")
    (workplace / "folder.png").mkdir()
    (workplace / "folder").mkdir()
    before = files(workplace)
    argvs = [["stylize", *arguments] for arguments, _ in BAD_STYLIZE.values()]
    argvs += [[], ["paint"], ["download"], ["download", "everything"], ["doctor", "now"], ["lab", "--port", "70000"]]
    named = [name for _, name in BAD_STYLIZE.values()] + ["COMMAND", "paint", "WHAT", "everything", "now", "70000"]
    for place in ("a\0b", "\ud800", "~nobody-at-all/course", "text.jpg"):
        argvs, named = [*argvs, ["lab", "--dir", place]], [*named, "--dir"]
    argvs, named = [*argvs, ["lab", "--port", "9" * 5000], ["doctor", "9" * 5000]], [*named, "--port", "99"]
    done = subprocess.run(
        [sys.executable, "-c", RUN_EACH, json.dumps(argvs)], capture_output=True, text=True, check=True
    )
    report = json.loads(done.stdout)
    for argv, name, (code, out, err) in zip(argvs, named, report["results"], strict=True):
        assert (code, out) == (2, ""), argv
        assert re.fullmatch(r"styletutor: [^\n]{1,400}\n", err) and name in err, (argv, err)
        assert "Traceback" not in err
    assert report["heavy"] == []
    assert files(workplace) == before


def test_picture_too_small_for_the_network(workplace, capsys):
    """A picture of 20 pixels gives one sentence and exit code 2, like any other bad input."""
    images.save_image(np.zeros((1, 20, 20, 3), "float32"), "dot.png")
    assert main(["stylize", "dot.png", "swirls", "-o", "new.png", *TINY]) == 2
    assert re.fullmatch(r"styletutor: [^\n]*20 × 20[^\n]*\n", capsys.readouterr().err)
    assert not Path("new.png").exists()


def test_run_that_fails_keeps_the_picture_before_it(workplace, capsys, monkeypatch):
    """When a loss stops being finite, the best picture so far is saved and the exit code is 2."""
    step = st.Run.__next__

    def fail_at_third(run):
        if run.number == 2:
            raise errors.RunError("Step 3: the style loss is not finite any more.")
        return step(run)

    monkeypatch.setattr(st.Run, "__next__", fail_at_third)
    assert main(["stylize", "chelsea", "swirls", "-o", "cat.png", "--size", "64", "--network", "embedded"]) == 2
    said = capsys.readouterr()
    assert "not finite" in said.err and "2 steps" in said.err and said.out == "cat.png\n"
    assert st.load_image("cat.png").shape == st.gallery.load("chelsea", 64).shape


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send to one process")
def test_F73_ctrl_c_keeps_the_picture_so_far(workplace):
    """SIGINT to a running command: the picture so far is saved, the exit code is 130, no traceback."""
    with running("stylize", "chelsea", "swirls", "-o", "cat.png", "--size", "64", "--steps", "1000000") as process:
        assert "embedded" in process.stderr.readline()
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130, err
    assert out == "cat.png\n"
    assert "kept" in err and "Traceback" not in err
    assert st.load_image("cat.png", None).shape == st.gallery.load("chelsea", 64).shape
    assert sorted(files(workplace)) == ["cat.png"]


def test_ctrl_c_stays_ignored_where_it_was():
    """A background job of a script, which is told to ignore Ctrl-C, goes on ignoring it."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupt.handler(signal.default_int_handler):
            assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_F73_ctrl_c_elsewhere(workplace, capsys, monkeypatch):
    """An interrupted download ends with 130 and one line."""

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(download, "fetch", interrupt)
    assert main(["download", "imagenet"]) == 130
    said = capsys.readouterr()
    assert said.out == "" and said.err.splitlines()[-1].startswith("styletutor: interrupted")


# streams


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["stylize", "--help"]])
def test_F73_reader_that_left(arguments, unbuffered):
    """With stdout's reader gone, as in `| head -0`, the command ends quietly with 0, whatever Python buffers."""
    read, write = os.pipe()
    os.close(read)
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run([*COMMAND, *arguments], stdout=write, stderr=subprocess.PIPE, text=True, env=environment)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_F73_reader_that_leaves_in_the_middle():
    """A reader that has left after a line, as `doctor | head -1`, ends the command quietly with 0, at the next line."""
    with running("doctor") as process:
        assert process.stdout.readline()
        process.stdout.close()
        assert (process.stderr.read(), process.wait()) == ("", 0)


def test_F73_reader_that_left_costs_no_picture(workplace, monkeypatch):
    """With both streams' reader gone, as in `2>&1 | head -0`, the picture is written all the same and the code is 0."""
    read, write = os.pipe()
    os.close(read)
    with open(write, "w", buffering=1) as out, open(os.dup(write), "w", buffering=1) as err:
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        assert main(["stylize", "chelsea", "swirls", "-o", "cat.png", *TINY]) == 0
    assert Path("cat.png").stat().st_size > 1000


def test_F73_reader_that_left_changes_no_code():
    """With both streams' reader gone, a mistake is exit code 2 all the same."""
    read, write = os.pipe()
    os.close(read)
    assert subprocess.run([*COMMAND, "paint"], stdout=write, stderr=write).returncode == 2
    os.close(write)


@pytest.mark.skipif(sys.platform == "win32", reason="closes streams with a POSIX shell")
def test_F73_closed_streams(workplace):
    """Closed stdout or stderr: the exit codes stay, and what belongs to stderr never reaches stdout."""
    shell = f'"{sys.executable}" -m styletutor'
    done = subprocess.run(f"{shell} --version >&-", shell=True, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run(f"{shell} stylize no.png swirls -o a.png 2>&-", shell=True, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")


def test_F73_plain_terminals(workplace):
    """In the C locale, and with an ASCII terminal, names with accents cost neither the sentence nor the exit code."""
    environment = {**os.environ, "LC_ALL": "C", "LANG": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    argv = [*COMMAND, "stylize", "née.png", "swirls", "-o", "a.png"]
    done = subprocess.run(argv, env=environment, capture_output=True)
    assert (done.returncode, done.stdout) == (2, b"")
    assert re.fullmatch(rb"styletutor: There is no file n[^\n]+\.png\.\n", done.stderr)
    done = subprocess.run([*COMMAND, "stylize", "--help"], env=environment, capture_output=True)
    assert done.returncode == 0 and b"PIXELS" in done.stdout and done.stderr == b""


@pytest.mark.parametrize("language", messages.LANGUAGES)
@pytest.mark.parametrize("command", ["lab", "stylize", "board", "sweep", "download", "doctor"])
def test_helps_say_what_is_meant_by_a_default_in_words(command, language, capsys, monkeypatch):
    """Where an option's default is Python's None, True or False, its help says what that means."""
    monkeypatch.setattr(messages, "_language", language)
    assert main([command, "--help"]) == 0
    said = capsys.readouterr().out
    assert "--help" in said and not re.search(r"\b(None|True|False)\b", said)


def test_F73_sentences_stay_on_one_line(capsys):
    """Line breaks and escape sequences in an error's text can't reach the terminal."""
    progress.say("a\nb\x1b[31mc\x07")
    assert capsys.readouterr().err == "styletutor: a b\\x1b[31mc\\x07\n"


def test_progress_without_a_terminal(capsys, monkeypatch):
    """A line now and then, with the amount, the note and the time left; none before ten seconds are over."""
    clock = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    with progress.Progress(100, "step", "stylize") as bar:
        for clock[0] in range(1, 21):
            bar.reach(clock[0], f"loss {50 - clock[0]}")
    assert capsys.readouterr().err.splitlines() == [
        "styletutor: stylize: step 10 of 100, loss 40, about 90 s left",
        "styletutor: stylize: step 20 of 100, loss 30, about 80 s left",
    ]


def test_progress_on_a_terminal(capsys, monkeypatch):
    """A bar that shows steps, loss and time left, and ends complete."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress.Progress(3, "step", "stylize") as bar:
        for number in (1, 2, 3):
            bar.reach(number, f"loss {number / 10}")
    last = capsys.readouterr().err.split("\r")[-1]
    assert re.search(r"stylize: 100%.*3/3 \[\d\d:\d\d<\d\d:\d\d.*loss 0\.3\]", last)


# help and version


def test_version_and_help_say_what_there_is():
    """--version names the version; each option's help names its default or what it does without."""
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"styletutor {st.__version__}\n")
    commands = next(action for action in parser()._actions if action.choices)
    assert list(commands.choices) == ["lab", "stylize", "board", "sweep", "download", "doctor"]
    for name, sub in commands.choices.items():
        for action in sub._actions:
            if action.option_strings and not action.required and action.dest != "help":
                assert "default" in action.help, (name, action.dest)


def test_parsing_loads_nothing_heavy():
    """`styletutor --version` and --help work without NumPy, TensorFlow, Keras, matplotlib or Jupyter."""
    heavy = ("numpy", "PIL", "tensorflow", "keras", "matplotlib", "jupyterlab")
    script = (
        "import sys; from styletutor.cli import main; codes = [main(['--version']), main(['stylize', '--help'])]; "
        f"print(codes, [name for name in {heavy} if name in sys.modules])"
    )
    listing = "print(main(['download', '--list']), 'tensorflow' in sys.modules)"  # the doctor looks there too
    done = subprocess.run([sys.executable, "-c", f"{script}; {listing}"], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert "[0, 0] []" in lines and lines[-1] == "0 False"


# download


@pytest.fixture
def published(tmp_path):
    """A loopback server: `published.put(name, content)` publishes a file; its address is `published.url`."""
    folder = tmp_path / "published"
    folder.mkdir()
    requests, lies = [], {}

    class Handler(http.server.SimpleHTTPRequestHandler):
        def send_header(self, keyword, value):
            if keyword == "Content-Length" and Path(self.path).name in lies:
                value = str(lies[Path(self.path).name])
            super().send_header(keyword, value)

        def log_message(self, *_):
            requests.append(self.path)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.url, server.requests, server.lies = f"http://127.0.0.1:{server.server_port}/", requests, lies

    def put(name, content, checksum=None):
        (folder / urllib.request.unquote(name)).write_bytes(content)
        found = "sha256:" + hashlib.sha256(content).hexdigest()
        return download.Resource(name, server.url, len(content), found if checksum is None else checksum)

    server.put = put
    yield server
    server.shutdown()
    server.server_close()


def test_download_fetches_once(workplace, published, monkeypatch, capsys):
    """A good file lands in the cache, its path on stdout; the second time nothing is fetched."""
    resource = published.put("vgg19.h5", b"weights" * 1000)
    monkeypatch.setattr(weights, "IMAGENET", resource)
    assert main(["download", "imagenet"]) == 0
    path = workplace / "downloads" / "vgg19.h5"
    assert capsys.readouterr().out == f"{path}\n"
    assert path.read_bytes() == b"weights" * 1000
    assert main(["download", "imagenet"]) == 0
    said = capsys.readouterr()
    assert said.out == f"{path}\n" and "here already" in said.err
    assert len(published.requests) == 1


def test_download_brings_the_class_names_and_the_pictures(workplace, published, monkeypatch, capsys):
    """`classifier` fetches the class names too; `pictures` the tutorial's two, as named on the server."""
    monkeypatch.setattr(weights, "CLASSIFIER", published.put("top.h5", b"a"))
    monkeypatch.setattr(weights, "CLASS_NAMES", dataclasses.replace(published.put("names.json", b"{}"), size=None))
    assert main(["download", "classifier"]) == 0
    pictures = {name: published.put(r.name, name.encode(), "") for name, r in download.TUTORIAL_PICTURES.items()}
    monkeypatch.setattr(download, "TUTORIAL_PICTURES", pictures)
    assert main(["download", "pictures"]) == 0
    names = [Path(line).name for line in capsys.readouterr().out.splitlines()]
    assert names == ["top.h5", "names.json", *(r.name for r in pictures.values())]
    assert sorted(names) == sorted(files(workplace / "downloads"))


@pytest.mark.parametrize("fault", ["another file", "broken off", "not there"])
def test_download_that_fails_leaves_nothing(workplace, published, monkeypatch, capsys, fault):
    """A wrong hash, a truncated file and a missing one: exit code 2, one sentence with the address, no file."""
    resource = published.put("vgg19.h5", b"weights")
    if fault == "another file":
        resource = dataclasses.replace(resource, checksum="sha256:" + "0" * 64)
    elif fault == "broken off":
        resource = dataclasses.replace(resource, size=100)
        published.lies["vgg19.h5"] = 100
    else:
        resource = dataclasses.replace(resource, name="vgg20.h5")
    monkeypatch.setattr(weights, "IMAGENET", resource)
    monkeypatch.setattr(connections, "READ_SECONDS", 1)
    assert main(["download", "imagenet"]) == 2
    said = capsys.readouterr()
    assert said.out == "" and resource.url in said.err.splitlines()[-1]
    assert files(workplace / "downloads") == {}


# doctor


def test_doctor_finds_a_course_that_can_run(workplace, capsys):
    """Every package with its version, the embedded network really loaded, what can be downloaded; exit code 0."""
    assert main(["doctor"]) == 0
    said = capsys.readouterr()
    for requirement in findings.requirements():
        assert re.search(rf"ok {requirement.name} \d", said.out), requirement.name
    assert "ok TensorFlow starts; the embedded" in said.out
    assert "-> styletutor download imagenet" in said.out
    assert said.out.endswith("The course can run.\n") and said.err == "" and "!!" not in said.out


def test_doctor_names_what_is_missing_and_the_command(workplace, capsys, monkeypatch):
    """A package that is missing or too old, and a network that doesn't load: exit code 1, a command for each."""
    from packaging.requirements import Requirement

    wanted = [Requirement("styletutor-has-no-such-package>=2"), Requirement("numpy<1")]
    monkeypatch.setattr(findings, "requirements", lambda: wanted)
    monkeypatch.setattr(findings, "_TRIAL", "raise SystemExit('no AVX')")
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "!! styletutor-has-no-such-package is not installed" in out
    assert '-m pip install "styletutor-has-no-such-package>=2"' in out
    assert re.search(r"!! numpy [\d.]+, but <1 is needed", out) and '-m pip install "numpy<1"' in out
    assert "!! the embedded network can't be loaded: no AVX" in out
    assert out.splitlines()[-1].startswith("The course can't run yet")


def test_doctor_without_a_home(monkeypatch):
    """Where nobody's home is named for downloads that is a finding, and the report goes on to its verdict."""
    monkeypatch.setenv("STYLETUTOR_CACHE", "~nobody-at-all/downloads")
    last = list(findings.downloads())[-1]
    assert last.good is None and "STYLETUTOR_CACHE" in last.text
    first = next(classroom.shared())
    assert first.good is False and "STYLETUTOR_CACHE" in first.text


def test_doctor_where_nothing_is_installed(tmp_path):
    """With a bare Python in a clone the doctor still reports, and every other command says to ask it; no traceback."""
    venv.create(tmp_path, with_pip=False, symlinks=os.name != "nt")
    python = tmp_path / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    clone = str(Path(st.__file__).parent.parent)

    def run(*arguments):
        argv = [python, "-m", "styletutor", *arguments]
        return subprocess.run(argv, cwd=clone, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": clone})

    report = run("doctor")
    assert (report.returncode, report.stderr) == (1, "")
    assert "!! styletutor is not installed here" in report.stdout
    assert "-m pip install -c constraints.txt -e ." in report.stdout
    assert "!! the embedded network can't be loaded: ModuleNotFoundError" in report.stdout
    for arguments in (["stylize", "chelsea", "swirls", "-o", str(tmp_path / "a.png")], ["lab", "--dir", str(tmp_path)]):
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert re.fullmatch(r"styletutor: [^\n]*styletutor doctor[^\n]*\n", done.stderr)


def test_doctor_knows_the_tested_versions():
    """The versions it compares with are those of constraints.txt."""
    tested = findings.tested_versions()
    assert tested["tensorflow"].startswith("2.21.") and tested["scikit-image"] and tested["h5py"]


# lab


def test_lessons_are_copied_but_never_over_edits(tmp_path):
    """New lessons are copied, an edited one stays and is named, a deleted one comes back, hidden files stay out."""
    source, target = tmp_path / "lessons", tmp_path / "deep" / "my course"
    (source / "es").mkdir(parents=True)
    (source / ".ipynb_checkpoints").mkdir()
    for name in ("00.ipynb", "01.ipynb", "es/00.ipynb", ".ipynb_checkpoints/00.ipynb"):
        (source / name).write_text(name)
    assert lab.copy_lessons(source, target) == []
    assert {n: c for n, c in files(target).items() if c} == {
        name: name.encode() for name in ("00.ipynb", "01.ipynb", str(Path("es/00.ipynb")))
    }
    (target / "01.ipynb").write_text("my answers")
    (target / "00.ipynb").unlink()
    (target / "notes.txt").write_text("mine")
    assert lab.copy_lessons(source, target) == ["01.ipynb"]
    assert (target / "01.ipynb").read_text() == "my answers"
    assert (target / "00.ipynb").read_text() == "00.ipynb"
    assert (target / "notes.txt").read_text() == "mine"


def test_lessons_that_cannot_be_copied(tmp_path, capsys):
    """A file where the folder should be gives one sentence and exit code 2, and stays."""
    (tmp_path / "file").write_text("mine")
    assert main(["lab", "--no-browser", "--dir", str(tmp_path / "file" / "course")]) == 2
    assert re.fullmatch(r"styletutor: [^\n]*--dir[^\n]*\n", capsys.readouterr().err)
    assert files(tmp_path) == {"file": b"mine"}


def test_folder_of_the_course(tmp_path, monkeypatch):
    """A clone's own lessons, unless a folder is chosen; a wheel's are copied to ./styletutor-course."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "00.ipynb").write_text("lesson")
    monkeypatch.setattr(lab, "lessons", lambda: (tmp_path / "lessons", True))
    assert lab.course_folder() == tmp_path / "lessons"
    assert lab.course_folder("chosen") == tmp_path / "chosen"
    monkeypatch.setattr(lab, "lessons", lambda: (tmp_path / "lessons", False))
    assert lab.course_folder() == tmp_path / "styletutor-course"
    assert (tmp_path / "styletutor-course" / "00.ipynb").read_text() == "lesson"


def test_browser_and_root(tmp_path, monkeypatch):
    """No browser without a display; --allow-root for root alone; more arguments come last; only 127.0.0.1."""
    monkeypatch.setattr(sys, "platform", "linux")
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    assert not lab.has_display()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert lab.has_display()
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    arguments = lab.jupyter_arguments(tmp_path, 8888, False, ["--debug"])
    assert {"--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"} <= set(arguments)
    assert arguments[-1] == "--debug"
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    arguments = lab.jupyter_arguments(tmp_path, 8888, True)
    assert "--no-browser" not in arguments and "--allow-root" not in arguments
    assert not any("token" in argument or "password" in argument for argument in arguments)


def test_kernel_is_this_environment(tmp_path, monkeypatch):
    """A kernel of the same name among the user's files does not take the place of this environment's."""
    from jupyter_client.kernelspec import KernelSpecManager

    kernel = tmp_path / "kernels" / "python3"
    kernel.mkdir(parents=True)
    spec = {"argv": ["/other/python"], "display_name": "other", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    monkeypatch.delenv("JUPYTER_PATH", raising=False)
    monkeypatch.delenv("JUPYTER_CONFIG_PATH", raising=False)
    assert KernelSpecManager().get_kernel_spec("python3").argv == ["/other/python"]
    lab.set_environment()
    assert "/other/python" not in KernelSpecManager().get_kernel_spec("python3").argv
