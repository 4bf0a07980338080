"""The demo's last screen."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from loaders.cli.output import cell, table

if TYPE_CHECKING:
    from pathlib import Path

    from loaders.settings import Settings

LISTING = "_planted_defects.csv"
SHOWN = 12
SEGMENT_HEADS = [
    "segment",
    "customers",
    "share %",
    "median days since",
    "median purchase days",
    "median spend",
    "total spend",
]
MOVE_HEADS = ["from", "to", "customers"]
AUDIENCE_HEADS = ["offer", "channel", "to contact", "held out", "likely %", "expected value"]
BARRED_HEADS = ["rule", "why not", "somewhere", "everywhere"]
CAMPAIGN_HEADS = [
    "campaign",
    "contacted",
    "won",
    "held out",
    "won by itself",
    "cost",
    "cost per won",
    "won by contact",
    "95 % interval",
    "cost per that",
]
MODEL_HEADS = [
    "model",
    "kind",
    "decision",
    "AUC",
    "95 % interval",
    "baseline",
    "champion before",
    "calibration error",
]
REJECT_HEADS = ["reason", "table", "found", "planted"]


def read_screen(settings: Settings) -> dict[str, Any]:
    """Ask the marts what the last screen shows.

    Args:
        settings: The demo's settings.

    Returns:
        Segments and moves, changes of customers, audiences, campaigns, models, and rejected rows.
    """
    from loaders import answers, report  # noqa: PLC0415 - help must not wait for it
    from loaders.warehouse import open_warehouse  # noqa: PLC0415

    listing: Path = settings.landing / LISTING
    with open_warehouse(settings) as warehouse:
        built = report.last_build_day(warehouse)
        return {
            "segments": report.segment_sizes(warehouse),
            "moves": answers.segment_moves(warehouse, built) if built else [],
            "versions": report.version_counts(warehouse),
            "changes": report.customer_changes(warehouse),
            "audiences": answers.audiences(warehouse),
            "barred": answers.barred(warehouse),
            "campaigns": answers.campaign_costs(warehouse),
            "models": answers.model_runs(warehouse),
            "rejected": report.rejected(warehouse, listing),
        }


def render_screen(to: Console, screen: dict[str, Any]) -> None:
    """Print the last screen for people.

    Args:
        to: Where.
        screen: What `read_screen` gave.
    """
    _render_segments(to, screen)
    _render_audiences(to, screen)
    _render_campaigns(to, screen["campaigns"])
    _render_models(to, screen["models"])
    to.print()
    rows = _rows(screen["rejected"])
    to.print(table("What was rejected, beside what was planted", REJECT_HEADS, rows, numbers=2))


def _rows(found: list[dict[str, Any]]) -> list[list[object]]:
    return [list(row.values()) for row in found]


def _render_segments(to: Console, screen: dict[str, Any]) -> None:
    title = "Segments: purchases of the last 12 months"
    to.print(table(title, SEGMENT_HEADS, _rows(screen["segments"]), numbers=6))
    to.print()
    moves, shown = screen["moves"], screen["moves"][:SHOWN]
    title = f"How customers moved in the last 90 days: the {len(shown)} most frequent of {len(moves)} ways"
    to.print(table(title, MOVE_HEADS, _rows(shown), numbers=1))
    to.print()
    versions = screen["versions"]
    title = (
        f"How customers changed: {versions['versions']:,} versions of {versions['customers']:,} customers, "
        f"{versions['left_the_bank']:,} left"
    )
    to.print(table(title, ["attribute", "changes", "customers"], _rows(screen["changes"]), numbers=2))


def _render_audiences(to: Console, screen: dict[str, Any]) -> None:
    to.print()
    members = screen["audiences"]
    asked = sum(row["to_contact"] for row in members)
    held = sum(row["held_out"] for row in members)
    shown = members[:SHOWN]
    title = f"Whom to contact: {asked:,} customers, {held:,} held out"
    if len(shown) < len(members):
        title += f"; the {len(shown)} of {len(members)} offers by channel that promise most"
    to.print(table(title, AUDIENCE_HEADS, _rows(shown), numbers=4))
    to.print()
    wholly = sum(row["wholly"] for row in screen["barred"])
    title = f"Whom not: {wholly:,} customers may not be contacted about anything"
    to.print(table(title, BARRED_HEADS, _rows(screen["barred"]), numbers=2))


def _render_campaigns(to: Console, campaigns: list[dict[str, Any]]) -> None:
    to.print()
    complete = [row for row in campaigns if row["is_outcome_complete"]]
    rows = [
        [
            row["campaign_name"],
            row["contacts"],
            row["conversions"],
            row["holdout_customers"],
            row["holdout_conversions"],
            row["total_cost"],
            row["cost_per_conversion"],
            row["incremental_conversions"],
            _interval(row["incremental_conversions_low"], row["incremental_conversions_high"], 1),
            row["cost_per_incremental_conversion"],
        ]
        for row in complete[:SHOWN]
    ]
    title = f"What a customer costs: the latest {len(rows)} of {len(complete)} campaigns that are over"
    to.print(table(title, CAMPAIGN_HEADS, rows, numbers=9))
    to.print("won by contact: conversions beyond the share of the hold-out; empty cost: none beyond it")


def _render_models(to: Console, models: list[dict[str, Any]]) -> None:
    to.print()
    rows = [
        [
            row["model_name"],
            row["candidate"],
            row["decision"],
            f"{row['auc']:.3f}",
            _interval(row["auc_low"], row["auc_high"], 3),
            f"{row['baseline_auc']:.3f}",
            f"{row['champion_auc']:.3f}" if row["champion_auc"] is not None else "",
            f"{row['calibration_error']:.4f}",
        ]
        for row in models
    ]
    if not rows:
        to.print("No model was trained yet.")
        return
    to.print(table("How good the models are", MODEL_HEADS, rows, numbers=5))
    for row in models:
        cut = f"best cut: the {row['best_share']:.0%} that promise most, worth {cell(row['money'])}"
        to.print(escape(f"{row['model_name']} {row['decision']}: {row['reason']}; {cut}"), soft_wrap=True)


def _interval(low: Decimal | None, high: Decimal | None, digits: int) -> str:
    return "" if low is None or high is None else f"{low:.{digits}f} to {high:.{digits}f}"
