"""Data that the builders of a company pass to each other; it is not stored."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from clockify_sandbox.seed.company.vocabulary import Job
    from clockify_sandbox.seed.draw import Draw
    from clockify_sandbox.shapes.work import Client, Project
    from clockify_sandbox.world import TimeEntry, Workspace, World


@dataclass(frozen=True)
class Size:
    """The amount of data; the number of entries is approximate."""

    people: int
    clients: int
    projects: int
    entries: int
    name: str
    domain: str
    feed_entries: int


@dataclass(eq=False)
class Person:
    """A person who tracks time: employment, habits, absences and periods on projects. Days are ordinals."""

    user_id: str
    name: str
    zone: str
    discipline: str
    level: str
    first: int
    last: int
    capacity: int
    weekdays: tuple[int, ...]
    begins: int
    grain: int
    tracks_breaks: bool
    uses_timer: bool
    rate: int
    away: dict[int, str] = field(default_factory=dict)
    weeks: dict[int, list[Stint]] = field(default_factory=dict)

    def works_on(self, ordinal: int) -> bool:
        """Whether the day is one of the person's working days under contract."""
        return self.first <= ordinal <= self.last and (ordinal - 1) % 7 in self.weekdays


class Line(NamedTuple):
    """A prepared content of time entries, shared by many of them."""

    task_id: str | None
    text: str
    tag_ids: tuple[str, ...] | None
    custom_fields: tuple[tuple[str, Any], ...]


Jobs = list[tuple["Job", str, list[Line]]]  # with task id and lines


@dataclass(eq=False)
class Effort:
    """A project with the data for its time entries: duration in days (whole weeks), client, tasks, lines per task."""

    record: Project
    first: int
    last: int
    share: float
    jobs: Jobs
    client: Client | None = None
    currency: str = "GBP"


@dataclass(eq=False)
class Stint:
    """A person's period on a project, with a rate in minor units; collects the billable entries."""

    person: Person
    effort: Effort
    rate: int
    billable: list[TimeEntry] = field(default_factory=list)


@dataclass(eq=False)
class Company:
    """A company under construction."""

    world: World
    workspace: Workspace
    draw: Draw
    size: Size
    first: int  # the Monday on which the records begin
    people: list[Person] = field(default_factory=list)
    efforts: list[Effort] = field(default_factory=list)
    internal: list[Effort] = field(default_factory=list)
    stints: list[Stint] = field(default_factory=list)
    holidays: dict[int, str] = field(default_factory=dict)
    leads: dict[str, Person] = field(default_factory=dict)
    tracked: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))  # seconds by task id, else project

    @property
    def owner(self) -> Person:
        """The founder, who owns the workspace."""
        return self.people[0]

    @property
    def plain_member(self) -> Person:
        """A current member who manages neither people nor projects."""
        members = self.workspace.members
        return next(
            person
            for person in self.people
            if not members[person.user_id]["roles"] and members[person.user_id]["membershipStatus"] == "ACTIVE"
        )

    @property
    def project_manager(self) -> Person:
        """A current member who manages projects, if possible without managing people."""
        members = self.workspace.members
        managers = [
            person
            for person in self.people
            if members[person.user_id]["membershipStatus"] == "ACTIVE"
            and "PROJECT_MANAGER" in {role["role"] for role in members[person.user_id]["roles"]}
        ]
        return min(managers, key=lambda person: len({role["role"] for role in members[person.user_id]["roles"]}))
