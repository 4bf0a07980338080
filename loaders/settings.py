"""Settings: one frozen, typed object read from `BANKMART_*` variables and the project's `.env` file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from dotenv import dotenv_values
from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parent.parent
PASSED_ON = ("BANKMART_", "DBT_ENV_SECRET_")


class Settings(BaseSettings):
    """Where things are and how much of the machine may be used; relative paths start at `project_dir`."""

    model_config = SettingsConfigDict(
        env_prefix="BANKMART_", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    project_dir: Path = Field(PROJECT_ROOT, description="Folder of dbt_project.yml and profiles.yml.")
    duckdb_path: Path = Field(Path("data/bankmart.duckdb"), description="The warehouse's DuckDB file.")
    lake: Path = Field(Path("data/lake"), description="Folder of the Parquet parts and their manifests.")
    landing: Path = Field(Path("data/landing"), description="Folder in which files to load arrive.")
    dbt_target_path: Path = Field(Path("target"), description="Folder of what dbt compiles and records.")
    target: str = Field("dev", pattern=r"^[A-Za-z0-9_]+$", description="Target in profiles.yml.")
    threads: int = Field(2, ge=1, le=64, description="Threads of DuckDB's and dbt's work.")
    memory_limit: str = Field("4GB", pattern=r"^\d+(\.\d+)? ?[KMGT]i?B$", description="DuckDB's memory.")
    lock_timeout: float = Field(60.0, ge=0, description="Seconds to wait for another bankmart.")

    @model_validator(mode="after")
    def _resolve_paths(self) -> Self:
        project_dir = self.project_dir.expanduser().resolve()
        object.__setattr__(self, "project_dir", project_dir)
        for name in ("duckdb_path", "lake", "landing", "dbt_target_path"):
            object.__setattr__(self, name, project_dir / getattr(self, name).expanduser())
        return self

    def dbt_env(self) -> dict[str, str]:
        """Give the variables that profiles.yml reads: these settings, and what `.env` says beyond them.

        Returns:
            Names and values, for the environment in which dbt runs.
        """
        dotenv = dotenv_values(self.project_dir / ".env")
        passed_on = {
            name: value
            for name, value in dotenv.items()
            if value is not None and name.startswith(PASSED_ON) and name not in os.environ
        }
        own = {
            "BANKMART_TARGET": self.target,
            "BANKMART_DUCKDB_PATH": str(self.duckdb_path),
            "BANKMART_LAKE": str(self.lake),
            "BANKMART_LANDING": str(self.landing),
            "BANKMART_THREADS": str(self.threads),
            "BANKMART_MEMORY_LIMIT": self.memory_limit,
        }
        return passed_on | own


def get_settings() -> Settings:
    """Read the settings from the environment and the project's `.env` file.

    Returns:
        The settings; a variable of the environment wins over the file.

    Raises:
        pydantic.ValidationError: A value can't be what its setting means.
    """
    project_dir = Path(os.environ.get("BANKMART_PROJECT_DIR") or PROJECT_ROOT)
    return Settings(_env_file=project_dir / ".env")
