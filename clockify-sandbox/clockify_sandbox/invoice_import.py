"""Tracked time and expenses as items of an invoice."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from clockify_sandbox.entities import invoice_item
from clockify_sandbox.render import billable_rate
from clockify_sandbox.values import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from clockify_sandbox.shapes.money import Expense, InvoiceItem
    from clockify_sandbox.world import Record, TimeEntry, Workspace, World

TimeGroup = Literal["PROJECT", "USER", "TASK", "DATE", "DESCRIPTION", "NONE"]
TimeField = Literal["PROJECT", "TASK", "TAGS", "DESCRIPTION", "DATE", "USER"]
ExpenseGroup = Literal["CATEGORY", "PROJECT", "USER"]
ExpenseField = Literal["PROJECT", "TASK", "CATEGORY", "NOTE", "DATE", "USER"]
Thing = TypeVar("Thing")

_QUARTER = 900  # seconds
_SECONDS_PER_HUNDREDTH = 36  # quantities of time are hundredths of hours
_ONE = 100  # a quantity of one, on the same scale


def billable_time(workspace: Workspace, project_ids: Collection[str], start: int, end: int) -> list[TimeEntry]:
    """Finished billable entries of projects that start in a window and are not invoiced yet, oldest first."""
    found = [
        entry
        for entry in workspace.time_entries
        if entry.billable
        and entry.end is not None
        and entry.invoice_id is None
        and entry.project_id in project_ids
        and start <= entry.start <= end
    ]
    return sorted(found, key=lambda entry: (entry.start, entry.id))


def billable_expenses(workspace: Workspace, project_ids: Collection[str], first: str, last: str) -> list[Expense]:
    """Billable expenses of projects from a first to a last day, not yet invoiced, oldest first."""
    found = [
        expense
        for expense in workspace.expenses.values()
        if expense["billable"]
        and expense["invoiceId"] is None
        and expense["projectId"] in project_ids
        and first <= expense["date"] <= last
    ]
    return sorted(found, key=lambda expense: (expense["date"], expense["id"]))


def time_items(  # noqa: PLR0913 - whose entries, which, and three choices of the caller
    world: World,
    workspace: Workspace,
    entries: Sequence[TimeEntry],
    *,
    by: Sequence[TimeGroup] | None,
    shown: Sequence[TimeField],
    rounded: bool,
) -> list[InvoiceItem]:
    """Items for time entries: the quantity is in hundredths of hours, the price is for an hour.

    Args:
        world: has the people.
        workspace: has everything else.
        entries: the entries to bill.
        by: the fields to group entries by; an empty list makes one item, None one item per entry.
        shown: the fields in the description of an item for a single entry.
        rounded: whether each entry is rounded to quarters of an hour.
    """

    def trait(entry: TimeEntry, name: TimeGroup | TimeField) -> str:
        traits: dict[str, Callable[[], str | None]] = {
            "PROJECT": lambda: _name(workspace.projects, entry.project_id),
            "TASK": lambda: _name(workspace.tasks, entry.task_id),
            "USER": lambda: _name(world.users, entry.user_id),
            "DATE": lambda: timestamp(entry.start)[:10],
            "DESCRIPTION": lambda: entry.description,
            "TAGS": lambda: ", ".join(filter(None, (_name(workspace.tags, tag) for tag in entry.tag_ids or ()))),
        }
        return (traits[name]() if name in traits else None) or ""

    items = []
    for label, group in _grouped(entries, trait, by, shown):
        seconds = [_seconds(entry, rounded=rounded) for entry in group]
        rates = [(billable_rate(workspace, entry) or {"amount": 0})["amount"] for entry in group]
        quantity = _whole(Decimal(sum(seconds)) / _SECONDS_PER_HUNDREDTH)
        worth = sum(second * rate for second, rate in zip(seconds, rates, strict=True))
        price = rates[0] if len(set(rates)) == 1 else _whole(Decimal(worth) / (sum(seconds) or 1))
        ids = [entry.id for entry in group]
        items.append(
            invoice_item(0, quantity, price, importType="TIME_ENTRY_IMPORT", description=label, timeEntryIds=ids)
        )
    return items


def expense_items(
    world: World,
    workspace: Workspace,
    expenses: Sequence[Expense],
    *,
    by: ExpenseGroup | None,
    shown: Sequence[ExpenseField],
) -> list[InvoiceItem]:
    """Items for expenses: a quantity of one, with the total as price. The arguments are those of `time_items`."""

    def trait(expense: Expense, name: ExpenseGroup | ExpenseField) -> str:
        traits: dict[str, str | None] = {
            "PROJECT": _name(workspace.projects, expense["projectId"]),
            "TASK": _name(workspace.tasks, expense["taskId"]),
            "CATEGORY": _name(workspace.expense_categories, expense["categoryId"]),
            "USER": _name(world.users, expense["userId"]),
            "DATE": expense["date"],
            "NOTE": expense["notes"],
        }
        return traits[name] or ""

    items = []
    for label, group in _grouped(expenses, trait, None if by is None else [by], shown):
        total = _whole(sum((Decimal(str(expense["total"])) for expense in group), Decimal(0)))
        ids = [expense["id"] for expense in group]
        items.append(
            invoice_item(
                0, _ONE, total, itemType="Expense", importType="EXPENSE_IMPORT", description=label, expenseIds=ids
            )
        )
    return items


def _grouped(
    things: Iterable[Thing], trait: Callable[[Thing, Any], str], by: Sequence[Any] | None, shown: Sequence[Any]
) -> list[tuple[str, list[Thing]]]:
    """Groups of things with labels: each thing alone, labelled by `shown`, or grouped by the fields in `by`."""
    if by is None:
        return [(_label(trait(thing, name) for name in shown), [thing]) for thing in things]
    groups: dict[str, list[Thing]] = {}
    for thing in things:
        groups.setdefault(_label(trait(thing, name) for name in by), []).append(thing)
    return list(groups.items())


def _label(parts: Iterable[str]) -> str:
    return " - ".join(filter(None, parts))


def _name(table: Mapping[str, Record], entity_id: str | None) -> str | None:
    entity = table.get(entity_id or "")
    return entity["name"] if entity else None


def _seconds(entry: TimeEntry, *, rounded: bool) -> int:
    seconds = (entry.end or entry.start) - entry.start
    return _whole(Decimal(seconds) / _QUARTER) * _QUARTER if rounded else seconds


def _whole(number: Decimal) -> int:
    return int(number.quantize(Decimal(1), ROUND_HALF_UP))
