"""The books of erasures: what was asked for, how far it is, and the tokens that every load obeys."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from uuid import uuid4

from loaders import sql
from loaders.erase_subject import Query
from loaders.errors import BankmartError
from loaders.ledger import utc_now


class UnknownCustomerError(BankmartError):
    """Nothing is known of a customer, so that there is nothing to erase."""

    exit_code = 16


@dataclass
class Receipt:
    """What was erased, without a word of whom.

    Attributes:
        subject: Keyed token of the customer's number.
        state: planned, requested, deleted or done.
        tokens: How many numbers and addresses no load may bring back, by kind.
        rows: Rows deleted, by table.
        blanked: Values taken out of rows about somebody else, by column.
    """

    subject: str
    state: str = "planned"
    erasure_id: str = field(default_factory=lambda: uuid4().hex)
    requested_at: str = field(default_factory=lambda: utc_now().isoformat(timespec="seconds"))
    finished_at: str | None = None
    tokens: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    blanked: dict[str, int] = field(default_factory=dict)
    objects_rewritten: int = 0
    objects_deleted: int = 0

    def text(self) -> str:
        """Write it as JSON."""
        return json.dumps(asdict(self), sort_keys=True)

    def copy(self) -> Receipt:
        """Give another one with the same values."""
        return Receipt(**json.loads(self.text()))


def last_receipt(query: Query, subjects: Sequence[str]) -> Receipt | None:
    """Find the erasure of a customer that is not done yet, or else the last one.

    Args:
        query: Asks the warehouse.
        subjects: Token of the customer's number by each key.

    Returns:
        Its receipt, if there was any.
    """
    rows = query(
        f"""
        select receipt from ops.erasures where subject_token in ({sql.literals(subjects)})
        order by case when state = 'done' then 1 else 0 end, requested_at desc
        """,  # noqa: S608
        [],
    )
    return Receipt(**json.loads(rows[0]["receipt"])) if rows else None


def request(query: Query, receipt: Receipt, tokens: Mapping[str, Sequence[str]]) -> None:
    """Write the erasure and its tokens, or those that an attempt before did not.

    Args:
        query: Runs a statement within a transaction.
        receipt: The erasure.
        tokens: Tokens by kind.
    """
    now, erasure_id = utc_now(), receipt.erasure_id
    written = query("select kind, token from ops.erased_subjects where erasure_id = $1", [erasure_id])
    known = {(row["kind"], row["token"]) for row in written}
    for kind, made in tokens.items():
        for token in made:
            if (kind, token) not in known:
                query(
                    "insert into ops.erased_subjects (erasure_id, kind, token, key_id, requested_at)"
                    " values ($1, $2, $3, $4, $5)",
                    [erasure_id, kind, token, token.partition(":")[0], now],
                )
    if not query("select 1 as n from ops.erasures where erasure_id = $1", [erasure_id]):
        query(
            "insert into ops.erasures (erasure_id, subject_token, state, requested_at, receipt)"
            " values ($1, $2, $3, $4, $5)",
            [erasure_id, receipt.subject, receipt.state, now, receipt.text()],
        )


def state_of(query: Query, receipt: Receipt) -> str:
    """Tell how far an erasure is, as the warehouse knows.

    Args:
        query: Asks the warehouse.
        receipt: The erasure.

    Returns:
        Its state.
    """
    return str(
        query("select state from ops.erasures where erasure_id = $1", [receipt.erasure_id])[0]["state"]
    )


def record(query: Query, receipt: Receipt) -> None:
    """Write how far an erasure is.

    Args:
        query: Runs a statement within a transaction.
        receipt: The erasure.
    """
    query(
        "update ops.erasures set state = $1, receipt = $2 where erasure_id = $3",
        [receipt.state, receipt.text(), receipt.erasure_id],
    )
    if receipt.finished_at:
        query(
            "update ops.erasures set finished_at = $1 where erasure_id = $2", [utc_now(), receipt.erasure_id]
        )
