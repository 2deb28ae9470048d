"""The sums of an invoice, and invoices in the form of responses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from clockify_sandbox.values import DAY, epoch

if TYPE_CHECKING:
    from clockify_sandbox.shapes.money import Invoice, InvoiceItem
    from clockify_sandbox.world import Entity, Workspace

_WHOLE = 10_000  # percentages are stored times 100
_SETTLED = ("PAID", "VOID")


@dataclass(frozen=True)
class Totals:
    """The sums of an invoice in minor units; `paid` is None if nothing has been paid."""

    subtotal: int
    discount: int
    tax: int
    tax2: int
    paid: int | None

    @property
    def amount(self) -> int:
        """The charged amount."""
        return self.subtotal - self.discount + self.tax + self.tax2

    @property
    def balance(self) -> int:
        """The amount still owed; negative after an overpayment."""
        return self.amount - (self.paid or 0)


def totals(invoice: Invoice) -> Totals:
    """Add up an invoice, half units rounded up. The discount comes first.

    Each tax applies to the discounted items that name it. A compound second tax also applies to the first tax. With the
    tax type NONE there is no tax.
    """
    items, discount = invoice["items"], invoice["discount"]

    def discounted(*taxes: str) -> int:
        amount: int = sum(item["amount"] for item in items if item["applyTaxes"] in taxes)
        return amount - _share(amount, discount)

    tax = tax2 = 0
    if invoice["taxType"] != "NONE":
        tax = _share(discounted("TAX1", "TAX1TAX2"), invoice["tax"])
        carried = _share(discounted("TAX1TAX2"), invoice["tax"]) if invoice["taxType"] == "COMPOUND" else 0
        tax2 = _share(discounted("TAX2", "TAX1TAX2") + carried, invoice["tax2"])
    subtotal = sum(item["amount"] for item in items)
    paid = sum(payment["amount"] for payment in invoice["payments"]) if invoice["payments"] else None
    return Totals(subtotal, _share(subtotal, discount), tax, tax2, paid)


def stored_percent(percent: float) -> float:
    """Convert a plain percentage to the stored form: 7.7 becomes 770.0."""
    return float(Decimal(str(percent)) * 100)


def row_of(workspace: Workspace, invoice: Invoice) -> Entity:
    """An invoice in the form of the list."""
    sums = totals(invoice)
    client = workspace.clients.get(invoice["clientId"])
    return {
        "id": invoice["id"],
        "number": invoice["number"],
        "clientId": invoice["clientId"],
        "clientName": client["name"] if client else None,
        "currency": invoice["currency"],
        "issuedDate": invoice["issuedDate"],
        "dueDate": invoice["dueDate"],
        "status": invoice["status"],
        "amount": sums.amount,
        "balance": sums.balance,
        "paid": sums.paid,
    }


def info_of(workspace: Workspace, invoice: Invoice, now: int) -> Entity:
    """An invoice in the form of the filtered list, at the time `now` in seconds."""
    late = now - epoch(datetime.fromisoformat(invoice["dueDate"]))
    return {
        **row_of(workspace, invoice),
        "billFrom": invoice["billFrom"],
        "visibleZeroFields": invoice["visibleZeroFields"],
        "daysOverdue": max(0, late // DAY) if invoice["status"] not in _SETTLED else 0,
    }


def invoice_of(workspace: Workspace, invoice: Invoice) -> Entity:
    """An invoice in the form of the single GET and of responses to most writes."""
    sums = totals(invoice)
    imported = {item["importType"] for item in invoice["items"]}
    shown: dict[str, Any] = {
        **row_of(workspace, invoice),
        "billFrom": invoice["billFrom"],
        "clientAddress": invoice["clientAddress"],
        "companyId": invoice["companyId"],
        "note": invoice["note"],
        "subject": invoice["subject"],
        "userId": invoice["userId"],
        "visibleZeroFields": invoice["visibleZeroFields"],
        "containsImportedExpenses": "EXPENSE_IMPORT" in imported,
        "containsImportedTimes": "TIME_ENTRY_IMPORT" in imported,
        "discount": invoice["discount"],
        "tax": invoice["tax"],
        "tax2": invoice["tax2"],
        "subtotal": sums.subtotal,
        "discountAmount": sums.discount,
        "taxAmount": sums.tax,
        "tax2Amount": sums.tax2,
        "taxType": invoice["taxType"],
        "calculationType": invoice["calculationType"],
        "items": invoice["items"],
    }
    return shown


def status_after_payment(invoice: Invoice) -> str:
    """The status that results from the payments of an invoice; without payments it is sent, no longer paid."""
    sums = totals(invoice)
    if sums.paid is None:
        return "SENT" if invoice["status"] in ("PAID", "PARTIALLY_PAID") else str(invoice["status"])
    return "PAID" if sums.balance <= 0 else "PARTIALLY_PAID"


def release(workspace: Workspace, items: list[InvoiceItem]) -> None:
    """Mark the time entries and expenses of imported items as not invoiced again."""
    for item in items:
        for entry_id in item["timeEntryIds"]:
            if entry := workspace.time_entries.get(entry_id):
                workspace.time_entries.change(entry, invoice_id=None)
        for expense_id in item["expenseIds"]:
            if expense := workspace.expenses.get(expense_id):
                expense["invoiceId"] = None


def _share(amount: int, percent_times_100: float) -> int:
    """A percentage of an amount, rounded half up."""
    exact = Decimal(amount) * Decimal(str(percent_times_100)) / _WHOLE
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))
