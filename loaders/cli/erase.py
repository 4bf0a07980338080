"""`bankmart erase`: take a customer out of everything, for good."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from loaders.cli.output import Format, FormatOption, command, emit, progress_bar, table
from loaders.cli.session import session
from loaders.errors import BankmartError

if TYPE_CHECKING:
    from loaders.erase_books import Receipt


class NotConfirmedError(BankmartError):
    """Nobody said yes."""

    exit_code = 17


@command
def erase(
    customer: Annotated[str, typer.Argument(help="Number of the customer.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would go, write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    fmt: FormatOption = Format.text,
) -> None:
    """Erase a customer from tables, dead letters, history and the lake, and from every load to come.

    The same command goes on with an erasure that was stopped. `bankmart build` then counts the marts anew.

    For example:

        bankmart erase 1000042 --dry-run

        bankmart erase 1000042 --yes --format json
    """
    from loaders.erase import open_erasure  # noqa: PLC0415 - help must not wait for it

    with session("bankmart erase") as settings, open_erasure(settings, customer) as erasure:
        if dry_run:
            receipt = erasure.plan()
        else:
            if not yes:
                _confirm(erasure.plan())
            with progress_bar() as progress:
                receipt = erasure.run(progress)
    emit(fmt, asdict(receipt), lambda to: _render(to, receipt))


def _confirm(plan: Receipt) -> None:
    if plan.state == "done":
        return
    rows = sum(plan.rows.values())
    try:
        confirmed = typer.confirm(f"Erase {rows:,} rows in {len(plan.rows)} tables, for good?", err=True)
    except typer.Abort:
        # Nobody is there to ask.
        confirmed = False
    if not confirmed:
        raise NotConfirmedError("Nothing was erased.", hint="Say yes, or give --yes.")


def _render(to: Console, receipt: Receipt) -> None:
    counts = [[place, count] for place, count in (receipt.rows | receipt.blanked).items()]
    to.print(table(f"Erasure {receipt.state}", ["where", "rows or values"], counts, numbers=1))
    to.print(
        f"{receipt.objects_rewritten:,} folders of the lake written anew, "
        f"{receipt.objects_deleted:,} objects deleted.",
        soft_wrap=True,
    )
    to.print(f"{sum(receipt.tokens.values()):,} tokens are listed, so that no load brings them back.")
    to.print(f"Receipt {receipt.erasure_id}, customer {receipt.subject}.", markup=False, soft_wrap=True)
