# SPDX-License-Identifier: GPL-3.0-or-later
"""A name server in a thread that does what a test wants, over UDP and TCP at one address.

`behave(query, tcp)` gets the query's bytes and returns a list of what to send: bytes, or numbers
of seconds to wait before the next. None instead of a list: say nothing.
"""

import socket
import threading
import time


class HostileServer:
    def __init__(self, host, port, behave):
        self.behave = behave
        self.queries = []  # (time, tcp, bytes)
        self.client = None  # who sent the last one over UDP
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.udp.bind((host, port))
        self.tcp.bind((host, port))
        self.tcp.listen()
        for one in (self.udp, self.tcp):
            one.settimeout(0.05)  # so that its thread sees the end
        self.ended = False
        self.connections = []
        self.threads = [
            threading.Thread(target=self._serve_udp, daemon=True),
            threading.Thread(target=self._serve_tcp, daemon=True),
        ]
        for thread in self.threads:
            thread.start()

    def _note(self, query, tcp, client):
        self.client = client
        self.queries.append((time.monotonic(), tcp, query))
        return self.behave(query, tcp) or []

    def _serve_udp(self):
        while not self.ended:
            try:
                query, client = self.udp.recvfrom(65535)
                for part in self._note(query, False, client):
                    if isinstance(part, bytes):
                        self.udp.sendto(part, client)
                    else:
                        time.sleep(part)
            except TimeoutError:
                pass
            except OSError:
                return

    def _serve_tcp(self):
        while not self.ended:
            try:
                connection, _ = self.tcp.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            connection.settimeout(10)
            self.connections.append(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        """What is sent over TCP is as `behave` has it, length and all; nothing is ever closed."""
        try:
            head = connection.recv(2)
            query = connection.recv(int.from_bytes(head, "big"))
            if not query:
                return
            for part in self._note(query, True, None):
                if isinstance(part, bytes):
                    connection.sendall(part)
                else:
                    time.sleep(part)
        except OSError:
            pass

    def close(self):
        self.ended = True
        for thread in self.threads:
            thread.join()
        for one in [self.udp, self.tcp, *self.connections]:
            one.close()
