"""One client's session: its messages translated and sent on, the answers sent back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.redshift.standin.errors import RedshiftError, in_redshifts_words
from tests.redshift.standin.load_log import LoadLog
from tests.redshift.standin.plan import EMPTY, Forward, Plan, Special
from tests.redshift.standin.rows import describe, restored
from tests.redshift.standin.statements import plan_script, plan_statement
from tests.redshift.standin.tokens import literal, quoted_name
from tests.redshift.standin.wire import (
    Backend,
    ServerError,
    Stream,
    cstring,
    error_fields,
    error_message,
    message,
)

if TYPE_CHECKING:
    from tests.redshift.standin.server import Options

_COMPLETED_BY = {"P": b"1", "B": b"2", "C": b"3", "D": b"Tn", "E": b"CIs", "S": b"Z"}
_STUB = "do ''"
_FAIL = "redshift refuses"
_NO_SUPERS: frozenset[int] = frozenset()
_SERIALIZABLE_ASKED = "serializable"


class Session:
    """The messages of one connection, in order."""

    def __init__(self, client: Stream, backend: Backend, options: Options, log: LoadLog) -> None:
        """Both sides are connected and past the start-up."""
        self.log = log
        self.pid = backend.pid
        self.client = client
        self.backend = backend
        self.options = options
        self._plans: dict[str, Plan] = {}
        self._portals: dict[str, str] = {}
        self._supers: dict[str, frozenset[int]] = {}
        self._pending: deque[tuple[str, str]] = deque()
        self._refusal: RedshiftError | None = None
        self._failed = False
        self._out = bytearray()
        self._handlers: dict[bytes, Callable[[bytes], None]] = {
            b"Q": self._on_query,
            b"P": self._on_parse,
            b"B": self._on_bind,
            b"D": self._on_describe,
            b"E": self._on_execute,
            b"C": self._on_close,
            b"S": self._on_sync,
            b"H": self._on_flush,
        }

    @property
    def in_transaction(self) -> bool:
        """Whether the client has begun a transaction."""
        return self.backend.status != b"I"

    def run(self) -> None:
        """Serve until the client leaves."""
        while True:
            kind, body = self.client.read()
            if kind == b"X":
                return
            if self._failed and kind not in (b"S", b"Q"):
                continue
            handler = self._handlers.get(kind)
            if handler:
                handler(body)

    # -- the extended protocol

    def _expect(self, kind: str, name: str = "") -> None:
        self._pending.append((kind, name))

    def _on_parse(self, body: bytes) -> None:
        name_end = body.index(b"\0")
        sql_end = body.index(b"\0", name_end + 1)
        name = body[:name_end].decode()
        try:
            plan = plan_statement(body[name_end + 1 : sql_end].decode(), self)
        except RedshiftError as error:
            self._refuse(error)
            return
        self._plans[name] = plan
        sql = plan.sql if isinstance(plan, Forward) else _STUB
        self.backend.send(message(b"P", body[: name_end + 1] + cstring(sql) + body[sql_end + 1 :]))
        self._expect("P")

    def _refuse(self, error: RedshiftError) -> None:
        """Fail in the server too, so that its transaction is aborted as Redshift's would be."""
        self._drain()
        if self._failed:
            return
        self._refusal = error
        self.backend.send(message(b"P", cstring("") + cstring(_FAIL) + b"\0\0"))
        self._expect("P")
        self.backend.send(message(b"H"))
        self._drain()

    def _on_bind(self, body: bytes) -> None:
        portal, statement = (part.decode() for part in body.split(b"\0", 2)[:2])
        self._portals[portal] = statement
        self.backend.send(message(b"B", body))
        self._expect("B")

    def _on_describe(self, body: bytes) -> None:
        name = body[1:-1].decode()
        self.backend.send(message(b"D", body))
        self._expect("D", name if body[:1] == b"S" else self._portals.get(name, ""))

    def _on_close(self, body: bytes) -> None:
        self.backend.send(message(b"C", body))
        self._expect("C")

    def _on_execute(self, body: bytes) -> None:
        portal = body[: body.index(b"\0")].decode()
        statement = self._portals.get(portal, "")
        plan = self._plans.get(statement, EMPTY)
        if isinstance(plan, Forward):
            self.backend.send(message(b"E", body))
            self._expect("E", statement)
            return
        self.backend.send(message(b"H"))
        self._drain()
        if not self._failed:
            self._failed = not self._run_special(plan)

    def _on_sync(self, _: bytes) -> None:
        self.backend.send(message(b"S"))
        self._expect("S")
        self._drain()
        self._failed = False
        self._flush_out()

    def _on_flush(self, _: bytes) -> None:
        if self.client.has_more():
            return
        self.backend.send(message(b"H"))
        self._drain()
        self._flush_out()

    # -- the simple protocol

    def _on_query(self, body: bytes) -> None:
        self._failed = False
        try:
            plans = plan_script(body[:-1].decode(), self)
        except RedshiftError as error:
            self._abort()
            self._out += error_message(error.fields())
            plans = []
        if plans and all(isinstance(plan, Forward) for plan in plans):
            joined = "; ".join(plan.sql for plan in plans if isinstance(plan, Forward))
            self._forward_query(joined)
            plans = []
        for plan in plans:
            done = self._run_special(plan) if isinstance(plan, Special) else self._forward_query(plan.sql)
            if not done:
                break
        self._out += message(b"Z", self.backend.status)
        self._flush_out()

    def _forward_query(self, sql: str) -> bool:
        self.backend.send(message(b"Q", cstring(sql)))
        good, supers = True, _NO_SUPERS
        for kind, body in self.backend.until_ready():
            if kind == b"T":
                data, supers = describe(body)
                self._emit(data)
            elif kind == b"E":
                good = False
                self._emit(error_message(self._translated(error_fields(body))))
            elif kind != b"Z":
                self._emit(restored(body, supers, names=True) if kind == b"D" else message(kind, body))
        return good

    # -- statements that the proxy executes

    def _run_special(self, plan: Special) -> bool:
        """Run one, in the client's transaction or one of its own; the client gets its tag or its error."""
        own = not self.in_transaction and plan.keeps_transaction
        try:
            if own:
                self.backend.query("begin")
            tag = plan.run(self)
            if own:
                self.backend.query("commit")
        except ServerError as error:
            self._rollback(own=own)
            self._out += error_message(self._translated(error.raw))
            return False
        except RedshiftError as error:
            self._rollback(own=own)
            self._out += error_message(error.fields())
            return False
        self._out += message(b"C", cstring(tag))
        return True

    def is_view(self, names: list[str]) -> bool:
        """Whether the client's transaction knows a view by this name."""
        rows = self._ask("select 1 from pg_catalog.pg_class where relkind = 'v' and oid = ", names)
        return bool(rows)

    def is_materialized(self, names: list[str]) -> bool:
        """Whether it is a materialized view's name."""
        return bool(self._ask("select 1 from rs.materialized_views where view = ", names))

    def columns_of(self, names: list[str]) -> set[str]:
        """The columns of a table, as the client's own transaction sees it; none where it is not known."""
        rows = self._ask(
            "select attname from pg_catalog.pg_attribute where attnum > 0 and attrelid = ", names
        )
        return {f"{row[0]}" for row in rows}

    def _ask(self, question: str, names: list[str]) -> list[list[str | None]]:
        """Ask the catalogue of a relation between two messages of the client."""
        if self.backend.status == b"E" or not names:
            return []
        self.backend.send(message(b"H"))
        self._drain()
        name = literal(".".join(quoted_name(part) for part in names[-2:]))
        return self.backend.query(f"{question} to_regclass({name})")

    def notice(self, words: str) -> None:
        """Tell the client something."""
        self._out += error_message({"S": "INFO", "C": "00000", "M": words}, b"N")

    def _rollback(self, *, own: bool) -> None:
        if own and self.in_transaction:
            self.backend.query("rollback")
        else:
            self._abort()

    def _abort(self) -> None:
        """Put the server's transaction into the failed state."""
        if self.backend.status == b"T":
            self.backend.send(message(b"Q", cstring(_FAIL)))
            for _ in self.backend.until_ready():
                pass

    # -- answers

    def _translated(self, fields: dict[str, str]) -> dict[str, str]:
        return in_redshifts_words(fields, serializable=self.options.isolation == _SERIALIZABLE_ASKED)

    def _drain(self) -> None:
        """Relay what the server still owes."""
        while self._pending:
            kind, body = self.backend.read()
            waiting, name = self._pending[0]
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
            supers = self._supers.get(name, _NO_SUPERS)
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
