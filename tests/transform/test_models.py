"""The models agree with the sandbox's state; the tests compute the expected values independently."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from tests.docs.blocks import blocks_of
from tests.transform.conftest import HOUSE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.transform.conftest import Models

Row = dict[str, Any]
QUESTIONS = dict(
    re.findall(
        r"^### ([^\n]+)\n\n```sql\n(.*?)```",
        (HOUSE / "docs" / "analysis.md").read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
)
MODELS = [
    model
    for kind in ("dimensions", "facts", "marts")
    for model in yaml.safe_load((HOUSE / "transform" / "models" / kind / f"{kind}.yml").read_text(encoding="utf-8"))[
        "models"
    ]
]


class Entry:
    """A finished piece of work, as the sandbox holds it."""

    def __init__(self, dump: Row, workspace: Row, row: Row) -> None:
        people = {user["id"]: user for user in dump["users"]}
        projects = {project["id"]: project for project in workspace["projects"]}
        clients = {client["id"]: client["name"] for client in workspace["clients"]}
        settings = people[row["userId"]].get("settings") or {}
        members = {member["userId"] for member in workspace["members"]}
        project = projects.get(row["projectId"], {})
        start, end = (datetime.fromisoformat(row["timeInterval"][name]) for name in ("start", "end"))
        # Of somebody who is no member any more Clockify tells neither zone nor rates.
        known = row["userId"] in members
        zone = ZoneInfo(settings.get("timeZone") or "UTC") if known else ZoneInfo("UTC")
        self.id = row["id"]
        self.workspace = workspace["id"]
        self.user = row["userId"]
        self.project = row["projectId"]
        self.client = clients.get(project.get("clientId"))
        self.seconds = int((end - start).total_seconds())
        self.day = start.astimezone(zone).date()
        self.week = self.day - timedelta(days=self.day.weekday())
        self.billable = row["billable"]
        self.rate = row["hourlyRate"] if known else None
        self.cost = row["costRate"] if known else None

    @property
    def amount(self) -> Decimal | None:
        if not self.billable:
            return Decimal(0)
        return None if self.rate is None else Decimal(self.seconds) * self.rate["amount"] / 360_000


def work(models: Models) -> Iterator[Entry]:
    for workspace in models.dump["workspaces"]:
        for row in workspace["time_entries"]:
            if row["type"] == "REGULAR" and row["timeInterval"]["end"]:
                yield Entry(models.dump, workspace, row)


def currency_of(workspace: Row, project: Row) -> str:
    """The currency that a project is billed in: its client's, else the workspace's."""
    client: Row = next((one for one in workspace["clients"] if one["id"] == project["clientId"]), {})
    own = next(one for one in workspace["currencies"] if one["isDefault"])
    return str(next((one for one in workspace["currencies"] if one["id"] == client.get("currencyId")), own)["code"])


def near(found: Any, expected: Any) -> bool:
    return abs(Decimal(found or 0) - Decimal(expected)) < Decimal("0.01")


def test_every_question_of_the_page_is_asked() -> None:
    assert list(QUESTIONS.values()) == blocks_of("docs/analysis.md", "sql")


@pytest.mark.parametrize("title", QUESTIONS)
def test_every_question_of_the_docs_has_an_answer(models: Models, title: str) -> None:
    assert models.ask(QUESTIONS[title])


def test_hours_by_client_and_week(models: Models) -> None:
    expected: dict[tuple[str | None, date], list[int]] = defaultdict(lambda: [0, 0])
    for entry in work(models):
        expected[entry.client, entry.week][0] += entry.seconds
        expected[entry.client, entry.week][1] += entry.seconds * entry.billable
    found = {(row["client"], row["week"]): row for row in models.ask(QUESTIONS["Hours by client and week"])}
    assert found.keys() == expected.keys()
    for key, (seconds, billable) in expected.items():
        assert near(found[key]["hours"], Decimal(seconds) / 3600), key
        assert near(found[key]["billable_hours"], Decimal(billable) / 3600), key


def test_amounts_by_client_and_currency(models: Models) -> None:
    amounts: dict[tuple[str | None, str], Decimal] = defaultdict(Decimal)
    unknown = 0
    for entry in work(models):
        if entry.amount is None:
            unknown += 1
        elif entry.amount and entry.rate:
            amounts[entry.client, entry.rate["currency"]] += entry.amount
    rows = models.ask(
        "select client, currency, sum(amount) as amount from timesheet group by 1, 2 having sum(amount) > 0"
    )
    assert len({currency for _, currency in amounts}) > 1
    found = {(row["client"], row["currency"]): row["amount"] for row in rows}
    assert found.keys() == amounts.keys()
    for key, amount in amounts.items():
        assert near(found[key], amount), key
    (row,) = models.ask("select sum(entries_of_unknown_amount) as n from timesheet")
    assert row["n"] == unknown
    assert unknown > 0


def test_amounts_of_unknown_rates_are_null(models: Models) -> None:
    rows = models.ask("select * from fct_time_entries where cost_rate is null or (is_billable and hourly_rate is null)")
    assert rows
    for row in rows:
        assert row["cost"] is None
        assert row["amount"] is None or not row["is_billable"]
    by_margin = models.ask("select sum(rows_of_unknown_cost) as n from margin")
    expected = sum(entry.cost is None for entry in work(models))
    assert by_margin == [{"n": expected}]


def test_margin_is_never_of_two_currencies(models: Models) -> None:
    two = models.ask("select * from margin where currency <> cost_currency")
    assert two
    assert {row["margin"] for row in two} == {None}
    expected: dict[str, Decimal] = defaultdict(Decimal)
    for entry in work(models):
        if entry.rate and entry.cost and entry.rate["currency"] == entry.cost["currency"]:
            cost = Decimal(entry.seconds) * entry.cost["amount"] / 360_000
            expected[entry.rate["currency"]] += (entry.amount or 0) - cost
    rows = models.ask(
        "select currency, sum(time_amount) - sum(time_cost) as margin from margin"
        " where currency = cost_currency group by 1"
    )
    found = {row["currency"]: row["margin"] for row in rows}
    assert found.keys() == expected.keys()
    for currency, amount in expected.items():
        assert abs(found[currency] - amount) < Decimal("0.05"), currency


def test_uninvoiced_hours(models: Models) -> None:
    invoiced = {
        entry
        for workspace in models.dump["workspaces"]
        for invoice in workspace["invoices"]
        if invoice["status"] != "VOID"
        for item in invoice["items"]
        for entry in item["timeEntryIds"] or ()
    }
    expected: dict[str | None, int] = defaultdict(int)
    for entry in work(models):
        if entry.billable and entry.id not in invoiced:
            expected[entry.client] += entry.seconds
    found: dict[str | None, Decimal] = defaultdict(Decimal)
    for row in models.ask(QUESTIONS["Hours that are not invoiced, by client"]):
        found[row["client"]] += row["hours"]
    assert found.keys() == expected.keys()
    for client, seconds in expected.items():
        assert near(found[client], Decimal(seconds) / 3600), client
    # Work on an invoice is left out; if that were never so, this test would show nothing.
    assert any(entry.id in invoiced for entry in work(models) if entry.billable)


def test_ageing(models: Models) -> None:
    today = date.fromisoformat(models.today)
    loaded = models.ask(f"select number, balance, currency from {models.warehouse.schema}.invoices")  # noqa: S608
    balances = {row["number"]: row["balance"] for row in loaded}
    expected: Counter[tuple[str, str]] = Counter()
    for workspace in models.dump["workspaces"]:
        for invoice in workspace["invoices"]:
            if invoice["status"] in {"UNSENT", "VOID"} or balances[invoice["number"]] <= 0:
                continue
            late = (today - date.fromisoformat(invoice["dueDate"][:10])).days
            ages = ((0, "not due"), (30, "1 to 30 days"), (60, "31 to 60 days"), (90, "61 to 90 days"))
            age = next((words for days, words in ages if late <= days), "over 90 days")
            expected[invoice["currency"], age] += balances[invoice["number"]]
    found = {(row["currency"], row["age"]): row["balance"] for row in models.ask(QUESTIONS["What clients owe, by age"])}
    assert found == {key: Decimal(cents) / 100 for key, cents in expected.items()}
    assert len(found) > 2


def test_budgets_count_the_work_of_their_period(models: Models) -> None:
    expected = {}
    today = date.fromisoformat(models.today)
    starts = {
        "WEEKLY": today - timedelta(days=today.weekday()),
        "MONTHLY": today.replace(day=1),
        "YEARLY": today.replace(month=1, day=1),
        None: date.min,
    }
    for workspace in models.dump["workspaces"]:
        for project in workspace["projects"]:
            budget, estimate = project["budgetEstimate"], project["timeEstimate"]
            mine = [entry for entry in work(models) if entry.project == project["id"]]
            if budget and budget["active"]:
                assert not project["estimateReset"] or project["estimateReset"].get("dayOfMonth") in {None, 1}
                since, currency = starts[budget["resetOption"]], currency_of(workspace, project)
                earned = [entry for entry in mine if entry.day >= since and entry.amount]
                used = sum((e.amount or 0 for e in earned if e.rate and e.rate["currency"] == currency), Decimal(0))
                other = sum(entry.rate["currency"] != currency for entry in earned if entry.rate)
                for row in workspace["expenses"] if budget["includeExpenses"] else ():
                    if row["projectId"] == project["id"] and date.fromisoformat(row["date"]) >= since:
                        if currency == currency_of(workspace, {"clientId": None}):
                            used += Decimal(str(row["total"])) / 100
                        else:
                            other += 1
                expected[project["id"]] = (Decimal(budget["estimate"]) / 100, used, other)
            elif estimate["active"]:
                since = starts[estimate["resetOption"]]
                hours = int(re.fullmatch(r"PT(\d+)H", estimate["estimate"])[1])  # type: ignore[index]
                seconds = sum(
                    entry.seconds
                    for entry in mine
                    if entry.day >= since and (entry.billable or estimate["includeNonBillable"])
                )
                expected[project["id"]] = (Decimal(hours), Decimal(seconds) / 3600, 0)
    rows = models.ask(
        "select project_id, coalesce(budget_amount, budget_hours) as budget, coalesce(used_amount, used_hours) as used,"
        " rows_of_other_currency as other from project_budget"
    )
    assert {row["project_id"] for row in rows} == expected.keys()
    for row in rows:
        budget, used, other = expected[row["project_id"]]
        assert near(row["budget"], budget), row
        assert near(row["used"], used), row
        assert row["other"] == other, row
    assert {row["measured_in"] for row in models.ask("select measured_in from project_budget")} == {"HOURS", "MONEY"}


def test_capacity_leaves_out_weekends_holidays_and_time_off(models: Models) -> None:
    (ada,) = (user["id"] for user in models.dump["users"] if user["email"] == "ada@tiny.example")
    key = f"{models.dump['workspaces'][0]['id']}:{ada}"
    rows = models.ask("select * from fct_capacity where person_key = %s order by day", key)
    by_day = {row["day"]: row for row in rows}
    # Eight hours on Monday, none on a weekend; time off that is approved counts, on 8 and 9 October.
    assert by_day[date(2026, 10, 5)]["capacity_hours"] == 8
    assert by_day[date(2026, 10, 10)]["capacity_hours"] == 0
    for day in (date(2026, 10, 8), date(2026, 10, 9)):
        assert (by_day[day]["capacity_hours"], by_day[day]["time_off_hours"]) == (0, 8)
    assert by_day[date(2026, 10, 12)]["capacity_hours"] == 8
    assert len(rows) == (rows[-1]["day"] - rows[0]["day"]).days + 1

    holidays = models.ask("select distinct holiday, day, capacity_hours from fct_capacity where holiday is not null")
    assert holidays
    assert {row["capacity_hours"] for row in holidays} == {0}
    held = {holiday["name"]: holiday for workspace in models.dump["workspaces"] for holiday in workspace["holidays"]}
    for row in holidays:
        for name in row["holiday"].split(", "):
            period = held[name]["datePeriod"]
            assert period["startDate"][5:] <= f"{row['day']:%m-%d}" <= period["endDate"][5:], row


def test_utilisation_is_tracked_time_of_capacity(models: Models) -> None:
    recent = date.fromisoformat(models.today)
    recent -= timedelta(days=recent.weekday())
    tracked: dict[str, int] = defaultdict(int)
    for entry in work(models):
        if recent - timedelta(weeks=4) <= entry.week < recent:
            tracked[f"{entry.workspace}:{entry.user}"] += entry.seconds
    rows = models.ask(
        "select person_key, sum(hours) as hours, sum(capacity_hours) as capacity from utilisation"
        " where weeks_ago between 1 and 4 group by 1"
    )
    found = {row["person_key"]: row["hours"] for row in rows if row["hours"]}
    assert found.keys() == tracked.keys()
    for key, seconds in tracked.items():
        assert near(found[key], Decimal(seconds) / 3600)
    assert any(row["capacity"] for row in rows)


def test_days_are_those_of_the_person(models: Models) -> None:
    rows = models.ask("select time_entry_id, day, started_at, started_local, time_zone from fct_time_entries")
    found = {row["time_entry_id"]: row for row in rows}
    moved = 0
    for entry in work(models):
        row = found[entry.id]
        assert row["day"] == entry.day, row
        assert row["started_at"].astimezone(ZoneInfo(row["time_zone"])).replace(tzinfo=None) == row["started_local"]
        moved += row["started_at"].astimezone(ZoneInfo("UTC")).date() != row["day"]
    assert moved  # some work starts on another day than it does in UTC


def test_expenses_lines_and_payments(models: Models) -> None:
    workspaces = models.dump["workspaces"]
    expenses = {row["id"]: row["total"] for workspace in workspaces for row in workspace["expenses"]}
    found = {row["expense_id"]: row["amount"] for row in models.ask("select expense_id, amount from fct_expenses")}
    assert found == {key: Decimal(str(total)) / 100 for key, total in expenses.items()}
    invoices = [invoice for workspace in workspaces for invoice in workspace["invoices"]]
    lines = {(invoice["id"], item["order"]): item["amount"] for invoice in invoices for item in invoice["items"]}
    rows = models.ask("select invoice_id, line, amount from fct_invoice_lines")
    assert {(row["invoice_id"], row["line"]): row["amount"] * 100 for row in rows} == lines
    payments = {one["id"]: (one["amount"], invoice["currency"]) for invoice in invoices for one in invoice["payments"]}
    rows = models.ask("select payment_id, amount, currency from fct_payments")
    assert {row["payment_id"]: (row["amount"] * 100, row["currency"]) for row in rows} == payments


def test_invoices_are_their_lines_less_discount_and_with_taxes(models: Models) -> None:
    invoices = {one["id"]: one for workspace in models.dump["workspaces"] for one in workspace["invoices"]}
    rows = {row["invoice_id"]: row for row in models.ask("select * from fct_invoices")}
    assert rows.keys() == invoices.keys()
    for key, row in rows.items():
        assert row["subtotal"] * 100 == sum(item["amount"] for item in invoices[key]["items"])
        assert row["amount"] == row["subtotal"] - row["discount"] + row["tax"] + row["tax_2"]
        assert row["is_issued"] == (invoices[key]["status"] not in {"UNSENT", "VOID"})
        assert row["currency"] == invoices[key]["currency"]
    assert any(row["tax"] for row in rows.values())


def test_a_removed_member_is_a_person(models: Models) -> None:
    gone = {
        f"{workspace['id']}:{row['userId']}"
        for workspace in models.dump["workspaces"]
        for row in workspace["time_entries"]
        if row["userId"] not in {member["userId"] for member in workspace["members"]}
    }
    assert gone
    rows = models.ask("select * from dim_people where person_key = any(%s)", list(gone))
    assert {row["person_key"] for row in rows} == gone
    assert all(row["person"] and not row["is_active"] and row["membership_status"] is None for row in rows)


def test_every_column_is_described_in_postgresql(models: Models) -> None:
    described = models.ask(
        "select class.relname as model, attribute.attname as name,"
        " col_description(class.oid, attribute.attnum) as said, obj_description(class.oid, 'pg_class') as about"
        " from pg_class as class join pg_attribute as attribute on attribute.attrelid = class.oid"
        " where class.relnamespace = %s::regnamespace and class.relkind = 'r' and attribute.attnum > 0"
        " and not attribute.attisdropped",
        models.schema,
    )
    declared = {
        (model["name"], column["name"]): column["description"] for model in MODELS for column in model["columns"]
    }
    assert {(row["model"], row["name"]): row["said"] for row in described} == declared
    assert {row["model"]: row["about"] for row in described} == {row["name"]: row["description"] for row in MODELS}


def test_loaded_tables_are_described_and_typed_as_the_sources_say(models: Models) -> None:
    sources = yaml.safe_load((HOUSE / "transform" / "models" / "sources.yml").read_text(encoding="utf-8"))
    rows = models.ask(
        "select class.relname as table, attribute.attname as name, format_type(atttypid, atttypmod) as type,"
        " col_description(class.oid, attribute.attnum) as said"
        " from pg_class as class join pg_attribute as attribute on attribute.attrelid = class.oid"
        " where class.relnamespace = %s::regnamespace and class.relkind = 'r' and attribute.attnum > 0"
        " and not attribute.attisdropped and attribute.attname not like '\\_sdc\\_%%'",
        models.warehouse.schema,
    )
    loaded = {row["table"] for row in rows}
    assert len(loaded) > 25
    declared = {
        (table["name"], column["name"]): (column["data_type"], column["description"])
        for table in sources["sources"][0]["tables"]
        if table["name"] in loaded
        for column in table["columns"]
        if "Not selected by default" not in column["description"]
    }
    found = {(row["table"], row["name"]): (row["type"].replace(" without time zone", ""), row["said"]) for row in rows}
    assert found == declared


def test_streams_that_were_not_loaded_make_empty_models(without_streams: Models, models: Models) -> None:
    (hours,) = models.ask("select sum(hours) as hours from timesheet")
    (same,) = without_streams.ask("select sum(hours) as hours from timesheet")
    assert same == hours
    for name in ("dim_clients", "fct_capacity", "fct_payments", "invoice_ageing"):
        assert without_streams.ask(f"select * from {name}") == []  # noqa: S608
    # Without the list of people nothing tells a zone.
    assert without_streams.ask("select distinct time_zone, time_zone_is_known from dim_people") == [
        {"time_zone": "UTC", "time_zone_is_known": False}
    ]
