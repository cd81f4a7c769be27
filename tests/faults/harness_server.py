"""A web server on loopback that says exactly the bytes that a test gives it."""

import contextlib
import socket
import threading
import time


class Answers:
    """Serves each path from `answers` {path: bytes or a function (connection)}; counts what was asked.

    Bytes go out as they are, headers and all; an unknown path is a 404.
    """

    def __init__(self, context=None):
        self.answers, self.asked, self.stopped = {}, [], threading.Event()
        self._context, self._listening = context, socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.url = f"http{'s' if context else ''}://127.0.0.1:{self.port}"
        threading.Thread(target=self._serve, daemon=True).start()

    def put(self, path, body, status="200 OK", length=None, **headers):
        """Answer a path with a body; length: what Content-Length claims, default the truth, False none."""
        lines = [f"HTTP/1.1 {status}", "Connection: close"]
        if length is not False:
            lines.append(f"Content-Length: {len(body) if length is None else length}")
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.answers[path] = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
        return self.url + path

    def slowly(self, path, head, drop, seconds=0.05):
        """Answer a path with a head, then a drop every so often until the client leaves."""

        def answer(connection):
            connection.sendall(head)
            while not self.stopped.wait(seconds):
                connection.sendall(drop)

        self.answers[path] = answer
        return self.url + path

    def close(self):
        """Stop serving."""
        self.stopped.set()
        self._listening.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        if self._context:
            with contextlib.suppress(OSError):
                connection = self._context.wrap_socket(connection, server_side=True)
        with contextlib.suppress(OSError), connection:
            asked = b""
            while b"\r\n\r\n" not in asked:
                asked += connection.recv(4096) or b"\r\n\r\n"
            words = asked.split()
            path = words[1].decode() if len(words) > 1 else ""
            self.asked.append(path)
            answer = self.answers.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            if callable(answer):
                answer(connection)
            else:
                connection.sendall(answer)
                connection.shutdown(socket.SHUT_WR)
                time.sleep(0)
