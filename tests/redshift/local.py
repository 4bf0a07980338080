"""An S3 server and the stand-in for a developer: `make redshift-local`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from tests.redshift.s3_server import S3Server, make_bucket, s3_client
from tests.redshift.standin.server import REGION, Options, StandIn

BUCKET = "bankmart-local"


def variables(standin: StandIn) -> dict[str, str]:
    """What bankmart has to find in its environment."""
    return {
        "BANKMART_TARGET": "redshift_local",
        "BANKMART_LAKE": f"s3://{BUCKET}/lake",
        "BANKMART_S3_ENDPOINT": standin.options.s3_endpoint,
        "BANKMART_AWS_REGION": REGION,
        "BANKMART_REDSHIFT_HOST": standin.host,
        "BANKMART_REDSHIFT_PORT": str(standin.port),
        "BANKMART_REDSHIFT_DBNAME": standin.database,
        "BANKMART_REDSHIFT_USER": standin.user,
        "BANKMART_REDSHIFT_REGION": REGION,
        "BANKMART_REDSHIFT_COPY_ROLE": "arn:aws:iam::123456789012:role/bankmart-copy",
        "DBT_ENV_SECRET_REDSHIFT_PASSWORD": standin.password,
        "BANKMART_TOKEN_KEY": "for the stand-in on this machine alone",  # pragma: allowlist secret
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",  # pragma: allowlist secret
    }


def main() -> None:
    """Run until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.redshift.local", description=__doc__)
    parser.add_argument("--port", type=int, default=5439)
    parser.add_argument("--s3-port", type=int, default=5480)
    asked = parser.parse_args()
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    with S3Server(asked.s3_port) as s3, StandIn(Options(port=asked.port, s3_endpoint=s3.endpoint)) as standin:
        make_bucket(s3_client(s3.endpoint), BUCKET)
        lines = [f"export {name}='{value}'" for name, value in variables(standin).items()]
        told = "# It runs until Ctrl-C and forgets everything then. In another terminal:"
        sys.stdout.write("\n".join([told, *lines]) + "\n")
        sys.stdout.flush()
        done.wait()


if __name__ == "__main__":
    main()
