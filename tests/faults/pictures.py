"""A comparable form of a workspace: every row by its content, with names instead of ids."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

_ID = re.compile("[0-9a-f]{24}")
_OWN = {"id", "order", "createdAt", "seriesId", "color", "authToken"}
_TRACES = {"audit_log", "changes", "webhook_deliveries"}  # traces of an object that was created twice and deleted again
_NAMES = ("name", "number", "description", "notes", "note", "email")


def picture_of(workspace: dict[str, Any]) -> Counter[str]:
    """Return the rows of all tables of a workspace, each as a text, with their number."""
    tables = {name: value for name, value in workspace.items() if isinstance(value, list)}
    tables = {name: table for name, table in tables.items() if name not in _TRACES}
    rows = [(name, row) for name, table in tables.items() for row in table if isinstance(row, dict)]
    names = {str(row["id"]): f"{table} {_name(row)}" for table, row in rows if "id" in row}

    def seen(value: Any) -> Any:
        if isinstance(value, dict):
            return {_named(key): seen(one) for key, one in value.items() if key not in _OWN}
        if isinstance(value, list):
            return [seen(one) for one in value]
        return _named(value)

    def _named(value: Any) -> Any:
        return names.get(value, "an id") if isinstance(value, str) and _ID.fullmatch(value) else value

    return Counter(f"{table} {json.dumps(seen(row), sort_keys=True)}" for table, row in rows)


def _name(row: dict[str, Any]) -> str:
    return next((str(row[name]) for name in _NAMES if row.get(name)), "")


def difference(wanted: Counter[str], found: Counter[str]) -> tuple[Counter[str], Counter[str]]:
    """Return the rows that are missing, and those that are too many."""
    return wanted - found, found - wanted
