"""The project's own errors: each says what happened, where and what to do, and has its exit code."""

from __future__ import annotations


class BankmartError(Exception):
    """Base of all errors that a user can mend.

    Attributes:
        exit_code: What the command line ends with.
        hint: What to do about it; part of the text of the error.
        done_before: What a command had done before, for its output as JSON.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        """Keep the message and the hint."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.done_before: dict[str, object] = {}

    def __str__(self) -> str:
        """Give what happened and what to do in one text."""
        return f"{self.message} {self.hint}".strip()


class ContractError(BankmartError):
    """A contract (source YAML) can't be read, or the warehouse disagrees with it."""

    exit_code = 3


class MappingError(BankmartError):
    """A mapping file is missing or wrong."""

    exit_code = 4


class InputFileError(BankmartError):
    """A file can't be loaded; nothing of it is."""

    exit_code = 5


class EmptyFileError(InputFileError):
    """A file without a byte."""

    exit_code = 6


class HeaderOnlyError(InputFileError):
    """A file with a header and no row."""

    exit_code = 7


class SchemaDriftError(InputFileError):
    """The columns of a file are not those of its contract."""

    exit_code = 8


class IncompleteFileError(InputFileError):
    """A file that is cut off or still being written."""

    exit_code = 9


class NothingToLoadError(BankmartError):
    """No file of a folder fits the mapping."""

    exit_code = 10


class LockedError(BankmartError):
    """Another bankmart holds the warehouse."""

    exit_code = 11


class BuildError(BankmartError):
    """The dbt run failed."""

    exit_code = 12


class LakeError(BankmartError):
    """The lake holds other bytes than it should, or can't be reached or written."""

    exit_code = 13

    @classmethod
    def other_bytes(cls, place: str) -> LakeError:
        """Give the alarm for an object that is there with another content.

        Args:
            place: Path or address of the object.

        Returns:
            The error.
        """
        return cls(
            f"The lake holds other bytes at {place}.",
            hint="Nothing was overwritten; remove that folder if no load uses it.",
        )


class TargetError(BankmartError):
    """BANKMART_TARGET names no target, or one that is not set up whole."""

    exit_code = 2


class WarehouseError(BankmartError):
    """The warehouse can't be reached, refused a statement, or counted other rows than the loader did."""

    exit_code = 14


def is_interruption(error: BaseException) -> bool:
    """Tell whether an error is Ctrl-C in disguise.

    DuckDB tells it as a RuntimeError or an InterruptException, Arrow as an OSError with DuckDB's text.

    Args:
        error: Any error.

    Returns:
        Whether a user stopped the program.
    """
    if isinstance(error, KeyboardInterrupt) or type(error).__name__ == "InterruptException":
        return True
    return isinstance(error, (RuntimeError, OSError)) and "Query interrupted" in str(error)
