"""What commands print: results on stdout as text or JSON, progress and messages on stderr."""

from __future__ import annotations

import functools
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from loaders.cli.failures import Failure, explain
from loaders.cli.interrupts import noting_interrupts

# Wide enough for any row: what is piped is read by grep, which knows no folded lines.
PIPED_WIDTH = 10_000
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Format(StrEnum):
    """How results are printed."""

    text = "text"
    json = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="Print results as text or as JSON.")]

P = ParamSpec("P")
R = TypeVar("R")


def console(*, stderr: bool = False) -> Console:
    """Give a console that doesn't cut lines when its output is piped.

    Args:
        stderr: For messages instead of results.

    Returns:
        The console; it knows NO_COLOR and terminals.
    """
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else PIPED_WIDTH, highlight=False)


def say(message: str) -> None:
    """Tell something on stderr, as it is.

    Args:
        message: The text.
    """
    console(stderr=True).print(escape(harmless(message)), soft_wrap=True)


def harmless(text: str) -> str:
    """Write a text of foreign origin so that it can't control the terminal.

    Args:
        text: Such as a message that quotes a file, or a row that was rejected.

    Returns:
        The text, with codes in place of control characters; line ends stay.
    """
    return CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def plain(value: object) -> object:
    """Turn a value into one that JSON has.

    Args:
        value: A date, path or decimal.

    Returns:
        A text or number.
    """
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value)


def emit(fmt: Format, payload: Mapping[str, object], render: Callable[[Console], None]) -> None:
    """Print a result once, as asked.

    Args:
        fmt: Text or JSON.
        payload: The result for programs.
        render: Prints the result for people.
    """
    if fmt is Format.json:
        print_json(payload)
    else:
        render(console())


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, numbers: int = 0) -> Table:
    """Lay out rows for people.

    Args:
        title: Above the table.
        columns: Headings.
        rows: The values.
        numbers: How many of the last columns are numbers.

    Returns:
        The table.
    """
    result = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    result.min_width = len(title)
    for index, name in enumerate(columns):
        is_number = index >= len(columns) - numbers
        result.add_column(name, justify="right" if is_number else "left", overflow="fold", no_wrap=is_number)
    for row in rows:
        result.add_row(*(escape(cell(value)) for value in row))
    return result


def cell(value: object) -> str:
    """Write a value as people read it.

    Args:
        value: The value.

    Returns:
        The text: empty for nothing, thousands set apart.
    """
    if value is None:
        return ""
    if isinstance(value, (float, Decimal)):
        return f"{value:,.2f}"
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return f"{value:,}" if is_number else harmless(str(value)).replace("\n", "\\n")


def counted(number: int, noun: str) -> str:
    """Count things in words.

    Args:
        number: How many.
        noun: What one of them is called.

    Returns:
        Such as `1 file` or `1,200 files`.
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def about(file_name: str, error: str) -> str:
    """Name a file before its error, unless the error does.

    Args:
        file_name: The file.
        error: What went wrong.

    Returns:
        A text that names the file once.
    """
    return error if error.startswith(file_name) else f"{file_name}: {error}"


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on stderr while long work runs, if that is a terminal.

    Yields:
        A function that takes what is under way, how much is done, and of how much (0 if unknown).
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    err = console(stderr=True)
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda label, done, total: bar.update(
            task, description=escape(label), completed=done, total=total or None
        )


def command(function: Callable[P, R]) -> Callable[P, R]:
    """Turn the errors that a user can mend into one message and an exit code.

    Args:
        function: The command.

    Returns:
        The command that never ends in a traceback for them.
    """

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with noting_interrupts():
                return function(*args, **kwargs)
        except (Exception, KeyboardInterrupt) as error:
            failure = explain(error)
            if failure is None:
                raise
            if kwargs.get("fmt") == Format.json:
                print_json(failure.payload() | getattr(error, "done_before", {}))
            print_failure(failure)
            raise typer.Exit(failure.exit_code) from error

    return wrapped


def print_failure(failure: Failure) -> None:
    """Tell on stderr what went wrong and what to do.

    Args:
        failure: What went wrong.
    """
    err = console(stderr=True)
    err.print(f"[bold red]Error:[/] {escape(harmless(failure.message))}", soft_wrap=True)
    if failure.hint:
        err.print(escape(failure.hint), soft_wrap=True)


def print_json(payload: Mapping[str, object]) -> None:
    """Print the one JSON document of a command.

    Args:
        payload: What it says.
    """
    text = json.dumps(payload, default=plain, indent=2, ensure_ascii=False)
    # The name of a file may be bytes that are no UTF-8.
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode() + "\n")
