"""What the server owes a client, relayed in order and translated, the proxy's own questions left out."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from tests.redshift.standin.errors import RedshiftError, in_redshifts_words
from tests.redshift.standin.plan import EMPTY, Forward, Plan
from tests.redshift.standin.rows import describe, restored
from tests.redshift.standin.wire import Backend, Stream, error_fields, error_message, message

if TYPE_CHECKING:
    from tests.redshift.standin.server import Options

_COMPLETED_BY = {"P": b"1", "B": b"2", "C": b"3", "D": b"Tn", "E": b"CIs", "S": b"Z", "p": b"1", "c": b"3"}
_OWN = ("p", "c")  # asked by the proxy itself, so the client gets no answer
NO_SUPERS: frozenset[int] = frozenset()
_SERIALIZABLE_ASKED = "serializable"


class Answers:
    """The way back of one connection."""

    def __init__(self, client: Stream, backend: Backend, options: Options) -> None:
        """Both sides are connected and past the start-up."""
        self.client = client
        self.backend = backend
        self.options = options
        self._plans: dict[str, Plan] = {}
        self._supers: dict[str, frozenset[int]] = {}
        self._pending: deque[tuple[str, str]] = deque()
        self._refusal: RedshiftError | None = None
        self._failed = False
        self._simple = False
        self._out = bytearray()

    def ask(self, question: str) -> list[list[str | None]]:
        """Ask the server within the client's transaction, between two messages of the client."""
        if self._simple:
            return self.backend.query(question)
        self.backend.send(message(b"H"))
        self._drain()
        return self.backend.query_between(question)

    def _expect(self, kind: str, name: str = "") -> None:
        self._pending.append((kind, name))

    def _translated(self, fields: dict[str, str]) -> dict[str, str]:
        return in_redshifts_words(fields, serializable=self.options.isolation == _SERIALIZABLE_ASKED)

    def _drain(self) -> None:
        """Relay what the server still owes."""
        while self._pending:
            kind, body = self.backend.read()
            waiting, name = self._pending[0]
            if waiting not in _OWN or kind not in _COMPLETED_BY[waiting]:
                self._relay(kind, body, name)
            if kind == b"E":
                syncs = [entry for entry in self._pending if entry[0] == "S"]
                self._pending = deque(syncs)
                self._failed = True
            elif kind in _COMPLETED_BY[waiting] and kind != b"":
                self._pending.popleft()

    def _relay(self, kind: bytes, body: bytes, name: str) -> None:
        if kind == b"T":
            data, self._supers[name] = describe(body)
            self._emit(data)
        elif kind == b"D":
            supers = self._supers.get(name, NO_SUPERS)
            plan = self._plans.get(name, EMPTY)
            self._emit(restored(body, supers, names=isinstance(plan, Forward) and plan.catalog))
        elif kind == b"E":
            refusal, self._refusal = self._refusal, None
            aborted = error_fields(body).get("C") == "25P02"
            fields = refusal.fields() if refusal and not aborted else self._translated(error_fields(body))
            self._emit(error_message(fields))
        else:
            if kind == b"Z":
                self.backend.status = body
            self._emit(message(kind, body))

    def _emit(self, data: bytes) -> None:
        self._out += data
        if len(self._out) > 1 << 18:
            self._flush_out()

    def _flush_out(self) -> None:
        if self._out:
            self.client.send(bytes(self._out))
            self._out.clear()
