"""Messages for values that cannot be read: which spelling works, and which option helps. Values are not repeated."""

from __future__ import annotations

from datetime import datetime
from itertools import product
from typing import TYPE_CHECKING, Any

from target_clockify.model.values import Measure, seconds_of, without_offset

if TYPE_CHECKING:
    from target_clockify.model.values import Kind

_NUMBER = "write 1234.56: a point before the decimal places, nothing between the thousands, no sign beside them"
_LENGTH = "write 1:30, PT1H30M, or a number with a point whose unit is in `units` of the stream"
_DAYS = ("%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y-%m-%d", "%d/%m/%y")
_WORDED = ("%m/%d/%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%b %d %Y", "%Y%m%d")
_CLOCKS = (
    "",
    " %H:%M",
    " %H:%M:%S",
    " %I:%M %p",
    " %I:%M:%S %p",
    " %I:%M%p",
    " %H.%M",
    "T%H:%M",
    ", %H:%M",
    ", %I:%M %p",
)
FORMATS = tuple(day + clock for day, clock in product((*_DAYS, *_WORDED), _CLOCKS))
"""Formats to try, so that the message can name the format of a value."""


def problem(place: str, column: str, kind: Kind, value: Any) -> str:
    """Return the error in the spelling of a value, empty if there is none.

    Args:
        place: The name of the value in messages.
        column: The name of its column in `formats`.
        kind: The kind of its values.
        value: The value; a value that could not be read is still text.
    """
    if not isinstance(value, str) or not any(map(str.isdigit, value)):
        return ""
    if kind.measure in {Measure.MONEY, Measure.MAJOR} or "amount" in kind.inner:
        return f"{place} is no plain number: {_NUMBER} (a currency has a column of its own)"
    if kind.schema.get("type") in {"number", "integer"}:
        return f"{place} is no plain number: {_NUMBER}"
    if kind.measure is Measure.DURATION and seconds_of(value) is None:
        return f"{place} is no length of time: {_LENGTH}"
    if kind.measure in {Measure.MOMENT, Measure.DAY} and not _is_time(value):
        return _of_time(place, column, kind, value)
    return ""


def _is_time(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return without_offset(value) is not None
    return True


def _of_time(place: str, column: str, kind: Kind, value: str) -> str:
    is_moment = kind.measure is Measure.MOMENT
    works = "2026-01-31T09:00:00" if is_moment else "2026-01-31"
    said = (
        f"{place} is no {'time' if is_moment else 'date'} that can be read without its format: write {works}, or set "
    )
    fitting = [form for form in FORMATS if _fits(value, form)]
    if not fitting:
        return f"{said}`formats` of the stream to its format, as Python's strptime names it"
    told = " or ".join(f'{{"{column}": "{form}"}}' for form in fitting)
    return f"{said}`formats` of the stream to {told}{', whichever is meant' if len(fitting) > 1 else ''}"


def _fits(value: str, form: str) -> bool:
    try:
        datetime.strptime(value.strip(), form)  # noqa: DTZ007 - only whether it fits
    except ValueError:
        return False
    return True
