"""User and password from AWS Secrets Manager."""

from __future__ import annotations

import json
from typing import Any

from pydantic import SecretStr

from loaders.errors import TargetError
from loaders.settings import Settings

# Keys of a secret as Redshift and RDS write it, and the settings that they fill.
FIELDS = {
    "username": "redshift_user",
    "password": "redshift_password",  # pragma: allowlist secret
    "host": "redshift_host",
    "port": "redshift_port",
    "dbname": "redshift_dbname",
}


def with_secret(settings: Settings) -> Settings:
    """Fill in what the settings' secret knows; what is set already stays.

    Args:
        settings: The settings.

    Returns:
        The settings with user and password, and with host, port and database where the secret has them.

    Raises:
        TargetError: The secret can't be read.
    """
    if settings.redshift_secret is None or settings.redshift_password is not None:
        return settings
    found = _read(settings.redshift_secret, settings.redshift_region)
    update: dict[str, Any] = {
        field: found[key]
        for key, field in FIELDS.items()
        if found.get(key) is not None and getattr(settings, field) is None
    }
    if "redshift_password" not in update:
        raise TargetError(
            f"The secret {settings.redshift_secret} holds no password.",
            hint="Give it the keys username and password, as Redshift writes them.",
        )
    update["redshift_password"] = SecretStr(str(update["redshift_password"]))
    if "redshift_port" in update:
        update["redshift_port"] = int(update["redshift_port"])
    return settings.model_copy(update=update)


def _read(name: str, region: str | None) -> dict[str, Any]:
    import boto3  # noqa: PLC0415 - takes a while, and few need it
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        client = boto3.client("secretsmanager", region_name=region)
        text = client.get_secret_value(SecretId=name).get("SecretString", "")
    except ClientError as error:
        raise TargetError(
            f"The secret {name} can't be read: {error.response['Error']['Code']}.",
            hint="Is BANKMART_REDSHIFT_SECRET right, and may this role call secretsmanager:GetSecretValue?",
        ) from None
    except BotoCoreError as error:
        raise TargetError(
            f"The secret {name} can't be read: {error}",
            hint="Is this machine logged in to AWS, and BANKMART_REDSHIFT_REGION set?",
        ) from None
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    # Neither the text nor the decoder's error may get into a message.
    return found if isinstance(found, dict) else {"password": text or None}
