"""The sandbox's own time and ids: the same calls give the same time and ids on every machine."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clockify_sandbox.world import World

_MACHINE = "5a4db0c5ed"  # the middle of ids made after the start; seed data has a different middle part


class Clock:
    """The present of a world. It stands still until it is moved, so that the same calls always have the same answers.

    `monotonic` is for the rate limiter: real seconds, plus every jump of the clock.
    """

    def __init__(self, world: World, ids: int = 0) -> None:
        self._world = world
        self._jumped = 0.0
        self.ids = ids
        self.deliveries = 0

    @property
    def now(self) -> datetime:
        """The present, UTC."""
        return self._world.now

    @property
    def seconds(self) -> int:
        """The present as whole seconds since the epoch."""
        return int(self._world.now.timestamp())

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic() + self._jumped

    def move_to(self, moment: datetime) -> None:
        """Set the present."""
        target = moment.astimezone(UTC)
        self._jumped += max(0.0, (target - self._world.now).total_seconds())
        self._world.now = target

    def new_id(self) -> str:
        """A new id: the present in seconds, then a counter."""
        self.ids += 1
        return f"{self.seconds:08x}{_MACHINE}{self.ids:06x}"
