"""Formats values for people: money in major units with its currency, durations in hours and minutes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from target_clockify.model.values import Measure, seconds_of

if TYPE_CHECKING:
    from target_clockify.model.values import Kind


def words(kind: Kind | None, value: Any, currency: str) -> str:
    """Return a value as text; `currency` is that of amounts without their own currency."""
    if kind and kind.measure is Measure.MONEY and isinstance(value, int):
        return money(value, currency)
    if kind and kind.measure is Measure.DURATION and isinstance(value, str):
        seconds = seconds_of(value)
        return value if seconds is None else hours(seconds)
    if kind and isinstance(value, dict):
        kinds = {**kind.members, **kind.hints, **kind.inner}
        code = value.get("currency") if isinstance(value.get("currency"), str) else currency
        parts = [f"{name}: {words(kinds.get(name), one, code or currency)}" for name, one in value.items()]
        if (seconds := seconds_between(value)) is not None:
            parts.append(hours(seconds))
        return f"{{{', '.join(parts)}}}"
    if kind and kind.item and isinstance(value, list):
        return f"[{', '.join(words(kind.item, one, currency) for one in value)}]"
    return msgspec.json.encode(value, enc_hook=str).decode()


def money(minor: int, currency: str) -> str:
    """Return an amount of money in major units."""
    return f"{minor / 100:,.2f} {currency}".rstrip()


def hours(seconds: int) -> str:
    """Return a duration in hours and minutes, and seconds if there are any."""
    rest = f":{seconds % 60:02}" if seconds % 60 else ""
    return f"{seconds // 3600}:{seconds // 60 % 60:02}{rest} h"


def seconds_between(value: Any) -> int | None:
    """Return the seconds between the ends of an interval, None if the value is not an interval."""
    try:
        start, end = (datetime.fromisoformat(value[name]) for name in ("start", "end"))
        return int((end - start).total_seconds())
    except (KeyError, TypeError, ValueError):
        return None
