"""Expenses, invoices and payments."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clockify_client import endpoints

from tap_clockify import shapes
from tap_clockify.declaration import Source, StreamDeclaration
from tap_clockify.streams.people import WORKSPACES, in_workspace, per_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clockify_client import Ids

    from tap_clockify.declaration import Parent
    from tap_clockify.settings import Scope


def _both_archived(rows: list[Parent], ids: Ids, scope: Scope) -> Iterator[Ids]:
    """A call returns either archived or other expense categories, so two calls read all of them."""
    for workspace in in_workspace(rows, ids, scope):
        for archived in ("false", "true"):
            yield {**workspace, "onlyArchived": archived}


def _paid(rows: list[Parent], ids: Ids, _: Scope) -> Iterator[Ids]:
    """Skip invoices on which nothing is paid: they have no payments."""
    for row in rows:
        if row.get("paid"):
            yield {**ids, "invoiceId": row["id"]}


def _listed_only(stream: StreamDeclaration, scope: Scope) -> StreamDeclaration:
    """The list shows a part of each invoice without a request for it."""
    return replace(stream, source=INVOICE_LIST) if scope.config["suppress_extended_requests"] else stream


def _not_listed(stream: StreamDeclaration, scope: Scope) -> StreamDeclaration | None:
    """The list shows no items."""
    return None if scope.config["suppress_extended_requests"] else stream


EXPENSES = per_workspace(endpoints.EXPENSES)
INVOICE_LIST = per_workspace(endpoints.INVOICES_INFO)
# Only the list has the days by which an invoice is overdue: the detail inherits it.
INVOICE_DETAILS = Source(endpoints.INVOICE, INVOICE_LIST, shapes.each("invoiceId", daysOverdue="daysOverdue"))

STREAMS = (
    StreamDeclaration(
        "expense_categories",
        Source(endpoints.EXPENSE_CATEGORIES, WORKSPACES, _both_archived, overlapping=True),
    ),
    StreamDeclaration("expenses", EXPENSES),
    StreamDeclaration("expense_details", Source(endpoints.EXPENSE, EXPENSES, shapes.each("expenseId")), selected=False),
    StreamDeclaration("invoices", INVOICE_DETAILS, under=_listed_only),
    StreamDeclaration(
        "invoice_items",
        INVOICE_DETAILS,
        key=("invoiceId", "order"),
        shape=shapes.exploded("items", invoiceId="id"),
        under=_not_listed,
    ),
    StreamDeclaration("invoice_payments", Source(endpoints.INVOICE_PAYMENTS, INVOICE_LIST, _paid)),
    StreamDeclaration(
        "invoice_settings",
        per_workspace(endpoints.INVOICE_SETTINGS),
        key=("workspaceId",),
        shape=shapes.with_one_direction,
    ),
)
