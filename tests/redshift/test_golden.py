"""Cases from the Amazon Redshift developer guide, run against the stand-in.

Every `golden/*.yaml` but `tables.yaml` and `disagree.yaml` holds a topic and its cases:

    id        unique over all files
    page      the page of the guide, without `.md`, that gives the result or the rule
    source    `example` (default): the page prints this outcome, perhaps for more rows or other names;
              `semantics`: the page states the rule and the outcome follows from it
    tables    names from `tables.yaml`, made first
    setup     statements that must succeed, one after the other; a refusal often has a legal sister here
    query     the statement under test
    rows      what it returns, or
    error     a regular expression that the error's text must match; `.` where the guide says that the
              statement fails but not with which words
    columns   names of the columns; types: of the columns; sqlstate: of the error (all optional)
    ordered   false where neither the guide nor the query fixes an order
    digits    decimals that count, where the guide prints a rounded number
    steps_may_fail  statements after the setup, whose errors don't matter
    teardown  statements run afterwards by the administrator, whatever happened

Each case has a schema of its own, which is its search path; `{schema}` stands for its name.

`disagree.yaml` maps the ids of cases that the stand-in does not meet to the reason. They are expected
to fail, strictly: one that starts to agree has to leave the list.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redshift_connector
import yaml

from tests.redshift.golden_values import NAMES, OIDS, plain, same_rows
from tests.redshift.standin.server import StandIn

GOLDEN = Path(__file__).parent / "golden"
KEYS = {
    *("id", "page", "source", "tables", "setup", "steps_may_fail", "query", "rows", "error", "columns"),
    *("types", "sqlstate", "ordered", "digits", "teardown", "note", "topic"),
}


def load_cases() -> list[dict[str, Any]]:
    cases = []
    for path in sorted(GOLDEN.glob("*.yaml")):
        if path.stem in ("tables", "disagree"):
            continue
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        cases += [{"topic": document["topic"], **case} for case in document["cases"]]
    return cases


def load_mapping(name: str, key: str) -> dict[str, Any]:
    path = GOLDEN / name
    return (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get(key) or {} if path.exists() else {}


CASES = load_cases()
TABLES: dict[str, list[str]] = load_mapping("tables.yaml", "tables")
DISAGREE: dict[str, str] = load_mapping("disagree.yaml", "disagree")


def kind_of(case: dict[str, Any]) -> str:
    if "rows" in case:
        return "results"
    return "refusals of any words" if case["error"] == "." else "refusals in stated words"


def connect(standin: StandIn) -> Any:
    connection = redshift_connector.connect(
        host=standin.host,
        port=standin.port,
        database=standin.database,
        user=standin.user,
        password=standin.password,
        ssl=False,
        timeout=60,
    )
    connection.autocommit = True
    return connection


def message(error: redshift_connector.Error) -> tuple[str, str] | None:
    """The server's text and SQLSTATE, or nothing where the fault is the driver's or the connection's."""
    fields = error.args[0] if error.args else None
    if not isinstance(fields, dict):
        return None
    return "\n".join(str(fields[key]) for key in ("M", "D") if key in fields), str(fields.get("C"))


def prepare(cursor: Any, statements: list[str]) -> str:
    for statement in statements:
        try:
            cursor.execute(statement)
        except Exception as error:
            return f"setup failed: {statement}\n{error}"
    return ""


def check_refusal(error: redshift_connector.Error, case: dict[str, Any]) -> str:
    told = message(error)
    if told is None:
        return f"the driver failed: {error!r}"
    text, state = told
    if "error" not in case:
        return f"refused ({state}): {text}"
    if not re.search(case["error"], text):
        return f"refused ({state}) in other words: {text}\nthe guide: {case['error']}"
    return "" if case.get("sqlstate", state) == state else f"SQLSTATE {state}, not {case['sqlstate']}"


def check_result(description: Any, rows: list[Any], case: dict[str, Any], schema: str) -> str:
    names = [column[0] for column in description]
    oids = [column[1] for column in description]
    actual = [[plain(v, oid) for v, oid in zip(row, oids, strict=True)] for row in rows]
    if "error" in case:
        return f"not refused, gave {actual[:5]}"
    expected = [[fill(v, schema) if isinstance(v, str) else v for v in row] for row in case["rows"]]
    if not same_rows(expected, actual, case):
        return f"expected {expected}\nbut got  {actual}"
    if names != case.get("columns", names):
        return f"columns {names}, not {case['columns']}"
    if "types" in case and oids != [OIDS[name] for name in case["types"]]:
        return f"types {[NAMES.get(oid, oid) for oid in oids]}, not {case['types']}"
    return ""


def fill(text: str, schema: str) -> str:
    return text.replace("{schema}", schema)


def judge(cursor: Any, case: dict[str, Any], schema: str) -> str:
    """Run one case; what is wrong, or nothing."""
    statements = [s for name in case.get("tables", []) for s in TABLES[name]] + case.get("setup", [])
    if wrong := prepare(cursor, [fill(statement, schema) for statement in statements]):
        return wrong
    for statement in case.get("steps_may_fail", []):
        with contextlib.suppress(redshift_connector.Error):
            cursor.execute(fill(statement, schema))
    try:
        cursor.execute(fill(case["query"], schema))
        rows = list(cursor.fetchall()) if cursor.description else []
    except redshift_connector.Error as error:
        return check_refusal(error, case)
    except Exception as error:
        return f"the driver failed: {error!r}"
    return check_result(cursor.description or [], rows, case, schema)


@dataclass
class Tally:
    wrong: dict[str, str] = field(default_factory=dict)
    run: list[dict[str, Any]] = field(default_factory=list)

    def line(self) -> str:
        parts = []
        for kind in ("results", "refusals in stated words", "refusals of any words"):
            of_kind = [case["id"] for case in self.run if kind_of(case) == kind]
            if of_kind:
                parts.append(f"{sum(i not in self.wrong for i in of_kind)} of {len(of_kind)} {kind}")
        agree = len(self.run) - len(self.wrong)
        return f"golden: {len(self.run)} cases, {agree} agree ({', '.join(parts)})"

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.run:
            terminalreporter.write_line(self.line())

    def report(self) -> str:
        by_id = {case["id"]: case for case in self.run}
        lines = [f"# {self.line()}"]
        for topic in sorted({case["topic"] for case in self.run}):
            ids = [case["id"] for case in self.run if case["topic"] == topic]
            bad = [i for i in ids if i in self.wrong]
            lines.append(f"\n## {topic}: {len(ids) - len(bad)} of {len(ids)} agree\n")
            for i in bad:
                detail = self.wrong[i].strip().replace("\n", "\n  ")
                lines.append(f"- **{i}** ({by_id[i]['page']})\n  `{by_id[i]['query']}`\n  {detail}")
        return "\n".join(lines) + "\n"


def of_all_workers(counted: Tally, folder: Path, worker: str) -> Tally:
    """The counts of the workers of pytest-xdist that have ended by now, this one among them."""
    results = [[case["id"], counted.wrong.get(case["id"], "")] for case in counted.run]
    (folder / f"golden-{worker}.json").write_text(json.dumps(results), encoding="utf-8")
    every = dict(pair for path in folder.glob("golden-*.json") for pair in json.loads(path.read_text()))
    run = [case for case in CASES if case["id"] in every]
    return Tally({i: wrong for i, wrong in every.items() if wrong}, run)


@pytest.fixture(scope="session")
def tally(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tally]:
    """Counts the agreement and prints it at the end; GOLDEN_REPORT names a file for the disagreements."""
    counted = Tally()
    request.config.pluginmanager.register(counted, "golden-tally")
    yield counted
    if worker := getattr(request.config, "workerinput", None):
        counted = of_all_workers(counted, tmp_path_factory.getbasetemp().parent, worker["workerid"])
        if len(counted.run) == len(CASES):  # of a worker, only a warning reaches the terminal
            warnings.warn(counted.line(), stacklevel=1)
    if path := os.environ.get("GOLDEN_REPORT"):
        Path(path).write_text(counted.report(), encoding="utf-8")


@pytest.fixture(scope="module")
def administrator(standin: StandIn) -> Iterator[Any]:
    connection = connect(standin)
    yield connection
    connection.close()


def test_cases_are_well_formed() -> None:
    ids = [case["id"] for case in CASES]
    assert len(ids) >= 150
    assert len(set(ids)) == len(ids), "ids repeat"
    assert not DISAGREE.keys() - set(ids), "disagree.yaml names cases that are not there"
    for case in CASES:
        assert case.get("page"), f"{case['id']}: no page"
        assert case.keys() <= KEYS, f"{case['id']}: unknown keys {case.keys() - KEYS}"
        assert case.get("source", "example") in ("example", "semantics"), case["id"]
        assert ("rows" in case) != ("error" in case), f"{case['id']}: either rows or error"
        assert all(name in TABLES for name in case.get("tables", [])), case["id"]
        assert all(name in OIDS for name in case.get("types", [])), case["id"]
        width = {len(row) for row in case.get("rows", [])}
        assert len(width) < 2, f"{case['id']}: rows of unequal length"
        for key in ("columns", "types"):
            assert not width or len(case.get(key, [])) in (0, *width), f"{case['id']}: {key}"
        re.compile(case.get("error", ""))


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_golden(case: dict[str, Any], standin: StandIn, administrator: Any, tally: Tally) -> None:
    schema = "golden_" + re.sub(r"\W", "_", case["id"])
    admin = administrator.cursor()
    admin.execute(f"drop schema if exists {schema} cascade")
    admin.execute(f"create schema {schema}")
    connection = connect(standin)
    try:
        cursor = connection.cursor()
        cursor.execute(f"set search_path to {schema}")
        wrong = judge(cursor, case, schema)
    finally:
        connection.close()
        for statement in case.get("teardown", []):
            with contextlib.suppress(redshift_connector.Error):
                admin.execute(fill(statement, schema))
        admin.execute(f"drop schema if exists {schema} cascade")
    tally.run.append(case)
    if wrong:
        tally.wrong[case["id"]] = wrong
    if case["id"] in DISAGREE:
        assert wrong, f"{case['id']} agrees now: take it out of disagree.yaml"
        pytest.xfail(DISAGREE[case["id"]])
    assert not wrong, f"{case['page']}: {wrong}"
