"""`bankmart eligibility`: may we contact a customer?"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from loaders.cli.loading import DAY, day
from loaders.cli.output import Format, FormatOption, command, emit, harmless, table
from loaders.cli.session import session

if TYPE_CHECKING:
    from loaders.eligibility import Answer

HEADS = ["channel", "product", "may we", "rule", "why not"]


@command
def eligibility(
    customer: Annotated[str, typer.Argument(help="Number of the customer.")],
    *,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=DAY, metavar="DAY", help="Day that is asked about; by default that of the last build."
        ),
    ] = None,
    channel: Annotated[str | None, typer.Option(help="Only through this channel.")] = None,
    product: Annotated[str | None, typer.Option(metavar="CODE", help="Only about this product.")] = None,
    fmt: FormatOption = Format.text,
) -> None:
    """Tell whether a customer may be contacted, and if not the first rule that forbids it.

    Asks the rules of the mart contact_eligibility with what was known on a day, up to that of the last build.

    For example:

        bankmart eligibility 1000042

        bankmart eligibility 1000042 --as-of 2025-06-30 --channel email --product CD --format json
    """
    from loaders.eligibility import ask  # noqa: PLC0415 - help must not wait for it

    with session("bankmart eligibility") as settings:
        answer = ask(settings, customer, day(as_of), channel=channel, product=product)
    payload: dict[str, Any] = {"customer_id": customer, "as_of": answer.as_of, "answers": answer.rows}
    emit(fmt, payload, lambda to: _render(to, customer, answer))


def _render(to: Console, customer: str, answer: Answer) -> None:
    rows = [
        [
            row["channel"],
            row["product_code"],
            "yes" if row["is_eligible"] else "no",
            row["refused_by"],
            row["description"],
        ]
        for row in answer.rows
    ]
    to.print(table(f"May we contact {escape(harmless(customer))} on {answer.as_of}?", HEADS, rows))
