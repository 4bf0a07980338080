"""The PostgreSQL server behind the stand-in: made in a temporary folder, ended by its process id."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from pathlib import Path

from tests.redshift.standin.wire import Backend, ServerError

SQL_FOLDER = Path(__file__).parent / "sql"
SUPERUSER = "rdsdb"
# The guard ends the server when its pipe closes, which a killed process cannot fail to do.
_GUARD = '"$@" & server=$!; cat > /dev/null; kill -INT $server; wait $server'
_SETTINGS = """
listen_addresses = ''
max_connections = 60
shared_buffers = '64MB'
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum_naptime = '60s'
jit = off
max_parallel_workers_per_gather = 0
timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'ISO, MDY'
standard_conforming_strings = off
backslash_quote = on
escape_string_warning = off
default_transaction_isolation = 'repeatable read'
client_min_messages = 'notice'
password_encryption = md5
max_locks_per_transaction = 256
"""


class Postgres:
    """A server of its own data folder, reached by a socket."""

    def __init__(self) -> None:
        """Choose the folders; nothing runs yet."""
        self.folder = Path(tempfile.mkdtemp(prefix="standin-"))
        self.data = self.folder / "data"
        self.shared = self.folder / "stl"
        self._process: subprocess.Popen[bytes] | None = None
        self._user = _system_user()

    @property
    def socket_path(self) -> Path:
        """Where clients connect."""
        return self.folder / ".s.PGSQL.5432"

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return int((self.data / "postmaster.pid").read_text().splitlines()[0])

    def start(self) -> None:
        """Make the data folder, start the server and install what makes it a stand-in."""
        self.shared.mkdir()
        if self._user:
            for folder in (self.folder, self.shared):
                shutil.chown(folder, self._user)
        self.folder.chmod(0o755)
        binaries = _binaries()
        self._run(
            [
                str(binaries / "initdb"),
                "-D",
                str(self.data),
                "-U",
                SUPERUSER,
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "--lc-ctype=C.UTF-8",  # order by bytes, but letters beyond ASCII have upper and lower case
                "--no-sync",
                "--no-instructions",
            ]
        )
        with (self.data / "postgresql.conf").open("a") as config:
            config.write(_SETTINGS)
        log = (self.folder / "log").open("wb")
        server = [str(binaries / "postgres"), "-D", str(self.data), "-k", str(self.folder)]
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "guard", *server],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            user=self._user,
            cwd="/",
        )
        log.close()
        self._await_ready()

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(command, capture_output=True, text=True, user=self._user, cwd="/", check=False)
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed: {done.stderr}")

    def _await_ready(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                backend = self.connect("template1")
                backend.query("select 1")
                backend.sock.close()
                return
            except (OSError, ServerError) as error:
                if time.monotonic() > deadline or (self._process and self._process.poll() is not None):
                    text = (self.folder / "log").read_text()
                    raise RuntimeError(f"PostgreSQL did not start: {text}") from error
                time.sleep(0.05)

    def connect(self, database: str, user: str = SUPERUSER) -> Backend:
        """A session as the superuser, ready for a query."""
        backend = Backend(self.socket_path, {"user": user, "database": database})
        for kind, body in backend.until_ready():
            if kind == b"E":
                raise ServerError({"M": body.decode(errors="replace")})
        return backend

    def install(self, database: str) -> None:
        """Lay the functions and system views into a database."""
        backend = self.connect(database)
        try:
            backend.query(
                "set allow_system_table_mods = on; set standard_conforming_strings = on; "
                "set check_function_bodies = off"
            )
            backend.query(
                f"create schema rs; grant usage on schema rs to public; set rs.folder = '{self.shared}'"
            )
            for script in sorted(SQL_FOLDER.glob("*.sql")):
                try:
                    backend.query(script.read_text().replace(":folder", str(self.shared)))
                except ServerError as error:
                    raise RuntimeError(f"{script.name}: {error.raw}") from error
        finally:
            backend.sock.close()

    def stop(self) -> None:
        """End the server and remove its folder."""
        if self._process and self._process.stdin:
            self._process.stdin.close()
            self._process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)


def _binaries() -> Path:
    from pgserver._commands import POSTGRES_BIN_PATH  # noqa: PLC0415 - only a stand-in that runs needs the wheel

    return Path(POSTGRES_BIN_PATH)


def _system_user() -> str | None:
    """PostgreSQL refuses to run as root: the wheel's own user runs it then."""
    if os.geteuid() != 0:
        return None
    from pgserver.utils import ensure_user_exists  # noqa: PLC0415

    name = "pgserver"
    ensure_user_exists(name)
    pwd.getpwnam(name)
    for folder in (_binaries(), *_binaries().parents):
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
    return name
