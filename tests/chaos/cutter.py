"""A proxy before the stand-in that cuts the connection around the COMMIT of a load."""

from __future__ import annotations

import random
import socket
import struct
import threading
from contextlib import suppress

UNSENT, SENT, ANSWERED = "unsent", "sent", "answered"
MODES = (UNSENT, SENT, ANSWERED)
MOST_IN_A_ROW = 4
_LEDGER = b"insert into ops.load_ledger"


class Cutter:
    """A running proxy; use it as a context.

    Args:
        port: Where the stand-in listens.
        mode: Cut before the COMMIT is handed on, right after, or when the server has answered it.
        seed: Chooses which of the COMMITs are cut.
        share: How many of the COMMITs that follow a row of the ledger are cut.
    """

    def __init__(self, port: int, mode: str, seed: int, share: float = 0.6) -> None:
        self.mode, self.cuts, self.commits = mode, 0, 0
        self._upstream, self._share = port, share
        self._random = random.Random(f"cut {seed}")  # noqa: S311 - no secret
        self._in_a_row = 0
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def __enter__(self) -> Cutter:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._upstream))
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                _Link(self, client, server).start()

    def chooses(self) -> bool:
        """Say whether this COMMIT of a load is cut."""
        with self._lock:
            self.commits += 1
            cut = self._in_a_row < MOST_IN_A_ROW and self._random.random() < self._share
            self._in_a_row = self._in_a_row + 1 if cut else 0
            self.cuts += cut
            return cut


class _Link:
    """One connection: messages of the client are read, answers of the server are handed back as they come."""

    def __init__(self, cutter: Cutter, client: socket.socket, server: socket.socket) -> None:
        self._cutter, self._client, self._server = cutter, client, server
        self._texts: dict[bytes, bytes] = {}
        self._bound = b""
        self._wrote_ledger = False
        self._swallow = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._up, daemon=True).start()
        threading.Thread(target=self._down, daemon=True).start()

    def _up(self) -> None:
        with suppress(OSError, struct.error):
            self._server.sendall(self._take(typed=False))
            while message := self._take(typed=True):
                if self._is_load_commit(message) and self._cutter.chooses():
                    self._cut(message)
                    return
                self._server.sendall(message)
        self._close()

    def _down(self) -> None:
        with suppress(OSError):
            while data := self._server.recv(1 << 16):
                if self._swallow.is_set():
                    break
                self._client.sendall(data)
        self._close()

    def _cut(self, message: bytes) -> None:
        if self._cutter.mode == ANSWERED:
            self._swallow.set()
        if self._cutter.mode != UNSENT:
            self._server.sendall(message + self._take(typed=True))  # with its Sync
        if self._cutter.mode != ANSWERED:
            self._close()

    def _close(self) -> None:
        for end in (self._client, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _take(self, *, typed: bool) -> bytes:
        head = self._exactly(5 if typed else 4)
        (length,) = struct.unpack("!i", head[-4:])
        return head + self._exactly(length - 4)

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self._client.recv(count - len(data))
            if not more:
                raise ConnectionResetError
            data += more
        return data

    def _is_load_commit(self, message: bytes) -> bool:
        """Follow the statements: redshift_connector prepares each text once and binds it again later."""
        kind, body = message[:1], message[5:]
        if kind == b"P":
            name, text = body.split(b"\0")[:2]
            self._texts[name] = b" ".join(text.lower().split())
        elif kind == b"B":
            self._bound = self._texts.get(body.split(b"\0")[1], b"")
        elif kind == b"E":
            if self._bound.startswith(_LEDGER):
                self._wrote_ledger = True
            elif self._bound in (b"commit", b"rollback"):
                wrote, self._wrote_ledger = self._wrote_ledger, False
                return wrote and self._bound == b"commit"
        return False
