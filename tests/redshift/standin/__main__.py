"""Start the stand-in for a developer: `python -m tests.redshift.standin --port 5439`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from tests.redshift.standin.server import Options, StandIn


def main() -> None:
    """Run until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.redshift.standin", description=__doc__)
    parser.add_argument("--port", type=int, default=5439)
    parser.add_argument("--database", default="dev")
    parser.add_argument("--user", default="awsuser")
    parser.add_argument("--isolation", choices=["snapshot", "serializable"], default="snapshot")
    parser.add_argument("--s3-endpoint", default="", help="the S3 server that COPY reads from")
    parser.add_argument("--region", default="eu-central-1")
    parser.add_argument("--tls-certificate", default="")
    parser.add_argument("--tls-key", default="")
    options = Options(**vars(parser.parse_args()))
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    with StandIn(options) as standin:
        where = f"host=127.0.0.1 port={standin.port} dbname={options.database} user={options.user}"
        sys.stdout.write(f"ready: {where} password={options.password} sslmode=disable\n")
        sys.stdout.flush()
        done.wait()


if __name__ == "__main__":
    main()
