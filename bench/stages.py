"""The stages of the nightly job on a bank of months, each measured in a process of its own (bench.worker)."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.data import CACHE, FIRST_DAY, SECOND_DAY

if TYPE_CHECKING:
    from loaders.build import BuildOptions, BuildReport
    from loaders.settings import Settings

# The first day's stages take in all months at once; the night's take in one new day.
FIRST = ("load", "history", "build", "train", "score", "build_on_scores")
NIGHT = ("load", "build", "score", "build_on_scores")
DAYS = {"first": FIRST_DAY, "night": SECOND_DAY}


def bank_of(customers: int, months: int) -> Path:
    """Name the folder of a bank's files.

    Args:
        customers: How many customers.
        months: How many months before the first day.

    Returns:
        The folder, which `generate` fills.
    """
    return CACHE / f"bank_{customers}x{months}"


def generate(customers: int, months: int) -> dict[str, Any]:
    """Make a bank, if it isn't there: a file a month, and one for each of two days.

    Args:
        customers: How many customers.
        months: How many months before the first day.

    Returns:
        Rows and seconds; where the bank was there, those of its making.
    """
    folder = bank_of(customers, months)
    notes = folder / "_generated.json"
    if notes.exists():
        return json.loads(notes.read_text(encoding="utf-8"))
    from datagen.generate import generate as make

    half = folder.with_suffix(".part")
    shutil.rmtree(half, ignore_errors=True)
    clock = _Clock()
    made = make(half, customers=customers, days=2, seed=7, start=FIRST_DAY, months=months)
    found = clock.read() | {"rows": sum(made.rows.values()), "what": "rows"}
    (half / notes.name).write_text(json.dumps(found), encoding="utf-8")
    half.rename(folder)
    return found


def run_stage(bank: Path, run: str, stage: str) -> dict[str, Any]:
    """Run one stage on what the stages before it left.

    Args:
        bank: Files of the bank.
        run: first or night.
        stage: Its name.

    Returns:
        Seconds by the clock, seconds of all processors, what was counted and how many.
    """
    from loaders.settings import Settings

    folder = warehouse_of(bank)
    settings = Settings(
        _env_file=None,
        target="dev",
        duckdb_path=folder / "bankmart.duckdb",
        lake=folder / "lake",
        models=folder / "models",
        dbt_target_path=folder / "target",
    )
    return STAGES[stage](settings, bank, DAYS[run])


def warehouse_of(bank: Path) -> Path:
    """Name the folder of the warehouse that a bank is loaded into."""
    return CACHE / f"warehouse_{bank.name}"


def _load(settings: Settings, bank: Path, day: date) -> dict[str, Any]:
    from loaders.contract import load_contracts
    from loaders.load import load_path
    from loaders.mapping import load_mapping

    mapping = load_mapping("bankmart", load_contracts(settings.project_dir))
    clock = _Clock()
    report = load_path(settings=settings, mapping=mapping, path=bank, as_of=day)
    if failed := [result for result in report.results if result.status == "failed"]:
        raise SystemExit("\n".join(f"{result.file_name}: {result.error}" for result in failed))
    return clock.read() | {"rows": report.rows_loaded, "what": "rows"}


def _history(settings: Settings, bank: Path, day: date) -> dict[str, Any]:
    # A build goes through the days before its own first; of its own only the seeds are built here.
    from loaders.build import BuildOptions

    report, found = _built(
        settings, day, BuildOptions(select="resource_type:seed", exclude="resource_type:test")
    )
    return found | {"rows": len(report.history_days), "what": "days"}


def _build(settings: Settings, bank: Path, day: date) -> dict[str, Any]:
    from loaders.build import BuildOptions
    from loaders.cli.models import ON_SCORES
    from ml.job import training_due

    options = BuildOptions(exclude=ON_SCORES, train=training_due(settings, day))
    return _built(settings, day, options)[1]


def _build_on_scores(settings: Settings, bank: Path, day: date) -> dict[str, Any]:
    from loaders.build import BuildOptions
    from loaders.cli.models import ON_SCORES

    return _built(settings, day, BuildOptions(select=ON_SCORES))[1]


def _built(settings: Settings, day: date, options: BuildOptions) -> tuple[BuildReport, dict[str, Any]]:
    from loaders.build import build
    from loaders.dbt import DbtProject

    project = DbtProject(settings)
    # Parsed before the clock starts, as it is once for the whole of a night.
    _ = project.manifest
    clock = _Clock()
    report = build(settings, day, options, project=project)
    if report.exit_code:
        raise SystemExit("\n".join(f"{node.name}: {node.message}" for node in report.failed))
    nodes = {node.name: round(node.seconds, 2) for node in report.nodes}
    return report, clock.read() | {"rows": len(report.nodes), "what": "nodes", "nodes": nodes}


def _train(settings: Settings, bank: Path, day: date) -> dict[str, Any]:
    from ml.job import run_models
    from ml.registry import Registry

    clock = _Clock()
    report = run_models(settings, day, scoring=False)
    # Promoted in any case: what scoring takes is measured, also where the gate refuses a model of few months.
    registry = Registry(settings.models)
    for training in report.trainings:
        facts = registry.version(training.facts.model_name, training.facts.model_version)
        registry.save(replace(facts, promoted=True), registry.load(facts), "Promoted to measure scoring.\n")
    rows = sum(training.rows_train + training.metrics.rows for training in report.trainings)
    return clock.read() | {"rows": rows, "what": "contacts"}


def _score(settings: Settings, bank: Path, day: date) -> dict[str, Any]:
    from ml.job import run_models

    clock = _Clock()
    report = run_models(settings, day, training=False)
    if report.load and report.load.exit_code:
        raise SystemExit("the scores could not be loaded")
    written = {"write_back": report.load.seconds if report.load else 0}
    return clock.read() | {"rows": sum(done.rows for done in report.scorings), "what": "scores"} | written


STAGES: dict[str, Callable[[Settings, Path, date], dict[str, Any]]] = {
    "load": _load,
    "history": _history,
    "build": _build,
    "train": _train,
    "score": _score,
    "build_on_scores": _build_on_scores,
}


class _Clock:
    """Seconds by the clock and of all processors, which a busy machine doesn't change."""

    def __init__(self) -> None:
        self._clock, self._processors = time.perf_counter(), time.process_time()

    def read(self) -> dict[str, float]:
        return {
            "seconds": time.perf_counter() - self._clock,
            "cpu": time.process_time() - self._processors,
            "peak_mb": peak_mb(),
        }


def peak_mb() -> float:
    """Peak of this process alone: getrusage would count what the parent held when it forked."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024
