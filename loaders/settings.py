"""Settings: one frozen, typed object read from `BANKMART_*` variables and the project's `.env` file."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Literal, Self

from dotenv import dotenv_values
from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parent.parent
PASSED_ON = ("BANKMART_", "DBT_ENV_SECRET_")
# dbt hides what is named so.
PASSWORD_VARIABLE = "DBT_ENV_SECRET_REDSHIFT_PASSWORD"  # noqa: S105  # pragma: allowlist secret
# Roles that are assumed one from the other are a list with commas and no blank.
IAM_ROLE = r"^(default|arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/:-]+)$"
S3_ADDRESS = r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_=-][A-Za-z0-9_.=-]*)*"


def _lake(value: object) -> Path | str:
    if isinstance(value, Path) or not str(value).startswith("s3:"):
        return Path(str(value))
    address = str(value).rstrip("/")
    if not re.fullmatch(S3_ADDRESS, address):
        raise ValueError("not s3://bucket/prefix of plain letters, digits, - _ = and .")
    return address


class Settings(BaseSettings):
    """Where things are and how much of the machine may be used; relative paths start at `project_dir`."""

    model_config = SettingsConfigDict(
        env_prefix="BANKMART_",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    project_dir: Path = Field(PROJECT_ROOT, description="Folder of dbt_project.yml and profiles.yml.")
    duckdb_path: Path = Field(Path("data/bankmart.duckdb"), description="The warehouse's DuckDB file.")
    lake: Annotated[Path | str, BeforeValidator(_lake)] = Field(
        Path("data/lake"), description="Where parts and manifests are: a folder, or s3://bucket/prefix."
    )
    landing: Path = Field(Path("data/landing"), description="Folder in which files to load arrive.")
    models: Path = Field(Path("data/models"), description="Folder of the registry of models.")
    retrain_days: int = Field(28, ge=1, description="Days after which a champion has to prove itself again.")
    dbt_target_path: Path = Field(Path("target"), description="Folder of what dbt compiles and records.")
    target: str = Field("dev", pattern=r"^[A-Za-z0-9_]+$", description="Target in profiles.yml.")
    threads: int = Field(2, ge=1, le=64, description="Threads of DuckDB's and dbt's work.")
    memory_limit: str = Field("4GB", pattern=r"^\d+(\.\d+)? ?[KMGT]i?B$", description="DuckDB's memory.")
    max_file_gb: float = Field(16.0, gt=0, description="Gigabytes that a compressed file may expand to.")
    max_ratio: int = Field(100, ge=1, description="Times that a compressed file over 16 MB may expand.")
    max_seconds: float = Field(3600.0, gt=0, description="Seconds that reading one file may take.")
    lock_timeout: float = Field(60.0, ge=0, description="Seconds to wait for another bankmart.")
    slices: int = Field(1, ge=1, le=4096, description="Slices of the cluster: parts are a multiple of it.")
    scratch: Path = Field(Path("data/scratch"), description="Folder to stage files in for a lake on S3.")
    s3_endpoint: str | None = Field(None, pattern=r"^https?://\S+$", description="Another S3 than AWS's.")
    aws_region: str | None = Field(
        None, pattern=r"^[a-z0-9-]+$", description="Region of the bucket; AWS's own settings by default."
    )
    kms_key: str | None = Field(None, description="KMS key (id, ARN or alias) of the lake's objects.")
    s3_attempts: int = Field(6, ge=1, le=20, description="Attempts at S3 where a fault may pass.")
    s3_timeout: float = Field(60.0, gt=0, description="Seconds to wait for an answer of S3.")
    token_key: SecretStr | None = Field(None, description="Key of the tokens, 32 characters at least.")
    token_key_id: str = Field("k1", pattern=r"^[a-z0-9-]{1,20}$", description="Name of that key in tokens.")
    token_old_keys: dict[str, SecretStr] = Field(
        default_factory=dict, description="Former keys by name, to know erased customers again (JSON)."
    )
    token_secret_id: str | None = Field(None, description="Secrets Manager's name of key, id and old keys.")

    redshift_host: str | None = Field(None, description="Host of the cluster or the Serverless workgroup.")
    redshift_port: int | None = Field(None, ge=1, le=65535, description="Port; 5439 by default.")
    redshift_dbname: str | None = Field(None, description="Database.")
    redshift_user: str | None = Field(None, description="User, for the methods database and iam.")
    redshift_password: SecretStr | None = Field(
        None, validation_alias=PASSWORD_VARIABLE, description="Password, for the method database."
    )
    redshift_method: Literal["iam_role", "iam", "database"] | None = Field(
        None, description="How to log in; by the IAM role of this machine by default."
    )
    redshift_cluster_id: str | None = Field(None, description="Name of a provisioned cluster, for IAM.")
    redshift_workgroup: str | None = Field(None, description="Serverless workgroup, for IAM.")
    redshift_region: str | None = Field(None, description="AWS region of the cluster.")
    redshift_sslmode: Literal["verify-full", "verify-ca", "disable"] | None = Field(
        None, description="verify-full by default; disable on this machine alone."
    )
    redshift_secret: str | None = Field(
        None, description="Name or ARN of a secret in AWS Secrets Manager that holds user and password."
    )
    redshift_copy_role: str | None = Field(
        None, pattern=IAM_ROLE, description="ARN of the IAM role by which COPY reads the lake, or `default`."
    )

    @model_validator(mode="after")
    def _resolve_paths(self) -> Self:
        project_dir = self.project_dir.expanduser().resolve()
        object.__setattr__(self, "project_dir", project_dir)
        for name in ("duckdb_path", "lake", "landing", "models", "dbt_target_path", "scratch"):
            if isinstance(path := getattr(self, name), Path):
                object.__setattr__(self, name, project_dir / path.expanduser())
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
        given = {
            f"BANKMART_{name.upper()}": str(value)
            for name, value in self.model_dump(exclude={"redshift_password"}).items()
            if name.startswith("redshift_") and value is not None
        }
        if self.redshift_password is not None:
            given[PASSWORD_VARIABLE] = self.redshift_password.get_secret_value()
        return passed_on | own | given


def get_settings() -> Settings:
    """Read the settings from the environment and the project's `.env` file.

    Returns:
        The settings; a variable of the environment wins over the file.

    Raises:
        pydantic.ValidationError: A value can't be what its setting means.
    """
    project_dir = Path(os.environ.get("BANKMART_PROJECT_DIR") or PROJECT_ROOT)
    return Settings(_env_file=project_dir / ".env")
