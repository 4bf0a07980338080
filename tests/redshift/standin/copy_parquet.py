"""Parquet files: columns by position, checked against the table, handed on as CSV."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from tests.redshift.standin.errors import INTERNAL_ERROR, RedshiftError

if TYPE_CHECKING:
    from tests.redshift.standin.copy_files import S3File
    from tests.redshift.standin.copy_values import Column

_BLOCK = 1 << 20


def _scan_error(words: str) -> RedshiftError:
    return RedshiftError(
        "Spectrum Scan Error", INTERNAL_ERROR, f"error: Spectrum Scan Error code: 15001 context: {words}"
    )


def _fits(kind: pa.DataType, column: Column) -> bool:
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind)
    fits: bool = {
        "smallint": pa.types.is_int16(kind) or pa.types.is_int8(kind),
        "integer": pa.types.is_int32(kind),
        "bigint": pa.types.is_int64(kind),
        "real": pa.types.is_float32(kind),
        "double precision": pa.types.is_float64(kind),
        "boolean": pa.types.is_boolean(kind),
        "date": pa.types.is_date32(kind),
        "numeric": pa.types.is_decimal(kind),
        "timestamp without time zone": pa.types.is_timestamp(kind),
        "timestamp with time zone": pa.types.is_timestamp(kind),
        "character varying": text,
        "character": text,
        "super": text or pa.types.is_nested(kind),
    }.get(column.type, False)
    return fits or bool(pa.types.is_null(kind))


def _check_schema(schema: pa.Schema, columns: list[Column], file: S3File) -> None:
    if len(schema) != len(columns):
        raise _scan_error(
            f"Unmatched number of columns between table and file. Table columns: {len(columns)}, "
            f"Data columns: {len(schema)}, File name: {file.url}"
        )
    for field, column in zip(schema, columns, strict=True):
        if not _fits(field.type, column):
            raise _scan_error(
                f"File '{file.url}' has an incompatible Parquet schema for column '{field.name}'. "
                f"Column type: {column.type.upper()}, Parquet schema: optional {field.type} {field.name}"
            )
        if column.type == "numeric" and pa.types.is_decimal(field.type) and field.type.scale != column.scale:
            raise _scan_error(
                f"File '{file.url}' has an incompatible Parquet schema for column '{field.name}'. "
                f"Column type: DECIMAL({column.size}, {column.scale}), Parquet schema: {field.type}"
            )


def _check_values(table: pa.Table, columns: list[Column], file: S3File) -> None:
    for values, column in zip(table.columns, columns, strict=True):
        if column.required and values.null_count:
            raise _scan_error(f"NULL value in a NOT NULL column {column.name}, File name: {file.url}")
        if column.size and column.is_text and len(values):
            longest = pc.max(pc.binary_length(values)).as_py() or 0
            if longest > column.size:
                raise _scan_error(
                    f"The length of the data column {column.name} is longer than the length defined in the "
                    f"table. Table: {column.size}, Data: {longest}, File name: {file.url}"
                )


def _printable(table: pa.Table, columns: list[Column]) -> pa.Table:
    arrays = []
    for values, column in zip(table.columns, columns, strict=True):
        if pa.types.is_boolean(values.type) or pa.types.is_decimal(values.type):
            arrays.append(values.cast(pa.string()))
        elif column.type == "super" and not pa.types.is_nested(values.type):
            arrays.append(pa.chunked_array([[_json(v) for v in values.to_pylist()]], type=pa.string()))
        elif pa.types.is_nested(values.type):
            raise RedshiftError("SERIALIZETOJSON is not supported on the stand-in", "0A000")
        else:
            arrays.append(values)
    return pa.table(arrays, names=[f"c{place}" for place in range(len(arrays))])


def _json(value: str | None) -> str | None:
    """A text of a Parquet file is a string in a SUPER, whatever it holds."""
    import json  # noqa: PLC0415

    return None if value is None else json.dumps(value, ensure_ascii=False)


def csv_of_parquet(data: bytes, columns: list[Column], file: S3File) -> tuple[bytes, int]:
    """A file as CSV for PostgreSQL, and its number of rows."""
    try:
        table = pq.ParquetFile(io.BytesIO(data)).read()
    except (pa.ArrowException, OSError) as error:
        raise _scan_error(f"File '{file.url}' is not a valid Parquet file: {error}") from error
    _check_schema(table.schema, columns, file)
    _check_values(table, columns, file)
    if not table.num_rows:
        return b"", 0
    out = io.BytesIO()
    options = pacsv.WriteOptions(include_header=False, quoting_style="all_valid")
    pacsv.write_csv(_printable(table, columns), out, options)
    return out.getvalue(), table.num_rows
