"""What guards personal data while a file is staged: the key of the tokens, and the list of the erased."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from loaders import tokens
from loaders.contract import TableContract
from loaders.settings import Settings
from loaders.warehouse import Warehouse


class Guard:
    """Keys and lists on the connection that stages files, fetched when the first table needs them.

    Attributes:
        erasures: How many erasures the list of the erased is of; a commit refuses a load that knew fewer.
    """

    def __init__(
        self,
        settings: Settings,
        warehouse: Warehouse,
        connection: duckdb.DuckDBPyConnection,
        *,
        publishes: bool,
    ) -> None:
        """Keep what they come from; where nothing is published, the warehouse is not asked."""
        self.settings = settings
        self.warehouse = warehouse
        self.connection = connection
        self.erasures = 0
        self._publishes = publishes
        self._keys: tokens.TokenKeys | None = None

    def prepare(self, contract: TableContract) -> dict[str, str]:
        """Put on the connection what the staging of a table needs.

        Args:
            contract: The table.

        Returns:
            What of it decides how a file becomes parts: of the key its id alone.

        Raises:
            TokenError: A key is missing that the table's tokens or the list of the erased need.
        """
        if self._publishes:
            self._read_erased()
        if not tokens.has_tokens(contract):
            return {}
        return {"token_key": self.keys().key_id}

    def keys(self) -> tokens.TokenKeys:
        """Read the keys once, and teach the connection their macros."""
        if self._keys is None:
            self._keys = tokens.read_token_keys(self.settings, self.warehouse.key_file)
            tokens.install(self.connection, self._keys)
        return self._keys

    def _read_erased(self) -> None:
        erasures = int(self.warehouse.query("select count(*) as n from ops.erasures")[0]["n"])
        if erasures == self.erasures:
            return
        rows = self.warehouse.query("select kind, token, key_id from ops.erased_subjects")
        tokens.check_key_ids(self.keys(), {row["key_id"] for row in rows})
        listed = pa.table(
            {name: pa.array([row[name] for row in rows], pa.string()) for name in ("kind", "token")}
        )
        self.connection.register("bm_listed", listed)
        self.connection.execute("create or replace temp table bm_erased_tokens as select * from bm_listed")
        self.connection.unregister("bm_listed")
        self.erasures = erasures
