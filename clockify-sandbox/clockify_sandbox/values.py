"""Times and texts in the formats of the API."""

from __future__ import annotations

import re
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from clockify_sandbox import messages
from clockify_sandbox.errors import invalid

if TYPE_CHECKING:
    from clockify_sandbox.shapes.people import Rate

DAY = 86400
CALENDAR = range(MINYEAR + 1, MAXYEAR - 4)
"""The years in which times exist in every zone, with a few years of margin."""
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?", re.IGNORECASE)


_MINUTES = tuple(f"{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1440))
_SECONDS = tuple(f"{second:02d}Z" for second in range(60))


@lru_cache(maxsize=4096)
def _day(number: int) -> str:
    return datetime.fromtimestamp(number * DAY, UTC).date().isoformat() + "T"  # strftime does not pad early years


def timestamp(seconds: int) -> str:
    """Seconds since the epoch as "yyyy-MM-ddThh:mm:ssZ"."""
    rest = seconds % DAY
    return _day(seconds // DAY) + _MINUTES[rest // 60] + _SECONDS[rest % 60]


def epoch(moment: datetime) -> int:
    """A parsed time as seconds since the epoch, without fractions; a time without an offset counts as UTC.

    Raises:
        ApiError: 400/501 if it is at the limits of the calendar.
    """
    if moment.year not in CALENDAR:
        raise invalid(messages.TEXT_UNREADABLE(text=moment.isoformat()))
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def wall_clock(moment: datetime, zone: str) -> int:
    """Interpret the digits of a UTC time as a wall-clock time in a zone.

    Windows of the core API work like this: for an account at UTC+2, the effective limit is two hours before the written
    one.
    """
    digits = datetime.fromtimestamp(epoch(moment), UTC).replace(tzinfo=None)
    return int(digits.replace(tzinfo=ZoneInfo(zone)).timestamp())


def offset(seconds: int, zone: str) -> int:
    """The UTC offset of a zone at a point in time, in seconds."""
    shift = datetime.fromtimestamp(seconds, ZoneInfo(zone)).utcoffset()
    return int(shift.total_seconds()) if shift else 0


@lru_cache(maxsize=16384)
def duration(seconds: int) -> str:
    """Seconds as an ISO-8601 duration of hours, minutes and seconds, e.g. "PT88H36M"."""
    hours, rest = divmod(seconds, 3600)
    minutes, second = divmod(rest, 60)
    text = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "") + (f"{second}S" if second else "")
    return f"PT{text or '0S'}"


def seconds_of(text: str) -> int:
    """The seconds of an ISO-8601 duration of days, hours, minutes and seconds.

    Raises:
        ApiError: 400/501 if the text is not such a duration.
    """
    found = _DURATION.fullmatch(text)
    if not found or text[-1] in "PTpt":
        raise invalid(messages.DURATION_UNREADABLE(text=text))
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def is_id(text: str) -> bool:
    """Whether the text has the form of an id: 24 hexadecimal digits."""
    return len(text) == ID_LENGTH and all(digit in "0123456789abcdefABCDEF" for digit in text)


ID_LENGTH = 24


def created_at(entity_id: str) -> int:
    """The second of creation, with which every id begins."""
    return int(entity_id[:8], 16)


def rate(amount: int | None, currency: str) -> Rate | None:
    """A rate in minor units, or None."""
    return None if amount is None else {"amount": amount, "currency": currency}
