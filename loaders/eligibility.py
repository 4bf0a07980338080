"""Whether a customer may be contacted on a day: the mart's own rules, asked for one customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from loaders.contract import load_contracts
from loaders.dbt import DbtProject
from loaders.errors import BankmartError
from loaders.report import last_build_day
from loaders.settings import Settings
from loaders.warehouse import Warehouse, open_warehouse

RULES = "{{ contact_eligibility_on(as_of()) }}"
UNKNOWN = "unknown_customer"


@dataclass(frozen=True)
class Answer:
    """What the rules say.

    Attributes:
        as_of: The day.
        rows: channel, product_code, is_eligible, refused_by and its description.
    """

    as_of: date
    rows: list[dict[str, Any]]


def ask(
    settings: Settings,
    customer_id: str,
    as_of: date | None = None,
    *,
    channel: str | None = None,
    product: str | None = None,
) -> Answer:
    """Ask whether a customer may be contacted.

    Args:
        settings: The settings.
        customer_id: The customer.
        as_of: The day; by default that of the last build.
        channel: Only through this channel.
        product: Only about this product.

    Returns:
        The answers; for a customer that the bank doesn't know a single no.

    Raises:
        BankmartError: Nothing is built, the day lies after the last build, or channel or product is unknown.
    """
    with open_warehouse(settings) as warehouse:
        warehouse.ensure_tables(load_contracts(settings.project_dir))
        day = _day(last_build_day(warehouse), as_of)
    rules = DbtProject(settings).compile(RULES, day)
    with open_warehouse(settings) as warehouse:
        rows = warehouse.query(
            f"""
            select asked.channel, asked.product_code, asked.is_eligible, asked.refused_by, rules.description
            from ({rules}) as asked
            left join reference.eligibility_rules as rules on asked.refused_by = rules.rule
            where asked.customer_id = $1
            order by asked.product_code, asked.channel
            """,  # noqa: S608 - the project's own SQL, as dbt compiled it
            [customer_id],
        )
        if not rows:
            return Answer(day, [_unknown(warehouse, channel, product)])
    for name, wanted in (("channel", channel), ("product_code", product)):
        _check_known(name, wanted, {row[name] for row in rows})
    return Answer(
        day,
        [row for row in rows if channel in {None, row["channel"]} and product in {None, row["product_code"]}],
    )


def _day(built: date | None, as_of: date | None) -> date:
    if built is None:
        raise BankmartError("Nothing is built yet, so nothing is known.", hint="Run `bankmart run` first.")
    if as_of and as_of > built:
        raise BankmartError(
            f"What was known on {as_of} isn't built yet; the last build was for {built}.",
            hint=f"Ask for {built} at most, or run `bankmart run` first.",
        )
    return as_of or built


def _unknown(warehouse: Warehouse, channel: str | None, product: str | None) -> dict[str, Any]:
    rules = warehouse.query("select description from reference.eligibility_rules where rule = $1", [UNKNOWN])
    return {
        "channel": channel or "any",
        "product_code": product or "any",
        "is_eligible": False,
        "refused_by": UNKNOWN,
        "description": rules[0]["description"],
    }


def _check_known(name: str, wanted: str | None, known: set[str]) -> None:
    if wanted is not None and wanted not in known:
        raise BankmartError(f"There is no {name} {wanted}.", hint=f"Give one of {', '.join(sorted(known))}.")
