"""The queries of the page: SELECTs that only add up rows of the models."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from psycopg import sql
from psycopg.rows import dict_row

if TYPE_CHECKING:
    from psycopg import Connection

Row = dict[str, Any]

_DECIMALS = 4  # of hours and money, as in the marts

_KEYS = {"client": "client_id", "person": "person_key", "project": "project_id"}
_WORKSPACES = """
    select workspace_id, workspace as name, dim_workspaces.currency
    from dim_workspaces left join timesheet using (workspace_id)
    group by 1, 2, 3 order by coalesce(sum(hours), 0) desc, workspace"""
_SELECTS = {
    "weeks": """
        select workspace_id, client_id, client, week, month, sum(hours) as hours, sum(billable_hours) as billable_hours
        from timesheet group by 1, 2, 3, 4, 5 order by 1, 3, 4, 5""",
    "people": """
        select workspace_id, person_key, person, client_id, client, month,
            sum(hours) as hours, sum(billable_hours) as billable_hours
        from timesheet group by 1, 2, 3, 4, 5, 6 order by 1, 3, 5, 6""",
    "capacity": """
        select workspace_id, person_key, person, capacity.month,
            sum(capacity_hours) as capacity_hours, sum(planned_hours) as planned_hours
        from fct_capacity as capacity inner join dim_calendar using (day)
        where day <= as_of group by 1, 2, 3, 4 order by 1, 3, 4""",
    "margin": """
        select workspace_id, project_id, project, client_id, client, month, currency, cost_currency,
            amount, cost, margin, rows_of_unknown_amount, rows_of_unknown_cost
        from margin order by workspace_id, project, month, currency""",
    "uninvoiced": """
        select workspace_id, project_id, project, client_id, client, month, currency,
            hours, amount, entries_of_unknown_amount
        from uninvoiced_hours order by workspace_id, project, month, currency""",
    "budgets": """
        select workspace_id, project_id, project, client_id, client, is_archived, measured_in, currency,
            coalesce(budget_amount, budget_hours) as budget, coalesce(used_amount, used_hours) as used, used_share,
            starts_afresh, round_started_on, entries_of_unknown_amount, rows_of_other_currency
        from project_budget order by used_share desc, project""",
    "owed": """
        select workspace_id, client_id, client, invoice_number, date_trunc('month', issued_on)::date as month,
            issued_on, due_on, currency, balance, days_overdue, age
        from invoice_ageing order by days_overdue desc, due_on, invoice_number""",
    "invoiced": """
        select workspace_id, client_id, client, month, currency, sum(amount) as amount
        from fct_invoices where is_issued group by 1, 2, 3, 4, 5 order by 1, 3, 4, 5""",
    "paid": """
        select workspace_id, client_id, client, date_trunc('month', paid_on)::date as month, currency,
            sum(amount) as amount
        from fct_payments group by 1, 2, 3, 4, 5 order by 1, 3, 4, 5""",
}


class _Named:
    """Objects that rows refer to by number, so that each name is in the page only once."""

    def __init__(self, kind: str) -> None:
        self.objects: list[Row] = []
        self._kind = kind
        self._numbers: dict[tuple[int, str | None], int] = {}

    def number(self, workspace: int, key: str | None, name: str | None) -> int:
        """Return the number of an object; an object without a known name is shown by the end of its id.

        No object is null.
        """
        if (workspace, key) not in self._numbers:
            self._numbers[workspace, key] = len(self.objects)
            told = name or (f"{self._kind} {key[-6:]}" if key else None)
            self.objects.append({"workspace": workspace, "name": told})
        return self._numbers[workspace, key]


def ask(connection: Connection, schema: str) -> Row:
    """Run all queries of the page.

    Args:
        connection: To the PostgreSQL database with the models.
        schema: The schema of the models.

    Returns:
        Values for JSON. `as_of` is an ISO day. `workspaces` has at least one element, the one with the most hours
        first. `named` has the objects of each kind. Every SELECT has `columns` and `rows`. A row refers to a client, a
        person or a project by its index in `named`. A month is the number of months since the year 0. Hours and money
        are numbers, money in major units.
    """
    connection.execute(sql.SQL("set search_path to {}").format(sql.Identifier(schema)))
    with connection.cursor(row_factory=dict_row) as cursor:
        found = {name: cursor.execute(select.encode()).fetchall() for name, select in _SELECTS.items()}
        workspaces = cursor.execute(_WORKSPACES.encode()).fetchall()
        (day,) = cursor.execute("select as_of from dim_calendar limit 1").fetchall()
    places = {row.pop("workspace_id"): place for place, row in enumerate(workspaces)}
    for row in (row for rows in found.values() for row in rows if row["workspace_id"] not in places):
        places[row["workspace_id"]] = len(workspaces)
        workspaces.append({"name": f"Workspace {row['workspace_id'][-6:]}", "currency": None})
    named = {kind: _Named(kind.title()) for kind in _KEYS}

    def told(row: Row) -> Row:
        workspace = places[row.pop("workspace_id")]
        numbers = {
            kind: named[kind].number(workspace, row.pop(key), row.pop(kind))
            for kind, key in _KEYS.items()
            if key in row
        }
        return numbers | {name: _plain(name, value) for name, value in row.items()}

    answers = {name: [told(row) for row in rows] for name, rows in found.items()}
    return {
        "as_of": day["as_of"].isoformat(),
        "workspaces": workspaces or [{"name": "No workspace", "currency": None}],
        "named": {kind: one.objects for kind, one in named.items()},
        **{
            name: {"columns": list(rows[0]) if rows else [], "rows": [list(row.values()) for row in rows]}
            for name, rows in answers.items()
        },
    }


def _plain(name: str, value: Any) -> Any:
    """Return a value of the database as one of JSON."""
    if isinstance(value, date):  # a timestamp is one as well
        return value.year * 12 + value.month - 1 if name == "month" else value.isoformat()[:10]
    return round(float(value), _DECIMALS) if isinstance(value, Decimal) else value
