"""Expenses and monthly invoices of a company."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date
from operator import attrgetter
from typing import TYPE_CHECKING

from clockify_sandbox.entities import expense, expense_category, invoice, invoice_item
from clockify_sandbox.invoicing import totals
from clockify_sandbox.seed.company.vocabulary import EXPENSE_CATEGORIES
from clockify_sandbox.seed.draw import DAY, HOUR, iso_date, midnight, month_starts, ts
from clockify_sandbox.seed.files import RECEIPTS

if TYPE_CHECKING:
    from clockify_sandbox.seed.company.model import Company, Person, Stint
    from clockify_sandbox.shapes.money import Expense, ExpenseFields, Invoice, InvoiceItem
    from clockify_sandbox.world import TimeEntry

_MILEAGE = 45  # pence a mile
_VAT = 2000.0
_DUE_DAYS = 30
_START = attrgetter("start")
_REMINDER = "Payment within 30 days. Please state the invoice number."


def add_expenses(company: Company) -> None:
    """Categories, and expenses on working days over the whole period, about two in three with a receipt."""
    draw, workspace = company.draw, company.workspace
    born = midnight(company.first, "UTC") - 5 * DAY
    categories: dict[str, str] = {}
    for name in (*EXPENSE_CATEGORIES, "Mileage", "Miscellaneous"):
        categories[name] = draw.new_id(born)
        record = expense_category(categories[name], workspace.id, name, archived=name == "Miscellaneous")
        if name == "Mileage":
            record.update({"hasUnitPrice": True, "priceInCents": _MILEAGE, "unit": "mile"})
        workspace.expense_categories[record["id"]] = record
    for month in month_starts(company.first, draw.today):
        for person in company.people:
            for _ in range(draw.weighted({0: 6, 1: 5, 2: 3, 3: 1})):
                day = month + draw.between(0, 27)
                if day < draw.today and person.works_on(day) and day not in company.holidays and day not in person.away:
                    _add_expense(company, person, day, categories)


def _add_expense(company: Company, person: Person, day: int, categories: dict[str, str]) -> None:
    draw, workspace = company.draw, company.workspace
    created = midnight(day, person.zone) + draw.between(12 * 60, 19 * 60) * 60
    fields: ExpenseFields = {"date": iso_date(day)}
    if draw.chance(0.15):
        miles = draw.between(8, 240)
        fields.update({"categoryId": categories["Mileage"], "quantity": float(miles), "total": float(miles * _MILEAGE)})
        fields["notes"] = draw.pick(("Drive to client", "Workshop on site"))
    else:
        name = draw.pick(list(EXPENSE_CATEGORIES))
        low, high, notes = EXPENSE_CATEGORIES[name]
        minor = draw.between(low // 5, high // 5) * 5
        fields.update({"categoryId": categories[name], "quantity": minor / 100, "total": float(minor)})
        fields["notes"] = draw.pick((*notes, None))
    stints = person.weeks.get(day - (day - 1) % 7, [])
    if stints and draw.chance(0.75):
        fields["projectId"] = draw.pick(stints).effort.record["id"]
        fields["billable"] = draw.chance(0.6)
    if draw.chance(0.65):
        file_id = draw.new_id(created)
        workspace.files[file_id] = draw.pick(RECEIPTS)
        fields["fileId"] = file_id
    elif draw.chance(0.1):
        fields["fileId"] = None
    record = expense(draw.new_id(created), workspace.id, person.user_id, **fields)
    workspace.expenses[record["id"]] = record


def add_invoices(company: Company) -> None:
    """An invoice a month for most clients: their billable hours of the month before, by project and person."""
    draw, workspace = company.draw, company.workspace
    workspace.invoice_settings["defaults"].update(
        {"dueDays": _DUE_DAYS, "notes": _REMINDER, "subject": "Services", "tax": 2000, "taxPercent": 20.0}
    )
    by_client: dict[str, list[Stint]] = {}
    for stint in company.stints:
        if stint.effort.client and stint.billable:
            by_client.setdefault(stint.effort.client["id"], []).append(stint)
    expenses: dict[str, list[Expense]] = {}
    for record in workspace.expenses.values():
        if record["billable"] and record["projectId"]:
            client_id = workspace.projects[record["projectId"]]["clientId"]
            expenses.setdefault(f"{client_id} {record['date'][:7]}", []).append(record)
    late = {client_id: draw.chance(0.3) for client_id in by_client}
    invoiced = [client_id for client_id in by_client if draw.chance(0.88)]
    months = month_starts(company.first, draw.today)
    for first, following in zip([company.first, *months[:-1]], months, strict=True):
        for client_id in invoiced:
            items = _items(company, by_client[client_id], first, following)
            costs = expenses.get(f"{client_id} {iso_date(following - 1)[:7]}", [])
            if items:
                _add_invoice(company, client_id, following, items, costs, late=late[client_id])


def _items(
    company: Company, stints: list[Stint], first: int, following: int
) -> list[tuple[InvoiceItem, list[TimeEntry]]]:
    """One item per project and person with its entries, for the days from `first` before `following`."""
    items = []
    alive = [stint for stint in stints if stint.effort.first < following and stint.effort.last >= first]
    begin, end = midnight(first, "UTC"), midnight(following, "UTC")
    for stint in alive:
        low = bisect_left(stint.billable, begin, key=_START)
        high = bisect_left(stint.billable, end, low, key=_START)
        entries = stint.billable[low:high]
        if not entries:
            continue
        seconds = sum(entry.end - entry.start for entry in entries if entry.end)
        item = invoice_item(
            0,
            (seconds * 100 + HOUR // 2) // HOUR,
            _effective_rate(company, stint),
            description=f"{stint.effort.record['name']} - {stint.person.name}",
            importType="TIME_ENTRY_IMPORT",
            timeEntryIds=[entry.id for entry in entries],
        )
        items.append((item, entries))
    return items


def _effective_rate(company: Company, stint: Stint) -> int:
    """The rate of the project member if there is one, otherwise that of the workspace member."""
    own = company.workspace.members[stint.person.user_id]["hourlyRate"]
    return own["amount"] if own and stint.effort.currency == "GBP" else stint.rate


def _add_invoice(  # noqa: PLR0913 - what an invoice is made of
    company: Company,
    client_id: str,
    following: int,
    items: list[tuple[InvoiceItem, list[TimeEntry]]],
    costs: list[Expense],
    *,
    late: bool,
) -> None:
    draw, workspace = company.draw, company.workspace
    issued = min(following + draw.between(0, 4), draw.today)
    created = min(midnight(issued, "UTC") + draw.between(8 * 60, 16 * 60) * 60, draw.now)
    client = workspace.clients[client_id]
    currency = next(entry["code"] for entry in workspace.record["currencies"] if entry["id"] == client["currencyId"])
    domestic = currency == "GBP"
    record = invoice(
        draw.new_id(created),
        workspace.id,
        company.owner.user_id,
        number=f"INV-{date.fromordinal(issued).year}-{len(workspace.invoices) + 1:05d}",
        clientId=client_id,
        currency=currency,
        issuedDate=ts(midnight(issued, "UTC")),
        dueDate=ts(midnight(issued + _DUE_DAYS, "UTC")),
        billFrom=f"{company.size.name} Ltd, 14 Shoreditch Yard, London",
        clientAddress=client["address"],
        subject=f"Services {date.fromordinal(following - 1):%B %Y}",
        note=_REMINDER if domestic else "Reverse charge: VAT to be accounted for by the recipient.",
        tax=_VAT if domestic else 0.0,
        discount=500.0 if len(items) > 7 and draw.chance(0.3) else 0.0,  # noqa: PLR2004 - large invoices
    )
    for item, entries in items:
        record["items"].append(item)
        for entry in entries:
            entry.invoice_id = record["id"]
    if costs and domestic:
        total = int(sum(cost["total"] for cost in costs))
        for cost in costs:
            cost["invoiceId"] = record["id"]
        record["items"].append(
            invoice_item(
                0,
                100,
                total,
                itemType="Expense",
                description="Expenses",
                importType="EXPENSE_IMPORT",
                expenseIds=[cost["id"] for cost in costs],
            )
        )
    for order, item in enumerate(record["items"], 1):
        item["order"] = order
        item["applyTaxes"] = "TAX1" if domestic else "NONE"
    _settle(company, record, issued, late=late)
    workspace.invoices[record["id"]] = record


def _settle(company: Company, record: Invoice, issued: int, *, late: bool) -> None:
    """Add payments: most clients pay around the due date, some late, a few in parts or not at all."""
    draw = company.draw
    age = draw.today - issued
    total = totals(record).amount
    if age < _DUE_DAYS and draw.chance(0.15):
        record["status"] = "UNSENT"
        return
    if draw.chance(0.012):
        record["status"] = "VOID"
        return
    delay = draw.between(25, 75) if late else draw.between(8, 34)
    if draw.chance(0.08):
        delay *= 3
    if total and delay < age:
        part = draw.chance(0.08)
        first = total * 6 // 10 if part else total
        _pay(company, record, issued + delay, first)
        rest = delay + draw.between(20, 200)
        if part and rest < age:
            _pay(company, record, issued + rest, total - first)
        elif part:
            record["status"] = "PARTIALLY_PAID"
            return
        record["status"] = "PAID"
    else:
        record["status"] = "OVERDUE" if age > _DUE_DAYS else "SENT"


def _pay(company: Company, record: Invoice, day: int, amount: int) -> None:
    moment = midnight(day, "UTC") + company.draw.between(9 * 60, 17 * 60) * 60
    record["payments"].append(
        {
            "id": company.draw.new_id(moment),
            "amount": amount,
            "author": company.people[1].name,
            "date": ts(moment),
            "note": company.draw.pick(("Bank transfer", "Bank transfer", None)),
        }
    )
