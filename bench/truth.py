"""Measures against the truth that the generator knows: `python -m bench.truth campaigns`, or `models`.

The first asks in how many campaigns the interval of the measured increment holds the true one; the second
how much of what the true probabilities reach the models reach, on a slice later than what they learned from.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import tempfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from bench.data import CACHE, FIRST_DAY
from datagen import generate
from loaders.build import BuildOptions, build
from loaders.contract import load_contracts
from loaders.dbt import DbtProject
from loaders.load import load_path
from loaders.mapping import load_mapping
from loaders.settings import PROJECT_ROOT, Settings
from loaders.warehouse import open_warehouse
from ml import dataset
from ml.evaluate import calibration_error
from ml.features import load_feature_set
from ml.registry import Registry
from ml.train import cut, train

GOAL_COVERED, GOAL_REACHED = 0.90, 0.90
GOAL_ERROR, GOAL_CHANNEL_ERROR = 0.02, 0.04
CHANNEL_BINS = 5
# What the increments of campaigns are made of; a campaign is measured without a look at anything else.
MARKETING = "marketing"
SUMMARY = ["--select", "+campaign_summary", "--resource-type", "model", "snapshot", "seed"]
LEARNED_FROM = "+customer_features +customer_product_features +fct_campaign_contacts +dim_offers"
MADE_FROM = (
    ("datagen", "*.py"),
    ("macros", "*.sql"),
    ("models", "*.*"),
    ("seeds", "*.csv"),
    ("snapshots", "*.*"),
)
console = Console(width=120)


def main() -> None:
    """Print one of the two tables; exit with 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="bench.truth", description=__doc__)
    parser.add_argument("what", choices=["campaigns", "models"])
    parser.add_argument("--seeds", type=int, nargs="+", help="by default 1 to 10, for models 7 to 9")
    parser.add_argument("--customers", type=int, help="by default 5,000, for models 20,000")
    parser.add_argument("--months", type=int, help="by default 8, for models 18")
    options = parser.parse_args()
    of_models = options.what == "models"
    seeds = options.seeds or (range(7, 10) if of_models else range(1, 11))
    measure = models if of_models else campaigns
    table, reached = measure(
        seeds,
        options.customers or (20_000 if of_models else 5_000),
        options.months or (18 if of_models else 8),
    )
    console.print(table)
    raise SystemExit(0 if reached else 1)


def scratch(folder: Path) -> Settings:
    """Settings that keep everything below a folder."""
    return Settings(
        _env_file=None,
        target="dev",
        duckdb_path=folder / "bankmart.duckdb",
        lake=folder / "lake",
        models=folder / "models",
        dbt_target_path=folder / "target",
    )


def loaded(settings: Settings, path: Path) -> None:
    """Load files of a generated bank, as a user would."""
    mapping = load_mapping("bankmart", load_contracts(settings.project_dir))
    report = load_path(settings=settings, mapping=mapping, path=path)
    if failed := [result for result in report.results if result.status == "failed"]:
        raise SystemExit("\n".join(f"{result.file_name}: {result.error}" for result in failed))


def campaigns(seeds: Iterable[int], customers: int, months: int) -> tuple[Table, bool]:
    """Count the campaigns whose interval holds the truth, in a bank for each seed.

    Args:
        seeds: Seeds of the banks.
        customers: How many customers each has.
        months: How many months before the first day.

    Returns:
        A row a seed and one for all, and whether the goal is reached.
    """
    title = f"Increment of campaigns, 95 % interval, {customers:,} customers, {months} months"
    table = Table(title=title)
    for head in ("seed", "campaigns", "hold the truth", "share", "mean measured", "mean true", "mean width"):
        table.add_column(head, justify="right")
    found = []
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="bankmart-") as name:
            found.append(increments(Path(name), seed, customers, months))
        table.add_row(str(seed), *_covered(found[-1]))
    whole = pd.concat(found)
    table.add_section()
    table.add_row("all", *_covered(whole))
    return table, bool(whole["held"].mean() >= GOAL_COVERED)


def increments(folder: Path, seed: int, customers: int, months: int) -> pd.DataFrame:
    """Measure the campaigns of a bank through the warehouse, and hold them against the truth.

    Args:
        folder: Where the bank is made, loaded and built.
        seed: Seed of the bank.
        customers: How many customers it has.
        months: How many months before the first day.

    Returns:
        A row for each campaign whose outcome is complete: conversions, measured, low, high, true, held and
        same_contacts (whether the warehouse counts as many as there were).
    """
    settings = scratch(folder)
    bank = generate(folder / "landing", customers=customers, days=1, seed=seed, months=months)
    loaded(settings, bank.out / MARKETING)
    results = DbtProject(settings).run(["build", *SUMMARY], FIRST_DAY)
    if failed := [node for node in results if node.failed]:
        raise SystemExit("\n".join(f"{node.name}: {node.message}" for node in failed))
    with duckdb.connect(str(settings.duckdb_path), read_only=True) as connection:
        return connection.execute(
            """
            with truth as (
                select campaign_id, sum(contacted) as contacted, sum(incremental_conversions) as increment
                from read_parquet(?) group by campaign_id
            )
            select
                campaign_id,
                summary.conversions,
                incremental_conversions::double as measured,
                incremental_conversions_low::double as low,
                incremental_conversions_high::double as high,
                truth.increment as "true",
                truth.increment between low and high as held,
                summary.contacts = truth.contacted as same_contacts
            from marketing.campaign_summary as summary left join truth using (campaign_id)
            where summary.is_outcome_complete and summary.incremental_conversions is not null
            order by campaign_id
            """,
            [str(bank.out / "_truth" / "campaigns.parquet")],
        ).df()


def _covered(found: pd.DataFrame) -> tuple[str, ...]:
    means = (found["measured"], found["true"], found["high"] - found["low"])
    counts = (str(len(found)), str(int(found["held"].sum())), f"{found['held'].mean():.1%}")
    return *counts, *(f"{values.mean():.2f}" for values in means)


def models(seeds: Iterable[int], customers: int, months: int) -> tuple[Table, bool]:
    """Hold the models of a bank for each seed against what the true probabilities reach.

    Args:
        seeds: Seeds of the banks.
        customers: How many customers each has.
        months: How many months before the first day.

    Returns:
        A row a seed and use case, and whether the goals are reached.
    """
    table = Table(title=f"Models against the truth, {customers:,} customers, {months} months, test slice")
    heads = (
        "seed",
        "use case",
        "kind",
        "contacts",
        "AUC",
        "of the truth",
        "reached",
        "error",
        "by channel",
        "",
    )
    for head in heads:
        table.add_column(head, justify="right")
    reached = True
    for seed in seeds:
        folder = bank_of_truth(seed, customers, months)
        for use_case in dataset.USE_CASES:
            found = against_truth(folder, use_case)
            good = (
                found["reached"] >= GOAL_REACHED
                and found["error"] <= GOAL_ERROR
                and found["by_channel"] <= GOAL_CHANNEL_ERROR
            )
            reached = reached and good
            table.add_row(
                str(seed), use_case, found["kind"], f"{found['rows']:,}", f"{found['auc']:.4f}",
                f"{found['possible']:.4f}", f"{found['reached']:.1%}", f"{found['error']:.4f}",
                f"{found['by_channel']:.4f}", "" if good else "[red]missed[/]",
            )  # fmt: skip
    return table, reached


def bank_of_truth(seed: int, customers: int, months: int) -> Path:
    """Make, load and build a bank up to its features, if it isn't there.

    Args:
        seed: Seed of the bank.
        customers: How many customers it has.
        months: How many months before the first day.

    Returns:
        Its folder, with the warehouse and the truth.
    """
    folder = CACHE / f"truth_{customers}x{months}_{seed}_{_made_from()}"
    if folder.exists():
        return folder
    half = folder.with_suffix(".part")
    shutil.rmtree(half, ignore_errors=True)
    settings = scratch(half)
    bank = generate(half / "landing", customers=customers, days=1, seed=seed, months=months)
    loaded(settings, bank.out)
    # The tests would ask for models that nothing is learned from.
    options = BuildOptions(select=LEARNED_FROM, exclude="resource_type:test", train=True)
    report = build(settings, FIRST_DAY, options)
    if report.exit_code:
        raise SystemExit("\n".join(f"{node.name}: {node.message}" for node in report.failed))
    half.rename(folder)
    return folder


def _made_from() -> str:
    """Give a digest of what decides a bank and its features: no old bank is measured for a new one."""
    files = [PROJECT_ROOT / "dbt_project.yml"]
    for folder, kind in MADE_FROM:
        files += sorted((PROJECT_ROOT / folder).rglob(kind))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:8]


def against_truth(folder: Path, use_case: str, as_of: date = FIRST_DAY) -> dict[str, Any]:
    """Train on a bank and measure what came of it on the test slice.

    Args:
        folder: Folder as `bank_of_truth` makes it.
        use_case: The use case.
        as_of: Day of the training.

    Returns:
        kind, rows, auc, possible (AUC of the true probabilities), reached (share of it above 0.5), error
        (calibration error) and by_channel (the greatest of a channel).
    """
    settings = scratch(folder)
    features = load_feature_set(settings.project_dir, use_case)
    with open_warehouse(settings) as warehouse, threadpool_limits(1):
        training = train(settings, warehouse, use_case, as_of)
        rows = dataset.read_training(warehouse, features, as_of, folder)
    registry, facts = Registry(settings.models), training.facts
    model = registry.load(registry.version(facts.model_name, facts.model_version)).model
    truth = pd.read_parquet(
        folder / "landing" / "_truth" / "contact_probabilities.parquet", columns=["contact_id", "p_contact"]
    )
    test = cut(rows, as_of, use_case).test.merge(truth, on="contact_id", validate="one_to_one")
    outcome, probability = test[dataset.OUTCOME].to_numpy(float), model.probability(test)
    auc, possible = (float(roc_auc_score(outcome, score)) for score in (model.raw(test), test["p_contact"]))
    channels = test["channel"].to_numpy()
    errors = [
        calibration_error(outcome[channels == each], probability[channels == each], CHANNEL_BINS)
        for each in np.unique(channels)
    ]
    return {
        "kind": model.kind,
        "rows": len(test),
        "auc": auc,
        "possible": possible,
        "reached": (auc - 0.5) / (possible - 0.5),
        "error": calibration_error(outcome, probability),
        "by_channel": max(errors),
    }


if __name__ == "__main__":
    main()
