"""The synthetic bank, loaded and built by the command line as a user would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb

from loaders.settings import PROJECT_ROOT


class Bank:
    """A small bank in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder; nothing is made yet."""
        self.database = folder / "bankmart.duckdb"
        self._env = os.environ | {
            "BANKMART_DUCKDB_PATH": str(self.database),
            "BANKMART_LAKE": str(folder / "lake"),
            "BANKMART_LANDING": str(folder / "landing"),
            "BANKMART_MODELS": str(folder / "models"),
            "BANKMART_DBT_TARGET_PATH": str(folder / "target"),
            "BANKMART_TARGET": "dev",
        }

    def call(self, *arguments: str, exit_code: int = 0) -> dict[str, Any]:
        """Run a command of `bankmart` that ends as expected, and give its JSON."""
        command = [str(Path(sys.executable).with_name("bankmart")), *arguments, "--format", "json"]
        done = subprocess.run(
            command, cwd=PROJECT_ROOT, env=self._env, capture_output=True, text=True, check=False
        )
        ended = f"{' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == exit_code, ended
        return json.loads(done.stdout)

    def dbt(self, *arguments: str) -> str:
        """Run plain dbt as a developer would, and give what it printed."""
        command = [str(Path(sys.executable).with_name("dbt")), "--no-use-colors", *arguments]
        environment = self._env | {"DBT_TARGET_PATH": self._env["BANKMART_DBT_TARGET_PATH"]}
        done = subprocess.run(
            command, cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def columns(self) -> dict[tuple[str, str], list[str]]:
        """Columns of every table and view, by schema and name."""
        statement = "select schema_name, table_name, column_name from duckdb_columns() where not internal"
        found: dict[tuple[str, str], list[str]] = {}
        with duckdb.connect(str(self.database), read_only=True) as connection:
            for schema, table, column in connection.execute(statement).fetchall():
                found.setdefault((schema, table), []).append(column)
        return found

    def contents(self) -> dict[str, tuple[int, int]]:
        """Rows of every table and view, with a digest of all their values that the order doesn't touch."""
        names = [f'"{schema}"."{table}"' for schema, table in self.columns()]
        digest = "select count(*), coalesce(sum(hash(whole)), 0) from"
        with duckdb.connect(str(self.database), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            return {name: connection.execute(f"{digest} {name} as whole").fetchone() for name in names}
