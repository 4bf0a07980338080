"""The passwords of the users, kept by PostgreSQL as MD5 sums, as Redshift keeps them."""

from __future__ import annotations

import hashlib
import hmac
import threading

from tests.redshift.standin.postgres import Postgres
from tests.redshift.standin.tokens import literal
from tests.redshift.standin.wire import Backend


def hashed(user: str, password: str) -> str:
    """What pg_authid holds for a user's password."""
    return f"md5{hashlib.md5((password + user).encode(), usedforsecurity=False).hexdigest()}"


class Passwords:
    """Checks passwords over one connection of the server's own."""

    def __init__(self, postgres: Postgres) -> None:
        """Nothing is connected yet."""
        self._postgres = postgres
        self._backend: Backend | None = None
        self._lock = threading.Lock()

    def good(self, user: str, password: str) -> bool:
        """Whether the user may log in with this password; one whose password is disabled never may."""
        with self._lock:
            if self._backend is None:
                self._backend = self._postgres.connect("postgres")
            rows = self._backend.query(
                "select rolpassword from pg_authid where rolcanlogin and (rolvaliduntil is null or "
                f"rolvaliduntil > now()) and rolname = {literal(user)}"
            )
        kept = rows[0][0] if rows else None
        return kept is not None and hmac.compare_digest(kept, hashed(user, password))
