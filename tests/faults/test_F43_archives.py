"""SavedModels in archives and folders made to do harm: nothing outside the target, no bomb, no link, no half a file."""

import gzip
import io
import os
import tarfile

import pytest
import saved_models
from harness import not_waited_for
from harness_server import Answers

from styletutor import fast
from styletutor.errors import DownloadError, WeightsError
from styletutor.fast import archive, hub

FILES = {
    "saved_model.pb": b"graph", "variables/variables.index": b"index", "variables/variables.data-00000-of-00001": b"1",
}  # fmt: skip


def entry(name, content=b"", **fields):
    """A tar member and its content."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    for field, value in fields.items():
        setattr(member, field, value)
    return member, content


def packed(path, entries, mode="w:gz"):
    """Write an archive of entries; returns its path."""
    with tarfile.open(path, mode) as tar:
        for member, content in entries:
            tar.addfile(member, io.BytesIO(content))
    return path


def good():
    """The entries of a harmless archive."""
    return [entry(f"./{name}", content) for name, content in FILES.items()]


def files(folder):
    """{relative name: bytes} of the files below a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def target(tmp_path):
    """The folder to unpack into, two levels below tmp_path."""
    folder = tmp_path / "deep" / "target"
    folder.mkdir(parents=True)
    return folder


def test_F43_only_its_own_files(tmp_path, target):
    """Traversal, absolute paths and foreign files are left where they are; what is a SavedModel's is unpacked."""
    absolute = str(tmp_path / "evil")
    odd = ("../evil", absolute, "variables/../../evil", "variables/a/b", "assets/..", "C:/evil", "run.sh")
    path = packed(tmp_path / "a.tar.gz", [*good(), *(entry(name, b"evil") for name in odd)])
    fingerprint = archive.copy_saved_model(path, target)
    assert files(target) == FILES
    assert not any("evil" in name for name in files(tmp_path))
    (tmp_path / "again").mkdir()
    assert archive.copy_saved_model(target, tmp_path / "again") == fingerprint  # a folder with the same files
    plain = packed(tmp_path / "b.tar", good()[::-1], "w")
    (tmp_path / "third").mkdir()
    assert archive.copy_saved_model(plain, tmp_path / "third") == fingerprint


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_F43_links_and_devices(tmp_path, target, kind):
    """An archive whose saved_model.pb is a link, a pipe or a device is refused."""
    path = packed(tmp_path / "a.tar.gz", [entry("saved_model.pb", type=kind, linkname="/etc/hostname"), *good()[1:]])
    with pytest.raises(WeightsError, match="refused"):
        archive.copy_saved_model(path, target)
    assert files(target) == {}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_F09_pipes(tmp_path, target):
    """A pipe in a folder, or in its place, is refused at once instead of waited for."""
    os.mkfifo(tmp_path / "saved_model.pb")
    for source in (tmp_path, tmp_path / "saved_model.pb"):
        with not_waited_for(tmp_path / "saved_model.pb"), pytest.raises(WeightsError, match="refused"):
            archive.copy_saved_model(source, target)


def test_F43_bombs(tmp_path, target, monkeypatch):
    """What unpacks to more than the cap is stopped at the cap: one file, many, skipped ones, headers."""
    monkeypatch.setattr(archive, "MOST_BYTES", 1 << 20)
    monkeypatch.setattr(archive, "MOST_FILES", 50)
    zeros = bytes(3 << 20)
    bombs = {
        "one": [*good(), entry("assets/a", zeros)],
        "several": [*good(), *(entry(f"assets/{i}", zeros[: 1 << 19]) for i in range(4))],
        "skipped": [*good(), entry("readme", zeros)],
        "many": [*good(), *(entry(f"assets/{i}") for i in range(60))],
        "header": [*good(), entry("readme", pax_headers={"comment": "0" * (3 << 20)})],
    }
    for name, entries in bombs.items():
        path = packed(tmp_path / f"{name}.tar.gz", entries)
        (target / name).mkdir()
        with pytest.raises(WeightsError, match="more than a SavedModel should"):
            archive.copy_saved_model(path, target / name)
        assert sum(map(len, files(target / name).values())) <= (1 << 20) + len(b"".join(FILES.values()))


def test_F43_damaged(tmp_path, target):
    """Half an archive, bytes that are none, a name that comes twice: one sentence."""
    whole = packed(tmp_path / "a.tar.gz", good()).read_bytes()
    damaged = {
        "half": whole[: len(whole) // 2], "flipped": whole[:60] + bytes([whole[60] ^ 255]) + whole[61:],
        "page": b"<html>not found</html>", "empty": b"", "packed page": gzip.compress(b"<html>"),
    }  # fmt: skip
    for name, content in damaged.items():
        (tmp_path / name).write_bytes(content)
        (target / name).mkdir()
        with pytest.raises(WeightsError) as error:
            archive.copy_saved_model(tmp_path / name, target / name)
        assert "\n" not in str(error.value)
    twice = packed(tmp_path / "twice.tar", good() * 2, "w")
    with pytest.raises(WeightsError):
        fast.load_hub(twice, trust=True)


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A web server in TensorFlow Hub's place, and an empty cache."""
    answers = Answers()
    monkeypatch.setenv("STYLETUTOR_ALLOW_PRIVATE", "1")
    monkeypatch.setenv("STYLETUTOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(hub, "HUB", answers.url + "/")
    yield answers
    answers.close()


def test_from_the_hub(server, tmp_path, photo):
    """Nothing is fetched unless asked; fetched once, it loads without the server; a page in its place isn't kept."""
    path = f"/{hub.MAGENTA}?tf-hub-format=compressed"
    with pytest.raises(WeightsError, match="download=True while online"):
        fast.load_hub(trust=True)
    assert server.asked == []
    server.put(path, b"<html>try again</html>")
    with pytest.raises(WeightsError, match="no whole"):
        fast.load_hub(trust=True, download=True)
    assert [p.name for p in (tmp_path / "cache").iterdir()] == []
    folder = saved_models.save(saved_models.Halfway, tmp_path / "model")
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as tar:
        tar.add(folder, ".")
    server.put(path, (tmp_path / "model.tar.gz").read_bytes())
    with pytest.raises(WeightsError, match="trust=True"):
        fast.load_hub(download=True)
    first = fast.load_hub(download=True, trust=True)
    server.close()
    assert server.asked == [path] * 2
    assert fast.load_hub(hub.MAGENTA).fingerprint == first.fingerprint
    assert fast.load_hub(folder)(photo, photo).shape == photo.shape


def test_no_hub(server, monkeypatch):
    """Where the hub can't be reached, the sentence asks whether you are online."""
    monkeypatch.setattr(hub, "HUB", "http://127.0.0.1:9/")
    with pytest.raises(DownloadError, match="online"):
        fast.load_hub(download=True)
