"""One client's session: its messages translated and sent on, the answers sent back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tests.redshift.standin.answers import NO_SUPERS, Answers
from tests.redshift.standin.errors import RedshiftError
from tests.redshift.standin.plan import EMPTY, Forward, Plan, Special
from tests.redshift.standin.rows import describe, restored
from tests.redshift.standin.statements import plan_items, plan_script, plan_statement, statements_of
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
    from tests.redshift.standin.server import StandIn

_STUB = "do ''"
_FAIL = "redshift refuses"


class Session(Answers):
    """The messages of one connection, in order."""

    def __init__(self, client: Stream, backend: Backend, database: str, standin: StandIn) -> None:
        """Both sides are connected and past the start-up."""
        super().__init__(client, backend, standin.options)
        self.log = standin.log
        self.guard = standin.guard
        self.database = database
        self.pid = backend.pid
        self._standin = standin
        self._texts: dict[str, bytes] = {}
        self._portals: dict[str, str] = {}
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

    def administrator(self, database: str | None = None) -> Backend:
        """A session of the server's own with a database, by default the same."""
        return self._standin.postgres.connect(database or self.database)

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

    def _on_parse(self, body: bytes) -> None:
        name_end = body.index(b"\0")
        sql_end = body.index(b"\0", name_end + 1)
        name = body[:name_end].decode()
        try:
            plan = plan_statement(body[name_end + 1 : sql_end].decode(), self)
        except RedshiftError as error:
            self._refuse(error)
            return
        if isinstance(plan, Forward) and not self._locked(plan):  # the server locks it, too, when it reads it
            return
        self._plans[name] = plan
        self._texts[name] = body
        sql = plan.sql if isinstance(plan, Forward) else _STUB
        self.backend.send(message(b"P", body[: name_end + 1] + cstring(sql) + body[sql_end + 1 :]))
        self._expect("P")

    def _refuse(self, error: RedshiftError) -> None:
        """Fail in the server too, so that its transaction is aborted as Redshift's would be."""
        self._drain()
        if self._failed:
            return
        if isinstance(error, ServerError):
            self._out += error_message(self._translated(error.raw))
            self._failed = True
            return
        self._refusal = error
        self.backend.send(message(b"P", cstring("") + cstring(_FAIL) + b"\0\0"))
        self._expect("P")
        self.backend.send(message(b"H"))
        self._drain()

    def _on_bind(self, body: bytes) -> None:
        portal, statement = (part.decode() for part in body.split(b"\0", 2)[:2])
        self._portals[portal] = statement
        if self.guard.active and not self._prepared_anew(statement):
            return
        plan = self._plans.get(statement)
        if isinstance(plan, Forward) and not self._locked(plan):
            return
        self.backend.send(message(b"B", body))
        self._expect("B")

    def _prepared_anew(self, name: str) -> bool:
        """Plan a statement again, which a policy may have changed since; false where it is refused now."""
        old, body = self._plans.get(name), self._texts.get(name)
        if body is None or not isinstance(old, Forward):
            return True
        _, sql, tail = body.split(b"\0", 2)
        try:
            plan = plan_statement(sql.decode(), self)
        except RedshiftError as error:
            self._refuse(error)
            return False
        if isinstance(plan, Forward) and plan.sql != old.sql:
            self._plans[name] = plan
            self.backend.send(message(b"C", b"S" + cstring(name)))
            self._expect("c")
            self.backend.send(message(b"P", cstring(name) + cstring(plan.sql) + tail))
            self._expect("p")
        return True

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
        self._failed, self._simple = False, True
        try:
            self._run_script(body[:-1].decode())
        finally:
            self._simple = False
        self._out += message(b"Z", self.backend.status)
        self._flush_out()

    def _run_script(self, sql: str) -> None:
        if self.guard.active:
            self._run_guarded(sql)
            return
        try:
            plans = plan_script(sql, self)
        except RedshiftError as error:
            self._abort()
            self._out += error_message(error.fields())
            plans = []
        alone = self.in_transaction and any(isinstance(plan, Forward) and plan.writes for plan in plans)
        if plans and not alone and all(isinstance(plan, Forward) for plan in plans):
            joined = "; ".join(plan.sql for plan in plans if isinstance(plan, Forward))
            self._forward_query(joined)
            plans = []
        for plan in plans:
            if not self._run(plan):
                break

    def _run_guarded(self, sql: str) -> None:
        """Plan each statement when those before it have run: they may change what its user sees."""
        try:
            for statement in statements_of(sql):
                if not self._run(plan_items(statement, self)):
                    break
        except RedshiftError as error:
            self._abort()
            self._out += error_message(error.fields())

    def _run(self, plan: Plan) -> bool:
        if isinstance(plan, Special):
            return self._run_special(plan)
        return self._locked(plan) and self._forward_query(plan.sql)

    def _locked(self, plan: Forward) -> bool:
        """Whether the table that a statement writes to is this transaction's alone to write to, by now."""
        if plan.writes and self.backend.status != b"E" and (self.in_transaction or not self._simple):
            try:
                self.lock_for_writing(plan.writes)
            except ServerError as error:
                self._out += error_message(self._translated(error.raw))
                self._failed = not self._simple
                return False
        return True

    def lock_for_writing(self, names: Sequence[str]) -> None:
        """Wait for other writers of a table; readers are none of it."""
        name = ".".join(quoted_name(part) for part in names[-2:])
        self.ask(f"select rs.lock_for_writing({literal(name)})")

    def _forward_query(self, sql: str) -> bool:
        self.backend.send(message(b"Q", cstring(sql)))
        good, supers = True, NO_SUPERS
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
