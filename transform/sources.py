"""Generates `models/sources.yml` from the schemas of tap-clockify: every stream and column, with description and type.

`python transform/sources.py` rewrites the file; with `--check` it changes nothing, and its exit code shows whether the
file is up to date. The types are those of the columns that target-postgres creates.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_clockify.stream import schema_of
from tap_clockify.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = Path(__file__).with_name("models") / "sources.yml"
_HEAD = """\
# Written by `python transform/sources.py` out of the schemas of tap-clockify; do not edit.
version: 2
sources:
- name: clockify
  description: The tables that tap-clockify fills, as target-postgres makes them.
  schema: "{{ env_var('DBT_CLOCKIFY_SOURCE_SCHEMA', 'tap_clockify') }}"
  quoting: {identifier: true}
  tables:
"""
_TYPES = {"boolean": "boolean", "integer": "bigint", "number": "numeric", "object": "jsonb", "string": "text"}
_FORMATS = {"date": "date", "date-time": "timestamp"}


def type_of(schema: dict[str, Any]) -> str:
    """Return the PostgreSQL type of a column with this JSON Schema."""
    kinds = {schema["type"]} if isinstance(schema["type"], str) else set(schema["type"]) - {"null"}
    if len(kinds) > 1:
        return "jsonb"
    (kind,) = kinds
    if kind == "array":
        return f"{type_of(schema['items'])}[]"
    return _FORMATS.get(schema.get("format", ""), _TYPES[kind])


def written() -> str:
    """Return the whole file."""
    return _HEAD + "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    for stream in STREAMS:
        schema = schema_of(stream.name)
        yield f"  - name: {stream.name}"
        yield f"    description: {json.dumps(schema['description'], ensure_ascii=False)}"
        yield "    columns:"
        for column, declared in schema["properties"].items():
            described = json.dumps(declared["description"], ensure_ascii=False)
            yield f"    - {{name: {column}, quote: true, data_type: '{type_of(declared)}', description: {described}}}"


if __name__ == "__main__":
    if "--check" not in sys.argv[1:]:
        FILE.write_text(written(), encoding="utf-8")
    elif FILE.read_text(encoding="utf-8") != written():
        sys.exit(f"{FILE.name} is out of date: run `python transform/sources.py`")
