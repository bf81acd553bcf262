# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the daemon's control socket: it answers what a test tells it to."""

import json
import pathlib
import socket
import threading


class ControlStand:
    """One answer for each connection, in turn: an object, or bytes to send as they are."""

    def __init__(self, folder):
        self.path = pathlib.Path(folder, "control.sock")
        self.requests = []
        self.answers = []
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(self.path))
        self._socket.listen(5)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                line = connection.makefile("rb").readline()
                self.requests.append(json.loads(line))
                answer = self.answers.pop(0)
                if not isinstance(answer, bytes):
                    answer = json.dumps(answer).encode() + b"\n"
                # A piece at a time: a reader must put lines together.
                for start in range(0, len(answer), 100_000):
                    connection.sendall(answer[start : start + 100_000])

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(timeout=5)


def good(**result):
    return {"ok": True, "result": result}


def bad(code, error):
    return {"ok": False, "code": code, "error": error}
