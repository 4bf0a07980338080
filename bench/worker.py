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
from bench.nightly import measure


def main() -> None:
    """Run `worker load WAY CSV` or `worker nightly BANK`."""
    match sys.argv[1:]:
        case ["load", way, csv]:
            result = _load(way, Path(csv))
        case ["nightly", bank]:
            result = measure(Path(bank), CACHE / "nightly")
        case _:
            raise SystemExit("worker load WAY CSV | worker nightly BANK")
    print(json.dumps(result | {"peak_mb": _peak_mb()}))


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


def _peak_mb() -> float:
    """Peak of this process alone: getrusage would count what the parent held when it forked."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024


if __name__ == "__main__":
    main()
