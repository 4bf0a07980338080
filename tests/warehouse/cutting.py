"""A TCP proxy before the stand-in that cuts a connection at a chosen moment."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType


class CuttingProxy:
    """Passes bytes on until the client sends a chosen text: then it cuts, with or without passing that on."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.text = b""
        self.after = False
        self.left = 0
        self.cuts = 0

    def arm(self, text: bytes, *, after: bool, times: int = 1) -> None:
        """Cut the next times that a client sends a text; after: the server does it, its answer is lost."""
        self.text, self.after, self.left, self.cuts = text, after, times, 0

    def __enter__(self) -> CuttingProxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            muted = threading.Event()
            threading.Thread(target=self._forth, args=(client, server, muted), daemon=True).start()
            threading.Thread(target=self._back, args=(client, server, muted), daemon=True).start()

    def _forth(self, client: socket.socket, server: socket.socket, muted: threading.Event) -> None:
        parsed = False
        while data := _received(client):
            if parsed:
                # The text came with the message that prepares; this is the one that executes.
                self.left, self.cuts = self.left - 1, self.cuts + 1
                muted.set()
                if self.after:
                    server.sendall(data)
                    return
                break
            parsed = bool(self.left) and self.text in data
            server.sendall(data)
        _close(client, server)

    def _back(self, client: socket.socket, server: socket.socket, muted: threading.Event) -> None:
        while data := _received(server):
            if muted.is_set():
                break
            client.sendall(data)
        _close(client, server)


def _received(sock: socket.socket) -> bytes:
    try:
        return sock.recv(1 << 16)
    except OSError:
        return b""


def _close(*socks: socket.socket) -> None:
    for sock in socks:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        sock.close()
