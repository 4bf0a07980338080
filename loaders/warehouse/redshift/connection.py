"""The connection: transactions that are done again where the engine or the network asks for it."""

from __future__ import annotations

import re
import ssl
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import redshift_connector
import tenacity
from botocore.exceptions import BotoCoreError, ClientError
from redshift_connector.core import Connection
from redshift_connector.error import Error, InterfaceError, OperationalError

from loaders.errors import BankmartError, WarehouseError
from loaders.settings import Settings
from loaders.warehouse.redshift.login import Login, read_login

ATTEMPTS = 8
# Serialization failure and deadlock, by PostgreSQL's codes; Redshift says them in words, with its own number.
# The others say that someone else made a schema or a table in this moment, `if not exists` or not.
CONFLICT_CODES = frozenset({"40001", "40P01", "23505", "42P06", "42P07"})
CONFLICT_WORDS = ("1023", "conflict with concurrent transaction", "isolation violation", "deadlock")
# The server goes away: shut down, crashed, or not yet up (class 57P), or the connection failed (class 08).
LOST_CLASSES = ("57P", "08")
CONTEXT = re.compile(r"context:\s*(.+)")
LONGEST = 500

T = TypeVar("T")


class _AgainError(Exception):
    """A transaction that came to nothing for a passing reason."""


class Transaction:
    """Statements within one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Take the connection."""
        self._connection = connection

    def query(self, statement: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Run a statement.

        Args:
            statement: SQL with `$1` for parameters, which are bound and never become text of it.
            params: The parameters.

        Returns:
            The rows as dictionaries, if it has any.
        """
        columns, rows = self.fetch(statement, params)
        return [dict(zip((name for name, _ in columns), row, strict=True)) for row in rows]

    def fetch(
        self, statement: str, params: Sequence[Any] = ()
    ) -> tuple[list[tuple[str, int]], tuple[Sequence[Any], ...]]:
        """Run a statement.

        Args:
            statement: SQL with `$1` for parameters.
            params: The parameters.

        Returns:
            Name and type of each column, and the rows.
        """
        cursor = self._connection.cursor()
        # The driver turns `:1` into `$1` and leaves `$1` alone; every other style reads `%` in the text.
        cursor.paramstyle = "numeric"
        cursor.execute(statement, list(params) or None)
        if cursor.description is None:
            return [], ()
        return [(_text(column[0]), column[1]) for column in cursor.description], cursor.fetchall()


class Session:
    """One connection after the other: a lost one is replaced, and its transaction done again."""

    def __init__(self, settings: Settings) -> None:
        """Keep the settings; nothing is opened yet."""
        self._settings = settings
        self._login: Login | None = None
        self._connection: Connection | None = None

    def transact(self, work: Callable[[Transaction], T]) -> T:
        """Do work in a transaction and commit it.

        Where the engine reports a conflict or the connection is lost, all of it is done again, a bounded
        number of times. After a connection that was lost at COMMIT nobody knows how that ended: work must
        find out by itself what it has done already, or be harmless when done twice.

        Args:
            work: What to do; it may be called several times.

        Returns:
            What the last call gave.

        Raises:
            WarehouseError: The engine refused, or none of the attempts came through.
        """
        again = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_AgainError),
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=tenacity.wait_random_exponential(multiplier=0.1, max=10),
            reraise=True,
        )
        try:
            done: T = again(self._attempt, work)
        except _AgainError as error:
            raise WarehouseError(
                f"{self._place} failed {ATTEMPTS} times: {error}.",
                hint="Nothing of this step was kept; run the command again, it goes on from there.",
            ) from error
        return done

    def outside(self, statement: str) -> None:
        """Run a statement that no transaction may hold, such as VACUUM.

        Args:
            statement: SQL.
        """
        connection = self._opened()
        connection.autocommit = True
        try:
            Transaction(connection).query(statement)
        except Exception as error:
            self.close()
            raise WarehouseError(f"{self._place} refused: {_told(error)}") from error
        connection.autocommit = False

    def _attempt(self, work: Callable[[Transaction], T]) -> T:
        try:
            connection = self._opened()
            result = work(Transaction(connection))
            connection.commit()
        except BaseException as error:
            # Whoever was stopped on the way doesn't know what the server still has to say.
            answered = isinstance(error, BankmartError) or bool(_answer(error))
            self._undo(lost=not answered or _is_lost(error))
            if (told := _told(error)) is error:
                raise
            raise told from error
        return result

    @property
    def _place(self) -> str:
        return f"The warehouse at {self._login.place}" if self._login else "The warehouse"

    def _opened(self) -> Connection:
        if self._connection is None:
            self._login = self._login or read_login(self._settings)
            self._connection = redshift_connector.connect(**self._login.arguments())
            Transaction(self._connection).query("set timezone to 'UTC'")
            self._connection.commit()
        return self._connection

    def _undo(self, *, lost: bool) -> None:
        try:
            if self._connection is not None and not lost:
                self._connection.rollback()
                return
        except (Error, OSError, ValueError, struct.error):
            pass  # a connection that can't roll back is dropped, and the server rolls back by itself
        self.close()

    def close(self) -> None:
        """Close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Error, OSError, ValueError, struct.error, AttributeError):
                connection.close()


def _answer(error: BaseException) -> dict[str, str]:
    """Give the fields of the server's answer, where there is one."""
    fields = error.args[0] if isinstance(error, Error) and error.args else None
    return fields if isinstance(fields, dict) else {}


def _is_lost(error: BaseException) -> bool:
    """Tell whether the connection is gone, or can't be had for now."""
    fields = _answer(error)
    if fields:
        return fields.get("C", "").startswith(LOST_CLASSES)
    if any(isinstance(argument, ssl.SSLCertVerificationError) for argument in error.args):
        return False
    if isinstance(error, (InterfaceError, OperationalError)):
        return True
    # What the driver lets through of a socket that is cut in the middle of a message.
    return isinstance(error, (OSError, struct.error)) or "closed file" in str(error)


def _is_conflict(error: BaseException) -> bool:
    fields = _answer(error)
    words = fields.get("M", "").lower()
    return fields.get("C") in CONFLICT_CODES or any(word in words for word in CONFLICT_WORDS)


def _told(error: BaseException) -> BaseException:
    """Turn an error of the driver into one of bankmart's; the driver's own may hold the start-up packet."""
    if isinstance(error, BankmartError) or not isinstance(error, Exception):
        return error
    if isinstance(error, (BotoCoreError, ClientError)):
        return WarehouseError(
            f"AWS gave no login for the warehouse: {error}",
            hint="May this role call redshift:GetClusterCredentials (Serverless: GetCredentials)?",
        )
    fields = _answer(error)
    words = fields.get("M") or ": ".join(map(str, error.args)) or type(error).__name__
    # The rest of the answer may quote the data; where COPY failed it is what tells why.
    context = CONTEXT.search(fields.get("D", ""))
    message = f"{words.splitlines()[0]} {context[1] if context else ''}".strip()[:LONGEST]
    if _is_lost(error) or _is_conflict(error):
        return _AgainError(message)
    if isinstance(error, Error):
        return WarehouseError(f"The warehouse refused: {message}", hint="Nothing of this step was kept.")
    return error


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name
