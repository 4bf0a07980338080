"""Where the cluster is and how to log in: by an IAM role, as an IAM user, or by password."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr, ValidationError

from loaders.errors import TargetError
from loaders.settings import Settings
from loaders.warehouse.profile import read_target
from loaders.warehouse.redshift.secrets import with_secret

Text = Annotated[str | None, BeforeValidator(lambda value: value or None)]


class Login(BaseModel):
    """A target of profiles.yml of the type redshift."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    host: Text = None
    port: int = 5439
    dbname: str
    method: Literal["iam_role", "iam", "database"]
    user: Text = None
    password: Annotated[SecretStr | None, BeforeValidator(lambda value: value or None)] = None
    cluster_id: Text = None
    is_serverless: bool = False
    serverless_work_group: Text = None
    region: Text = None
    sslmode: Literal["verify-full", "verify-ca", "disable"]

    @property
    def serverless(self) -> bool:
        """Whether it is a Serverless workgroup."""
        return self.is_serverless or "serverless" in (self.host or "")

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        return f"{self.host or self.cluster_id or self.serverless_work_group}:{self.port}/{self.dbname}"

    def arguments(self) -> dict[str, Any]:
        """Give the arguments of redshift_connector, the same that dbt-redshift gives it."""
        arguments: dict[str, Any] = {
            "host": self.host,
            "port": self.port,
            "database": self.dbname,
            "region": self.region,
            "ssl": self.sslmode != "disable",
            "sslmode": None if self.sslmode == "disable" else self.sslmode,
            "is_serverless": self.serverless,
            "application_name": "bankmart",
            # A peer that is gone is noticed in two minutes; the system's own default is two hours.
            "tcp_keepalive": True,
            "tcp_keepalive_idle": 60,
            "tcp_keepalive_interval": 15,
            "tcp_keepalive_count": 4,
        }
        if self.method == "database":
            password = self.password.get_secret_value() if self.password else None
            return arguments | {"user": self.user, "password": password}
        place: dict[str, Any] = (
            {"serverless_work_group": self.serverless_work_group}
            if self.serverless
            else {"cluster_identifier": self.cluster_id}
        )
        who: dict[str, Any] = (
            {"db_user": self.user}
            if self.method == "iam"
            else {"db_user": None, "group_federation": not self.serverless}
        )
        return arguments | {"iam": True, "user": "", "password": ""} | place | who


def read_login(settings: Settings) -> Login:
    """Read the target's lines, and its secret if the settings name one.

    Args:
        settings: The settings.

    Returns:
        How to log in.

    Raises:
        TargetError: Something is missing, or would go without TLS to another machine.
    """
    target = read_target(with_secret(settings))
    try:
        login = Login.model_validate(target)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise TargetError(
            f"profiles.yml, target {settings.target}: {faults}.", hint="Mend the variables it reads."
        ) from None
    if missing := _missing(login):
        raise TargetError(
            f"BANKMART_TARGET={settings.target}: {missing} is not set.",
            hint='README, "On Amazon Redshift", lists the variables.',
        )
    if login.sslmode == "disable" and not _is_this_machine(login.host):
        raise TargetError(
            f"{login.place} would be reached without TLS.",
            hint="Leave BANKMART_REDSHIFT_SSLMODE unset; only a stand-in on this machine goes without.",
        )
    return login


def _missing(login: Login) -> str | None:
    needed: dict[str, object] = {
        "BANKMART_REDSHIFT_HOST": login.host,
        "BANKMART_REDSHIFT_DBNAME": login.dbname,
    }
    if login.method != "iam_role":
        needed["BANKMART_REDSHIFT_USER"] = login.user
    if login.method == "database":
        needed["DBT_ENV_SECRET_REDSHIFT_PASSWORD or BANKMART_REDSHIFT_SECRET"] = login.password
    else:
        either = "BANKMART_REDSHIFT_CLUSTER_ID, or for Serverless BANKMART_REDSHIFT_WORKGROUP,"
        needed[either] = login.cluster_id or login.serverless
    return next((name for name, value in needed.items() if not value), None)


def _is_this_machine(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
