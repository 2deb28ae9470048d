"""Converts amounts and durations from the units in a stream's settings. Nothing is rounded, and no unit is guessed.

An int without a unit is in minor units or seconds, as in Clockify. A value with a decimal point is ambiguous, so it
needs a unit. Clockify uses hundredths as minor units in every currency.
"""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_clockify.model.values import DURATION, Kind, Measure

if TYPE_CHECKING:
    from collections.abc import Callable


class Unit(enum.StrEnum):
    """A unit that a column can have."""

    MAJOR = "major"
    MINOR = "minor"
    HOURS = "hours"
    MINUTES = "minutes"
    SECONDS = "seconds"


_SECONDS = {Unit.HOURS: 3600, Unit.MINUTES: 60, Unit.SECONDS: 1}
_LARGEST = 2**53
UNITS: dict[Measure, tuple[Unit, ...]] = {
    Measure.MONEY: (Unit.MAJOR, Unit.MINOR),
    Measure.MAJOR: (Unit.MAJOR, Unit.MINOR),
    Measure.DURATION: (Unit.HOURS, Unit.MINUTES, Unit.SECONDS),
}
"""The units of quantities that have several units."""


def converter(column: str, unit: Unit | None, *, as_read: bool) -> Callable[[Kind, Any], Any]:
    """Return a function that converts the amounts and durations in a column's value to Clockify's units.

    Args:
        column: The column, for messages.
        unit: The unit of its values, if the settings name one.
        as_read: The row is in the tap's format, so that a float is a whole number that was read as a float. The
            function raises ValueError for a value that it cannot convert; the message names the column and the setting.
    """

    def convert(kind: Kind, value: Any) -> Any:
        if kind.measure not in UNITS or isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
            return value
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        if not number.is_finite() or abs(number) > _LARGEST:
            msg = f"{column} is out of range"
            raise ValueError(msg)
        if kind.measure is Measure.MAJOR:
            return _plain(number / 100 if unit is Unit.MINOR else number)
        whole = isinstance(value, int) or (
            as_read and isinstance(value, float) and number == number.to_integral_value()
        )
        if unit is None and not whole:
            raise ValueError(_without_unit(column, kind.measure))
        if kind.measure is Measure.MONEY:
            return _whole(column, number * 100 if unit is Unit.MAJOR else number, "minor units", unit)
        if number < 0:
            msg = f"{column} must be {DURATION.name}"
            raise ValueError(msg)
        return f"PT{_whole(column, number * _SECONDS[unit or Unit.SECONDS], 'seconds', unit)}S"

    return convert


def _whole(column: str, number: Decimal, of: str, unit: Unit | None) -> int:
    if number != number.to_integral_value():
        said = f" in {unit}" if unit else ""
        msg = f"{column}{said} is not a whole number of {of}; it is not rounded"
        raise ValueError(msg)
    return int(number)


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def _without_unit(column: str, measure: Measure | None) -> str:
    assert measure is not None  # noqa: S101 - only what is measured gets here
    first, *others = UNITS[measure]
    choices = f'"{first}" or ' + " or ".join(f'"{one}"' for one in others)
    whole = "minor units" if measure is Measure.MONEY else "seconds"
    return (
        f'{column} has a decimal point and no unit: set units of the stream to {{"{column}": {choices}}}; '
        f"only whole numbers are taken for {whole} without it"
    )
