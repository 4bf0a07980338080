"""The generator's one entry: a bank of so many customers, as files of so many days."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from datetime import date
from pathlib import Path

from datagen import defects, truth
from datagen.exports import EXPORTS, FOLDERS
from datagen.model import GenerationReport, World
from datagen.simulate import Simulation
from datagen.writer import Writer

CHUNK = 25_000
OURS = re.compile(rf"({'|'.join(EXPORTS)})_\d{{4}}-\d{{2}}-\d{{2}}(_\d+)?\.csv")


def generate(
    out: Path,
    *,
    customers: int = 2000,
    days: int = 14,
    seed: int = 7,
    start: date = date(2026, 1, 1),
    history_days: int = 365,
    months: int | None = None,
) -> GenerationReport:
    """Write the files of a made-up bank into `out`; the same arguments write the same bytes.

    Args:
        out: Folder for a folder a source, for the list of planted defects and for `_truth/`, which the loader
            leaves alone. Files of an earlier run in it are replaced.
        customers: Customers over the whole time, those who join or leave on the way included.
        days: File days; each table has a file for a day, the slow ones one a week.
        seed: Another seed makes another bank.
        start: Day of the first daily files.
        history_days: How far back the events in the first daily files reach, where `months` isn't given.
        months: So many calendar months before that of `start` come as a file each, dated its last day.

    Returns:
        The files, the data rows of each table, the planted defects and the files of the truth.

    Raises:
        ValueError: A size is not positive.
        FileExistsError: `out` holds files that this generator didn't write.
    """
    began = time.monotonic()
    world = World(customers, days, seed, start, history_days=history_days, months=months)
    _clear(out)
    with tempfile.TemporaryDirectory(prefix="datagen-") as scratch:
        writer, known = Writer(out, Path(scratch), world), truth.Truth(out, world)
        try:
            simulation = Simulation(world, writer, known)
            for number, first in enumerate(range(0, customers, CHUNK)):
                simulation.live(number, min(CHUNK, customers - first))
            planted, copies, added = defects.plant(out, world, writer)
        finally:
            writer.close()
            known.close()
    files = sorted([*writer.files, *copies])
    rows = dict(writer.rows + added)
    return GenerationReport(out, tuple(files), rows, planted, time.monotonic() - began, tuple(known.files))


def _clear(out: Path) -> None:
    """Remove the files of an earlier run, never anybody else's."""
    found = [path for folder in FOLDERS for path in sorted((out / folder).glob("*"))]
    foreign = [path for path in found if not OURS.fullmatch(path.name)]
    if foreign or (found and not (out / defects.LISTING).exists()):
        raise FileExistsError(f"{out} holds files that this generator didn't write: {(foreign or found)[0]}")
    for path in found:
        path.unlink()
    for folder in (truth.FOLDER, defects.DRIFTED):
        shutil.rmtree(out / folder, ignore_errors=True)
    for folder in FOLDERS:
        (out / folder).mkdir(parents=True, exist_ok=True)
    # stands from the beginning, so that a run that was cut off is known as ours
    (out / defects.LISTING).write_bytes(b"")
