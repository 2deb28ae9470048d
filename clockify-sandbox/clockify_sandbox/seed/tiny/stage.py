"""Helper for building a small workspace: the workspace, its clock, and short names of its objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Concatenate

from clockify_sandbox.seed.draw import DAY, HOUR, MINUTE, iso_date, midnight, monday
from clockify_sandbox.world import TimeEntry

if TYPE_CHECKING:
    from collections.abc import Callable

    from clockify_sandbox.fields import Stored
    from clockify_sandbox.seed.draw import Draw
    from clockify_sandbox.world import Workspace, World


@dataclass
class Stage:
    """A workspace under construction; `ids` has the ids of objects by short name."""

    world: World
    draw: Draw
    workspace: Workspace
    ids: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.ids[name]

    def zone(self, name: str) -> str:
        """The time zone of a person; London for those who never set one."""
        settings = self.world.users[self.ids[name]]["settings"]
        return str(settings["timeZone"]) if settings else "Europe/London"

    def at(self, days: int, clock: str = "09:00", zone: str = "UTC") -> int:
        """The second of a local time, a number of days from today (negative: before)."""
        hours, minutes, seconds = (int(part) for part in f"{clock}:00".split(":")[:3])
        return midnight(self.draw.today + days, zone) + hours * HOUR + minutes * MINUTE + seconds

    @property
    def monday(self) -> int:
        """The Monday of the current week, as days from today."""
        return monday(self.draw.today) - self.draw.today

    def day(self, days: int) -> str:
        """The date a number of days from today."""
        return iso_date(self.draw.today + days)

    def add(
        self,
        table: dict[str, Stored],
        name: str,
        make: Callable[Concatenate[str, str, ...], Stored],
        /,
        *args: object,
        parent: str | None = None,
        age: int = 300,
        **fields: object,
    ) -> Stored:
        """Make an entity of this workspace (or of a parent in it), `age` days old, and remember it by name."""
        entity = make(self.draw.new_id(self.draw.now - age * DAY), parent or self.workspace.id, *args, **fields)
        table[entity["id"]] = entity
        self.ids[name] = entity["id"]
        return entity

    def log(self, who: str, start: int, end: int | None, text: str = "", **fields: object) -> TimeEntry:
        """A time entry of a person; a future one was created now."""
        entry_id = self.draw.new_id(min(start, self.draw.now))
        entry = TimeEntry(entry_id, self.ids[who], start, end, text)
        for name, value in fields.items():
            setattr(entry, name, value)
        self.workspace.time_entries.add([entry])
        return entry
