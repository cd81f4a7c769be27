"""F30 to F39: the cache of downloads, with processes that are really killed, really unprivileged and really eight.

F36 (a lock left behind by the dead) does not apply: there are no locks, so none can be left; F34 shows that it is
right without them. F43 (archives that unpack outside): only SavedModels come in any, see test_F43_archives; .npz is
read in memory.
"""

import errno
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from harness import UNPRIVILEGED, environment, run_python

from styletutor import atomic, download, weights
from styletutor.errors import DownloadError, WeightsError

BODY = np.random.default_rng(0).bytes(600_000)
POSIX = pytest.mark.skipif(os.name != "posix", reason="a matter of POSIX")

FETCH = """
import sys
from styletutor import download
wanted = download.Resource("weights.h5", sys.argv[1], int(sys.argv[2]), sys.argv[3])
%s
try:
    print(download.fetch(wanted))
except download.DownloadError as error:
    print(error)
"""


@pytest.fixture
def server(server):
    """The server with the weights."""
    server.put("/weights.h5", BODY)
    return server


def wanted(server, body=BODY):
    """The resource that the server publishes."""
    return download.Resource("weights.h5", server.url + "/", len(body), f"sha256:{hashlib.sha256(body).hexdigest()}")


def child_arguments(server):
    """What FETCH is given."""
    resource = wanted(server)
    return resource.base_url, resource.size, resource.checksum


def test_F30_a_page_as_weights(server):
    """A page of the right size in the place of the weights is refused with both hashes, and nothing is kept."""
    page = b"<html>".ljust(len(BODY))
    server.put("/weights.h5", page)
    with pytest.raises(DownloadError, match=f"{hashlib.sha256(page).hexdigest()}, expected .*") as error:
        download.fetch(wanted(server))
    assert wanted(server).checksum[7:] in str(error.value)
    assert os.listdir(server.cache) == []


@POSIX
def test_F31_killed_half_way(server):
    """A download whose process is killed half-way leaves no file; the next succeeds, and the rest is swept up later."""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()
    server.slowly("/weights.h5", head + BODY[: len(BODY) // 2], b"", 60)
    child = subprocess.Popen([sys.executable, "-c", FETCH % "", *map(str, child_arguments(server))], env=environment())
    until(lambda: server.cache.exists() and any(p.stat().st_size > 10**5 for p in server.cache.iterdir()))
    child.send_signal(signal.SIGKILL)
    child.wait()
    (left,) = server.cache.iterdir()
    assert left.suffix == ".tmp" and download.find(wanted(server)) is None
    server.put("/weights.h5", BODY)
    old = time.time() - atomic.STALE_SECONDS - 1
    os.utime(left, (old, old))
    assert download.fetch(wanted(server)).read_bytes() == BODY
    assert os.listdir(server.cache) == ["weights.h5"]


def until(condition):
    """Wait until the condition holds, at most half a minute."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_F32_interrupted(server):
    """Ctrl-C in a download goes through, leaves no file, and the next try works."""

    def stop(done, size):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download.fetch(wanted(server), stop)
    assert os.listdir(server.cache) == []
    assert download.fetch(wanted(server)).read_bytes() == BODY


def test_F33_one_bit_in_the_cache(server):
    """One flipped bit is noticed before the file is used, at any place; it is fetched anew."""
    path = download.fetch(wanted(server))
    for place in (0, len(BODY) // 2, len(BODY) - 1):
        damaged = bytearray(BODY)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        assert download.find(wanted(server)) is None
        assert "is damaged (sha256" in download.damage(wanted(server))
        assert download.fetch(wanted(server)).read_bytes() == BODY


def test_F33_damaged_imagenet_weights_are_named(server, monkeypatch, caplog):
    """Damaged ImageNet weights are an error where they are asked for, and "auto" says that it passes them over."""
    monkeypatch.setattr(weights, "IMAGENET", wanted(server))
    server.cache.mkdir()
    (server.cache / "weights.h5").write_bytes(BODY[:-1])
    with pytest.raises(WeightsError, match=r"is damaged \(599999 bytes.*download imagenet"):
        weights.load("imagenet")
    assert weights.resolve("auto") == "embedded"
    assert "is damaged" in caplog.text


@POSIX
def test_F34_eight_processes_without_locks(server):
    """Eight processes on an empty cache, file locks switched off, all get the right bytes; no other file is left.

    The server answers none before all have asked: eight are in the middle of their downloads at the same time.
    """
    whole, together = server.answers["/weights.h5"], threading.Barrier(8)

    def answer(connection):
        together.wait(50)
        connection.sendall(whole)

    server.answers["/weights.h5"] = answer
    no_locks = "import fcntl; fcntl.flock = fcntl.lockf = lambda *_: None"
    command = [sys.executable, "-c", FETCH % no_locks, *map(str, child_arguments(server))]
    children = [
        subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    said = [child.communicate(timeout=60) for child in children]
    assert said == [(f"{server.cache / 'weights.h5'}\n", "")] * 8
    assert os.listdir(server.cache) == ["weights.h5"]
    assert (server.cache / "weights.h5").read_bytes() == BODY
    assert len(server.asked) == 8


def test_F35_readers_see_one_file_or_the_other(tmp_path):
    """While a file is replaced again and again a reader always finds a whole one."""
    path, seen, stop = tmp_path / "a.bin", set(), threading.Event()
    contents = [bytes([n]) * 200_000 for n in range(2)]
    atomic.write(path, contents[0])

    def read():
        while not stop.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(60):
        atomic.write(path, contents[number % 2])
    stop.set()
    reader.join()
    assert seen <= set(contents) and seen


def test_F35_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    """A file's bytes are flushed to the disk before it gets its name: a power cut leaves no empty one."""
    done, fsync, replace = [], os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (done.append("fsync"), fsync(file)))
    monkeypatch.setattr(os, "replace", lambda old, new: (done.append("replace"), replace(old, new)))
    atomic.write(tmp_path / "a.bin", b"new")
    assert done[:2] == ["fsync", "replace"]


@POSIX
def test_F37_read_only_cache(server, open_folder):
    """A cache that can't be written serves what it holds; for what it lacks the error names the variable.

    One that belongs to another user and that everyone may write works.
    """
    full, empty, others = open_folder / "full", open_folder / "empty", open_folder / "others"
    others.mkdir()
    others.chmod(0o1777)  # as /tmp
    full.mkdir()
    (full / "weights.h5").write_bytes(BODY)
    for folder in (full, empty):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o555)
    for folder, expected in ((full, f"{full}/weights.h5"), (empty, "Permission denied"), ("/proc/none", "written"),
                             (others, f"{others}/weights.h5")):  # fmt: skip
        code = FETCH % ("import styletutor.web, encodings.idna\n" + UNPRIVILEGED)
        said = run_python(code, *child_arguments(server), STYLETUTOR_CACHE=str(folder)).stdout
        assert expected in said
        if folder in (empty, "/proc/none"):
            assert "STYLETUTOR_CACHE" in said
    assert os.listdir(empty) == []
    assert (others / "weights.h5").read_bytes() == BODY and len(os.listdir(others)) == 1


CLOSED = """
import sys
from styletutor import weights
from styletutor.cli import classroom, fetch, findings
from styletutor.fast import hub, lite
%s
for finding in [*findings.downloads(), next(classroom.shared())]:
    print(finding.good, finding.text)
"""


@POSIX
def test_F37_a_folder_that_may_not_be_entered(open_folder):
    """The doctor reports a cache in somebody else's closed folder, as in a container with another user's $HOME."""
    closed = open_folder / "closed"
    closed.mkdir()
    closed.chmod(0o000)
    said = run_python(CLOSED % UNPRIVILEGED, STYLETUTOR_CACHE=str(closed / "cache")).stdout.splitlines()
    assert said[-2] == f"None downloads would go to {closed / 'cache'}, which can't be written"
    assert said[-1] == f"False the shared folder {closed / 'cache'} is not there"


@pytest.mark.parametrize("place", ["a file", "inside a file"])
def test_F37_a_file_for_a_cache(server, monkeypatch, place):
    """A cache folder that is a file is an error that names the variable; there is no other place that it goes to."""
    server.cache.write_text("a file")
    monkeypatch.setenv("STYLETUTOR_CACHE", str(server.cache if place == "a file" else server.cache / "b"))
    with pytest.raises(DownloadError, match="STYLETUTOR_CACHE"):
        download.fetch(wanted(server))


@POSIX
def test_F38_a_shared_cache(server):
    """Under a strict umask the file can be read by whom the folder lets in; planted links are not followed."""
    server.cache.mkdir()
    server.cache.chmod(0o750)
    victim = server.cache.parent / "victim"
    victim.write_text("untouched")
    (server.cache / "weights.h5").symlink_to(victim)
    before = os.umask(0o077)
    try:
        path = download.fetch(wanted(server))
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o640
    assert not path.is_symlink() and path.read_bytes() == BODY
    assert victim.read_text() == "untouched"


@POSIX
def test_F38_planted_temporary_names(tmp_path, monkeypatch):
    """A link at the very name of the temporary file is not written through."""
    monkeypatch.setattr(atomic.secrets, "token_hex", lambda _: "guessed")
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    path = tmp_path / "a.bin"
    (tmp_path / f"{atomic._prefix(path)}guessed.tmp").symlink_to(victim)
    with pytest.raises(FileExistsError):
        atomic.write(path, b"new")
    assert victim.read_text() == "untouched" and not path.exists()


FULL = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
"""


@POSIX
def test_F39_no_room_for_a_download(server):
    """A file that may not grow (a real limit) ends in a clear error with the bytes needed and free; nothing is left."""
    said = run_python(FETCH % FULL, *child_arguments(server)).stdout
    assert "600,000 bytes are needed" in said and "free" in said and "STYLETUTOR_CACHE" in said
    assert os.listdir(server.cache) == []


def test_F39_a_full_disk_in_a_download(server, monkeypatch):
    """The same for a disk that is full when the file is flushed."""

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DownloadError, match=r"No space left.*600,000 bytes are needed"):
        download.fetch(wanted(server))
    assert os.listdir(server.cache) == []


@POSIX
def test_F45_no_home():
    """Without a home folder nothing is found, nothing breaks, and a download names the variable."""
    code = (
        "import os, pathlib\n"
        "def nobody(self): raise RuntimeError('no home')\n"
        "pathlib.Path.expanduser = nobody\n" + FETCH % ""
    )
    said = run_python(code, "http://127.0.0.1:1/", 1, "", HOME=None, STYLETUTOR_CACHE=None, XDG_CACHE_HOME=None).stdout
    assert "STYLETUTOR_CACHE" in said


@pytest.mark.parametrize("name", ["with spaces", "señal 🐱", "a'b\"c"])
def test_F45_odd_folders(server, monkeypatch, name):
    """A cache with spaces and accents in its path works."""
    monkeypatch.setenv("STYLETUTOR_CACHE", str(server.cache / name))
    assert download.fetch(wanted(server)).read_bytes() == BODY


def test_list_and_remove(server, monkeypatch, capsys):
    """`download --list` says what is here, whole or damaged, its bytes and path; `--remove` frees it."""
    from styletutor.cli import main

    monkeypatch.setattr(weights, "IMAGENET", wanted(server))
    assert main(["download", "imagenet"]) == 0
    capsys.readouterr()
    path = server.cache / "weights.h5"
    assert main(["download", "--list"]) == 0
    assert capsys.readouterr().out == f"imagenet\twhole\t{len(BODY)}\t{path}\n"
    path.write_bytes(BODY[:-1])
    assert main(["download", "--list"]) == 0
    assert "damaged" in capsys.readouterr().out
    assert main(["download", "--remove", "imagenet"]) == 0
    assert capsys.readouterr().out == f"{path}\n" and not path.exists()
    assert main(["download", "--remove", "imagenet"]) == 0
    capsys.readouterr()
    for bad in (["download"], ["download", "imagenet", "--list"], ["download", "--remove", "all"]):
        assert main(bad) == 2
        captured = capsys.readouterr()
        assert captured.out == "" and captured.err.count("\n") == 1
