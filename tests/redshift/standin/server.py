"""The listener: start-up, TLS, cancel requests, a thread for each session."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from dataclasses import dataclass
from types import TracebackType

from tests.redshift.standin.errors import RedshiftError, in_redshifts_words
from tests.redshift.standin.load_log import LoadLog
from tests.redshift.standin.passwords import Passwords, hashed
from tests.redshift.standin.postgres import SUPERUSER, Postgres
from tests.redshift.standin.protect import Guard
from tests.redshift.standin.roles import SYSTEM_ROLES
from tests.redshift.standin.session import Session
from tests.redshift.standin.tokens import literal, quoted_name
from tests.redshift.standin.wire import (
    CANCEL_REQUEST,
    GSS_REQUEST,
    SSL_REQUEST,
    Backend,
    ClosedError,
    Stream,
    error_fields,
    error_message,
    message,
)

_KEPT_PARAMETERS = ("user", "database", "application_name")
_DROPPED_STATUS = (b"in_hot_standby", b"scram_iterations", b"default_transaction_read_only")
_SERVER_VERSION = "8.0.2"
REGION = "eu-central-1"


@dataclass(frozen=True, slots=True)
class Options:
    """How a stand-in is set up."""

    port: int = 0
    database: str = "dev"
    user: str = "awsuser"
    password: str = "Stand1n!"
    isolation: str = "snapshot"
    s3_endpoint: str = ""
    region: str = REGION
    tls_certificate: str = ""
    tls_key: str = ""


class StandIn:
    """A running stand-in; use it as a context."""

    def __init__(self, options: Options | None = None) -> None:
        """Keep the options; nothing runs yet."""
        self.options = options or Options()
        self.postgres = Postgres()
        self.log = LoadLog(self.postgres.shared)
        self.guard = Guard()
        self.port = 0
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._stopping = False
        self._passwords = Passwords(self.postgres)

    @property
    def host(self) -> str:
        """Where it listens."""
        return "127.0.0.1"

    @property
    def database(self) -> str:
        """The database made at the start."""
        return self.options.database

    @property
    def user(self) -> str:
        """The administrator."""
        return self.options.user

    @property
    def password(self) -> str:
        """The password of the administrator."""
        return self.options.password

    def __enter__(self) -> StandIn:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Start PostgreSQL, install the system catalogue, listen on the loopback."""
        try:
            self.postgres.start()
            self._create_database()
        except BaseException:
            self.postgres.stop()
            raise
        self._listener = socket.create_server(("127.0.0.1", self.options.port), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="standin", daemon=True).start()

    def _create_database(self) -> None:
        self.postgres.install("template1")
        backend = self.postgres.connect("template1")
        backend.query(
            f"create role {quoted_name(self.user)} superuser login "
            f"password {literal(hashed(self.user, self.password))}"
        )
        for role in SYSTEM_ROLES:
            backend.query(f'create role "{role}"')
        backend.sock.close()
        backend = self.postgres.connect("postgres")
        backend.query(f'create database "{self.options.database}" owner "{self.options.user}"')
        if self.options.isolation == "serializable":
            backend.query(
                f'alter database "{self.options.database}" set default_transaction_isolation = serializable'
            )
        backend.sock.close()

    def stop(self) -> None:
        """Close every connection, end PostgreSQL."""
        self._stopping = True
        if self._listener:
            shut(self._listener)
        for sock in list(self._open):
            shut(sock)
        self.postgres.stop()

    def _accept(self) -> None:
        assert self._listener is not None
        while not self._stopping:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        self._open.add(sock)
        backend: Backend | None = None
        try:
            client = Stream(sock)
            params = self._start_up(client)
            if params is not None:
                backend = self._connect(client, params)
            if backend:
                Session(client, backend, params.get("database") or self.database, self).run()
        except (ClosedError, OSError, ssl.SSLError):
            pass
        finally:
            self._open.discard(sock)
            if backend:
                shut(backend.sock)
            shut(sock)

    def _start_up(self, client: Stream) -> dict[str, str] | None:
        """Read the untyped messages up to the parameters; a cancel request ends here."""
        while True:
            code, body = client.read_startup()
            if code == SSL_REQUEST and self.options.tls_certificate:
                client.send(b"S")
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(self.options.tls_certificate, self.options.tls_key)
                self._open.discard(client.sock)
                client.sock = context.wrap_socket(client.sock, server_side=True)
                self._open.add(client.sock)
            elif code in (SSL_REQUEST, GSS_REQUEST):
                client.send(b"N")
            elif code == CANCEL_REQUEST:
                self._cancel(body)
                return None
            else:
                parts = [part.decode() for part in body.split(b"\0")]
                return dict(zip(parts[0::2], parts[1::2], strict=False))

    def _cancel(self, body: bytes) -> None:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(self.postgres.socket_path))
            sock.sendall(struct.pack("!ii", 16, CANCEL_REQUEST) + body)
            sock.recv(1)

    def _connect(self, client: Stream, params: dict[str, str]) -> Backend | None:
        """Check the password, open the session behind, pass the start-up's answers on."""
        user = params.get("user", "").removeprefix("IAM:").removeprefix("IAMA:")
        if not self._authenticated(client, user):
            words = RedshiftError(f'password authentication failed for user "{user}"', "28000")
            client.send(error_message(words.fields() | {"S": "FATAL"}))
            return None
        kept = {key: value for key, value in params.items() if key in _KEPT_PARAMETERS and value}
        kept["user"] = user
        backend = Backend(self.postgres.socket_path, kept)
        out = bytearray()
        for kind, body in self._answers(backend):
            if kind == b"S":
                name, value = body.split(b"\0")[:2]
                if name in _DROPPED_STATUS:
                    continue
                value = _SERVER_VERSION.encode() if name == b"server_version" else value
                out += message(b"S", name + b"\0" + value + b"\0")
            elif kind == b"E":
                client.send(error_message(in_redshifts_words(error_fields(body))))
                return None
            else:
                if kind == b"K":
                    (backend.pid,) = struct.unpack_from("!i", body)
                out += message(kind, body)
        client.send(bytes(out))
        return backend

    @staticmethod
    def _answers(backend: Backend) -> list[tuple[bytes, bytes]]:
        answers = []
        while True:
            kind, body = backend.read()
            answers.append((kind, body))
            if kind in (b"Z", b"E"):
                return answers

    def _authenticated(self, client: Stream, user: str) -> bool:
        """Ask for the password in clear, as redshift_connector answers it."""
        client.send(message(b"R", struct.pack("!i", 3)))
        kind, body = client.read()
        return kind == b"p" and user != SUPERUSER and self._passwords.good(user, body[:-1].decode())


def shut(sock: socket.socket) -> None:
    """Close a socket that may be closed already."""
    try:
        sock.close()
    except OSError:
        return
