"""Reads the tables of a loader with programs in its own environment, and normalises values."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from pathlib import Path

    from demo.warehouse import Warehouse

Tables = dict[str, list[dict[str, Any]]]
SCHEMA = "clockify"
BUCKET = "house"

_OF_DUCKDB = """
import duckdb, json, sys
connection = duckdb.connect(sys.argv[1])
query = "select table_name from information_schema.tables where table_schema = 'clockify'"
tables = {}
for (name,) in connection.execute(query).fetchall():
    rows = connection.execute(f'select * from clockify."{name}"')
    names = [column[0] for column in rows.description]
    tables[name] = [dict(zip(names, row)) for row in rows.fetchall()]
print(json.dumps(tables, default=str))
"""

_OF_PARQUET = """
import io, json, sys
import boto3
from pyarrow import parquet
address, bucket = sys.argv[1:]
client = boto3.client(
    "s3", endpoint_url=address, region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none"
)
tables = {}
for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
    for one in page.get("Contents", ()):
        body = client.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()
        tables.setdefault(one["Key"].split("/")[1], []).extend(parquet.read_table(io.BytesIO(body)).to_pylist())
print(json.dumps(tables, default=str))
"""

IN_BIGQUERY = """
import json, sys
from google.protobuf import json_format
from target_bigquery.core import BigQueryTable, IngestionStrategy, SchemaResolverVersion
from target_bigquery.proto_gen import proto_schema_factory_v2

def columns(fields):
    return [[f.name, f.field_type, f.mode, columns(f.fields)] for f in fields]

translated, messages, tables = {}, {}, {}
for line in sys.stdin:
    message = json.loads(line)
    stream = message.get("stream")
    if message["type"] == "SCHEMA":
        for version in SchemaResolverVersion:
            table = BigQueryTable(
                stream, "clockify", "house", message["schema"], IngestionStrategy.DENORMALIZED, {}, version
            )
            translated.setdefault(stream, []).append(columns(table.get_schema()))
            messages.setdefault(stream, proto_schema_factory_v2(table.get_schema()))
    elif message["type"] == "RECORD" and sys.argv[1] == "values":
        given = {name: value for name, value in message["record"].items() if value is not None}
        row = json_format.ParseDict(given, messages[stream]())
        row.SerializeToString()
        kept = {field.name: list(v) if isinstance(v, (list, tuple)) else v for field, v in row.ListFields()}
        tables.setdefault(stream, []).append(kept)
print(json.dumps({"translated": translated, "tables": tables}))
"""
"""Translates schemas as the loader does, by both of its resolvers; `values` also packs each record as it would."""


def _read(python: Path, program: str, *arguments: str) -> Tables:
    answer = subprocess.run([python, "-c", program, *arguments], capture_output=True, check=True)
    tables: Tables = json.loads(answer.stdout)
    return tables


def in_duckdb(python: Path, file: Path) -> Tables:
    """Return the tables of a DuckDB file, by the version of DuckDB that wrote it."""
    return _read(python, _OF_DUCKDB, str(file))


def in_parquet(python: Path, address: str) -> Tables:
    """Return the tables of the Parquet files in the bucket of a local object store."""
    return _read(python, _OF_PARQUET, address, BUCKET)


def in_postgres(warehouse: Warehouse) -> Tables:
    """Return the tables of the schema in PostgreSQL."""
    with psycopg.connect(warehouse.uri, row_factory=psycopg.rows.dict_row) as connection:
        query = "select table_name from information_schema.tables where table_schema = %s"
        names = [row["table_name"] for row in connection.execute(query, [SCHEMA])]
        select = sql.SQL("select * from {}")
        return {name: connection.execute(select.format(sql.Identifier(SCHEMA, name))).fetchall() for name in names}


def meaning(value: Any) -> Any:
    """Normalise a value, whatever type a loader uses: JSON may be text, a timestamp may be in any zone.

    Timestamps are compared by the second, which is Clockify's resolution.
    """
    if isinstance(value, dict):
        return {name: known for name, one in value.items() if (known := meaning(one)) is not None}
    if isinstance(value, (list, tuple)):
        return [meaning(one) for one in value]
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return Decimal(str(value)).normalize()
    text = value.isoformat() if isinstance(value, date) else value
    return _meaning_of_text(text) if isinstance(text, str) else text


def _meaning_of_text(text: str) -> Any:
    if text == "null":
        return None
    try:
        if text[:1] in {"{", "["}:
            return meaning(json.loads(text))
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text.replace("\\n", "\n")  # as loaders keep it that hand rows on as CSV
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)


def column(name: str) -> str:
    """Return the name of a column without what loaders change in it: case and underscores."""
    return name.replace("_", "").lower()
