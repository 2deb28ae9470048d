"""Act one: loads every object of Clockify into a warehouse, compares the counts with the source, and draws charts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from demo.census import census
from demo.page import write_page
from demo.pipeline import models, run_pipeline, tap_clockify, target_postgres

if TYPE_CHECKING:
    from collections.abc import Mapping

    from demo.stage import Stage

_LINE = "  {:<28}{:>12}{:>12}{:>12}  {}"


def play(stage: Stage, deletions: int) -> bool:
    """Delete something if asked to, run the pipeline, and compare.

    Args:
        stage: The running sandbox and warehouse.
        deletions: How many time entries to delete in the sandbox first, together with a tag; nothing if 0.

    Returns:
        Whether every table holds as many rows as the sandbox.
    """
    print(f"Sandbox: {stage.sandbox.origin}")
    before = stage.warehouse.row_counts()
    if deletions:
        print("Deleted in the sandbox:", *stage.sandbox.delete_some(deletions), sep="\n  ")
    print("meltano run tap-clockify target-postgres dbt-clockify:run", flush=True)
    asked, started = stage.sandbox.asked(), time.monotonic()
    run_pipeline(
        [
            tap_clockify(stage.sandbox),
            target_postgres(stage.warehouse),
            models(stage.warehouse, stage.sandbox.today(), stage.backstage / "dbt"),
        ],
        stage.backstage / "meltano.log",
        stage.states,
    )
    seconds, asked = time.monotonic() - started, stage.sandbox.asked() - asked

    rows, expected = stage.warehouse.row_counts(), census(stage.sandbox.dump())
    alike = compare(before, rows, expected)
    print(f"{sum(rows.values()):,} rows in {len(rows)} tables, {asked.total():,} requests, {seconds:.0f} seconds")
    page = stage.output / "agency.html"
    write_page(stage.warehouse.uri, stage.warehouse.models, page)
    print(f"Charts of the models: {page}")
    return alike


def compare(before: Mapping[str, int], rows: Mapping[str, int], expected: Mapping[str, int]) -> bool:
    """Print one line per table: the number of rows before, now, and in the sandbox.

    Returns:
        Whether there are tables, and all of them agree with the sandbox.
    """
    print("", _LINE.format("table", "warehouse", "sandbox", "last run" if before else "", ""), sep="\n")
    wrong = 0
    for table, count in rows.items():
        change = count - before.get(table, 0) if before else 0
        alike = expected.get(table) == count
        wrong += not alike
        print(
            _LINE.format(
                table,
                f"{count:,}",
                f"{expected[table]:,}" if table in expected else "?",
                f"{change:+,}" if change else "",
                "OK" if alike else "MISMATCH",
            )
        )
    print()
    if wrong:
        print(f"{wrong} of {len(rows)} tables differ from the sandbox.")
    return bool(rows) and not wrong
