"""PostgreSQL's wire messages, version 3: reading, writing, and a connection to the server behind."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from pathlib import Path

from tests.redshift.standin.errors import RedshiftError, in_redshifts_words

PROTOCOL = 196608
SSL_REQUEST = 80877103
GSS_REQUEST = 80877104
CANCEL_REQUEST = 80877102
_CLOSED_BETWEEN = 3


class ClosedError(Exception):
    """The other side has gone."""


def message(kind: bytes, body: bytes = b"") -> bytes:
    """A typed message."""
    return kind + struct.pack("!i", len(body) + 4) + body


def cstring(text: str) -> bytes:
    """A text that ends in a zero byte."""
    return text.encode() + b"\0"


def error_message(fields: dict[str, str], kind: bytes = b"E") -> bytes:
    """An ErrorResponse or NoticeResponse."""
    return message(kind, b"".join(key.encode() + cstring(value) for key, value in fields.items()) + b"\0")


def error_fields(body: bytes) -> dict[str, str]:
    """The fields of an ErrorResponse."""
    return {part[:1].decode(): part[1:].decode(errors="replace") for part in body.split(b"\0") if part}


def startup_message(params: dict[str, str]) -> bytes:
    """The untyped first message."""
    body = struct.pack("!i", PROTOCOL) + b"".join(cstring(k) + cstring(v) for k, v in params.items()) + b"\0"
    return struct.pack("!i", len(body) + 4) + body


class Stream:
    """A socket read message by message."""

    def __init__(self, sock: socket.socket) -> None:
        """Wrap a connected socket."""
        self.sock = sock
        self._buffer = bytearray()
        self._at = 0

    def _need(self, count: int) -> None:
        while len(self._buffer) - self._at < count:
            if self._at > 1 << 16:
                del self._buffer[: self._at]
                self._at = 0
            chunk = self.sock.recv(1 << 18)
            if not chunk:
                raise ClosedError
            self._buffer += chunk

    def take(self, count: int) -> bytes:
        """Exactly so many bytes."""
        self._need(count)
        data = bytes(self._buffer[self._at : self._at + count])
        self._at += count
        if self._at == len(self._buffer):
            self._buffer.clear()
            self._at = 0
        return data

    def has_more(self) -> bool:
        """Whether bytes were read already that no one has taken."""
        return self._at < len(self._buffer)

    def read(self) -> tuple[bytes, bytes]:
        """The next typed message: its kind and its body."""
        head = self.take(5)
        return head[:1], self.take(struct.unpack("!i", head[1:])[0] - 4)

    def read_startup(self) -> tuple[int, bytes]:
        """An untyped message: its code and what follows."""
        length = struct.unpack("!i", self.take(4))[0]
        body = self.take(length - 4)
        return struct.unpack("!i", body[:4])[0], body[4:]

    def send(self, data: bytes) -> None:
        """Write everything."""
        self.sock.sendall(data)


class Backend(Stream):
    """A session with the PostgreSQL server behind the proxy."""

    def __init__(self, socket_path: Path, params: dict[str, str]) -> None:
        """Connect over the server's socket and send the start-up."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.connect(str(socket_path))
        super().__init__(sock)
        self.status = b"I"
        self.pid = 0
        self.send(startup_message(params))

    def until_ready(self) -> Iterator[tuple[bytes, bytes]]:
        """Messages up to and with ReadyForQuery."""
        while True:
            kind, body = self.read()
            if kind == b"Z":
                self.status = body
            yield kind, body
            if kind == b"Z":
                return

    def query(self, sql: str) -> list[list[str | None]]:
        """Run statements by the simple protocol; rows as texts. An error is raised after ReadyForQuery."""
        self.send(message(b"Q", cstring(sql)))
        return self._rows()

    def query_between(self, sql: str) -> list[list[str | None]]:
        """Run one statement between messages of the extended protocol, its unnamed statement and portal kept.

        After an error the server passes over everything up to the next Sync.
        """
        name = cstring("rs_between")
        self.send(
            # One that an error left behind is closed first; it is no error to close what is not there.
            message(b"C", b"S" + name)
            + message(b"P", name + cstring(sql) + b"\0\0")
            + message(b"B", name + name + bytes(6))
            + message(b"E", name + bytes(4))
            + message(b"C", b"P" + name)
            + message(b"C", b"S" + name)
            + message(b"H")
        )
        rows: list[list[str | None]] = []
        closed = 0
        while closed < _CLOSED_BETWEEN:
            kind, body = self.read()
            closed += kind == b"3"
            if kind == b"D":
                rows.append(row_values(body))
            elif kind == b"E":
                raise ServerError(error_fields(body))
        return rows

    def copy_in(self, sql: str, blocks: Iterator[bytes]) -> None:
        """Run COPY FROM STDIN and feed it."""
        self.send(message(b"Q", cstring(sql)))
        kind, body = self.read()
        while kind in (b"N", b"S"):
            kind, body = self.read()
        if kind != b"G":
            for _ in self.until_ready():
                pass
            fields = error_fields(body)
            raise ServerError(fields)
        for block in blocks:
            self.send(message(b"d", block))
        self.send(message(b"c"))
        self._rows()

    def _rows(self) -> list[list[str | None]]:
        rows: list[list[str | None]] = []
        fields: dict[str, str] | None = None
        for kind, body in self.until_ready():
            if kind == b"D":
                rows.append(row_values(body))
            elif kind == b"E" and fields is None:
                fields = error_fields(body)
        if fields is not None:
            raise ServerError(fields)
        return rows


class ServerError(RedshiftError):
    """PostgreSQL's own error, its fields as they came."""

    def __init__(self, fields: dict[str, str]) -> None:
        """Keep the fields."""
        super().__init__(fields.get("M", ""), fields.get("C", "XX000"), fields.get("D", ""))
        self.raw = fields

    def fields(self) -> dict[str, str]:
        """The fields in Redshift's words."""
        return in_redshifts_words(self.raw)


def row_values(body: bytes) -> list[str | None]:
    """The values of a DataRow in text format."""
    values: list[str | None] = []
    at = 2
    for _ in range(struct.unpack_from("!h", body)[0]):
        (length,) = struct.unpack_from("!i", body, at)
        at += 4
        if length < 0:
            values.append(None)
        else:
            values.append(body[at : at + length].decode())
            at += length
    return values


def data_row(values: list[str | None]) -> bytes:
    """A DataRow in text format."""
    parts = [struct.pack("!h", len(values))]
    for value in values:
        raw = None if value is None else value.encode()
        parts.append(struct.pack("!i", -1) if raw is None else struct.pack("!i", len(raw)) + raw)
    return message(b"D", b"".join(parts))
