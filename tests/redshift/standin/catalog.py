"""Questions about relations, asked of the catalogue as the client's own transaction sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.redshift.standin.tokens import literal, quoted_name

if TYPE_CHECKING:
    from tests.redshift.standin.session import Session


def is_view(session: Session, names: list[str]) -> bool:
    """Whether there is a view by this name."""
    return bool(_ask(session, "select 1 from pg_catalog.pg_class where relkind = 'v' and oid = ", names))


def is_materialized(session: Session, names: list[str]) -> bool:
    """Whether it is a materialized view's name."""
    return bool(_ask(session, "select 1 from rs.materialized_views where view = ", names))


def columns_of(session: Session, names: list[str]) -> set[str]:
    """The columns of a table; none where it is not known."""
    question = "select attname from pg_catalog.pg_attribute where attnum > 0 and attrelid = "
    return {f"{row[0]}" for row in _ask(session, question, names)}


def _ask(session: Session, question: str, names: list[str]) -> list[list[str | None]]:
    if session.backend.status == b"E" or not names:
        return []
    name = literal(".".join(quoted_name(part) for part in names[-2:]))
    return session.ask(f"{question} to_regclass({name})")
