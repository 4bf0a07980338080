"""Mappings: how a foreign layout of files becomes the tables of the contracts, read from YAML."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from loaders.contract import Column, TableContract
from loaders.errors import MappingError
from loaders.expressions import check_expression
from loaders.patterns import FilePattern
from loaders.yaml_lines import LinedYaml

MAPPINGS_DIR = Path(__file__).parent / "mappings"
ISO_DATE = "%Y-%m-%d"
ISO_TIMESTAMPS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", ISO_DATE)

FileFormat = Literal["csv", "ndjson", "json", "parquet"]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


TextList = Annotated[list[str], BeforeValidator(_as_list)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Numbers(_Strict):
    """How numbers and empty values are written."""

    trim: bool | None = Field(None, description="Whether blanks around a value are dropped (default: true).")
    null_values: TextList | None = Field(
        None, description="Texts that mean no value (default: the empty one)."
    )
    decimal: str | None = Field(
        None, min_length=1, max_length=1, description="Decimal sign (default: a dot)."
    )
    thousands: str | None = Field(None, min_length=1, max_length=1, description="Sign between thousands.")
    currency: TextList | None = Field(None, description="Currency marks before or after an amount.")


class Layout(Numbers):
    """How a file is written."""

    format: FileFormat | None = Field(None, description="Default: by the file's name, else csv.")
    delimiter: str | None = Field(None, min_length=1, max_length=4)
    quote: str | None = Field(None, max_length=1, description="Empty for a file without quotes.")
    escape: str | None = Field(None, max_length=1, description="Default: the quote itself, doubled.")
    encoding: str | None = Field(None, description="Name of the encoding (default: utf-8).")
    header: bool | None = Field(None, description="Whether the first line names the columns (default: true).")
    names: list[str] | None = Field(None, description="Names of the columns of a file without a header.")


class ColumnSpec(Numbers):
    """Where the values of one column come from and how they are read."""

    source: str | None = Field(
        None, alias="from", description="Column of the file; for JSON also a path `$.a.b`."
    )
    value: str | None = Field(None, description="The same value for all rows.")
    expression: str | None = Field(None, description="SQL over the file's columns, all of them text.")
    map: dict[str, str] | None = Field(None, description="New value by old one.")
    default: str | None = Field(None, description="Value where there is none, or none in `map`.")
    formats: TextList | None = Field(
        None, alias="format", description="Formats of dates and times (strptime)."
    )
    card_number_check: bool | None = Field(None, description="False where a long number is no card number.")

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: object) -> object:
        if isinstance(data, str):
            return {"from": data}
        if isinstance(data, dict):
            return {"format" if key == "formats" else key: value for key, value in data.items()}
        return data

    @model_validator(mode="after")
    def _one_origin(self) -> ColumnSpec:
        if sum(origin is not None for origin in (self.source, self.value, self.expression)) > 1:
            raise ValueError("only one of from, value and expression")
        return self


class FileDate(_Strict):
    """How the day that a file speaks for is read from its name."""

    regex: str
    format: str = ISO_DATE


class FileEntry(Layout):
    """The files of one table."""

    pattern: str
    table: str
    file_date: date | FileDate | None = None
    columns: dict[str, ColumnSpec] | None = None
    others: Literal["by_name", "empty"] | None = Field(
        None, description="Columns not listed: of the same name in the file, or left empty."
    )
    ignore: list[str] = Field(default_factory=list, description="Columns of the file left out on purpose.")

    @property
    def by_name(self) -> bool:
        """Whether columns that the entry doesn't list come from the file by their name."""
        return (self.others or ("empty" if self.columns else "by_name")) == "by_name"


class MappingFile(_Strict):
    """A mapping as its file has it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    description: str
    file_date: date | None = None
    defaults: Layout = Layout()
    files: list[FileEntry] = Field(min_length=1)


class ColumnPlan(_Strict):
    """One column of the contract with all that is needed to fill it."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    target: Column
    spec: ColumnSpec
    references: tuple[str, ...]
    optional: bool

    def label(self) -> str:
        """Say where values come from."""
        if self.spec.value is not None:
            return f"= {self.spec.value}"
        nothing = f"(token of {self.target.token_of})" if self.target.token_of else "(empty)"
        return self.spec.source or self.spec.expression or nothing


class Entry:
    """A file entry bound to its mapping's defaults and to the contracts."""

    def __init__(self, raw: FileEntry, mapping: MappingFile, pattern: FilePattern, index: int) -> None:
        """Merge the defaults into the entry."""
        self.raw = raw
        self.index = index
        self.pattern = pattern
        self.file_date = raw.file_date or mapping.file_date
        own = raw.model_dump(include=set(Layout.model_fields), exclude_none=True)
        self.layout = Layout(**{**mapping.defaults.model_dump(exclude_none=True), **own})
        self.ignore = frozenset(name.lower() for name in raw.ignore)

    def plans(self, contract: TableContract) -> list[ColumnPlan]:
        """Plan each column of a contract, in the contract's order."""
        return [self._plan(column) for column in contract.columns]

    def _plan(self, column: Column) -> ColumnPlan:
        if column.token_of:
            return ColumnPlan(target=column, spec=ColumnSpec(), references=(), optional=True)
        spec = (self.raw.columns or {}).get(column.name)
        listed, spec = spec is not None, spec or ColumnSpec()
        if (spec.source, spec.value, spec.expression) == (None, None, None) and (listed or self.raw.by_name):
            spec = spec.model_copy(update={"source": column.name})
        inherited = self.layout.model_dump(include=set(Numbers.model_fields), exclude_none=True)
        spec = spec.model_copy(
            update={name: value for name, value in inherited.items() if getattr(spec, name) is None}
        )
        read = check_expression(spec.expression) if spec.expression else tuple(filter(None, [spec.source]))
        return ColumnPlan(target=column, spec=spec, references=read, optional=column.optional)

    def fingerprint_data(self) -> dict[str, Any]:
        """Give what decides how this entry reads a file."""
        entry = self.raw.model_dump(mode="json", exclude={"pattern", "file_date"})
        return {"entry": entry, "layout": self.layout.model_dump(mode="json")}


class Mapping:
    """A validated mapping: entries in order, the first that fits a file wins."""

    def __init__(self, raw: MappingFile, entries: list[Entry], contracts: dict[str, TableContract]) -> None:
        """Keep the parts."""
        self.name = raw.name
        self.description = raw.description
        self.entries = entries
        self.contracts = contracts

    def match(self, path: str) -> tuple[Entry, str, str] | None:
        """Find the entry for a file.

        Args:
            path: Path with forward slashes.

        Returns:
            The entry, its table and the part of the path that the pattern took, or None.
        """
        for entry in self.entries:
            if found := entry.pattern.match(path):
                return entry, found.table, found.tail
        return None


def list_mappings() -> list[Path]:
    """List the mapping files that come with bankmart."""
    return sorted(MAPPINGS_DIR.glob("*.yml"))


def load_mapping(name_or_path: str | Path, contracts: dict[str, TableContract]) -> Mapping:
    """Read and check a mapping.

    Args:
        name_or_path: Name of a mapping that comes with bankmart, or a path of a file.
        contracts: Contracts by `source.table`.

    Returns:
        The mapping.

    Raises:
        MappingError: It is missing or wrong; the text names the file and the line.
    """
    path = _find(str(name_or_path))
    try:
        document = LinedYaml(path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise MappingError(f"{path.name}, line {line}: {error.problem}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MappingError(f"{path.name}: {error}.") from error
    try:
        raw = MappingFile.model_validate(document.data)
    except ValidationError as error:
        raise MappingError(_explain(path, document, error), hint="Nothing was loaded.") from error
    return Mapping(raw, _bind(path, document, raw, contracts), contracts)


def _find(name_or_path: str) -> Path:
    shipped = {path.stem: path for path in list_mappings()}
    path = shipped.get(name_or_path, Path(name_or_path))
    if not path.is_file():
        raise MappingError(
            f"There is no mapping {name_or_path!r}.",
            hint=f"Give a file or one of {', '.join(sorted(shipped))}.",
        )
    return path


def _explain(path: Path, document: LinedYaml, error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        where = ".".join(str(part) for part in problem["loc"])
        lines.append(f"{path.name}, line {document.line(problem['loc'])}: {where}: {problem['msg']}.")
    return "\n".join(dict.fromkeys(lines))


def _bind(
    path: Path, document: LinedYaml, raw: MappingFile, contracts: dict[str, TableContract]
) -> list[Entry]:
    entries = []
    for index, file_entry in enumerate(raw.files):

        def fail(problem: str, *steps: str | int, at: int = index) -> MappingError:
            line = document.line(("files", at, *steps))
            return MappingError(f"{path.name}, line {line}: {problem}.")

        try:
            pattern = FilePattern(file_entry.pattern, file_entry.table, sorted(contracts))
        except ValueError as error:
            raise fail(str(error), "pattern") from error
        if not pattern.tables:
            raise fail(f"no contract is named {file_entry.table!r}", "table")
        if file_entry.columns and len(pattern.tables) > 1:
            raise fail("columns need one table, not a placeholder", "columns")
        entry = Entry(file_entry, raw, pattern, index)
        _check_columns(entry, contracts[pattern.tables[0]], fail)
        entries.append(entry)
    return entries


def _check_columns(entry: Entry, contract: TableContract, fail: Callable[..., MappingError]) -> None:
    for name, spec in (entry.raw.columns or {}).items():
        if name not in contract.column_by_name or contract.column_by_name[name].token_of:
            raise fail(f"{contract.full_name} has no column {name!r}", "columns", name)
        if spec.expression is not None:
            try:
                check_expression(spec.expression)
            except ValueError as error:
                raise fail(f"expression of {name}: {error}", "columns", name, "expression") from error
    if not entry.raw.by_name:
        listed = set(entry.raw.columns or {})
        for column in contract.columns:
            if not column.nullable and column.name not in listed:
                raise fail(f"{contract.full_name} needs the column {column.name!r}", "columns")
    if entry.layout.header is False and not entry.layout.names and entry.layout.format in (None, "csv"):
        raise fail("a file without a header needs names", "header")
