"""Staging: a file's rows read as text, cast and checked by the contract, written as Parquet parts."""
