"""Erasure of a customer from the whole warehouse, and from every load to come.

What goes: rows that name the customer, or an account, holder, loan or card that nobody else has, in raw
tables, dead letters, snapshots and everything else that dbt keeps as a table; the objects of the lake are
written anew without them. What stays: a shared account with its postings, for it is the other holder's too;
there the customer's number alone is taken out. Aggregates that the customer was counted in are as of the last
build, until the next one.

Three states, each committed before the next begins, so that a killed erasure goes on where it stopped:
requested (the tokens are listed: from here on no load brings the customer back), deleted (no table holds
the customer, and no manifest names an object that does), done (those objects and deleted bytes are gone).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from loaders import erase_books as books
from loaders import lake, tokens
from loaders.contract import TableContract, load_contracts
from loaders.erase_books import Receipt, UnknownCustomerError
from loaders.erase_lake import Loss, Rewriter
from loaders.erase_rows import DEAD_LETTERS, delete_subject, find_dead, find_losses, model_tables
from loaders.erase_subject import Query, Subject, find_subject
from loaders.ledger import utc_now
from loaders.loader import staging_connection
from loaders.settings import Settings
from loaders.warehouse import Warehouse, open_warehouse

Step = Callable[[str, int, int], None]


class Erasure:
    """The erasure of one customer."""

    def __init__(
        self,
        settings: Settings,
        warehouse: Warehouse,
        connection: duckdb.DuckDBPyConnection,
        scratch: Path,
        customer: str,
    ) -> None:
        """Take the open warehouse, a connection in memory, and a folder on the lake's own disk."""
        self.settings = settings
        self.warehouse = warehouse
        self.connection = connection
        self.scratch = scratch
        self.customer = customer.strip()
        self.lake = lake.open_lake(settings)
        self.contracts: Mapping[str, TableContract] = load_contracts(settings.project_dir)
        tokens.install(connection, tokens.read_token_keys(settings, warehouse.key_file))

    def plan(self) -> Receipt:
        """Count what would be erased; nothing is written.

        Returns:
            The receipt of an erasure that is only planned, or of the one before where nothing is left.

        Raises:
            UnknownCustomerError: No row names the customer, and no erasure did.
        """
        subject = find_subject(self.warehouse.query, self.contracts, self.customer)
        losses = self._losses(subject)
        receipt = Receipt(self._token("customer", self.customer))
        receipt.tokens = {kind: len(made) for kind, made in self._tokens(subject).items() if made}
        for loss in losses.values():
            for relation, lost in ((loss.contract.relation, loss.rows), (DEAD_LETTERS, loss.dead)):
                if lost:
                    receipt.rows[relation] = receipt.rows.get(relation, 0) + len(lost)
        receipt.objects_rewritten = len({loss.folder for loss in losses.values()})
        if losses:
            return receipt
        before = self._before()
        if before is None:
            raise UnknownCustomerError("No row of the warehouse names that customer.", hint="Is it right?")
        return before

    def run(self, step: Step) -> Receipt:
        """Erase, or go on with an erasure that was stopped.

        Args:
            step: Called with what is under way, how much is done, and of how much.

        Returns:
            The receipt.
        """
        step("looking for the customer", 0, 0)
        receipt = self._before()
        if receipt is None or receipt.state == "done":
            receipt = self.plan()
            if receipt.state == "done":
                return receipt
            receipt.state = "requested"
        if receipt.state == "requested":
            subject = self._request(receipt)
            losses = self._losses(subject)
            self._rewrite(losses, subject, step)
            step("deleting rows", 0, 0)
            receipt = self._delete(receipt, subject, losses)
        step("removing what is left of deleted bytes", 0, 0)
        return self._finish(receipt)

    def _token(self, kind: str, value: str) -> str:
        found = self.connection.execute("select bm_token($1, $2)", [kind, value]).fetchone()
        return str(found[0]) if found else ""

    def _tokens(self, subject: Subject) -> dict[str, list[str]]:
        # A telephone number without a digit has none.
        return {
            kind: sorted({self._token(kind, value) for value in values} - {"None"})
            for kind, values in sorted(subject.ids.items())
        }

    def _before(self) -> Receipt | None:
        made = self.connection.execute(
            "select key_id || ':' || bm_hmac(ipad, opad, bm_canonical('customer', $1)) from bm_keys",
            [self.customer],
        ).fetchall()
        return books.last_receipt(self.warehouse.query, [token for (token,) in made])

    def _request(self, receipt: Receipt) -> Subject:
        def work(query: Query) -> Subject:
            # Looked for behind the fence: no load goes on between this and the list.
            subject = find_subject(query, self.contracts, self.customer)
            listed = self._tokens(subject)
            receipt.tokens = {kind: len(made) for kind, made in listed.items() if made}
            books.request(query, receipt, listed)
            return subject

        return self.warehouse.change(work)

    def _losses(self, subject: Subject) -> dict[int, Loss]:
        losses = find_losses(self.warehouse.query, self.contracts, subject)
        found = find_dead(self.warehouse.export, self.connection, self.contracts, subject, self.scratch)
        lost = {(load_id, row) for load_id, loss in losses.items() for row in loss.rows}
        replays = self.warehouse.query(
            "select load_id, row_number, replayed_load_id, source || '.' || table_name as table_name"
            " from ops.dead_letters where replayed_load_id is not null"
        )
        kept = {(r["load_id"], r["row_number"]): (r["replayed_load_id"], r["row_number"]) for r in replays}
        # Of a letter that was replayed, the row that it became decides; one that stays loses its raw text.
        found |= {(r["load_id"], r["row_number"]): r["table_name"] for r in replays
                  if (r["replayed_load_id"], r["row_number"]) in lost}  # fmt: skip
        for (load_id, row), table in found.items():
            if table in self.contracts:
                loss = losses.setdefault(load_id, Loss(self.contracts[table]))
                is_dead = (load_id, row) not in kept or kept[load_id, row] in lost
                (loss.dead if is_dead else loss.emptied).add(row)
        for entry in self.warehouse.query("select load_id, manifest from ops.load_ledger"):
            if entry["load_id"] in losses:
                losses[entry["load_id"]].manifest = entry["manifest"]
        return losses

    def _rewrite(self, losses: Mapping[int, Loss], subject: Subject, step: Step) -> None:
        rewriter = Rewriter(self.lake, self.connection, subject, self.scratch, self.settings.slices)
        for place, loss in enumerate(losses.values()):
            step("writing the lake anew", place, len(losses))
            loss.new_manifest = rewriter.rewrite(loss)

    def _delete(self, receipt: Receipt, subject: Subject, losses: Mapping[int, Loss]) -> Receipt:
        def work(query: Query) -> Receipt:
            mine = receipt.copy()
            if books.state_of(query, mine) != "requested":
                # An attempt whose end nobody heard of was committed after all.
                return books.last_receipt(query, [mine.subject]) or mine
            mine.rows, mine.blanked = delete_subject(query, self.contracts, subject, losses)
            folders = {loss.folder for loss in losses.values() if loss.new_manifest != loss.manifest}
            for folder in sorted(folders):
                query(
                    "insert into ops.erased_objects (erasure_id, folder) values ($1, $2)",
                    [mine.erasure_id, folder],
                )
            mine.objects_rewritten, mine.state = len(folders), "deleted"
            books.record(query, mine)
            return mine

        return self.warehouse.change(work)

    def _finish(self, receipt: Receipt) -> Receipt:
        folders = self.warehouse.query(
            "select folder from ops.erased_objects where erasure_id = $1 order by 1", [receipt.erasure_id]
        )
        for row in folders:
            for key in list(self.lake.keys(f"{row['folder']}/")):
                self.lake.delete(key)
                receipt.objects_deleted += 1
        relations = [contract.relation for contract in self.contracts.values()]
        self.warehouse.purge([*relations, DEAD_LETTERS, *model_tables(self.warehouse.query)])
        receipt.state, receipt.finished_at = "done", utc_now().isoformat(timespec="seconds")
        self.warehouse.change(lambda query: books.record(query, receipt))
        return receipt


@contextmanager
def open_erasure(settings: Settings, customer: str) -> Iterator[Erasure]:
    """Prepare the erasure of a customer.

    Args:
        settings: The settings.
        customer: The customer's number.

    Yields:
        The erasure; nothing is done yet.
    """
    target = lake.open_lake(settings)
    target.check()
    target.scratch.mkdir(parents=True, exist_ok=True)
    # Named as the loader names its own, which removes the folders of processes that were killed.
    folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=target.scratch))
    connection = staging_connection(settings, folder)
    try:
        with open_warehouse(settings) as warehouse:
            warehouse.ensure_tables(load_contracts(settings.project_dir))
            yield Erasure(settings, warehouse, connection, folder, customer)
    finally:
        connection.close()
        shutil.rmtree(folder, ignore_errors=True)
