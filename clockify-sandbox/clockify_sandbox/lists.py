"""Common parts of lists: search by name, and sorting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from clockify_sandbox.world import Record

Row = TypeVar("Row")


def matches(text: str | None, wanted: str | None, *, strict: bool | None = False) -> bool:
    """Whether a text contains the wanted text, ignoring case; with `strict`, whether it is equal."""
    if not wanted:
        return True
    return text == wanted if strict else wanted.lower() in (text or "").lower()


def is_or_any(value: object, wanted: object) -> bool:
    """Whether a value is the wanted one; None matches every value."""
    return wanted is None or value == wanted


def in_order(
    rows: Iterable[Row], keys: Mapping[str, Callable[[Row], Any]], column: str | None, order: str | None, default: str
) -> list[Row]:
    """Rows sorted by a column.

    Args:
        rows: the rows to sort.
        keys: a sort key per column; rows with equal keys keep their order of creation.
        column: the requested column.
        order: ASCENDING (also if None) or DESCENDING.
        default: the column if none is requested.
    """
    return sorted(rows, key=keys[column or default], reverse=order == "DESCENDING")


def by_id(row: Record) -> str:
    """Sort key: the id."""
    entity_id: str = row["id"]
    return entity_id


def by_name(row: Record) -> tuple[str, str]:
    """Sort key: the name, ignoring case."""
    return row["name"].lower(), row["id"]
