"""Redaction of card numbers, row by row over whole vectors, against Luhn's rule in plain Python."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import duckdb
import pyarrow as pa

from loaders.loader import staging_connection
from loaders.settings import Settings
from loaders.stage import cards

RUN = re.compile(cards.RUN)
CARDS = ["4111111111111111", "378282246310005", "5500 0000 0000 0004", "4111-1111-1111-1111", "4222222222222"]


def passes(digits: str) -> bool:
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits))]
    return 13 <= len(digits) <= 19 and sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def card(run: str) -> str | None:
    groups = re.split("[ -]", run)
    spans = [groups]
    for start in range(len(groups)):
        for stop in range(start + 1, min(start + 6, len(groups)) + 1):
            span = groups[start:stop]
            if len(span) == 1 or min(map(len, span)) > 2:
                spans.append(span)
    return next((digits for span in spans if passes(digits := "".join(span))), None)


def redacted(text: str) -> str:
    return RUN.sub(
        lambda run: f"{cards.REDACTED}{found[-4:]}]" if (found := card(run[0])) else run[0],
        text,
    )


def test_each_row_of_a_vector_is_redacted_as_python_does_it(tmp_path: Path) -> None:
    rng = random.Random(3)  # noqa: S311
    noise = ["".join(rng.choice("0123456789 -") for _ in range(rng.randrange(30))) for _ in range(200)]
    texts = [
        rng.choice(["", "x ", "2027 ", "12 ", "1-"])
        + rng.choice([*CARDS, *rng.sample(noise, 5)])
        + rng.choice(["", " 2027", " 12 13", "y", " & ", " 123 "])
        + rng.choice(["", *CARDS])
        for _ in range(5000)
    ]
    table = pa.table({"place": range(len(texts)), "text": texts})
    with staging_connection(Settings(threads=2), tmp_path) as connection:
        connection.register("texts", table)
        query = "select bm_has_card(text), bm_redact(text) from texts order by place"
        found = connection.execute(query).fetchall()
    assert found == [(any(map(card, RUN.findall(text))), redacted(text)) for text in texts]
    assert sum(has for has, _ in found) > 1000


def test_the_search_takes_time_by_the_length_of_a_text_not_its_square(tmp_path: Path) -> None:
    def seconds(connection: duckdb.DuckDBPyConnection, text: str) -> float:
        started = time.perf_counter()
        connection.execute("select bm_has_card($1), bm_redact($1)", [text]).fetchall()
        return time.perf_counter() - started

    with staging_connection(Settings(threads=1), tmp_path) as connection:
        for piece in ("9", "1 ", "1234567890123x"):
            short, long = (seconds(connection, piece * (size // len(piece))) for size in (20_000, 200_000))
            assert long < 40 * max(short, 0.02), (piece, short, long)
