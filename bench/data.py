"""The bank that is measured: made once by datagen, kept in bench/.cache, outside git."""

from __future__ import annotations

import shutil
from datetime import date
from itertools import islice
from pathlib import Path

from datagen.generate import generate

CACHE = Path(__file__).parent / ".cache"
FIRST_DAY, SECOND_DAY = date(2026, 1, 1), date(2026, 1, 2)
CARDS_FILE = f"card_transactions_{FIRST_DAY}.csv"
# What a customer buys by card in the twelve months of history, a little less than datagen's mean.
PURCHASES_A_CUSTOMER = 39


def bank(rows: int) -> Path:
    """Make a bank with at least so many card transactions in its twelve months of history, if it isn't there.

    Args:
        rows: How many card transactions.

    Returns:
        Folder with the files of two days: twelve months in the first, one new day in the second.
    """
    folder = CACHE / f"bank_{rows}"
    if not (folder / "cards" / CARDS_FILE).exists():
        half = CACHE / f"bank_{rows}.part"
        shutil.rmtree(half, ignore_errors=True)
        customers = rows // PURCHASES_A_CUSTOMER + 100
        generate(half, customers=customers, days=2, seed=7, start=FIRST_DAY, history_days=365)
        half.rename(folder)
    return folder


def slice_of(rows: int, wanted: int) -> Path:
    """Cut the first card transactions of a bank into a file of their own, named so that the mapping knows it.

    Args:
        rows: The size of the bank.
        wanted: How many rows.

    Returns:
        The file.
    """
    target = CACHE / f"slices_of_{rows}" / str(wanted) / "cards" / CARDS_FILE
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        half = target.with_suffix(".part")
        with (bank(rows) / "cards" / CARDS_FILE).open("rb") as source, half.open("wb") as out:
            out.writelines(islice(source, wanted + 1))
        half.rename(target)
    return target
