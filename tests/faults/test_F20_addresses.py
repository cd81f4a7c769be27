"""F20 to F26: what can go wrong between an address and a picture, on real servers of this machine."""

import gzip
import os
import socket
import ssl
import subprocess
import time

import numpy as np
import pytest
from harness import run_python
from harness_server import Answers
from pictures import png, samples

import styletutor as st
from styletutor import connections, download
from styletutor.errors import DownloadError, ImageError, StyleTutorError

PICTURE = png(samples(8, 8, 3, 8))


def refused(url, *words, seconds=3, limit=10**6):
    """read_url raises DownloadError with these words in one line that is not too long."""
    with pytest.raises(DownloadError) as error:
        download.read_url(url, limit, seconds)
    text = str(error.value)
    assert "\n" not in text and len(text) <= 400
    for word in words:
        assert word in text, text
    return text


def test_F20_answers_without_a_picture(server):
    """404, 500, a page and nothing at all name the address and the status or what came; nothing is kept."""
    for path, status in (("/a.png", "404 Not Found"), ("/b.png", "500 Internal Server Error")):
        refused(server.put(path, b"<html>", status), path, status[:3])
    for path, body, words in (("/c.png", b"<html><body>Log in</html>", "web page"), ("/d.png", b"", "no picture")):
        with pytest.raises(ImageError, match=words) as error:
            st.load_image(server.put(path, body))
        assert path in str(error.value)
    assert not server.cache.exists()


def test_F21_stalls_and_drips(server, monkeypatch):
    """Silence after the headers, and a body, headers or redirects that drip for ever, end at the deadlines."""
    monkeypatch.setattr(connections, "READ_SECONDS", 0.4)
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    refused(server.slowly("/silent", head, b"", 60), "0.4 s of silence", seconds=30)
    for path, start, drop in (("/body", head, b"x"), ("/headers", head[:-2], b"A: b\r\n"), ("/status", b"", b"H")):
        started = time.monotonic()
        refused(server.slowly(path, start, drop, 0.02), "0.6 s in all", seconds=0.6)
        assert time.monotonic() - started < 5


def test_F22_lengths(server):
    """Fewer bytes than announced, and more than allowed whatever is announced, are refused; decoded bytes count."""
    refused(server.put("/short", b"x" * 400, length=1000), "400 of 1000 bytes")
    endless = b"HTTP/1.1 200 OK\r\n\r\n"
    refused(server.slowly("/endless", endless, b"x" * 4096, 0), "larger than the 9999 bytes", limit=9999)
    assert len(download.read_url(server.put("/false", b"x" * 500, length=100), 1000)) == 100
    bomb = gzip.compress(bytes(50_000_000), 9)
    assert len(bomb) < 10**5
    refused(server.put("/bomb", bomb, Content_Encoding="gzip"), "larger than the 1000000 bytes")
    honest = server.put("/gzip", gzip.compress(b"hello"), Content_Encoding="gzip")
    assert download.read_url(honest, 100) == b"hello"
    half = gzip.compress(samples(99, 99, 3, 8).tobytes())[:-100]
    refused(server.put("/cut", half, Content_Encoding="gzip"), "broke off")
    refused(server.put("/odd", b"x", Content_Encoding="br"), "br")


def test_F23_redirects(server):
    """A circle, more than five in a row, and any way out of http end in a clear error; five in a row arrive."""
    server.put("/circle", b"", "302 Found", Location="/circle")
    refused(server.url + "/circle", "leads on and on")
    for number in range(8):
        server.put(f"/chain{number}", b"", "302 Found", Location=f"/chain{number + 1}")
    refused(server.url + "/chain0", "leads on and on", "5")
    server.put("/chain8", PICTURE)
    assert download.read_url(server.url + "/chain3", 10**6) == PICTURE
    for target in ("file:///etc/hostname", "ftp://127.0.0.1/a", "data:text/plain,a", "http://user:secret@127.0.0.1/"):
        text = refused(server.put("/out", b"", "302 Found", Location=target))
        assert "secret" not in text


REFUSED = [
    *("file:///etc/hostname", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "data:text/plain,a", "//127.0.0.1/a"),
    *("http://0x7f000001:{}/a", "http://127.1:{}/a", "http://[::1]:{}/a", "http://[::ffff:127.0.0.1]:{}/a"),
    *("http://169.254.169.254:{}/a", "http://localhost:{}/a", "http://127.0.0.1:{}/a", "http://10.0.0.1:{}/a"),
    *("http://user:pass@127.0.0.1:{}/a", "http://0.0.0.0:{}/a", "http://2130706433:{}/a"),
]


@pytest.mark.parametrize("url", REFUSED)
def test_F24_private_addresses(server, monkeypatch, url):
    """Addresses of this machine, of local networks and of other schemes are refused before a byte is sent."""
    monkeypatch.delenv("STYLETUTOR_ALLOW_PRIVATE")
    server.put("/a", PICTURE)
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("it connected"))
    with pytest.raises(DownloadError) as error:
        st.load_image(url.format(server.port)) if "://" in url else download.read_url(url, 100)
    assert len(str(error.value)) <= 400
    assert server.asked == []


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.0.1", "fd00::1", "fe80::1%1", "64:ff9b::7f00:1"])
def test_F24_names_of_private_addresses(monkeypatch, address):
    """A name is judged by every address that it resolves to, one private among public ones being enough."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    answers = [(socket.AF_INET, 1, 6, "", ("93.184.216.34", 80)), (family, 1, 6, "", (address, 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("it connected"))
    refused("http://pictures.example.org/a.png", "pictures.example.org", "local network")


def test_F24_the_checked_address_is_the_connected_one(server, monkeypatch):
    """A name that resolves to another address the second time is looked up once, and that address connected."""
    looked_up, connected, real = [], [], socket.socket.connect
    monkeypatch.delenv("STYLETUTOR_ALLOW_PRIVATE")
    monkeypatch.setattr(connections, "is_public", lambda text: True)

    def look_up(host, port, *_, **__):
        looked_up.append(host)
        return [(socket.AF_INET, 1, 6, "", ("127.0.0.1" if len(looked_up) == 1 else "127.0.0.2", port))]

    def connect(self, address):
        connected.append(address)
        return real(self, address)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket.socket, "connect", connect)
    server.put("/a", PICTURE)
    assert download.read_url(f"http://name.example.org:{server.port}/a", 10**6) == PICTURE
    assert looked_up == ["name.example.org"] and connected == [("127.0.0.1", server.port)]


def test_names_in_other_alphabets(server, monkeypatch):
    """A machine whose name has letters beyond ASCII is looked up and asked by its name in IDNA's letters."""
    looked_up = []

    def look_up(host, port, *_, **__):
        looked_up.append(host)
        return [(socket.AF_INET, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    server.put("/caf%C3%A9", PICTURE)
    for name in ("пример.test", "bücher.test"):
        assert download.read_url(f"http://{name}:{server.port}/café", 10**6) == PICTURE
    assert looked_up == ["xn--e1afmkfd.test", "xn--bcher-kva.test"]


def test_F24_redirects_are_checked_again(server, monkeypatch):
    """A public machine can't send us to a private one."""
    monkeypatch.delenv("STYLETUTOR_ALLOW_PRIVATE")
    checks = iter([True])
    monkeypatch.setattr(connections, "is_public", lambda text: next(checks, False))
    server.put("/a", b"", "302 Found", Location=f"http://127.0.0.1:{server.port}/b")
    refused(server.url + "/a", "local network")
    assert server.asked == ["/a"]


def test_F24_classrooms_may(server, monkeypatch):
    """allow_private=True fetches from this machine, by the argument as by the variable."""
    monkeypatch.delenv("STYLETUTOR_ALLOW_PRIVATE")
    url = server.put("/a", PICTURE)
    assert download.read_url(url, 10**6, allow_private=True) == PICTURE
    np.testing.assert_array_equal(st.load_image(url, allow_private=True), st.load_image(PICTURE))
    with pytest.raises(DownloadError, match="STYLETUTOR_ALLOW_PRIVATE"):
        st.load_image(url)


def test_F24_public_addresses():
    """The table of what is public, by the registries' own special-purpose lists."""
    assert all(map(connections.is_public, ("93.184.216.34", "2606:2800:220:1::1", "8.8.8.8")))
    private = "0.0.0.0 127.0.0.1 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 224.0.0.1 255.255.255.255"
    private += " ::1 :: fd00::1 fe80::1 ::ffff:10.0.0.1 2002:7f00:1:: 64:ff9b::a00:1 ff02::1"
    assert not any(map(connections.is_public, private.split()))


OFFLINE = """
import os, socket, sys
def refuse(*_, **__):
    raise OSError("no network here")
class Socket(socket.socket):
    __init__ = refuse
    __del__ = lambda self: None
socket.socket, socket.create_connection, socket.getaddrinfo = Socket, refuse, refuse
before = set(os.listdir(".")) | set(os.listdir(os.environ["HOME"]))
import styletutor as st
from styletutor import cli, download, gallery, settings, weights
assert set(os.listdir(".")) | set(os.listdir(os.environ["HOME"])) == before, "the import wrote"
assert "tensorflow" not in sys.modules
weights.load("embedded"), gallery.load("chelsea", 64), st.Settings()
try:
    st.load_image("http://example.org/a.png")
except st.errors.DownloadError as error:
    print(error)
print(cli.main(["download", "pictures"]))
"""


def test_F25_without_a_network(tmp_path):
    """With sockets refused, imports, the network and the pictures work and nothing is written; a download says why."""
    said = run_python(OFFLINE, HOME=str(tmp_path), STYLETUTOR_CACHE=None, XDG_CACHE_HOME=None, cwd=tmp_path)
    assert "no network here. Are you online?" in said.stdout and said.stdout.endswith("2\n")
    assert "Traceback" not in said.stderr


def test_F26_dead_proxy(server, monkeypatch):
    """A proxy that isn't there is an error that says so, without its password; a private address isn't asked of it."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        dead = f"http://me:secret@127.0.0.1:{port}"
    for variable in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(variable, dead)
    monkeypatch.delenv("STYLETUTOR_ALLOW_PRIVATE")
    for scheme in ("http", "https"):
        said = refused(f"{scheme}://pictures.example.org/a.png", "pictures.example.org", f"proxy 127.0.0.1:{port}: ")
        assert "refused" in said and "secret" not in said
        refused(f"{scheme}://10.0.0.1/a.png", "local network")


def test_F26_proxy(server, monkeypatch):
    """A proxy that is there is asked for the whole address, by name, and looks it up itself."""
    url = "http://pictures.example.org/a.png"
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("STYLETUTOR_ALLOW_PRIVATE")
    server.put(url, PICTURE)
    assert download.read_url(url, 10**6) == PICTURE
    assert server.asked == [url]


@pytest.fixture
def secure(server, tmp_path):
    """A server that speaks https, with a certificate of its own in `secure.certificate`."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=another", "-days", "2",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], capture_output=True,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    running = Answers(context)
    running.certificate = certificate
    yield running
    running.close()


NEEDS_OPENSSL = pytest.mark.skipif(os.name != "posix", reason="makes its certificate with openssl")


@NEEDS_OPENSSL
def test_F26_bad_certificate(secure):
    """A certificate that nobody vouches for is refused by name; it is never taken anyway."""
    secure.put("/a", PICTURE)
    text = refused(secure.url + "/a", secure.url)
    assert "certificate" in text.lower()
    assert secure.asked == []


@NEEDS_OPENSSL
def test_F26_a_certificate_of_another_machine(secure, monkeypatch):
    """A certificate that is vouched for, but under another name than the one asked for, is refused."""
    monkeypatch.setenv("SSL_CERT_FILE", str(secure.certificate))
    assert download.read_url(secure.put("/a", PICTURE), 10**6) == PICTURE
    refused(f"https://localhost:{secure.port}/a", "Hostname mismatch")
    assert secure.asked == ["/a"]


@NEEDS_OPENSSL
def test_F23_never_from_https_to_http(secure, server, monkeypatch):
    """A redirect from https to http, where all could read along, is refused unasked; to https it is followed."""
    monkeypatch.setenv("SSL_CERT_FILE", str(secure.certificate))
    secure.put("/a", PICTURE)
    assert download.read_url(secure.put("/b", b"", "302 Found", Location="/a"), 10**6) == PICTURE
    refused(secure.put("/c", b"", "302 Found", Location=server.put("/a", PICTURE)), "from https to http", server.url)
    assert server.asked == []


def test_every_error_is_the_packages():
    """The errors of downloads are StyleTutorError and OSError."""
    assert issubclass(DownloadError, StyleTutorError) and issubclass(DownloadError, OSError)
