"""The settings of a command, and the warehouse held for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loaders.settings import Settings


@contextmanager
def session(command: str, settings: Settings | None = None) -> Iterator[Settings]:
    """Hold the warehouse that the settings name.

    Args:
        command: What is done, for others who wait.
        settings: The settings; by default those of the environment.

    Yields:
        The settings.
    """
    from loaders.settings import get_settings  # noqa: PLC0415 - help must not wait for them
    from loaders.warehouse import hold_warehouse  # noqa: PLC0415

    settings = settings or get_settings()
    with hold_warehouse(settings, command):
        yield settings
