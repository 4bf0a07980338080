"""A proxy before an S3 server that breaks requests on purpose, by a plan or by a seed.

It hands on each request as it came, the Host header too, since the signature covers it.
"""

from __future__ import annotations

import os
import random
import socket
import struct
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar
from urllib.parse import urlsplit

ANSWERS = {
    "500": (500, "InternalError", "We encountered an internal error. Please try again."),
    "503": (503, "SlowDown", "Please reduce your request rate."),
    "412": (412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"),
    "409": (409, "ConditionalRequestConflict", "The conditional request cannot succeed."),
    "403": (403, "AccessDenied", "Access Denied"),
    "301": (301, "PermanentRedirect", "The bucket must be addressed using the specified endpoint."),
    "kms": (400, "KMS.DisabledException", "The key is disabled."),
}
LOST = ("500 after", "hang after", "reset after")  # the server did it, and the client never hears of it
TORN = ("torn", "cut")  # half of an upload, half of an answer
KINDS = ("500", "503", "409", "412", "hang", *LOST, *TORN)  # what a seed may choose; all may pass
WRITES = ("PUT", "POST")


@dataclass(frozen=True)
class Fault:
    """A way to break a request.

    Attributes:
        kind: One of ANSWERS (in place of the server's), LOST, TORN, or `hang` (no answer).
        method: Only requests of this method; empty for any.
        part: Only requests whose path and query hold this.
    """

    kind: str
    method: str = ""
    part: str = ""

    def fits(self, method: str, path: str) -> bool:
        return self.method in ("", method) and self.part in path


class FaultProxy:
    """A running proxy; use it as a context.

    Args:
        upstream: Address of the S3 server.
        plan: Faults, each for the first request that fits it and comes after the faults before it were used.
        seed: In place of a plan: break requests at random, the same for the same order of requests.
        rate: With a seed, the share of requests to break.
        kinds: With a seed, the ways to break them.
        hang: Seconds without an answer, longer than the client waits.
    """

    def __init__(
        self,
        upstream: str,
        plan: Iterable[Fault] = (),
        *,
        seed: int | None = None,
        rate: float = 0.2,
        kinds: Sequence[str] = KINDS,
        hang: float = 5.0,
    ) -> None:
        self.plan = list(plan)
        self.injected: list[tuple[str, str, str]] = []
        self.requests: list[tuple[str, str]] = []
        self.hang = hang
        self.ended = threading.Event()
        address = urlsplit(upstream)
        self.upstream = (str(address.hostname), int(address.port or 80))
        self._random = None if seed is None else random.Random(seed)  # noqa: S311 - no secret
        self._rate, self._kinds = rate, tuple(kinds)
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> FaultProxy:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def choose(self, method: str, path: str) -> str:
        """Give the kind of the fault for a request, empty for none, and note it."""
        with self._lock:
            self.requests.append((method, path))
            kind = self._drawn(method) if self._random else self._planned(method, path)
            if kind:
                self.injected.append((kind, method, path))
            return kind

    def _planned(self, method: str, path: str) -> str:
        if self.plan and self.plan[0].fits(method, path):
            return self.plan.pop(0).kind
        return ""

    def _drawn(self, method: str) -> str:
        assert self._random is not None
        hit, kind = self._random.random() < self._rate, self._random.choice(self._kinds)
        only_writes = kind in ("409", "412", "torn")
        return kind if hit and (method in WRITES or not only_writes) else ""


class _Handler(BaseHTTPRequestHandler):
    proxy: ClassVar[FaultProxy]
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _handle(self) -> None:
        kind = self.proxy.choose(self.command, self.path)
        try:
            if kind == "torn":
                self._tear()
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if kind in ANSWERS:
                self._answer(*ANSWERS[kind])
            elif kind == "hang":
                self.proxy.ended.wait(self.proxy.hang)
                self._reset()
            else:
                self._forward(body, kind)
        except (OSError, HTTPException):
            self._reset()

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _handle  # noqa: N815 - named by http.server

    def _forward(self, body: bytes, kind: str) -> None:
        upstream = self._open()
        upstream.endheaders(body)
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        if kind == "500 after":
            self._answer(*ANSWERS["500"])
        elif kind == "hang after":
            self.proxy.ended.wait(self.proxy.hang)
            self._reset()
        elif kind == "reset after":
            self._reset()
        else:
            self._hand_back(answer, content, cut=kind == "cut")

    def _open(self) -> HTTPConnection:
        if "Transfer-Encoding" in self.headers:
            raise HTTPException("this proxy needs a Content-Length")
        upstream = HTTPConnection(*self.proxy.upstream, timeout=60)
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ("expect", "connection"):  # neither is signed; _handle has told to go on
                upstream.putheader(name, value)
        upstream.putheader("Connection", "close")
        return upstream

    def _hand_back(self, answer: HTTPResponse, content: bytes, *, cut: bool) -> None:
        self.send_response_only(answer.status, answer.reason)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if cut else content)
        if cut:
            self.wfile.flush()
            self.close_connection = True

    def _tear(self) -> None:
        """Hand on half of the body, then reset both connections, as a network does that breaks."""
        length = int(self.headers.get("Content-Length", 0))
        half = self.rfile.read(length // 2)
        upstream = self._open()
        upstream.endheaders()
        upstream.send(half)
        if upstream.sock is not None:
            _reset(upstream.sock)
        self._reset()

    def _answer(self, status: int, code: str, message: str) -> None:
        text = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
        content = b"" if self.command == "HEAD" else text.encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _reset(self) -> None:
        self.close_connection = True
        _reset(self.connection)


def _reset(connection: socket.socket) -> None:
    """Close with RST; `detach` closes at once, whoever else holds the socket."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(connection.detach())
