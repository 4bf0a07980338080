"""The loader: takes one file at a time through check, staging, lake and commit, each whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

import duckdb

from loaders import errors, lake
from loaders.contract import TableContract
from loaders.errors import (
    BankmartError,
    EmptyFileError,
    HeaderOnlyError,
    IncompleteFileError,
    InputFileError,
)
from loaders.guard import Guard
from loaders.ledger import Load, utc_now
from loaders.mapping import Mapping
from loaders.settings import Settings
from loaders.sources.csv_repair import close_with, unify_line_ends
from loaders.sources.csv_text import Dialect, read_header, scan
from loaders.sources.files import InputFile, check_settled
from loaders.sources.plain import Plain, to_utf8, unpack
from loaders.stage import cards, erased, personal
from loaders.stage.deadline import deadline
from loaders.stage.drift import Fit, fit
from loaders.stage.parquet import parquet_rows
from loaders.stage.readers import END, Rows, csv_rows, format_of, json_rows
from loaders.stage.row_sql import CUT_MACRO
from loaders.stage.run import Stage
from loaders.warehouse import Warehouse

Status = Literal["loaded", "already_loaded", "failed"]


@dataclass(frozen=True)
class FileResult:
    """What became of a file."""

    file_name: str
    table: str
    file_date: date
    status: Status
    rows_in: int = 0
    rows_loaded: int = 0
    rows_dead: int = 0
    rows_erased: int = 0
    seconds: float = 0.0
    error: str | None = None
    exit_code: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class LoadReport:
    """What became of all files."""

    results: list[FileResult]
    later: list[InputFile] = field(default_factory=list)
    unmatched: list[Path] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rows_in(self) -> int:
        """Rows read."""
        return sum(result.rows_in for result in self.results)

    @property
    def rows_loaded(self) -> int:
        """Rows that reached their tables."""
        return sum(result.rows_loaded for result in self.results)

    @property
    def rows_dead(self) -> int:
        """Rows that became dead letters."""
        return sum(result.rows_dead for result in self.results)

    @property
    def rows_erased(self) -> int:
        """Rows of erased customers, left out."""
        return sum(result.rows_erased for result in self.results)

    @property
    def exit_code(self) -> int:
        """The highest exit code of a file, 0 if all went well."""
        return max((result.exit_code for result in self.results), default=0)


class Loader:
    """Loads files into an open warehouse."""

    def __init__(
        self, settings: Settings, mapping: Mapping, warehouse: Warehouse, scratch: Path | None = None
    ) -> None:
        """Keep what all files share; where a scratch folder is given, nothing goes to the lake."""
        self.settings = settings
        self.mapping = mapping
        self.warehouse = warehouse
        self.lake = lake.open_lake(settings)
        self._publishes = scratch is None
        self._scratch = scratch or self.lake.scratch
        self._count = 0

    def __enter__(self) -> Loader:
        """Open the connection that stages files and the folder for its scratch."""
        if self._publishes:
            self.warehouse.check_can_load()
            self.lake.check()
        self._scratch.mkdir(parents=True, exist_ok=True)
        _clear_scratch_of_the_dead(self._scratch)
        self.folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=self._scratch))
        self.connection = staging_connection(self.settings, self.folder)
        self.guard = Guard(self.settings, self.warehouse, self.connection, publishes=self._publishes)
        return self

    def __exit__(self, *_: object) -> None:
        """Close it and leave no raw text behind."""
        self.connection.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def load(self, file: InputFile) -> FileResult:
        """Load one file.

        Args:
            file: The file.

        Returns:
            What became of it; errors that a user can mend are told in it.
        """
        started = time.perf_counter()
        result = FileResult(file.name, file.table, file.file_date, "failed")
        try:
            with self.scratch() as folder:
                values = self._load(file, folder)
        except BankmartError as error:
            values = {"error": str(error), "exit_code": error.exit_code}
        except (OSError, duckdb.Error) as error:
            if errors.is_interruption(error):  # Ctrl-C, as DuckDB and Arrow tell it
                raise KeyboardInterrupt from error
            # What outgrows the memory that it was given is a fault of the file, not of bankmart.
            told, kind = f"{file.name}: {str(error).splitlines()[0]}", BankmartError
            if isinstance(error, duckdb.OutOfMemoryException):
                told, kind = f"{told}. Raise BANKMART_MEMORY_LIMIT, or have it split.", InputFileError
            values = {"error": told, "exit_code": kind.exit_code}
        return FileResult(**{**result.__dict__, **values, "seconds": time.perf_counter() - started})

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Give a folder for one file, gone when it is done."""
        self._count += 1
        folder = self.folder / str(self._count)
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _load(self, file: InputFile, folder: Path) -> dict[str, object]:
        started_at = utc_now()
        if file.problem:
            raise file.problem
        contract = self.mapping.contracts[file.table]
        plain = unpack(file, folder, self.settings)
        if self.warehouse.is_loaded(contract, plain.sha256, file.file_date):
            return {"status": "already_loaded"}
        guard = self.guard.prepare(contract)
        with deadline(self.connection, self.settings.max_seconds, file.name):
            rows = self.rows(file, plain, folder)
            fitted = fit(rows.names, file.entry, contract, file.name)
            staged = Stage(self.connection, rows, fitted, folder, file.name).run()
        if not staged.rows_in:
            kind = HeaderOnlyError if rows.names and not rows.line_rows else EmptyFileError
            raise kind(f"{file.name} has no row.", hint="Ask the source whether that is meant.")
        check_settled(file)
        good = lake.parts_of(staged.good, staged.rows_loaded, self.settings.slices)
        dead = lake.parts_of(staged.dead, staged.rows_dead, self.settings.slices)
        facts = file.entry.fingerprint_data() | guard | staged.facts()
        mark = lake.fingerprint(facts, fitted.contract, self.settings.slices)
        key = lake.folder_key(fitted.contract, file.file_date, plain.sha256, mark)
        published = lake.publish(self.lake, key, good, dead, folder)
        load = Load(
            contract=fitted.contract,
            file_name=file.name,
            file_date=file.file_date,
            sha256=plain.sha256,
            mapping=self.mapping.name,
            rows_in=staged.rows_in,
            rows_loaded=staged.rows_loaded,
            rows_dead=staged.rows_dead,
            rows_erased=staged.rows_erased,
            erasures=self.guard.erasures,
            started_at=started_at,
            **asdict(published),
        )
        if self.warehouse.commit(load) is None:
            return {"status": "already_loaded"}
        return {"status": "loaded", "notes": _notes(fitted, contract), **load.counts()}

    def rows(self, file: InputFile, plain: Plain, folder: Path) -> Rows:
        """Give a file's rows as text.

        Args:
            file: The file.
            plain: Its content, decompressed.
            folder: Folder for copies.

        Returns:
            The rows as SQL.
        """
        layout, tag = file.entry.layout, str(self._count)
        with plain.path.open("rb") as stream:
            kind = format_of(layout, file.name, stream.read(64))
        if kind == "parquet":
            return parquet_rows(self.connection, plain.path, file.name)
        text = to_utf8(plain.path, layout.encoding, file.name, folder)
        if kind in ("json", "ndjson"):
            contract = self.mapping.contracts[file.table]
            paths = [r for plan in file.entry.plans(contract) for r in plan.references if r.startswith("$")]
            return json_rows(self.connection, text, paths, lines=kind == "ndjson", tag=tag, name=file.name)
        return self._csv_rows(file, text, folder, tag)

    def _csv_rows(self, file: InputFile, text: Path, folder: Path, tag: str) -> Rows:
        layout = file.entry.layout
        dialect, header = Dialect.of(layout), layout.header is not False
        names = read_header(text, dialect, file.name)
        if not header:
            names = list(layout.names or ())
        look = scan(text, dialect, file.name)
        if look.regular and look.open_at_end:
            raise IncompleteFileError(
                f"{file.name} ends within quotes: it is cut off, or a quote is never closed.",
                hint="Ask the source to deliver it again.",
            )
        if look.mixed_ends:
            text = unify_line_ends(text, dialect, folder)
        if not look.parallel:
            last = dialect.delimiter.join([END] * len(names)).encode()
            text = close_with(text, last, b"\n" if look.mixed_ends else look.line_end, folder)
        return csv_rows(text, names, dialect, look, header=header, tag=tag)


def _clear_scratch_of_the_dead(scratch: Path) -> None:
    """Remove what a killed load could not: raw text must not lie about."""
    for folder in scratch.iterdir():
        pid = folder.name.partition("-")[0]
        if pid.isdecimal() and not _is_alive(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def staging_connection(settings: Settings, folder: Path) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB in memory for staging, bounded by the settings.

    Args:
        settings: The settings.
        folder: Folder to which it may spill.

    Returns:
        The connection, with the macros that find card numbers.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": settings.memory_limit,
        "threads": settings.threads,
        "temp_directory": str(folder / "spill"),
    }
    connection = duckdb.connect(config=config)
    connection.execute("set timezone = 'UTC'; set enable_progress_bar = false")
    for macro in (*cards.MACROS, CUT_MACRO, personal.WITHOUT_EMAIL, erased.NO_TOKENS):
        connection.execute(macro)
    return connection


def _notes(fitted: Fit, contract: TableContract) -> tuple[str, ...]:
    notes = []
    if fitted.extra:
        notes.append(f"columns left out: {', '.join(fitted.extra)}")
    added = fitted.contract.columns[len(contract.columns) :]
    if added:
        notes.append(f"columns added: {', '.join(column.name for column in added)}")
    return tuple(notes)
