"""Prove loading under fire: `python -m tests.chaos`, or one trial again with --seed, --engine and --step."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console

from tests.chaos.campaign import ENGINES, Play, Range, in_turn
from tests.chaos.cutter import UNSENT
from tests.chaos.trials import Trial, payload, render

WORKERS = 2
UNSENT_TRIALS = 2
FAULT_TURNS = 2
CRASHES = 3


def main() -> int:
    """Run what the arguments ask for; the exit code is 1 where a promise was broken."""
    arguments = _parser().parse_args()
    started = time.perf_counter()
    folder = Path(tempfile.mkdtemp(prefix="chaos-", dir=arguments.keep))
    engines = ENGINES if arguments.engine == "all" else (arguments.engine,)
    with ThreadPoolExecutor(len(engines)) as pool:
        done = list(pool.map(lambda engine: _run(engine, folder / engine, arguments), engines))
    trials = [trial for own, _ in done for trial in own]
    idle = [name for _, names in done for name in names]
    _report(trials, idle, time.perf_counter() - started, arguments.format)
    broken = any(trial.violations for trial in trials)
    if not broken:
        shutil.rmtree(folder)
    return int(broken or bool(idle))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=500, help="how many, over all engines")
    parser.add_argument("--cuts", type=int, default=100, help="connections cut after COMMIT was sent")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=[*ENGINES, "all"], default="all")
    parser.add_argument("--step", default="", help="play this trial alone, once")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    parser.add_argument("--keep", default=None, help="folder in which trials with findings stay")
    return parser


def _run(engine: str, folder: Path, arguments: argparse.Namespace) -> tuple[list[Trial], list[str]]:
    """Play one engine's trials; give them, and the names of those that never hit anything."""
    with Range(engine, folder) as field:
        trials = list(_told(_played(field, arguments)))
        names = [arguments.step] if arguments.step else list(field.trials())
    hit = {name for trial in trials for name in trial.blows if trial.blows[name]}
    return trials, [f"{engine}: {name}" for name in names if name not in hit]


def _played(field: Range, arguments: argparse.Namespace) -> Iterator[Trial]:
    if arguments.step:
        yield field.trials()[arguments.step](arguments.seed)
        return

    def turns(
        plays: dict[str, Play], enough: Callable[[Trial], bool], workers: int = WORKERS
    ) -> Iterator[Trial]:
        return in_turn(plays, arguments.seed, enough, workers) if plays else iter(())

    share = len(ENGINES) if arguments.engine == "all" else 1
    cuts = field.cuts()
    unsent = {name: cuts.pop(name) for name in list(cuts) if name.endswith(UNSENT)}
    yield from turns(field.kills(), _blows(-(-arguments.kills // share)))
    yield from turns(field.races(), _trials(len(field.races())), 1)
    yield from turns(cuts, _blows(arguments.cuts))
    yield from turns(unsent, _trials(UNSENT_TRIALS))
    yield from turns(field.faults(), _trials(FAULT_TURNS * len(field.faults())))
    yield from turns(field.crashes(), _trials(CRASHES), 1)


def _blows(wanted: int) -> Callable[[Trial], bool]:
    counted = [0]

    def enough(trial: Trial) -> bool:
        counted[0] += trial.blows.total()
        return counted[0] >= wanted

    return enough


def _trials(wanted: int) -> Callable[[Trial], bool]:
    counted = [0]

    def enough(_: Trial) -> bool:
        counted[0] += 1
        return counted[0] >= wanted

    return enough


def _told(trials: Iterator[Trial]) -> Iterator[Trial]:
    """Tell of each trial as it ends: the whole takes minutes."""
    for trial in trials:
        words = "; ".join(map(str, trial.violations)) or "ok"
        blows = ", ".join(f"{name} {count}" for name, count in trial.blows.items())
        sys.stderr.write(
            f"{trial.engine} {trial.name} seed {trial.seed}: {blows}, {trial.seconds:.1f} s: {words}\n"
        )
        yield trial


def _report(trials: Sequence[Trial], idle: Sequence[str], seconds: float, form: str) -> None:
    said = payload(trials, idle, seconds)
    if form == "json":
        sys.stdout.write(json.dumps(said, indent=2) + "\n")
        return
    console = Console(width=None if sys.stdout.isatty() else 132)
    console.print(render(trials))
    phases = ", ".join(f"{count} {phase}" for phase, count in said["phases"].items())
    if phases:
        console.print(f"Kills fell {phases} a step; {said['missed']} shots found nothing left to hit.")
    console.print(f"{seconds:,.0f} s.")
    for name in idle:
        console.print(f"[red]Never hit: {name}")
    for failed in said["failed"]:
        console.print(f"[red]{failed['again']}")
        for violation in failed["violations"]:
            console.print(f"    {violation[:500]}", markup=False)
    if not said["failed"] and not idle:
        console.print("Every promise held.")


if __name__ == "__main__":
    sys.exit(main())
