"""The corrections of act two: CSV files that a person may edit. Each is the result of a SQL file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from demo.warehouse import Warehouse

_QUESTIONS = Path(__file__).parent


def busiest_workspace(warehouse: Warehouse) -> str:
    """Return the id of the workspace with the most time entries, which gets the corrections."""
    with psycopg.connect(warehouse.uri) as connection:
        return _busiest(connection, warehouse.schema)


def write_corrections(warehouse: Warehouse, folder: Path) -> None:
    """Query the warehouse for corrections, and write the results to files that do not exist yet."""
    if any(folder.glob("*.csv")):
        return
    with psycopg.connect(warehouse.uri) as connection:
        _busiest(connection, warehouse.schema)
        for question in sorted(_QUESTIONS.glob("*.sql")):
            asked = sql.SQL("copy ({}) to stdout with (format csv, header)").format(
                sql.SQL(question.read_text(encoding="utf-8").rstrip().removesuffix(";"))
            )
            with connection.cursor().copy(asked) as answer:
                (folder / f"{question.stem}.csv").write_bytes(b"".join(bytes(part) for part in answer))


def _busiest(connection: psycopg.Connection, schema: str) -> str:
    connection.execute(sql.SQL("set search_path to {}").format(sql.Identifier(schema)))
    ((workspace,),) = connection.execute(
        """select set_config('demo.workspace', "workspaceId", false)
        from time_entries group by "workspaceId" order by count(*) desc limit 1"""
    )
    return str(workspace)
