"""The warehouse on Amazon Redshift."""

from __future__ import annotations

from loaders.warehouse.redshift.warehouse import RedshiftWarehouse

__all__ = ["RedshiftWarehouse"]
