"""Downloads from a real web server on this machine's loopback: what is right is kept, anything else leaves nothing."""

import contextlib
import hashlib
import http.server
import io
import os
import socket
import threading
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

import styletutor as st
from styletutor import connections, download
from styletutor.errors import DownloadError, ImageError

BODY = bytes(range(256)) * 3000  # three chunks


class Server(http.server.ThreadingHTTPServer):
    """Serves `files` {path: bytes}, counts requests, and misbehaves under /short, /silent, /drip and /moved."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.asked, self.release = {}, [], threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}/"


class Handler(http.server.BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self):
        """Answer as the path says."""
        path = unquote(self.path)
        self.server.asked.append(path)
        body = self.server.files.get(path.split("/")[-1])
        if path.startswith("/moved/"):
            self.send_response(302)
            self.send_header("Location", self.server.files["target"])
            self.end_headers()
            return
        if body is None:
            self.send_error(404)
            return
        self.send_response(200)
        if not path.startswith("/unsized/"):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if path.startswith("/short/"):
            body = body[: len(body) // 2]
        with contextlib.suppress(OSError):  # a client that has seen enough
            if path.startswith("/silent/"):
                self.wfile.write(body[:10])
                self.server.release.wait(30)
                return
            while path.startswith("/drip/") and not self.server.release.wait(0.05):
                self.wfile.write(b"drop")
            self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(autouse=True)
def loopback_allowed(monkeypatch):
    """The servers here are on this machine, which is refused otherwise."""
    monkeypatch.setenv("STYLETUTOR_ALLOW_PRIVATE", "1")


@pytest.fixture
def server():
    """A web server in a thread; gone when the test ends."""
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running
        running.release.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Empty folders in place of the user's caches; gives ours, which doesn't exist yet."""
    monkeypatch.setenv("STYLETUTOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "cache"


def resource(server, name="weights.h5", folder="", body=BODY, size=True, kind="sha256"):
    """A Resource of that server with the right size and hash of `body`."""
    digest = hashlib.new(kind, body).hexdigest()
    return download.Resource(name, f"{server.url}{folder}", len(body) if size else None, f"{kind}:{digest}")


@pytest.mark.parametrize("kind", ["sha256", "md5"])
@pytest.mark.parametrize("folder", ["", "unsized/"])
def test_fetch_keeps_what_is_right(server, cache, kind, folder):
    """The file arrives byte for byte, alone in the cache, with its progress told."""
    server.files["weights.h5"] = BODY
    told = []
    path = download.fetch(resource(server, folder=folder, kind=kind), lambda done, size: told.append((done, size)))
    assert path == cache / "weights.h5"
    assert path.read_bytes() == BODY
    assert os.listdir(cache) == ["weights.h5"]
    assert told[-1] == (len(BODY), None if folder else len(BODY))
    assert told == sorted(told)


def test_second_fetch_needs_no_server(server, cache):
    """What is in the cache is not asked for again, even with the server gone."""
    server.files["weights.h5"] = BODY
    wanted = resource(server)
    assert download.find(wanted) is None
    first = download.fetch(wanted)
    assert server.asked == ["/weights.h5"]
    server.files.clear()
    assert download.fetch(wanted) == first == download.find(wanted)
    assert server.asked == ["/weights.h5"]


def test_keras_own_copy_is_used(server, cache, tmp_path):
    """A file that Keras downloaded before is found and not fetched again."""
    (tmp_path / "keras" / "models").mkdir(parents=True)
    (tmp_path / "keras" / "models" / "weights.h5").write_bytes(BODY)
    assert download.fetch(resource(server)) == tmp_path / "keras" / "models" / "weights.h5"
    assert server.asked == []


def test_damaged_copy_is_replaced(server, cache):
    """A copy in the cache that changed since, at the same size, is not trusted but fetched anew."""
    server.files["weights.h5"] = BODY
    wanted = resource(server)
    path = download.fetch(wanted)
    path.write_bytes(BODY[:-1] + b"!")
    assert download.find(wanted) is None
    assert download.fetch(wanted).read_bytes() == BODY


def fails_and_leaves_nothing(wanted, cache, words):
    """fetch raises DownloadError with those words in one line, and the cache holds nothing."""
    with pytest.raises(DownloadError, match=words) as error:
        download.fetch(wanted)
    assert "\n" not in str(error.value)
    assert not cache.exists() or os.listdir(cache) == []


def test_wrong_hash(server, cache):
    """Bytes of the right number but not the published ones are refused, with both hashes named."""
    server.files["weights.h5"] = BODY[:-1] + b"!"
    fails_and_leaves_nothing(resource(server), cache, "another file than the one published: sha256 .* expected")


def test_wrong_size(server, cache):
    """A file that is shorter or longer than the published one is refused."""
    server.files["weights.h5"] = BODY[:100]
    fails_and_leaves_nothing(resource(server), cache, f"100 bytes, expected {len(BODY)}")
    server.files["weights.h5"] = BODY + b"more"
    fails_and_leaves_nothing(resource(server), cache, "larger than")


def test_body_that_breaks_off(server, cache):
    """A connection that ends before the announced length is said to have broken off."""
    server.files["weights.h5"] = BODY
    fails_and_leaves_nothing(resource(server, folder="short/"), cache, f"broke off after .* of {len(BODY)} bytes")


def test_not_there(server, cache):
    """A 404 is told by its number."""
    fails_and_leaves_nothing(resource(server), cache, "404")


def test_no_server(cache):
    """A port where nobody listens is a DownloadError that asks whether you are online."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    wanted = download.Resource("a", f"http://127.0.0.1:{port}/", 3, "")
    fails_and_leaves_nothing(wanted, cache, "can't be reached: .*online")


def test_silence(server, cache, monkeypatch):
    """A server that stops speaking is given up after the time allowed."""
    monkeypatch.setattr(connections, "READ_SECONDS", 0.3)
    server.files["weights.h5"] = BODY
    fails_and_leaves_nothing(resource(server, folder="silent/"), cache, "timed out")


def test_deadline(server, cache):
    """The whole download has a deadline, whatever trickles in."""
    server.files["weights.h5"] = BODY
    with pytest.raises(DownloadError, match=r"0\.5 s in all"):
        download.fetch(resource(server, folder="drip/"), seconds=0.5)
    assert os.listdir(cache) == []


def test_interrupted(server, cache):
    """Ctrl-C in the middle goes through and leaves no half of a file."""
    server.files["weights.h5"] = BODY

    def stop(done, size):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download.fetch(resource(server), stop)
    assert os.listdir(cache) == []


def test_unwritable_cache(server, cache):
    """A cache that can't be made is told with the variable that moves it."""
    cache.write_text("a file where the folder should be")
    with pytest.raises(DownloadError, match="STYLETUTOR_CACHE"):
        download.fetch(resource(server))


@pytest.mark.parametrize(
    "payload",
    [
        b"garbage\r\n\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n",
    ],
    ids=["no HTTP", "nothing", "broken chunks", "too many headers"],
)
def test_answers_that_are_no_http(payload):
    """Whatever comes back instead of HTTP is a DownloadError of one line."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer():
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(payload)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(DownloadError) as error:
            download.read_url(f"http://127.0.0.1:{listening.getsockname()[1]}/", 1000)
        thread.join()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/a", "data://a", "FILE://x"])
def test_only_http(url):
    """No other kind of address is opened, in load_image neither."""
    with pytest.raises(DownloadError, match="Only http and https"):
        download.read_url(url, 1000)
    with pytest.raises(DownloadError, match="Only http and https"):
        st.load_image(url)


def test_no_redirect_into_files(server, tmp_path):
    """A server can't send us to a file of this machine."""
    (tmp_path / "secret").write_text("secret")
    server.files["target"] = f"file://{tmp_path}/secret"
    with pytest.raises(DownloadError, match="not allowed"):
        download.read_url(f"{server.url}moved/a", 1000)


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://a:b/", "http:///x"])
def test_addresses_that_are_none(url):
    """A malformed address is a DownloadError that repeats it."""
    with pytest.raises(DownloadError) as error:
        download.read_url(url, 1000)
    assert url in str(error.value)


def test_read_url_stops_at_the_limit(server):
    """At most the limit is read; a body of exactly that many bytes still comes."""
    server.files["a"] = BODY
    assert download.read_url(f"{server.url}a", len(BODY)) == BODY
    with pytest.raises(DownloadError, match="larger than"):
        download.read_url(f"{server.url}a", len(BODY) - 1)


@pytest.mark.parametrize("name", ["picture.png", "mi gato.png", "señal ñ.png"])
def test_load_image_from_an_address(server, name):
    """A picture behind an address, spaces and accents in its name included, loads like the file."""
    pixels = np.random.default_rng(0).integers(0, 256, (5, 4, 3), "uint8")
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    server.files[name] = buffer.getvalue()
    np.testing.assert_array_equal(st.load_image(server.url + name), pixels[None] / np.float32(255))
    assert server.asked == ["/" + name]


def test_load_image_from_a_page(server):
    """An address that gives a web page instead of a picture is an ImageError that names it."""
    server.files["page"] = b"<html>hello</html>"
    with pytest.raises(ImageError, match="page is a web page"):
        st.load_image(f"{server.url}page")


def test_cache_folder(monkeypatch, tmp_path):
    """The cache lies where STYLETUTOR_CACHE says, else in the user's cache folder."""
    monkeypatch.setenv("STYLETUTOR_CACHE", "~/here")
    assert download.cache_dir() == Path("~/here").expanduser()
    monkeypatch.delenv("STYLETUTOR_CACHE")
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert download.cache_dir() == tmp_path / "styletutor"
    assert not (tmp_path / "styletutor").exists()


def test_keras_files_are_named_as_keras_names_them():
    """The names, address and hashes of the ImageNet files are those in Keras' own source."""
    from keras.src.applications import imagenet_utils, vgg19

    from styletutor import weights

    source = Path(vgg19.__file__).read_text()
    for wanted in (weights.IMAGENET, weights.CLASSIFIER):
        assert wanted.name in source
        assert wanted.checksum.removeprefix("md5:") in source
    assert vgg19.WEIGHTS_PATH == weights.CLASSIFIER.url
    assert vgg19.WEIGHTS_PATH_NO_TOP == weights.IMAGENET.url
    assert imagenet_utils.CLASS_INDEX_PATH == weights.CLASS_NAMES.url
    assert weights.CLASS_NAMES.checksum.removeprefix("md5:") in Path(imagenet_utils.__file__).read_text()
