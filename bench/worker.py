"""One measurement in a process of its own, so that its peak of memory is its own: prints one line of JSON."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from bench.data import CACHE
from bench.loading import MODULES, WAYS
from bench.stages import generate, peak_mb, run_stage


def main() -> None:
    """Run `worker load WAY CSV`, `worker generate CUSTOMERS MONTHS` or `worker stage BANK RUN STAGE`."""
    match sys.argv[1:]:
        case ["load", way, csv]:
            result = _load(way, Path(csv))
        case ["generate", customers, months]:
            result = generate(int(customers), int(months))
        case ["stage", bank, run, stage]:
            result = run_stage(Path(bank), run, stage)
        case _:
            raise SystemExit(
                "worker load WAY CSV | worker generate CUSTOMERS MONTHS | worker stage BANK RUN STAGE"
            )
    print(json.dumps({"peak_mb": peak_mb()} | result))


def _load(way: str, csv: Path) -> dict[str, float]:
    folder = Path(tempfile.mkdtemp(dir=CACHE))
    for module in MODULES[way]:
        import_module(module)
    try:
        started = time.perf_counter()
        rows = WAYS[way](csv, folder)
        return {"seconds": time.perf_counter() - started, "rows": rows}
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
