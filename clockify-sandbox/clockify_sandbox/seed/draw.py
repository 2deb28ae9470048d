"""The source of random values, times and ids during the creation of a world."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from faker import Faker

if TYPE_CHECKING:
    from collections.abc import Sequence

Item = TypeVar("Item")

MINUTE = 60
HOUR = 3600
DAY = 86400
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


class Draw:
    """The source of random values, times and ids for a whole world.

    It uses only `random()`, whose sequence is the same on every platform; the normal distribution, for example, depends
    on the platform's logarithm.
    """

    def __init__(self, seed: int, now: datetime) -> None:
        self.rng = random.Random(seed)
        self.fake = Faker("en_GB", use_weighting=False)
        self.fake.seed_instance(seed)
        self.now = int(now.timestamp())
        self._next = self.rng.getrandbits(40) << 24

    @property
    def today(self) -> int:
        """The proleptic ordinal of the current UTC day."""
        return self.now // DAY + EPOCH_ORDINAL

    def new_id(self, created: int) -> str:
        """An id in the manner of an ObjectId: seconds of creation, at most now; five bytes of this world; a counter."""
        self._next += 1
        return f"{(min(created, self.now) << 64) + self._next:024x}"

    def reserve(self, count: int) -> int:
        """For fast loops: reserve `count` ids.

        Each is `created << 64` plus this number, or one of the following numbers.
        """
        first = self._next + 1
        self._next += count
        return first

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self.rng.random() < probability

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.rng.random() * (high - low + 1))

    def spread(self, low: float, high: float) -> float:
        """A number from low to high."""
        return low + (high - low) * self.rng.random()

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items."""
        return items[int(self.rng.random() * len(items))]

    def some(self, items: Sequence[Item], count: int) -> list[Item]:
        """Up to `count` different items."""
        pool, random = list(items), self.rng.random
        return [pool.pop(int(random() * len(pool))) for _ in range(min(count, len(pool)))]

    def weighted(self, items: dict[Item, int]) -> Item:
        """One of the keys, as often as its weight says."""
        left = int(self.rng.random() * sum(items.values()))
        for item, weight in items.items():
            left -= weight
            if left < 0:
                return item
        raise AssertionError  # the weights add up to more than `left`


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@cache
def midnight(ordinal: int, zone: str) -> int:
    """The second at which the day begins in a zone."""
    return int(datetime.fromordinal(ordinal).replace(tzinfo=_zone(zone)).timestamp())


def local_ordinal(seconds: int, zone: str) -> int:
    """The local day of a point in time in a zone."""
    return datetime.fromtimestamp(seconds, _zone(zone)).toordinal()


def clock_change(before: int, zone: str) -> tuple[int, int]:
    """The first second and the end of the last day, before the given one, on which the clocks of a zone changed.

    Raises:
        ValueError: if they did not change within a year.
    """
    for ordinal in range(before - 1, before - 366, -1):
        begin, end = midnight(ordinal, zone), midnight(ordinal + 1, zone)
        if end - begin != DAY:
            return begin, end
    raise ValueError(f"the clocks of {zone} do not change")


def ts(seconds: int) -> str:
    """A point in time in the format of the API."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:-6] + "Z"


def iso_date(ordinal: int) -> str:
    """A day in the format of the API."""
    return date.fromordinal(ordinal).isoformat()


def duration(seconds: int) -> str:
    """A duration in the API's notation: hours, minutes and seconds, never days."""
    hours, rest = divmod(seconds, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    parts = f"{hours}H" * bool(hours) + f"{minutes}M" * bool(minutes) + f"{rest}S" * bool(rest)
    return f"PT{parts or '0S'}"


def monday(ordinal: int) -> int:
    """The Monday of the week of a day."""
    return ordinal - (ordinal - 1) % 7


def month_starts(first: int, last: int) -> list[int]:
    """The first days of the months that begin within the two days."""
    starts = []
    day = date.fromordinal(first).replace(day=1)
    while day.toordinal() <= last:
        if day.toordinal() >= first:
            starts.append(day.toordinal())
        day = (day + timedelta(days=32)).replace(day=1)
    return starts
