"""Act two: writes corrections from CSV files to Clockify, after a dry run, and loads them back into the warehouse."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo.census import census
from demo.corrections import busiest_workspace, write_corrections
from demo.page import write_page
from demo.pipeline import (
    HOUSE,
    PipelineError,
    Plugin,
    environment,
    models,
    run_pipeline,
    tap_clockify,
    target_clockify,
    target_postgres,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from demo.stage import Stage
    from demo.warehouse import Row, Warehouse

_TARGET = Path(sys.executable).with_name("target-clockify")
_LINE = "  {:<22}{:>9}{:>9}{:>10}{:>9}{:>9}{:>10}  {}"
_INVOICES = {"invoices", "invoice_items", "invoice_payments"}  # two requests per invoice, most of the requests of a run
_FOLLOWS = {
    "projects": ("clientName", "duration"),
    "tasks": ("duration",),
    "time_entries": ("hourlyRate", "costRate", "isLocked"),
}  # fields that Clockify computes from other objects, and that cannot be written
_NONE: tuple[Any, ...] = (None, "", 0, [])
_QUOTED = 3  # deviations that are listed per table

Change = dict[str, Any]
"""A write in the plan or the journal of the target: operation, object, key, id, changes by field."""


def play(stage: Stage) -> bool:
    """Write the corrections to the sandbox, and read them back.

    Args:
        stage: The running sandbox, and a warehouse that agrees with it.

    Returns:
        Whether the dry run changed nothing, and the warehouse then shows exactly the planned changes.
    """
    stage.corrections.mkdir(parents=True, exist_ok=True)
    write_corrections(stage.warehouse, stage.corrections)
    print(f"\nCorrections, yours to edit: {_shown(stage.corrections)}/*.csv")

    print("meltano run tap-csv target-clockify, with dry_run", flush=True)
    untouched = stage.sandbox.dump()
    asked = _run_target(stage, _target(stage, dry_run=True), "rehearsal.log")
    rehearsed = stage.sandbox.dump()
    plan = _lines((stage.corrections / "plan.jsonl").read_text(encoding="utf-8"))
    before = Tables.now(stage.warehouse, plan)
    for change in plan:
        print(f"  {_described(change, before.row(change))}")
    print(f"  {len(plan)} changes planned, {asked}; {_difference(untouched, rehearsed)}")
    if rehearsed != untouched:
        return False

    print("meltano run tap-csv target-clockify", flush=True)
    asked = _run_target(stage, _target(stage), "corrections.log")
    corrected = stage.sandbox.dump()
    print(f"  {asked}; {_difference(rehearsed, corrected)}")
    if not plan:
        return corrected == rehearsed
    written = _journal(stage)
    if _essence(written) != _essence(plan):
        print("What was written is not what was planned.")
        return False

    _read_back(stage, plan)
    alike = compare(before, Tables.now(stage.warehouse, written), written, census(corrected))
    write_page(stage.warehouse.uri, stage.warehouse.models, stage.output / "agency.html")
    return alike


# -- the target --------------------------------------------------------------------------------


def _target(stage: Stage, **settings: Any) -> Plugin:
    folder = stage.corrections
    return target_clockify(
        stage.sandbox,
        workspace_id=busiest_workspace(stage.warehouse),
        ledger_url=f"sqlite:///{folder / 'ledger.db'}",
        rejects_path=str(folder / "rejects.jsonl"),
        plan_path=str(folder / "plan.jsonl"),
        **settings,
    )


def _run_target(stage: Stage, target: Plugin, log: str) -> str:
    """Run the target on the corrections; return a text about its requests."""
    asked = stage.sandbox.asked()
    run_pipeline([Plugin("tap-csv", {"path": str(stage.corrections)}), target], stage.backstage / log, stage.states)
    asked = stage.sandbox.asked() - asked
    return "requests: " + (", ".join(f"{count} {method}" for method, count in sorted(asked.items())) or "none")


def _journal(stage: Stage) -> list[Change]:
    """Return the changes of the target's last run, from its report."""
    reported = subprocess.run(
        [_TARGET, "--config=ENV", "--report", "last"],
        env=environment(_target(stage)),
        capture_output=True,
        text=True,
        check=False,
    )
    if reported.returncode:
        msg = f"target-clockify --report ended with exit code {reported.returncode}: {reported.stderr.strip()}"
        raise PipelineError(msg)
    return _lines(reported.stdout)


def _essence(changes: Iterable[Change]) -> Counter[tuple[str, ...]]:
    """Return the data that plan and journal must have in common; only the journal has the ids of new objects."""
    return Counter((one["operation"], one["object"], one["key"], *sorted(one["changes"])) for one in changes)


# -- the warehouse -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Tables:
    """The part of the warehouse that corrections affect, at one point in time.

    Attributes:
        counts: Rows per table, of all tables.
        prints: Two fingerprints for each row of the corrected tables: of the fields that can be written, and of
            computed fields.
        rows: The corrected rows, by table and id.
    """

    counts: Mapping[str, int]
    prints: Mapping[str, Mapping[str, tuple[str, str]]]
    rows: Mapping[str, Mapping[str, Row]]

    @classmethod
    def now(cls, warehouse: Warehouse, changes: list[Change]) -> Tables:
        """Read the warehouse. Changes without a table of rows with an id, such as procedures, are left out."""
        listed = warehouse.tables_with_ids()
        ids: dict[str, list[str]] = {one["object"]: [] for one in changes if one["object"] in listed}
        for one in changes:
            if one["object"] in ids and one["id"]:
                ids[one["object"]].append(one["id"])
        return cls(
            warehouse.row_counts(),
            {table: warehouse.fingerprints(table, _FOLLOWS.get(table, ())) for table in ids},
            {table: warehouse.rows(table, some) for table, some in ids.items()},
        )

    def row(self, change: Change) -> Row:
        """Return the row of the changed object, empty if there is none."""
        return self.rows.get(change["object"], {}).get(change["id"], {})


def _read_back(stage: Stage, plan: list[Change]) -> None:
    """Read everything again; invoices only if they were corrected."""
    print("meltano run tap-clockify target-postgres dbt-clockify:run", flush=True)
    unread = set() if _INVOICES & {one["object"] for one in plan} else _INVOICES
    streams = [f"{table}.*" for table in stage.warehouse.row_counts() if table not in unread]
    started = time.monotonic()
    run_pipeline(
        [
            tap_clockify(stage.sandbox, _select=streams),
            target_postgres(stage.warehouse),
            models(stage.warehouse, stage.sandbox.today(), stage.backstage / "dbt"),
        ],
        stage.backstage / "read-back.log",
        stage.states,
    )
    print(f"  {len(streams)} tables in {time.monotonic() - started:.0f} seconds")


def compare(before: Tables, after: Tables, written: list[Change], expected: Mapping[str, int]) -> bool:
    """Print a line for every table that changed. `expected` is the number of rows in the sandbox, by table.

    Returns:
        Whether every table agrees with the sandbox, and the corrected tables changed only as planned.
    """
    heads = ("table", "before", "after", "inserted", "updated", "deleted", "followed", "")
    print("", _LINE.format(*heads), sep="\n")
    alike = True
    for table, count in after.counts.items():
        wrong = [] if expected.get(table) == count else [f"the sandbox holds {expected.get(table)}"]
        cells: list[str] = [""] * 4
        if table in after.prints:
            changes = [one for one in written if one["object"] == table]
            wrong += _deviations(changes, before, after, table)
            operations = Counter(one["operation"] for one in changes)
            followed = _moved(before, after, table, 1) - _moved(before, after, table, 0)
            cells = [f"{n:,}" for n in (*(operations[one] for one in ("INSERT", "UPDATE", "DELETE")), len(followed))]
        if any(cells) or wrong or count != before.counts.get(table):
            verdict = f"MISMATCH: {'; '.join(wrong[:_QUOTED])}" if wrong else "OK"
            print(_LINE.format(table, f"{before.counts.get(table, 0):,}", f"{count:,}", *cells, verdict))
        alike = alike and not wrong
    print("  Followed: fields that Clockify computes, such as sums of time, and the rate of a time entry.\n")
    return alike


def _moved(before: Tables, after: Tables, table: str, by: int) -> set[str]:
    """Return the ids of rows that were added, removed or changed, by the first or the second fingerprint."""
    old, new = before.prints[table], after.prints[table]
    return {key for key in old.keys() | new.keys() if key not in old or key not in new or old[key][by] != new[key][by]}


def _deviations(changes: list[Change], before: Tables, after: Tables, table: str) -> list[str]:
    """Return descriptions of unplanned changes in a table."""
    meant = {one["id"] for one in changes}
    said = [f"{key} changed as well" for key in sorted(_moved(before, after, table, 0) - meant)]
    for one in changes:
        was, row = before.row(one), after.row(one)
        wanted = {name: new for name, (_, new) in one["changes"].items()}
        if bool(row) == (one["operation"] == "DELETE"):
            said.append(f"the {one['operation']} of {one['id']} did not arrive")
        elif row:
            kept = {name: was[name] for name in was.keys() - wanted.keys() - set(_FOLLOWS.get(table, ()))}
            expected = kept | {name: new for name, new in wanted.items() if name in row}
            said += [
                f"{name} of {one['id']} differs" for name, new in expected.items() if not _agrees(new, row.get(name))
            ]
    return said


def _agrees(wanted: Any, found: Any) -> bool:
    """Return whether a value was written. Clockify adds fields to objects, and has several values for "none"."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(_agrees(value, found.get(name)) for name, value in wanted.items())
    return bool(wanted == found or (wanted in _NONE and found in _NONE))


# -- words -------------------------------------------------------------------------------------


def _described(change: Change, row: Mapping[str, Any]) -> str:
    name = row.get("name") or row.get("description")
    fields = [
        f"{field} {json.dumps(new)}" if old is None else f"{field} {json.dumps(old)} -> {json.dumps(new)}"
        for field, (old, new) in change["changes"].items()
        if change["operation"] != "DELETE"
    ]
    words = [
        change["operation"],
        change["object"],
        change["id"] or change["key"],
        *([json.dumps(name)] if name else []),
    ]
    return " ".join(words) + (": " + "; ".join(fields) if fields else "")


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    return "the sandbox is as it was" if before == after else "the sandbox has changed"


def _lines(text: str) -> list[Change]:
    return [json.loads(line) for line in text.splitlines()]


def _shown(path: Path) -> Path:
    return path.relative_to(HOUSE) if path.is_relative_to(HOUSE) else path
