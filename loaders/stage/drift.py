"""Whether a file has the columns of its contract, and what its policy makes of those it has beyond them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from loaders.contract import IDENTIFIER, Column, TableContract
from loaders.errors import SchemaDriftError
from loaders.mapping import ColumnPlan, ColumnSpec, Entry

EXTRA_TYPE = "varchar(65535)"
MAX_TABLE_COLUMNS = 1_595  # Redshift's 1,600 less what the loader adds
OWN = "~"  # begins the names of the loader's own columns beside those of a file
SHOWN = 10  # names in a message
SHOWN_LENGTH = 63
PRIVATE = re.compile(r"[0-9](?:[ -]?[0-9]){5,}|\S*@\S*")


@dataclass(frozen=True)
class Fit:
    """How the columns of a file meet a contract.

    Attributes:
        contract: The contract, longer by the columns that its policy lets in.
        plans: A plan for each of its columns.
        extra: Columns of the file that are left out though the mapping doesn't say so.
    """

    contract: TableContract
    plans: tuple[ColumnPlan, ...]
    extra: tuple[str, ...] = ()


def fit(names: Sequence[str], entry: Entry, contract: TableContract, file_name: str) -> Fit:
    """Compare a file's columns with the contract.

    Args:
        names: The file's columns.
        entry: The mapping's entry.
        contract: The contract.
        file_name: Name of the file for messages.

    Returns:
        The fit.

    Raises:
        SchemaDriftError: A column is missing, extra or there twice; it is named.
    """
    lowered = {name.lower() for name in names}
    twice = [name for name, count in Counter(name.lower() for name in names).items() if count > 1]
    if twice:
        raise _drift(file_name, contract, f"has the column {_list(twice)} twice")
    if taken := [name for name in names if name.startswith(OWN)]:
        problem = f"has the column {_list(taken)}; such a name the loader keeps for itself"
        raise _drift(file_name, contract, problem)
    plans = tuple(_without_missing(plan, lowered) for plan in entry.plans(contract))
    used = {_top(reference) for plan in plans for reference in plan.references}
    missing = [
        reference
        for plan in plans
        for reference in plan.references
        if not reference.startswith("$") and reference.lower() not in lowered
    ]
    extra = [name for name in names if name.lower() not in used | entry.ignore and not name.startswith("$")]
    if missing and len(extra) == len(names):
        problem = (
            f"has none of the columns of the contract, such as {_list(missing[:1])}, among its {len(names)}"
        )
        raise _drift(file_name, contract, f"{problem}; is its first line a header")
    if missing:
        renamed = f"; it has {_list(extra)} instead" if extra else ""
        raise _drift(file_name, contract, f"lacks the column {_list(dict.fromkeys(missing))}{renamed}")
    if extra and contract.columns_policy == "strict":
        raise _drift(file_name, contract, f"has the column {_list(extra)}, which the contract doesn't know")
    if extra and contract.columns_policy == "evolve":
        return _evolve(file_name, contract, plans, extra)
    return Fit(contract, plans, tuple(extra))


def _top(reference: str) -> str:
    return reference.removeprefix("$").lstrip(".").split(".")[0].split("[")[0].strip('"').lower() if (
        reference.startswith("$")
    ) else reference.lower()  # fmt: skip


def _without_missing(plan: ColumnPlan, lowered: set[str]) -> ColumnPlan:
    absent = [name for name in plan.references if not name.startswith("$") and name.lower() not in lowered]
    if not absent or not plan.optional or plan.spec.source is None:
        return plan
    return plan.model_copy(update={"references": ()})


def _evolve(
    file_name: str, contract: TableContract, plans: tuple[ColumnPlan, ...], extra: Sequence[str]
) -> Fit:
    if len(contract.columns) + len(extra) > MAX_TABLE_COLUMNS:
        problem = f"has {len(extra):,} columns more than the contract, over {MAX_TABLE_COLUMNS:,} in all"
        raise _drift(file_name, contract, problem)
    added = []
    for name in extra:
        column = Column(name.lower(), EXTRA_TYPE, optional=True, description="Added by a file.")
        own = column.name.startswith("_") or column.name == "file_row_number"
        if own or not IDENTIFIER.fullmatch(column.name):
            raise _drift(
                file_name, contract, f"has the column {_list([name])}, which is no name for a column"
            )
        plan = ColumnPlan(
            target=column, spec=ColumnSpec.model_validate({"from": name}), references=(name,), optional=True
        )
        added.append(plan)
    longer = replace(contract, columns=(*contract.columns, *(plan.target for plan in added)))
    return Fit(longer, (*plans, *added))


def retyped(file_name: str, contract: TableContract, column: str, failed: int, fine: int) -> SchemaDriftError:
    """Build the error for a column whose values have become something else.

    Args:
        file_name: Name of the file.
        contract: The contract.
        column: The column.
        failed: How many of its values fail to cast.
        fine: How many don't.

    Returns:
        The error.
    """
    wanted = (
        contract.column_by_name[column].data_type if column in contract.column_by_name else "another type"
    )
    return _drift(
        file_name, contract, f"has no {wanted} in the column {column!r}: {failed} of {failed + fine} fail"
    )


def _drift(file_name: str, contract: TableContract, problem: str) -> SchemaDriftError:
    return SchemaDriftError(
        f"{file_name} {problem} ({contract.full_name}, columns: {contract.columns_policy}).",
        hint="Mend the file, the mapping or the contract; nothing of the file was loaded.",
    )


def _list(names: Iterable[str]) -> str:
    # A file without a header has values in the place of names: long numbers are nobody's business.
    listed = list(names)
    shown = [repr(PRIVATE.sub("…", name[:SHOWN_LENGTH])) for name in listed[:SHOWN]]
    more = f" and {len(listed) - SHOWN:,} more" if len(listed) > SHOWN else ""
    return ", ".join(shown) + more
