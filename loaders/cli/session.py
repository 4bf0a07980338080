"""The settings of a command, checked, and the warehouse held for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from loaders.cli.failures import SETTINGS_EXIT_CODE
from loaders.errors import BankmartError

if TYPE_CHECKING:
    from loaders.settings import Settings


class TargetError(BankmartError):
    """BANKMART_TARGET names no target, or one that the loader can't write to."""

    exit_code = SETTINGS_EXIT_CODE


@contextmanager
def session(command: str, settings: Settings | None = None) -> Iterator[Settings]:
    """Hold the warehouse that the settings name.

    Args:
        command: What is done, for others who wait.
        settings: The settings; by default those of the environment.

    Yields:
        The settings.
    """
    from loaders.lock import warehouse_lock  # noqa: PLC0415 - brings DuckDB, which help must not wait for
    from loaders.settings import get_settings  # noqa: PLC0415

    settings = settings or get_settings()
    check_target(settings)
    with warehouse_lock(settings, command):
        yield settings


def check_target(settings: Settings) -> None:
    """Refuse a target that isn't DuckDB, before anything goes to another database than the user means.

    Args:
        settings: The settings.

    Raises:
        TargetError: profiles.yml lacks the target, or it is of another engine.
    """
    import yaml  # noqa: PLC0415

    profiles = settings.project_dir / "profiles.yml"
    if not profiles.exists():
        return
    outputs = yaml.safe_load(profiles.read_text("utf-8"))["bankmart"]["outputs"]
    if settings.target not in outputs:
        raise TargetError(
            f"BANKMART_TARGET={settings.target}: profiles.yml has no such target.",
            hint=f"Give one of {', '.join(outputs)}.",
        )
    engine = outputs[settings.target]["type"]
    if engine != "duckdb":
        raise TargetError(
            f"BANKMART_TARGET={settings.target}: bankmart can load and build on DuckDB alone so far, "
            f"not on {engine}. Nothing was done.",
            hint="Unset BANKMART_TARGET, or set it to dev.",
        )
