"""What the page shows, as it is asked of the warehouse: one SQL file and one kind of row per question."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from psycopg import sql
from psycopg.rows import class_row

if TYPE_CHECKING:
    from datetime import date

    from psycopg import Connection

Row = TypeVar("Row")
_QUESTIONS = Path(__file__).with_name("sql")


@dataclass(frozen=True)
class Headline:
    """The numbers at the top. Hours of the last four full weeks and the four before; money of the last twelve months.

    Money is in major units of `currency`, the workspace's default; other currencies are left out.
    """

    workspace: str
    today: date
    recent_start: date
    recent_end: date
    currency: str
    tracked: float
    tracked_before: float
    capacity: float
    capacity_before: float
    billable: float
    billable_before: float
    people: int
    invoiced: float
    paid: float
    open: float
    overdue: float
    overdue_invoices: int


@dataclass(frozen=True)
class ClientWeek:
    """Hours worked for a client in the week that begins on Monday `week`."""

    client: str
    week: date
    hours: float


@dataclass(frozen=True)
class Person:
    """Hours of a person over the last four full weeks."""

    person: str
    capacity: float
    planned: float
    billable: float
    other: float

    @property
    def tracked(self) -> float:
        """All hours worked, billable or not."""
        return self.billable + self.other

    @property
    def utilisation(self) -> float:
        """Hours worked in percent of the capacity; 0 without capacity."""
        return 100 * self.tracked / self.capacity if self.capacity else 0.0


@dataclass(frozen=True)
class MoneyMonth:
    """Money invoiced and paid in a month, in major units of a currency."""

    currency: str
    month: date
    invoiced: float
    paid: float


@dataclass(frozen=True)
class BillableMonth:
    """Hours of a month."""

    month: date
    billable: float
    other: float


@dataclass(frozen=True)
class Answers:
    """All that one page shows, of one workspace."""

    headline: Headline
    client_weeks: list[ClientWeek]
    people: list[Person]
    money_months: list[MoneyMonth]
    billable_months: list[BillableMonth]


def ask(connection: Connection, schema: str) -> Answers:
    """Ask everything about the workspace with the most time entries.

    The tables that the questions share are temporary: nothing is left behind in the warehouse.
    """
    connection.execute(sql.SQL("set search_path to {}").format(sql.Identifier(schema)))
    connection.execute(
        """select set_config('demo.workspace', "workspaceId", false)
        from time_entries group by "workspaceId" order by count(*) desc limit 1"""
    )
    connection.execute(_question("tables"))
    return Answers(
        headline=_rows(connection, "headline", Headline)[0],
        client_weeks=_rows(connection, "client_weeks", ClientWeek),
        people=_rows(connection, "people", Person),
        money_months=_rows(connection, "money_months", MoneyMonth),
        billable_months=_rows(connection, "billable_months", BillableMonth),
    )


def _question(name: str) -> bytes:
    return (_QUESTIONS / f"{name}.sql").read_bytes()


def _rows(connection: Connection, name: str, row: type[Row]) -> list[Row]:
    with connection.cursor(row_factory=class_row(row)) as cursor:
        return cursor.execute(_question(name)).fetchall()
