"""What went wrong, as one message that a user can act on."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from loaders.errors import BankmartError, LockedError, is_interruption

SETTINGS_EXIT_CODE = 2
INTERRUPTED_EXIT_CODE = 130


@dataclass(frozen=True)
class Failure:
    """What went wrong, what to do about it, and the exit code."""

    error: str
    message: str
    hint: str = ""
    exit_code: int = 1

    def payload(self) -> dict[str, object]:
        """Give it for programs."""
        return asdict(self)


def explain(error: BaseException) -> Failure | None:
    """Say in a message what a user can mend.

    Args:
        error: Whatever ended a command.

    Returns:
        The message; nothing for an error of the program itself, which needs its traceback.
    """
    if isinstance(error, BankmartError):
        return Failure(type(error).__name__, error.message, error.hint, error.exit_code)
    if is_interruption(error):
        hint = "What was committed stays; the same command again goes on from there."
        return Failure("Interrupted", "Stopped.", hint, INTERRUPTED_EXIT_CODE)
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        hint = "Make room, also for temporary files (TMPDIR); the same command again goes on from there."
        return Failure(type(error).__name__, f"The disk is full: {error.strerror}.", hint)
    if isinstance(error, OSError) and error.filename and not isinstance(error, BrokenPipeError):
        hint = "Is the path right, and may this user read and write there?"
        return Failure(type(error).__name__, f"{error.filename}: {error.strerror}.", hint)
    package = type(error).__module__.partition(".")[0]
    if package == "pydantic_core":
        return _of_settings(error)
    return _of_duckdb(error) if package in {"duckdb", "_duckdb"} else None


def _of_settings(error: BaseException) -> Failure:
    from pydantic import ValidationError  # noqa: PLC0415 - only where it is raised

    items = error.errors() if isinstance(error, ValidationError) else []
    text = "; ".join(
        f"BANKMART_{'_'.join(map(str, item['loc'])).upper()}{_given(item)}: {item['msg']}" for item in items
    )
    return Failure("SettingsError", text, "Mend the variable or .env.", SETTINGS_EXIT_CODE)


def _given(item: Mapping[str, object]) -> str:
    # A key or a password must not be told, not even a wrong one.
    secret = any(word in str(item["loc"]).lower() for word in ("key", "password", "secret"))
    return "" if secret else f"={item['input']}"


def _of_duckdb(error: BaseException) -> Failure:
    from loaders.lock import locked_by_program  # noqa: PLC0415 - only where DuckDB is in use

    if program := locked_by_program(error):
        hint = "Close it there, then run this again."
        return Failure(
            "LockedError", f"Another program has the database open: {program}.", hint, LockedError.exit_code
        )
    return Failure(type(error).__name__, f"DuckDB: {error}", "What was committed before stays.")
