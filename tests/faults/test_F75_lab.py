"""F75 and F58 on one running server, started as a learner starts it: what it listens to, trusts, and lets through."""

import hashlib
import json
import subprocess
import sys
import urllib.parse

import nbformat
import pytest
import websocket
from harness import environment
from lab_server import Kernel, Server, listening, settings_files
from nbformat.sign import NotebookNotary
from pictures import png, samples

from styletutor.panels.picker import UPLOAD_MB

TORNADOS_LIMIT = 10 * 2**20
MARKS = {"text/html": "<script>document.title = 'owned'</script>", "text/plain": "a"}


def hostile():
    """A notebook from elsewhere, whose output would run a script where it were trusted."""
    output = nbformat.v4.new_output("display_data", MARKS)
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=[output], execution_count=1)])


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The course served; a notebook from elsewhere lies among the lessons. The user's settings are as before."""
    folder, before = tmp_path_factory.mktemp("lab"), settings_files()
    (folder / "my course").mkdir()
    nbformat.write(hostile(), folder / "my course" / "foreign.ipynb")
    running = Server(folder)
    yield running
    running.close()
    assert settings_files() == before


@pytest.fixture(scope="module")
def kernel(server):
    """A kernel of that server, with a panel that takes uploads."""
    made = Kernel(server)
    made.python("1", "import hashlib\nfrom styletutor import panels\npanel = panels.PicturesPanel(max_dim=64)")
    yield made
    made.socket.close()


def test_F75_lab_serves_the_course(server):
    """The address printed answers and is lesson 0's; the folder is served; widgets' state is saved by default."""
    assert server.path.endswith("/tree/00_start_here.ipynb")
    assert server.ask(server.path)[0] == 200
    listed = {entry["name"] for entry in json.loads(server.ask("/api/contents")[2])["content"]}
    assert listed == {p.name for p in server.folder.iterdir()} > {"foreign.ipynb"}
    settings = json.loads(server.ask("/lab/api/settings/@jupyter-widgets/jupyterlab-manager:plugin")[2])
    assert settings["schema"]["properties"]["saveState"]["default"] is True and settings["raw"] == "{}"


def test_F75_nobody_else_gets_in(server, kernel):
    """Without the token, under another host's name, or from another site's page, Jupyter's own refusals stand."""
    page = server.ask(f"{server.path}?token={server.token}", token=False)[1]
    cookie = {"Cookie": "; ".join(line.split(";")[0] for line in page.get_all("Set-Cookie")), "token": False}
    assert server.ask("/api/contents", **cookie)[0] == 200  # what the reader's browser carries
    assert server.ask("/api/contents", token=False)[0] == 403
    assert server.ask("/api/contents", Host="evil.example.org")[0] == 403
    status, headers, _ = server.ask("/api/contents", Origin="http://evil.example.org", **cookie)
    assert status in (403, 404) and "Access-Control-Allow-Origin" not in headers
    assert server.ask("/api/contents", {"type": "file"}, **cookie)[0] == 403  # no token against forged requests
    url = f"{server.host.replace('http', 'ws')}/api/kernels/{kernel.id}/channels"
    for options in ({}, {"origin": "http://evil.example.org"}):
        with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
            websocket.create_connection(url, timeout=60, **options)


def test_F75_every_port_is_this_machines(server, kernel):
    """The server, its kernel and whatever these started wait for connections on 127.0.0.1 alone."""
    found = listening(server.process.pid)
    assert (urllib.parse.urlsplit(server.host).hostname, urllib.parse.urlsplit(server.host).port) in found
    assert len(found) > 3  # a kernel has several
    assert {address for address, _ in found} == {"127.0.0.1"}


CHILD = "import socket, sys; s = socket.create_server(('127.0.0.2', 0)); print('ready', flush=True); sys.stdin.read()"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}])"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has 127.0.0.2 from the start")
def test_F75_another_address_is_noticed():
    """The check above sees a port that a process's child opens on another address."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", PARENT], env=environment(), **pipes) as process:
        assert process.stdout.readline() == b"ready\n"
        found = listening(process.pid)
        process.stdin.close()
    assert {address for address, _ in found} == {"127.0.0.2"}


def test_F75_nothing_is_trusted(server):
    """A stranger's notebook among the lessons stays untrusted, opened and saved; only what its reader ran is signed."""
    notary = NotebookNotary()
    lessons = sorted(server.folder.rglob("*.ipynb"))
    assert len(lessons) > 20
    for path in lessons:
        assert not notary.check_signature(nbformat.read(path, 4)), path.name
    opened = json.loads(server.ask("/api/contents/foreign.ipynb")[2])["content"]
    assert opened["cells"][0]["metadata"]["trusted"] is False
    for trusted in (False, True):  # True is what JupyterLab says of a cell that its reader ran
        opened["cells"][0]["metadata"]["trusted"] = trusted
        model = {"type": "notebook", "format": "json", "content": opened}
        assert server.ask("/api/contents/saved.ipynb", model, "PUT")[0] in (200, 201)
        assert notary.check_signature(nbformat.read(server.folder / "saved.ipynb", 4)) == trusted


def picture_of(size):
    """A PNG of so many bytes, its pixels those of a small one."""
    pixels = samples(40, 40, 3, 8)
    missing = size - len(png(pixels, chunks=[(b"prVt", b"")]))
    return png(pixels, chunks=[(b"prVt", bytes(missing))])


def upload(kernel, content, name):
    """What the page sends when a reader uploads a file to the panel's content picture."""
    comm = kernel.python("panel.controls['content_upload'].model_id")
    entry = {"name": name, "type": "image/png", "size": len(content), "last_modified": 0}
    data = {"method": "update", "state": {"value": [entry]}, "buffer_paths": [["value", 0, "content"]]}
    kernel.tell("comm_msg", {"comm_id": comm, "data": data}, content)


def test_F58_the_limit_that_is_written_is_the_servers(server, kernel, tmp_path):
    """A picture of as many MB as the button says arrives whole; one above tornado's limit cuts the connection.

    Then the page connects again, the panel is as it was, and the field beside the button takes the file by its path.
    """
    most, shown = UPLOAD_MB * 10**6, "panel.controls['content_upload'].description, panel.pickers['content'].name"
    content = picture_of(most)
    assert len(content) == most
    upload(kernel, content, "fits.png")
    label, name = kernel.python(shown)
    assert f"{UPLOAD_MB} MB" in label and name == "fits.png"
    got = "hashlib.sha256(panel.controls['content_upload'].value[0].content).hexdigest(), panel.alert.value"
    assert kernel.python(got) == (hashlib.sha256(content).hexdigest(), "")
    large = picture_of(TORNADOS_LIMIT)
    with pytest.raises((websocket.WebSocketConnectionClosedException, ConnectionError)):
        upload(kernel, large, "large.png")
        kernel.python("1")
    kernel.connect()
    assert kernel.python(shown)[1] == "fits.png" and kernel.python("panel.alert.value") == ""
    path = tmp_path / "large.png"
    path.write_bytes(large)
    said = "panel.controls['content_path'].description, panel.pickers['content'].name, panel.alert.value"
    label, name, alert = kernel.python(said, f"panel.controls['content_path'].value = {str(path)!r}")
    assert "path / URL" in label and name == str(path) and alert == ""
