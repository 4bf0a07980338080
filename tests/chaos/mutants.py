"""Faults planted into the product, to show that the checks can fail."""

from __future__ import annotations


def apply(name: str) -> None:
    """Plant one."""
    raise KeyError(name)
