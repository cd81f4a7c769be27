"""A sweep on Dask: what it makes, what it keeps, what it says; on workers that are really there."""

import csv
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path

import dask
import numpy as np
import pytest
from PIL import Image

import styletutor as st
from styletutor import memory, strips
from styletutor.cli import main
from styletutor.errors import ClusterError, SettingsError
from styletutor.sweep import cluster, plan, report, sheet, work
from styletutor.weights import seeded

WIDTHS = (4, 8, 8, 16, 16)
VALUES = ["--set", "style_weight=5,20", "--set", "max_dim=48", "--set", "steps=2"]


@pytest.fixture(scope="module")
def workers():
    """A client of one worker, started as `styletutor sweep` does; processes started from here may connect to it too."""
    with cluster.local(1) as client:
        security, tls = client.security, "distributed.comm.tls"
        files = {f"{tls}.ca-file": security.tls_ca_file, f"{tls}.client.key": security.tls_client_key}
        with dask.config.set(files | {f"{tls}.client.cert": security.tls_client_cert}):
            yield client


@pytest.fixture(scope="module")
def swept(workers, tmp_path_factory):
    """(arguments, folder, exit code): a sweep of one good and one broken picture with two weights, done once."""
    top = tmp_path_factory.mktemp("sweep")
    (top / "in").mkdir()
    st.save_image(st.gallery.load("coffee", 48), top / "in" / "cup.png")
    (top / "in" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    np.savez(top / "narrow.npz", **seeded(WIDTHS, seed=7).arrays)
    arguments = ["sweep", f"{top / 'in'}", "--style", "chelsea", *VALUES, "-o", f"{top / 'out'}"]
    arguments += ["--network", f"{top / 'narrow.npz'}", "--scheduler", workers.scheduler.address]
    return arguments, top / "out", main(arguments)


def lines(folder):
    """The lines of a sweep's table, each a dict."""
    return list(csv.DictReader((folder / "table.csv").read_text(encoding="utf-8").splitlines()))


def made(folder):
    """{name: time of the last change} of the pictures in a sweep's folder."""
    return {path.name: path.stat().st_mtime_ns for path in (folder / "pictures").glob("*.png")}


def test_tables_and_pictures_say_the_same(swept):
    """Two of four pictures can be made: each is the run that its line says; the others' lines say why not."""
    arguments, folder, code = swept
    assert code == 2
    rows = lines(folder)
    assert [(row["content"], row["style"], row["style_weight"]) for row in rows] == [
        ("cup.png", "chelsea", "5"), ("cup.png", "chelsea", "20"),
        ("torn.png", "chelsea", "5"), ("torn.png", "chelsea", "20"),
    ]  # fmt: skip
    assert [bool(row["error"]) for row in rows] == [False, False, True, True] and "torn.png" in rows[2]["error"]
    network = st.load_vgg19(arguments[arguments.index("--network") + 1])
    settings = st.Settings.preset("quick", style_weight=20, max_dim=48, steps=2)
    run = st.stylize(folder.parent / "in" / "cup.png", st.gallery.load("chelsea", 48), settings, network)
    losses = [step.losses for step in run] + [run.losses]
    best = min(losses, key=lambda terms: terms["total"])
    for term in ("total", "content", "style/block4_conv1"):
        assert float(rows[1][f"loss/{term}"]) == pytest.approx(best[term], rel=1e-3)
    np.testing.assert_allclose(st.load_image(folder / rows[1]["picture"]), run.image, atol=1.01 / 255)
    assert json.loads(st.images.read_settings(folder / rows[1]["picture"]))["style_weight"] == 20
    marked = (folder / "table.md").read_text(encoding="utf-8").splitlines()
    assert len(marked) == 6 and len({line.replace("\\|", "").count("|") for line in marked}) == 1


def test_the_sheet_has_a_place_for_each(swept):
    """Contents down, weights across; the pictures that could not be made are grey."""
    _, folder, _ = swept
    rows = lines(folder)
    with Image.open(folder / "sheet.png") as picture:
        pixels = np.asarray(picture.convert("RGB"))
    grey = (pixels == 0xE4).all(-1)
    above, below = (half.sum() for half in np.array_split(grey, 2))
    assert below > 1.8 * 160 * 106 and above < 100  # letters have some grey
    with Image.open(folder / rows[0]["picture"]) as picture:
        one = np.asarray(picture.resize((160, 107), Image.Resampling.LANCZOS))
    places = np.argwhere((pixels == one[0, 0]).all(-1))
    assert any((pixels[y : y + 107, x : x + 160] == one).all() for y, x in places)


def test_labels_fit(tmp_path):
    """Nothing that is written on a sheet reaches its border, whatever is long and however many axes vary."""
    st.save_image(st.gallery.load("coffee", 48), tmp_path / "a.png")
    names, layers = ["x" * 90, "short"], ("block1_conv1", "block2_conv1", "block3_conv1")
    several = {"steps": (2, 3, 4), "style_layers": (layers, layers[:1])}
    for axes in ({}, {"steps": (2,)}, {"content_layers": (layers, ())}, several):
        for contents in (names, names[:1]):
            tasks, _ = plan.tasks(contents, ["chelsea"], axes, "quick", lambda *_: np.zeros((1, 48, 48, 3)), "")
            drawn = np.asarray(sheet.draw(tasks, [tmp_path / "a.png"] * len(tasks)))
            assert (drawn[[0, -1]] == 255).all() and (drawn[:, [0, 1, -1]] == 255).all()


def test_what_is_done_is_not_done_again(swept, capsys):
    """The same command makes nothing; of a picture that is missing or damaged, that one again."""
    arguments, folder, _ = swept
    before = made(folder)
    assert len(before) == 2 and main(arguments) == 2 and made(folder) == before
    first, second = sorted(before)
    (folder / "pictures" / first).unlink()
    assert main(arguments) == 2
    after = made(folder)
    assert after[second] == before[second] and after[first] > before[first]
    (folder / "pictures" / second).write_bytes(b"cut")
    assert main(arguments) == 2
    assert made(folder)[first] == after[first] and (folder / "pictures" / second).stat().st_size > 3
    said = capsys.readouterr()
    assert [Path(line).name for line in said.out.splitlines()] == ["table.csv", "table.md", "sheet.png"] * 3
    assert "torn.png" in said.err and "Traceback" not in said.err


def test_killed_in_the_middle(swept, tmp_path):
    """kill -9 after the first picture: it is kept whole, and the same command makes the others."""
    arguments, folder, _ = swept
    picture = f"{folder.parent / 'in' / 'cup.png'}"
    argv = ["sweep", picture, *arguments[2:], "--set", "seed=1,2,3,4"]
    argv[argv.index("-o") + 1] = f"{tmp_path / 'out'}"
    security = dask.config.get("distributed.comm.tls")
    variables = {"CA_FILE": security["ca-file"], "CLIENT__KEY": security["client"]["key"]}
    variables["CLIENT__CERT"] = security["client"]["cert"]
    environment = os.environ | {f"DASK_DISTRIBUTED__COMM__TLS__{name}": text for name, text in variables.items()}
    sweep = subprocess.Popen([sys.executable, "-m", "styletutor", *argv], env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list((tmp_path / "out").glob("pictures/*.json")) and time.monotonic() < deadline:
        time.sleep(0.02)
    sweep.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
    sweep.wait()
    kept = {name: changed for name, changed in made(tmp_path / "out").items()
            if (tmp_path / "out" / "pictures" / name).with_suffix(".json").exists()}  # fmt: skip
    assert 0 < len(kept) < 8
    assert main(argv) == 0
    after = made(tmp_path / "out")
    assert len(after) == 8 and kept.items() <= after.items()


def test_this_machine_by_itself(swept, workers, tmp_path, monkeypatch):
    """Without a scheduler: as many workers as there are pictures, cores and memory for, and told how many."""
    started = []

    @contextmanager
    def local(count):
        started.append(count)
        yield workers  # which `cluster.local` made

    monkeypatch.setattr(cluster, "local", local)
    arguments = swept[0][:-2]
    arguments[arguments.index("-o") + 1] = f"{tmp_path / 'out'}"
    assert main(arguments) == 2 and started == [min(2, cluster.CPU_COUNT)]
    assert cluster.workers_for(100, 1) == cluster.CPU_COUNT
    assert cluster.workers_for(100, 2**50) == 1
    with pytest.raises(ClusterError, match="from 1 to 1"):
        cluster.workers_for(100, 2**50, 2)


def test_other_users_are_told_nothing(workers):
    """The pages that Dask would serve unencrypted beside the scheduler are not there."""
    port = workers.cluster.scheduler.http_server.port
    for page in ("/info/main/workers.html", "/metrics", "/status"):
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            connection.request("GET", page)
            assert connection.getresponse().status == 404


def test_memory_is_what_strips_count(random_network):
    """The estimate without TensorFlow is that of `strips`, for a loss down to the last layer."""
    found = cluster.worker_memory(WIDTHS, 256, 320) - cluster.TENSORFLOW
    assert found == strips.memory_estimate(random_network, ["block5_pool"], 256, 320)
    assert cluster.worker_memory(WIDTHS, 9999, 9999) - cluster.TENSORFLOW == memory.WHOLE


def test_clusters_that_cannot_be_used(workers, swept, monkeypatch, capsys):
    """Nobody there; nobody who may; another styletutor: one sentence each, and exit code 2."""
    monkeypatch.setattr(cluster, "DEADLINE", 0.5)
    arguments = [*swept[0], "--set", "seed=9"]
    assert main([*arguments[:-4], "--scheduler", "tcp://127.0.0.1:9", *arguments[-2:]]) == 2
    with dask.config.set({"distributed.comm.tls.client.cert": None}):
        assert main(arguments) == 2
    monkeypatch.setattr(cluster, "DEADLINE", 15.0)
    monkeypatch.setattr(work, "__version__", "9.9")
    assert main(arguments) == 2
    said = [line for line in capsys.readouterr().err.splitlines() if "answers" in line or "9.9" in line]
    assert len(said) == 3 and "127.0.0.1:9 within 0.5 s" in said[0] and st.__version__ in said[2]
    assert len(made(swept[1])) == 2


@pytest.mark.parametrize(("changes", "words"), [
    (["--set", "style_wait=1"], "style_weight"),
    (["--set", "steps"], "NAME=VALUE"),
    (["--set", "steps=0,1"], "steps"),
    (["--set", "content_layers=block9"], "block9"),
    (["--preset", "nice"], "quick"),
])  # fmt: skip
def test_what_cannot_be_swept(tmp_path, capsys, changes, words):
    """One sentence and exit code 2; no folder is made."""
    assert main(["sweep", "coffee", "--style", "chelsea", "-o", f"{tmp_path / 'out'}", *changes]) == 2
    assert words in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_folders_of_others_and_dask_that_is_missing(tmp_path, capsys, monkeypatch):
    """A folder with a table of one's own is refused; without Dask the command that brings it is told."""
    (tmp_path / "table.csv").write_text("mine")
    command = ["sweep", "coffee", "--style", "chelsea", "-o", f"{tmp_path}"]
    assert main(command) == 2 and (tmp_path / "table.csv").read_text() == "mine"
    monkeypatch.setattr(sys.modules["importlib.util"], "find_spec", lambda name: None)
    assert main(command) == 1
    assert 'pip install "distributed' in capsys.readouterr().err.splitlines()[-1]


def test_values_of_settings():
    """Numbers, words and layers of --set, each value once; and back to what is shown."""
    assert plan.axis("style_weight=5,1e3,5") == ("style_weight", (5, 1000.0))
    assert plan.axis("pooling=none, avg") == ("pooling", (None, "avg"))
    assert plan.axes(["steps=1,2", "seed=3", "steps=2,4"]) == {"steps": (1, 2, 4), "seed": (3,)}
    name, values = plan.axis("content_layers=block1_conv1+block2_conv1,none")
    assert (name, values) == ("content_layers", (("block1_conv1", "block2_conv1"), ()))
    shown = [plan.worded(value) for value in (*values, 1000.0, True, None)]
    assert shown == ["block1_conv1+block2_conv1", "none", "1000", "true", "none"]
    with pytest.raises(SettingsError):
        plan.axis("")
    table = [{"content": "a|b", "loss/total": 1 / 3, "error": ""}]
    assert report.as_markdown(table).splitlines()[2] == "| a\\|b | 0.3333 |"
