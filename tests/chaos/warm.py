"""Imports all that a load needs, early or late, in the process that all children are forked from."""

from __future__ import annotations

import boto3
import pyarrow.parquet

import loaders.lake.s3
import loaders.warehouse.redshift
import tests.chaos.child
import tests.chaos.reader

boto3.Session("none", "none", region_name="none").client("s3")

__all__ = ["loaders", "pyarrow", "tests"]
