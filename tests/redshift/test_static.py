"""Everything that dbt compiles for Redshift is read by two parsers of Redshift's SQL."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlglot
from sqlfluff.core import FluffConfig, Linter

from loaders.contract import load_contracts
from loaders.settings import PROJECT_ROOT, Settings
from loaders.warehouse import open_warehouse
from tests.conftest import scratch
from tests.redshift.client import connect, rows
from tests.redshift.standin.server import StandIn

DEPRECATIONS = '{"error": ["Deprecations"]}'
GENERIC_TEST = re.compile(
    r"(not_null|unique_combination|unique|accepted_values|relationships|[a-z]+_[a-z]+)_"
)


def dbt(settings: Settings, *args: str) -> None:
    """Run dbt as its own process, deprecations being errors."""
    environment = {**os.environ, **settings.dbt_env(), "DBT_PROFILES_DIR": str(PROJECT_ROOT)}
    command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--no-use-colors", "--quiet"]
    command += ["--warn-error-options", DEPRECATIONS, *args, "--target-path", str(settings.dbt_target_path)]
    command += ["--log-path", str(settings.dbt_target_path)]
    done = subprocess.run(
        command, cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.fixture(scope="module")
def compiled(standin: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:
    """The files that `dbt compile` writes, on a database with empty tables of the loader."""
    name = f"static_{uuid4().hex[:12]}"
    admin = connect(standin)
    admin.autocommit = True
    rows(admin, f"create database {name}")
    admin.close()
    settings = Settings(
        _env_file=None,
        **scratch(tmp_path_factory.mktemp("static")).model_dump()
        | {
            "target": "redshift_local",
            "redshift_host": standin.host,
            "redshift_port": standin.port,
            "redshift_dbname": name,
            "redshift_user": standin.user,
            "redshift_password": standin.password,
        },
    )
    with open_warehouse(settings) as warehouse:
        warehouse.ensure_tables(load_contracts(PROJECT_ROOT))
    dbt(settings, "compile")
    files = sorted((settings.dbt_target_path / "compiled").rglob("*.sql"))
    yield files


def test_every_kind_of_node_is_compiled(compiled: list[Path]) -> None:
    names = {path.stem for path in compiled}
    written = [*(PROJECT_ROOT / "models").rglob("*.sql"), *(PROJECT_ROOT / "tests" / "dbt").glob("*.sql")]
    assert len(written) > 40
    assert not {path.stem for path in written} - names
    assert len(compiled) > 2 * len(written), "generic tests are compiled too"


def test_sqlglot_reads_it(compiled: list[Path]) -> None:
    broken = []
    for path in compiled:
        try:
            parsed = sqlglot.parse(path.read_text(), read="redshift", error_level=sqlglot.ErrorLevel.RAISE)
        except sqlglot.errors.SqlglotError as error:
            broken.append(f"{path}: {error}")
        else:
            # A hook that only acts through run_query leaves nothing.
            assert any(parsed) or path.parent.name == "hooks", f"{path}: nothing in it"
    assert not broken, "\n".join(broken)


def unreadable(path: Path) -> list[str]:
    """What sqlfluff's parser cannot read of a file."""
    config = FluffConfig(
        overrides={"dialect": "redshift", "templater": "raw", "large_file_skip_byte_limit": 0}
    )
    found = Linter(config=config).parse_string(path.read_text())
    return [f"{path}: {problem}" for problem in found.violations]


def different(compiled: list[Path]) -> list[Path]:
    """All but the generic tests, and the longest of each kind of those: sqlfluff is slow, they are alike."""
    chosen: dict[str, Path] = {}
    for path in sorted(compiled, key=lambda path: path.stat().st_size):
        kind = GENERIC_TEST.match(path.stem) if path.parent.suffix == ".yml" else None
        chosen[kind[1] if kind else str(path)] = path
    return list(chosen.values())


def test_sqlfluff_reads_it(compiled: list[Path]) -> None:
    with ProcessPoolExecutor(2) as pool:
        broken = [line for lines in pool.map(unreadable, different(compiled), chunksize=4) for line in lines]
    assert not broken, "\n".join(broken)


def test_the_parsers_can_refuse(tmp_path: Path) -> None:
    bad = tmp_path / "bad.sql"
    bad.write_text("select a from where b")
    assert unreadable(bad)
    with pytest.raises(sqlglot.errors.SqlglotError):
        sqlglot.parse(bad.read_text(), read="redshift", error_level=sqlglot.ErrorLevel.RAISE)


def test_dbt_parses_for_a_cluster_without_deprecations(tmp_path: Path) -> None:
    values: dict[str, Any] = {
        "target": "redshift",
        "redshift_host": "cluster.example.com",
        "redshift_dbname": "dev",
        "redshift_user": "dbt",
        "redshift_cluster_id": "cluster",
        "redshift_region": "eu-central-1",
    }
    dbt(Settings(_env_file=None, **scratch(tmp_path).model_dump() | values), "parse", "--no-partial-parse")
