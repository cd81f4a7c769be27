"""`styletutor lab` as a learner starts it, and a kernel of it with a websocket of one's own in the page's place."""

import ast
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid

import psutil
import websocket
from harness import environment
from jupyter_server.services.kernels.connection import base

PROTOCOL = "v1.kernel.websocket.jupyter.org"  # JupyterLab's


class Server:
    """A server of the course in `folder`, with Jupyter's own token; `host`, `path` and `token` are of its address."""

    def __init__(self, folder):
        self.folder = folder / "my course"
        command = [sys.executable, "-m", "styletutor", "lab", "--dir", self.folder.name, "--port", "0", "--no-browser"]
        self._log = folder / "log.txt"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(command, cwd=folder, env=environment(), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=subprocess.STDOUT)  # fmt: skip
        end, found = time.monotonic() + 120, None
        while not found:
            assert self.process.poll() is None and time.monotonic() < end, self.said()
            time.sleep(0.1)
            found = re.search(r"(http://[\d.]+:\d+)(/\S*)\?token=(\w{32,})", self.said())
        self.host, self.path, self.token = found.groups()

    def said(self):
        """What it wrote."""
        return self._log.read_text()

    def ask(self, path, content=None, method=None, token=True, **headers):
        """(status, headers, text) of an answer; content: what to send, as JSON; token: whether to show it."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers |= {"Authorization": f"token {self.token}"} if token else {}
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(self.host + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, response.headers, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, ""

    def close(self):
        """End it and its kernels."""
        processes = [self.process, *psutil.Process(self.process.pid).children(recursive=True)]
        self.process.terminate()
        for process in processes:
            try:
                process.wait(30)
            except (psutil.TimeoutExpired, subprocess.TimeoutExpired):
                process.kill()


class Kernel:
    """A kernel that the server started."""

    def __init__(self, server):
        self.server, self.socket = server, None
        self.id = json.loads(server.ask("/api/kernels", {"name": "python3"})[2])["id"]
        self.connect()

    def connect(self):
        """Open the websocket, as a page does that is opened or whose connection broke."""
        if self.socket:
            self.socket.shutdown()
        url = f"{self.server.host.replace('http', 'ws')}/api/kernels/{self.id}/channels?token={self.server.token}"
        self.socket = websocket.create_connection(url, timeout=120, subprotocols=[PROTOCOL])

    def tell(self, kind, content, *buffers):
        """Send a message on the shell channel; returns its id."""
        name = uuid.uuid4().hex
        header = {"msg_id": name, "msg_type": kind, "username": "", "session": "test", "version": "5.3",
                  "date": "2026-01-01T00:00:00Z"}  # fmt: skip
        parts = [json.dumps(part).encode() for part in (header, {}, {}, content)]
        self.socket.send_binary(base.serialize_msg_to_ws_v1([*parts, *buffers], "shell"))
        return name

    def python(self, expression, before=""):
        """Run `before`, and return the value of an expression."""
        name = self.tell("execute_request", {
            "code": before, "silent": False, "store_history": False, "allow_stdin": False, "stop_on_error": True,
            "user_expressions": {"value": expression},
        })  # fmt: skip
        while True:
            channel, parts = base.deserialize_msg_from_ws_v1(self.socket.recv())
            if channel == "shell" and json.loads(parts[1]).get("msg_id") == name:
                break
        reply = json.loads(parts[3])
        assert reply["status"] == "ok" and reply["user_expressions"]["value"]["status"] == "ok", reply
        return ast.literal_eval(reply["user_expressions"]["value"]["data"]["text/plain"])


def listening(pid):
    """The addresses at which a process, or one that it started, waits for connections: {(address, port)}."""
    first = psutil.Process(pid)
    found = set()
    for process in (first, *first.children(recursive=True)):
        connections = process.net_connections("inet")
        found |= {tuple(c.laddr) for c in connections if c.status == psutil.CONN_LISTEN}
    return found


def settings_files():
    """The user's settings files of Jupyter, and when each was written."""
    folders = (os.environ[name] for name in ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR"))
    files = (os.path.join(place, name) for folder in folders for place, _, names in os.walk(folder) for name in names)
    return {path: os.stat(path).st_mtime_ns for path in files if "settings" in path}
