"""A small dbt project, built by the real dbt-redshift on the stand-in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import redshift_connector
import yaml

from tests.redshift.standin.server import StandIn

PROJECT = Path(__file__).parent / "dbt_project"


class Dbt:
    """dbt's commands in a folder of their own."""

    def __init__(self, folder: Path, standin: StandIn) -> None:
        shutil.copytree(PROJECT, folder)
        self.folder = folder
        self.standin = standin
        target = {
            "type": "redshift",
            "host": "127.0.0.1",
            "port": standin.port,
            "user": standin.user,
            "password": standin.password,
            "dbname": standin.database,
            "schema": "small",
            "sslmode": "disable",
            "threads": 4,
            "retries": 0,
        }
        profiles = {"small": {"target": "stand_in", "outputs": {"stand_in": target}}}
        (folder / "profiles.yml").write_text(yaml.safe_dump(profiles))

    def __call__(self, *args: str) -> dict[str, str]:
        environment = {
            **os.environ,
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DBT_PROFILES_DIR": str(self.folder),
        }
        command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--no-use-colors", *args]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        results = json.loads((self.folder / "target" / "run_results.json").read_text())["results"]
        return {result["unique_id"].split(".")[2]: result["status"] for result in results}

    def rows(self, sql: str) -> list[list[Any]]:
        connection = redshift_connector.connect(
            host="127.0.0.1",
            port=self.standin.port,
            database=self.standin.database,
            user=self.standin.user,
            password=self.standin.password,
            ssl=False,
        )
        cursor = connection.cursor()
        cursor.execute(sql)
        rows = [list(row) for row in cursor.fetchall()]
        connection.close()
        return rows


@pytest.fixture(scope="module")
def dbt(tmp_path_factory: pytest.TempPathFactory, standin: StandIn) -> Dbt:
    project = Dbt(tmp_path_factory.mktemp("dbt") / "project", standin)
    project("build")
    return project


def test_every_kind_of_node_is_built(dbt: Dbt) -> None:
    assert dbt.rows("select count(*) from small.fct_payments") == [[4]]
    assert dbt.rows("select count(*) from small.customers_view") == [[3]]
    kinds = dict(
        dbt.rows("select table_name, table_type from information_schema.tables where table_schema = 'small'")
    )
    assert kinds["fct_payments"] == "BASE TABLE"
    assert kinds["customers_view"] == "VIEW"


def test_dist_and_sort_reach_the_catalogue(dbt: Dbt) -> None:
    design = dbt.rows(
        "select diststyle, sortkey1, sortkey_num from svv_table_info where \"table\" = 'fct_payments'"
    )
    assert design == [["KEY(customer_id)", "paid_at", 2]]


def test_a_second_build_merges_deletes_and_snapshots(dbt: Dbt) -> None:
    seed = dbt.folder / "seeds" / "payments.csv"
    seed.write_text(seed.read_text().replace("2,1,20.50", "2,1,99.99") + "5,3,7.00,2024-03-05 10:00:00\n")
    names = dbt.folder / "seeds" / "customers.csv"
    names.write_text(names.read_text().replace("Grace", "Gracy"))
    dbt("build")
    for model in ("inc_merge", "inc_delete_insert", "fct_payments"):
        found = dbt.rows(f"select count(*), sum(case when payment_id = 2 then amount end) from small.{model}")
        assert [int(found[0][0]), str(found[0][1])] == [5, "99.99"], model
    versions = "select count(*), count(dbt_valid_to) from small.snap_customers where customer_id = 2"
    assert dbt.rows(versions) == [[2, 1]]


def test_late_binding_view_outlives_its_table(dbt: Dbt) -> None:
    dbt("run", "--select", "fct_payments", "--full-refresh")
    assert dbt.rows("select count(*) from small.late_view")[0][0] >= 4


def test_materialized_view_is_known_as_one(dbt: Dbt) -> None:
    dbt("run", "--select", "daily_mv")
    assert dbt.rows("select name from svv_mv_info") == [["daily_mv"]]


def test_docs_generate(dbt: Dbt) -> None:
    dbt("docs", "generate")
    catalog = json.loads((dbt.folder / "target" / "catalog.json").read_text())
    assert catalog["errors"] is None
    table = catalog["nodes"]["model.small.fct_payments"]
    assert table["stats"]["diststyle"]["value"] == "KEY(customer_id)"
    assert table["columns"]["amount"]["type"] == "numeric(18,2)"
    assert "late_bound" in catalog["nodes"]["model.small.late_view"]["columns"]


def test_grants_reach_the_analyst(dbt: Dbt) -> None:
    granted = dbt.rows("select has_table_privilege('small_analyst', 'small.fct_payments', 'select')")
    assert granted == [[True]]
