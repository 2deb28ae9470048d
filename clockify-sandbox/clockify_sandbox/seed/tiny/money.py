"""Expenses and invoices of the small workspaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from clockify_sandbox.entities import expense, expense_category, invoice, invoice_item
from clockify_sandbox.invoicing import totals
from clockify_sandbox.seed.draw import DAY, HOUR, ts
from clockify_sandbox.seed.files import RECEIPTS

if TYPE_CHECKING:
    from clockify_sandbox.seed.tiny.stage import Stage
    from clockify_sandbox.shapes.money import ExpenseFields, Invoice, InvoiceFields, InvoiceItem


def add_money(stage: Stage) -> None:
    """Expenses and invoices of the first workspace."""
    _add_expenses(stage)
    _add_invoices(stage)


def _receipt(stage: Stage, number: int) -> str:
    file_id = stage.draw.new_id(stage.draw.now - 20 * DAY)
    stage.workspace.files[file_id] = RECEIPTS[number]
    return file_id


def _add_expenses(stage: Stage) -> None:
    """Expenses with and without receipt, category, project, task and notes; by amount and by unit."""
    categories, ids = stage.workspace.expense_categories, stage.ids
    stage.add(categories, "travel", expense_category, "Travel")
    stage.add(categories, "mileage", expense_category, "Mileage", hasUnitPrice=True, priceInCents=42, unit="km")
    stage.add(categories, "meals", expense_category, "Meals", unit=None)
    stage.add(categories, "fax", expense_category, "Fax rolls", archived=True, hasUnitPrice=True, priceInCents=999)

    def spend(name: str, who: str, days: int, minor: int, **fields: Unpack[ExpenseFields]) -> None:
        values: ExpenseFields = {"quantity": minor / 100, "total": float(minor), "date": stage.day(days), **fields}
        stage.add(stage.workspace.expenses, name, expense, ids[who], age=-days, **values)

    spend(
        "flight",
        "lia",
        -20,
        31250,
        categoryId=ids["travel"],
        projectId=ids["site"],
        taskId=ids["design"],
        billable=True,
    )
    stage.workspace.expenses[ids["flight"]].update({"fileId": _receipt(stage, 1), "notes": "Flight to Acme"})
    spend(
        "lunch",
        "ada",
        stage.monday - 12,
        4599,
        categoryId=ids["meals"],
        projectId=ids["care"],
        fileId=_receipt(stage, 0),
        notes="",
    )
    spend("drive", "mia", -15, 0, categoryId=ids["mileage"], fileId=None, projectId=ids["site"], billable=True)
    stage.workspace.expenses[ids["drive"]].update({"quantity": 12.5, "total": 525.0})
    spend("lost", "ivan", -150, 1234, categoryId=None, notes="Its category was deleted", locked=True)
    spend("rolls", "ben", -100, 1998, categoryId=ids["fax"], fileId=None, quantity=2.0, locked=True)
    spend("taxi", "kenji", stage.monday - 11, 2000, categoryId=ids["travel"], projectId=ids["inside"])
    spend("today", "ada", 0, 100, categoryId=ids["meals"], notes="Coffee, \N{EURO SIGN} and ünïcode")


def _add_invoices(stage: Stage) -> None:
    """Invoices of every status; items with one tax, both taxes or none.

    Discount, payments, imported time and expenses.
    """
    ids = stage.ids
    bill(stage, "draft", "acme", -2)
    stage.workspace.invoices[ids["draft"]].update({"subject": "", "note": None, "visibleZeroFields": None})
    sent = bill(stage, "sent", "acme", -10, invoice_item(1, 2, 1_000_000, applyTaxes="TAX1"), status="SENT", tax=2000.0)
    sent.update(
        {
            "visibleZeroFields": ["TAX", "TAX_2", "DISCOUNT"],
            "subject": "Two days",
            "note": "Thank you.",
            "billFrom": "WORKSPACE",
        }
    )
    paid = bill(
        stage,
        "paid",
        "cumulus",
        -80,
        invoice_item(1, 100, 100_000, applyTaxes="TAX1", description="Flat fee"),
        status="PAID",
        discount=800.0,
        tax=1500.0,
    )
    total = totals(paid).amount
    pay(stage, paid, total // 2, -70, "First half")
    pay(stage, paid, total - total // 2, -50, None)
    mixed = bill(
        stage,
        "mixed",
        "borealis",
        -45,
        invoice_item(1, 350, 10_000, applyTaxes="TAX1TAX2", itemType="Product"),
        invoice_item(2, 100, 5_000, applyTaxes="TAX2"),
        invoice_item(3, 1, 99_900, description=""),
        status="PARTIALLY_PAID",
        currency="EUR",
        tax=1900.0,
        tax2=250.0,
        taxType="COMPOUND",
        calculationType="ITEM_BASED",
        clientAddress="Nordlichtweg 9, Kiel",
    )
    pay(stage, mixed, 5_000, -30, "On account")
    bill(stage, "overdue", "acme", -60, invoice_item(1, 100, 25_000), status="OVERDUE", taxType="NONE")
    bill(stage, "void", "acme", -58, invoice_item(1, 100, 77_700), status="VOID")
    generous = bill(stage, "generous", "acme", -90, invoice_item(1, 100, 50_000), status="PAID")
    pay(stage, generous, 60_000, -85, "More than was asked for")
    _import_work(stage)


def _import_work(stage: Stage) -> None:
    """An invoice for Mia's billable time of one week and Lia's flight."""
    ids = stage.ids
    low, high = stage.at(-28, "00:00"), stage.at(-21, "00:00")
    entries = [
        entry
        for entry in stage.workspace.time_entries.of_user(ids["mia"])
        if entry.billable and entry.project_id == ids["site"] and low <= entry.start < high
    ]
    seconds = sum((entry.end or entry.start) - entry.start for entry in entries)
    flight = stage.workspace.expenses[ids["flight"]]
    imported = bill(
        stage,
        "imported",
        "acme",
        -19,
        invoice_item(
            1,
            seconds * 100 // HOUR,
            9_900,
            description="Website - Mia Plain",
            importType="TIME_ENTRY_IMPORT",
            timeEntryIds=[entry.id for entry in entries],
        ),
        invoice_item(
            2,
            100,
            int(flight["total"]),
            itemType="Expense",
            description="Flight to Acme",
            importType="EXPENSE_IMPORT",
            expenseIds=[flight["id"]],
        ),
        status="SENT",
    )
    flight["invoiceId"] = imported["id"]
    for entry in entries:
        entry.invoice_id = imported["id"]


def bill(
    stage: Stage, name: str, client: str, days: int, *lines: InvoiceItem, **fields: Unpack[InvoiceFields]
) -> Invoice:
    """An invoice to a client, issued a number of days from today and due a month later."""
    workspace = stage.workspace
    values: InvoiceFields = {"items": list(lines), "currency": workspace.record["hourlyRate"]["currency"], **fields}
    values["number"] = f"{workspace.record['name'][:1]}-{len(workspace.invoices) + 1:03d}"
    values["issuedDate"], values["dueDate"] = ts(stage.at(days, "00:00")), ts(stage.at(days + 30, "00:00"))
    owner = next(iter(workspace.members))
    values["clientId"] = stage[client]
    return stage.add(workspace.invoices, name, invoice, owner, age=-days, **values)


def pay(stage: Stage, record: Invoice, amount: int, days: int, note: str | None) -> None:
    """A payment towards an invoice."""
    moment = stage.at(days, "11:00")
    record["payments"].append(
        {"id": stage.draw.new_id(moment), "amount": amount, "author": "Ben Admin", "date": ts(moment), "note": note}
    )


def add_second_money(stage: Stage) -> None:
    """A category, two expenses and an invoice in euros."""
    workspace, ids = stage.workspace, stage.ids
    stage.add(workspace.expense_categories, "travel", expense_category, "Travel")
    for number, who in enumerate(("chloe", "dario"), 1):
        stage.add(
            workspace.expenses,
            f"train {who}",
            expense,
            ids[who],
            age=8,
            date=stage.day(-8),
            categoryId=ids["travel"],
            projectId=ids["site"],
            quantity=19.9 * number,
            total=1990.0 * number,
        )
    sale = bill(stage, "sale", "acme", -25, invoice_item(1, 250, 8_800, applyTaxes="TAX1"), status="PAID", tax=2000.0)
    pay(stage, sale, totals(sale).amount, -3, "Virement")
