"""Who is to be erased: the numbers and addresses that are the customer's alone, found by the contracts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loaders import sql
from loaders.contract import TOKEN_KINDS, Column, TableContract

Query = Callable[[str, Sequence[Any]], list[dict[str, Any]]]
# What a number may hang on where its row names no customer: the loan of an account, the card of a holder.
PARENTS = {"loan": "account", "card": "holder"}
DIRECT = ("account", "holder", "loan", "card", *TOKEN_KINDS)


@dataclass(frozen=True)
class Subject:
    """A customer, and by kind all that identifies nobody else."""

    ids: Mapping[str, frozenset[str]]

    def rows(self, contract: TableContract) -> tuple[str, list[str]]:
        """Write the condition for the rows of a table that are about the customer.

        Args:
            contract: The table.

        Returns:
            SQL and its parameters; the same rule as that of a load (`loaders.stage.erased`).
        """
        nobody = " and ".join(f"{sql.name(c.name)} is null" for c in _of_kind(contract, "customer"))
        conditions: list[str] = []
        params: list[str] = []
        for column in contract.columns:
            values = sorted(self.ids.get(column.identifies or "", ()))
            if values and column.erase == "row":
                alone = f" and {nobody}" if nobody and column.identifies in TOKEN_KINDS else ""
                conditions.append(f"({_is_one(column.name, values, len(params))}{alone})")
                params += values
        return " or ".join(conditions), params

    def blanks(self, contract: TableContract) -> Iterator[tuple[str, str, list[str]]]:
        """Write the conditions for values that name the customer in rows about somebody else.

        Args:
            contract: The table.

        Yields:
            The column, SQL and its parameters.
        """
        for column in contract.columns:
            values = sorted(self.ids.get(column.identifies or "", ()))
            if values and column.erase == "value":
                yield column.name, _is_one(column.name, values, 0), values


def find_subject(query: Query, contracts: Mapping[str, TableContract], customer: str) -> Subject:
    """Find what is a customer's alone.

    An account, holder, loan or card is, and an address or telephone number too, where no row of any table
    names it beside another customer. What is shared stays with the others: the joint account, its postings,
    the telephone of a household.

    Args:
        query: Asks the warehouse.
        contracts: Contracts of the raw tables.
        customer: The customer's number.

    Returns:
        The numbers and addresses by kind.
    """
    ids: dict[str, frozenset[str]] = {"customer": frozenset({customer})}
    for kind in DIRECT:
        linked: set[str] = set()
        shared: set[str] = set()
        for contract in contracts.values():
            for column in _own(contract, kind):
                linked |= _beside(query, contract, column, customer)
        for contract in contracts.values():
            for column in _own(contract, kind):
                shared |= _beside_others(query, contract, column, customer, sorted(linked))
        ids[kind] = frozenset(linked - shared)
    for kind, parent in PARENTS.items():
        for contract in contracts.values():
            for column in _own(contract, kind):
                ids[kind] |= _below(query, contract, column, parent, sorted(ids[parent]))
    return Subject(ids)


def _of_kind(contract: TableContract, kind: str) -> tuple[Column, ...]:
    return tuple(column for column in contract.columns if column.identifies == kind)


def _own(contract: TableContract, kind: str) -> tuple[Column, ...]:
    # The account of the other side of a posting is not the customer's.
    return tuple(column for column in _of_kind(contract, kind) if column.erase == "row")


def _is_one(name: str, values: Sequence[str], before: int) -> str:
    marks = ", ".join(f"${before + place}" for place in range(1, len(values) + 1))
    return f"{sql.name(name)} in ({marks})"


def _values(query: Query, contract: TableContract, name: str, condition: str, params: list[str]) -> set[str]:
    quoted = sql.name(name)
    found = query(
        f"select distinct {quoted} as value from {contract.relation}"  # noqa: S608
        f" where {quoted} is not null and ({condition})",
        params,
    )
    return {row["value"] for row in found}


def _beside(query: Query, contract: TableContract, column: Column, customer: str) -> set[str]:
    names = [sql.name(c.name) for c in _of_kind(contract, "customer")]
    if not names:
        return set()
    return _values(query, contract, column.name, " or ".join(f"{name} = $1" for name in names), [customer])


def _beside_others(
    query: Query, contract: TableContract, column: Column, customer: str, values: Sequence[str]
) -> set[str]:
    names = [sql.name(c.name) for c in _of_kind(contract, "customer")]
    if not names or not values:
        return set()
    others = " or ".join(f"{name} <> $1" for name in names)
    shared = _values(
        query,
        contract,
        column.name,
        f"({others}) and {_is_one(column.name, values, 1)}",
        [customer, *values],
    )
    return shared | _written_differently(query, contract, column, customer, others)


def _written_differently(
    query: Query, contract: TableContract, column: Column, customer: str, others: str
) -> set[str]:
    """Find values that another customer has too, but written in another way: by their tokens."""
    tokens = [sql.name(c.name) for c in contract.columns if c.token_of == column.name]
    names = [sql.name(c.name) for c in _of_kind(contract, "customer")]
    if not tokens:
        return set()
    token = tokens[0]
    mine = " or ".join(f"{name} = $1" for name in names)
    theirs = f"select {token} from {contract.relation} where {others}"  # noqa: S608
    return _values(query, contract, column.name, f"({mine}) and {token} in ({theirs})", [customer])


def _below(
    query: Query, contract: TableContract, column: Column, parent: str, values: Sequence[str]
) -> frozenset[str]:
    parents = _own(contract, parent)
    if not parents or not values:
        return frozenset()
    nobody = " and ".join(f"{sql.name(c.name)} is null" for c in _of_kind(contract, "customer")) or "true"
    condition = f"{_is_one(parents[0].name, values, 0)} and {nobody}"
    return frozenset(_values(query, contract, column.name, condition, list(values)))
