"""Times without an offset: in a named time zone, or in that of the row's person."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clockify_client import endpoints

from target_clockify.model.values import Kind, Measure, in_utc, without_offset

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_clockify.mirror import Reader
    from target_clockify.model.declaration import State, Writable

USER = "user"
"""The setting for the time zone of the row's person."""


@lru_cache(maxsize=512)
def zone_named(name: str) -> ZoneInfo | None:
    """Return a time zone by its IANA name, None if the name is unknown."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return None


class Zones:
    """Finds the time zone of a record's times.

    Args:
        setting: The setting `time_zone`.
        reader: Reads the account of the key.
        user: Returns a user of the workspace, None if the list of users lacks them or may not be read.
    """

    def __init__(self, setting: str, reader: Reader, user: Callable[[str], State | None]) -> None:
        self._setting = setting
        self._reader = reader
        self._user = user
        self._account: State | None = None

    def of(self, user_id: str | None) -> ZoneInfo:
        """Return the time zone of a person; without a person, that of the key's owner.

        Raises:
            ValueError: It is not known; the message says what to do.
        """
        if self._setting != USER:
            return ZoneInfo(self._setting)
        user = (self._user(user_id) if user_id else None) or self._owner()
        if user_id and user["id"] != user_id:
            msg = "a time has no offset, and the zone of its person cannot be read: set time_zone, or add the offset"
            raise ValueError(msg)
        zone = zone_named(str((user.get("settings") or {}).get("timeZone")))
        if zone is None:
            msg = "a time has no offset, and its person has no time zone in Clockify: set time_zone, or add the offset"
            raise ValueError(msg)
        return zone

    def _owner(self) -> State:
        if self._account is None:
            self._account = dict(next(iter(self._reader.client.rows(endpoints.CURRENT_USER, {}))))
        return self._account


def lacks_offset(target: Writable, given: State) -> bool:
    """Return whether a record has a time without an offset."""
    found: list[Any] = []

    def visit(kind: Kind, value: Any) -> Any:
        if kind.measure is Measure.MOMENT and without_offset(value) is not None:
            found.append(value)
        return value

    for one in target.fields:
        if one.name in given:
            one.kind.converted(given[one.name], visit)
    return bool(found)


def in_zone(target: Writable, given: State, zone: Callable[[], ZoneInfo]) -> State:
    """Return the fields of a record with every time in UTC.

    Raises:
        ValueError: A time does not exist in the zone, or exists twice; the message names the field.
    """

    def of(name: str) -> Callable[[Kind, Any], Any]:
        def convert(kind: Kind, value: Any) -> Any:
            local = without_offset(value) if kind.measure is Measure.MOMENT else None
            return value if local is None else _converted(name, local, zone())

        return convert

    fields = {one.name: one for one in target.fields}
    return {
        name: fields[name].kind.converted(value, of(name)) if name in fields else value for name, value in given.items()
    }


def _converted(name: str, local: datetime, zone: ZoneInfo) -> str:
    try:
        first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        exists = first.astimezone(zone).replace(tzinfo=None) == local
    except OverflowError:
        return local.isoformat()  # the schema refuses it
    if first == second:
        return in_utc(first)
    if not exists:
        msg = f"{name} names a time that does not exist in {zone.key}: the clock was put forward over it"
        raise ValueError(msg)
    msg = f"{name} names a time that exists twice in {zone.key}: the clock was put back over it; add its offset"
    raise ValueError(msg)
