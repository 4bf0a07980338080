"""The target of profiles.yml, rendered as dbt does, so that loader and dbt go to the same place."""

from __future__ import annotations

import os
from typing import Any

import jinja2
import yaml

from loaders.errors import TargetError
from loaders.settings import Settings

DEFAULT = {"type": "duckdb"}


def read_target(settings: Settings) -> dict[str, Any]:
    """Read the target that the settings name.

    Args:
        settings: The settings; what they say is what the variables in profiles.yml stand for.

    Returns:
        The target's keys and values, as texts; a DuckDB where the project has no profiles.yml.

    Raises:
        TargetError: profiles.yml lacks the target, or asks for a variable that is not set.
    """
    path = settings.project_dir / "profiles.yml"
    if not path.exists():
        return dict(DEFAULT)
    outputs = yaml.safe_load(path.read_text("utf-8"))["bankmart"]["outputs"]
    if settings.target not in outputs:
        raise TargetError(
            f"BANKMART_TARGET={settings.target}: profiles.yml has no such target.",
            hint=f"Give one of {', '.join(outputs)}.",
        )
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701 - no HTML
    variables = os.environ | settings.dbt_env()

    def env_var(name: str, default: str | None = None) -> str:
        value = variables.get(name, default)
        if value is None:
            raise TargetError(f"profiles.yml needs the variable {name}.", hint="Set it, or put it into .env.")
        return value

    # dbt turns texts into numbers and truths by these; here pydantic does.
    environment.filters |= dict.fromkeys(("as_number", "as_bool", "as_text"), lambda value: value)
    return {
        key: environment.from_string(value).render(env_var=env_var) if isinstance(value, str) else value
        for key, value in outputs[settings.target].items()
    }
