"""What guards personal data while a file is staged: the key of the tokens, and the list of the erased."""

from __future__ import annotations

import duckdb

from loaders import tokens
from loaders.contract import TableContract
from loaders.settings import Settings
from loaders.warehouse import Warehouse


class Guard:
    """Keys and lists on the connection that stages files, fetched when the first table needs them."""

    def __init__(
        self, settings: Settings, warehouse: Warehouse, connection: duckdb.DuckDBPyConnection
    ) -> None:
        """Keep what they come from; nothing is read yet."""
        self.settings = settings
        self.warehouse = warehouse
        self.connection = connection
        self._keys: tokens.TokenKeys | None = None

    def prepare(self, contract: TableContract) -> dict[str, str]:
        """Put on the connection what the staging of a table needs.

        Args:
            contract: The table.

        Returns:
            What of it decides how a file becomes parts: of the key its id alone.

        Raises:
            TokenError: The table has tokens, and there is no key.
        """
        if not tokens.has_tokens(contract):
            return {}
        return {"token_key": self.keys().key_id}

    def keys(self) -> tokens.TokenKeys:
        """Read the keys once, and teach the connection their macros."""
        if self._keys is None:
            self._keys = tokens.read_token_keys(self.settings, self.warehouse.key_file)
            tokens.install(self.connection, self._keys)
        return self._keys
