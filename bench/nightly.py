"""The nightly job at size, by stage: all months at once, one new day, and that day on half the history."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.stages import FIRST, NIGHT, bank_of, warehouse_of

Worker = Callable[..., dict[str, Any]]
Found = dict[str, dict[str, Any]]
GOAL_SHARE, GOAL_GROWTH = 0.1, 1.25
SLOWEST = 15
STAGES = {
    "generate": "generate",
    "load": "load",
    "history": "history, a day a month",
    "build": "build",
    "train": "train",
    "score": "score and write back",
    "build_on_scores": "build on the scores",
}


def measure(worker: Worker, customers: int, months: int, *, resume: bool = False) -> Found:
    """Run the stages of a bank's first day and of the night after it, each in a process of its own.

    Args:
        worker: Runs bench.worker with arguments.
        customers: How many customers.
        months: How many months before the first day.
        resume: Whether to go on behind the last stage that was measured, instead of anew.

    Returns:
        What each stage took, by run and stage.
    """
    bank = bank_of(customers, months)
    folder = warehouse_of(bank)
    notes = folder / "stages.json"
    if not resume:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    found: Found = json.loads(notes.read_text(encoding="utf-8")) if notes.exists() else {}
    stages = [
        ("first", "generate"),
        *(("first", name) for name in FIRST),
        *(("night", name) for name in NIGHT),
    ]
    for run, stage in stages:
        if stage in found.setdefault(run, {}):
            continue
        arguments = ("generate", customers, months) if stage == "generate" else ("stage", bank, run, stage)
        found[run][stage] = worker(*map(str, arguments))
        notes.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return found


def show(console: Console, found: Found, title: str) -> None:
    """Print the first day beside the night, by stage.

    Args:
        console: Where.
        found: What `measure` gave.
        title: What of.
    """
    table = Table(title=title)
    for head in (
        "",
        "all at once",
        "clock s",
        "CPU s",
        "peak MB",
        "one day",
        "clock s",
        "CPU s",
        "peak MB",
        "share",
    ):
        table.add_column(head, justify="left" if not head else "right")
    for stage, label in STAGES.items():
        first, night = found["first"].get(stage), found["night"].get(stage)
        part = f"{night['cpu'] / first['cpu']:.1%}" if first and night else ""
        table.add_row(label, *_cells(first), *_cells(night), part)
    console.print(table)
    ratio = total(found, "night") / total(found, "first")
    console.print(
        f"Without generating, training and history the night takes {ratio:.1%} of the first day's CPU time"
        f" (goal: at most {GOAL_SHARE:.0%}). {limit(ratio <= GOAL_SHARE)}"
    )
    for run, stages in found.items():
        for stage in ("build", "build_on_scores"):
            slowest = _most(stages[stage]["nodes"])
            console.print(f"Slowest nodes, {run}, {STAGES[stage]}: {slowest}", soft_wrap=True)


def show_growth(console: Console, less: Found, more: Found, months: tuple[int, int]) -> None:
    """Print the same night on two lengths of history side by side.

    Args:
        console: Where.
        less: What `measure` gave for the shorter.
        more: And for the longer.
        months: How long they are.
    """
    table = Table(title=f"One new day after {months[0]} and after {months[1]} months")
    for head in ("", f"CPU s, {months[0]}", f"CPU s, {months[1]}", "ratio", "peak MB", "peak MB"):
        table.add_column(head, justify="left" if not head else "right")
    for stage in NIGHT:
        one, two = less["night"][stage], more["night"][stage]
        peaks = (f"{night['peak_mb']:,.0f}" for night in (one, two))
        table.add_row(
            STAGES[stage], f"{one['cpu']:.1f}", f"{two['cpu']:.1f}", f"{two['cpu'] / one['cpu']:.2f}", *peaks
        )
    console.print(table)
    for stage in ("build", "build_on_scores"):
        before, after = (of["night"][stage]["nodes"] for of in (less, more))
        grown = {name: seconds - before.get(name, 0.0) for name, seconds in after.items()}
        console.print(f"Seconds more, {STAGES[stage]}: {_most(grown)}", soft_wrap=True)
    growth = total(more, "night") / total(less, "night")
    console.print(
        f"{months[1] / months[0]:.1f} times the history makes the night {growth:.2f} times as long"
        f" (goal: at most {GOAL_GROWTH}). {limit(growth <= GOAL_GROWTH)}"
    )


def total(found: Found, run: str) -> float:
    """CPU seconds of the stages that a night has."""
    return sum(found[run][stage]["cpu"] for stage in NIGHT)


def limit(kept: bool) -> str:
    """Whether a goal is reached, in a word."""
    return "[green]reached[/]" if kept else "[red]missed[/]"


def _most(seconds: dict[str, float]) -> str:
    most = sorted(seconds.items(), key=lambda item: -item[1])[:SLOWEST]
    return ", ".join(f"{name} {value:.1f}" for name, value in most)


def _cells(stage: dict[str, Any] | None) -> tuple[str, ...]:
    if stage is None:
        return "", "", "", ""
    counted = f"{stage['rows']:,} {stage['what']}"
    return counted, f"{stage['seconds']:.1f}", f"{stage['cpu']:.1f}", f"{stage['peak_mb']:,.0f}"
