"""Logging in: by role, as an IAM user, by password; from Secrets Manager; over TLS; and nothing told."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import redshift_connector

from loaders.errors import TargetError, WarehouseError
from loaders.settings import PASSWORD_VARIABLE, Settings
from loaders.warehouse import dbt_settings, open_warehouse
from loaders.warehouse.redshift.login import read_login
from tests.redshift.standin.server import REGION, Options, StandIn
from tests.warehouse.certificates import make_certificate

HOST = "marketing.abc123.eu-central-1.redshift.amazonaws.com"
SERVERLESS = "marketing.123456789012.eu-central-1.redshift-serverless.amazonaws.com"
PASSWORD = "Corr3ct-horse"  # noqa: S105  # pragma: allowlist secret


def cluster(**values: Any) -> Settings:
    known = {"target": "redshift", "redshift_host": HOST, "redshift_dbname": "bank", **values}
    return Settings(_env_file=None, **known)


@pytest.fixture
def moto(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """AWS's clients go to moto; its Redshift has a cluster."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    session = boto3.Session(region_name=REGION)
    clients = {name: session.client(name) for name in ("secretsmanager", "redshift")}
    clients["redshift"].create_cluster(
        ClusterIdentifier="marketing",
        NodeType="ra3.large",
        DBName="bank",
        MasterUsername="admin",
        MasterUserPassword=PASSWORD,
    )
    yield clients
    clients["redshift"].delete_cluster(ClusterIdentifier="marketing", SkipFinalClusterSnapshot=True)


def keep_secret(moto: dict[str, Any], name: str, text: str) -> str:
    moto["secretsmanager"].delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    arn: str = moto["secretsmanager"].create_secret(Name=name, SecretString=text)["ARN"]
    return arn


def test_a_cluster_is_reached_by_role_with_tls_verified_unless_told_otherwise() -> None:
    found = read_login(cluster(redshift_cluster_id="marketing")).arguments()
    wanted = {
        "host": HOST,
        "port": 5439,
        "database": "bank",
        "iam": True,
        "ssl": True,
        "sslmode": "verify-full",
        "cluster_identifier": "marketing",
        "db_user": None,
        "group_federation": True,
        "is_serverless": False,
    }
    assert {name: found[name] for name in wanted} == wanted


@pytest.mark.parametrize("given", [{"redshift_host": SERVERLESS}, {"redshift_workgroup": "marketing"}])
def test_serverless_is_known_by_its_host_or_its_workgroup(given: dict[str, str]) -> None:
    found = read_login(cluster(**given)).arguments()
    assert found["is_serverless"] is True
    assert found["group_federation"] is False
    assert found["serverless_work_group"] == given.get("redshift_workgroup")


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"redshift_host": None}, "BANKMART_REDSHIFT_HOST"),
        ({}, "BANKMART_REDSHIFT_CLUSTER_ID, or for Serverless BANKMART_REDSHIFT_WORKGROUP"),
        ({"redshift_dbname": None, "redshift_cluster_id": "c"}, "BANKMART_REDSHIFT_DBNAME"),
        ({"redshift_method": "iam", "redshift_cluster_id": "c"}, "BANKMART_REDSHIFT_USER"),
        ({"redshift_method": "database"}, "BANKMART_REDSHIFT_USER"),
        (
            {"redshift_method": "database", "redshift_user": "u"},
            f"{PASSWORD_VARIABLE} or BANKMART_REDSHIFT_SECRET",
        ),
    ],
)
def test_what_is_missing_is_named(given: dict[str, Any], missing: str) -> None:
    with pytest.raises(TargetError, match=f"BANKMART_TARGET=redshift: {missing} *,? *is not set"):
        read_login(cluster(**given))


def test_no_password_goes_to_another_machine_without_tls() -> None:
    with pytest.raises(TargetError, match="would be reached without TLS"):
        read_login(cluster(redshift_cluster_id="marketing", redshift_sslmode="disable"))
    local = cluster(target="redshift_local", redshift_password=PASSWORD, redshift_host="10.0.0.7")
    with pytest.raises(TargetError, match="would be reached without TLS"):
        read_login(local)


@pytest.mark.parametrize(
    "text",
    [json.dumps({"username": "loader", "password": PASSWORD, "port": 5439}), PASSWORD],
)
def test_user_and_password_come_from_secrets_manager_for_loader_and_dbt(
    moto: dict[str, Any], text: str
) -> None:
    arn = keep_secret(moto, f"login-{len(text)}", text)
    settings = cluster(
        redshift_method="database", redshift_secret=arn, redshift_user="loader", redshift_region=REGION
    )
    assert read_login(settings).arguments()["password"] == PASSWORD
    assert dbt_settings(settings).dbt_env()[PASSWORD_VARIABLE] == PASSWORD
    assert PASSWORD not in repr(dbt_settings(settings)) + repr(read_login(settings))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nowhere", "The secret nowhere can't be read: ResourceNotFoundException"),
        ("empty", "holds no password"),
    ],
)
def test_a_secret_that_can_not_be_used_is_told_without_its_text(
    moto: dict[str, Any], name: str, told: str
) -> None:
    keep_secret(moto, "empty", json.dumps({"username": "u", "passwort": PASSWORD}))
    settings = cluster(redshift_method="database", redshift_secret=name, redshift_region=REGION)
    with pytest.raises(TargetError, match=told) as error:
        read_login(settings)
    assert PASSWORD not in "".join(traceback.format_exception(error.value))


def test_an_iam_user_gets_a_password_for_a_while_and_goes_over_tls(
    moto: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """moto hands out the credentials; where the driver would open its socket, the test looks at them."""
    opened: list[dict[str, Any]] = []

    class StoppedError(Exception):
        pass

    def stop(**values: Any) -> None:
        opened.append(values)
        raise StoppedError

    monkeypatch.setattr(redshift_connector, "Connection", stop)
    settings = cluster(
        redshift_method="iam", redshift_user="loader", redshift_cluster_id="marketing", redshift_region=REGION
    )
    with pytest.raises(StoppedError), open_warehouse(settings):
        pass
    [values] = opened
    assert values["user"] == "IAM:loader"
    assert len(values["password"]) > 8
    assert (values["host"], values["ssl"], values["sslmode"]) == (HOST, True, "verify-full")


def test_a_cluster_that_iam_does_not_know_is_told(moto: dict[str, Any]) -> None:
    settings = cluster(
        redshift_method="iam", redshift_user="loader", redshift_cluster_id="other", redshift_region=REGION
    )
    with pytest.raises(WarehouseError, match="ClusterNotFound"), open_warehouse(settings):
        pass


def test_a_wrong_password_is_refused_at_once_and_told_nowhere(
    bank: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = bank.settings.model_copy(
        update={"redshift_password": cluster(redshift_password=PASSWORD).redshift_password}
    )
    with (
        pytest.raises(WarehouseError, match="password authentication failed") as error,
        open_warehouse(settings),
    ):
        pass
    told = "".join(traceback.format_exception(error.value)) + caplog.text + "".join(capfd.readouterr())
    assert "redshift_connector" in told
    assert PASSWORD not in told
    assert PASSWORD not in repr(settings) + repr(error.value) + str(settings)


@pytest.fixture(scope="module")
def tls_standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[StandIn, Path]]:
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = make_certificate(folder, "localhost")
    with StandIn(Options(tls_certificate=str(certificate), tls_key=str(key))) as running:
        yield running, certificate


def over_tls(standin: StandIn, host: str) -> Settings:
    return Settings(
        _env_file=None,
        target="redshift",
        redshift_method="database",
        redshift_host=host,
        redshift_port=standin.port,
        redshift_dbname=standin.database,
        redshift_user=standin.user,
        redshift_password=standin.password,
    )


def test_tls_is_verified(tls_standin: tuple[StandIn, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    standin, certificate = tls_standin
    with (
        pytest.raises(WarehouseError, match="certificate verify failed: self-signed certificate"),
        open_warehouse(over_tls(standin, "localhost")),
    ):
        pass
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with open_warehouse(over_tls(standin, "localhost")) as warehouse:
        assert warehouse.query("select 1 as one") == [{"one": 1}]
    with (
        pytest.raises(WarehouseError, match="certificate verify failed: IP address mismatch"),
        open_warehouse(over_tls(standin, "127.0.0.1")),
    ):
        pass


def test_a_server_without_tls_is_refused(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    with (
        pytest.raises(WarehouseError, match="Server refuses SSL"),
        open_warehouse(over_tls(standin, "localhost")),
    ):
        pass
