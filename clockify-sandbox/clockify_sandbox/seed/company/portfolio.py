"""The clients, projects and tasks of a company, and their staffing."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, Unpack

from clockify_sandbox.entities import client, membership, project, rate, tag, task
from clockify_sandbox.seed.company.model import Effort, Line, Stint
from clockify_sandbox.seed.company.vocabulary import (
    CARE,
    COLORS,
    DELIVERY,
    ENGINEERING,
    INTERNAL,
    KINDS,
    TAGS,
    internal_jobs,
)
from clockify_sandbox.seed.draw import DAY, HOUR, midnight, monday
from clockify_sandbox.workspaces import currency_id

if TYPE_CHECKING:
    from clockify_sandbox.seed.company.model import Company, Person
    from clockify_sandbox.seed.company.vocabulary import Job, Kind
    from clockify_sandbox.shapes.work import Client, ProjectFields

_EXCHANGE = {"GBP": 1.0, "EUR": 1.18, "USD": 1.28}
_LINES_PER_TASK = 10
_WITHOUT_TASK = 0.06
_WITHOUT_TEXT = 0.05


def add_portfolio(company: Company, field_ids: dict[str, str]) -> None:
    """Clients, tags, internal projects and client projects over the whole period, staffed."""
    tag_ids = _add_tags(company)
    clients = _add_clients(company)
    desk = _Desk(company, tag_ids, field_ids)
    for name in INTERNAL:
        desk.open_internal(name)
    # Few large and many small clients: the earlier in the list, the more projects.
    places = [entry for index, entry in enumerate(clients) for _ in range(1 + len(clients) // (index + 3))]
    waiting = list(clients)
    for _ in range(company.size.projects - len(INTERNAL)):
        desk.open_project(waiting.pop() if waiting else company.draw.pick(places))
    _archive_idle_clients(company, clients)


def _add_tags(company: Company) -> dict[str, str]:
    born = midnight(company.first, "UTC") - 15 * DAY
    ids = {name: company.draw.new_id(born) for name in TAGS}
    for name, tag_id in ids.items():
        company.workspace.tags[tag_id] = tag(tag_id, company.workspace.id, name)
    old = company.draw.new_id(born)
    company.workspace.tags[old] = tag(old, company.workspace.id, "do not use", archived=True)
    return ids


def _add_clients(company: Company) -> list[Client]:
    draw, workspace = company.draw, company.workspace
    clients: list[Client] = []
    names: set[str] = set()
    while len(clients) < company.size.clients:
        name = draw.fake.company()
        if name in names:
            continue
        names.add(name)
        host = "".join(letter for letter in name.lower() if letter.isalnum())[:24]
        record = client(
            draw.new_id(midnight(company.first, "UTC") - draw.between(20, 200) * DAY),
            workspace.id,
            name=name,
            email=f"accounts@{host}.example",
            address=draw.fake.address(),
            note="Purchase order needed on every invoice." if draw.chance(0.15) else None,
            ccEmails=[f"office@{host}.example"] if draw.chance(0.2) else None,
            currencyId=currency_id(workspace, draw.weighted({"GBP": 76, "EUR": 14, "USD": 10})),
        )
        workspace.clients[record["id"]] = record
        clients.append(record)
    return clients


def _archive_idle_clients(company: Company, clients: list[Client]) -> None:
    busy = {effort.record["clientId"] for effort in company.efforts if effort.last >= company.draw.today - 90}
    for record in clients:
        record["archived"] = record["id"] not in busy and company.draw.chance(0.7)


class _Desk:
    """Opens projects and staffs them."""

    def __init__(self, company: Company, tag_ids: dict[str, str], field_ids: dict[str, str]) -> None:
        self.company = company
        self.draw = company.draw
        self.workspace = company.workspace
        self.people: defaultdict[str, list[Person]] = defaultdict(list)
        for person in company.people:
            self.people[person.discipline].append(person)
        ids = list(tag_ids.values())
        pairs = [tuple(self.draw.some(ids, 2)) for _ in range(4)]
        self.tag_sets: list[tuple[str, ...] | None] = (
            [None] * 30 + [()] * 14 + [(tag_id,) for tag_id in ids * 2] + pairs
        )
        self.ticket_field = field_ids["ticket"]
        self.place_fields = [((field_ids["place"], place),) for place in ("Office", "Home", "Client site")]
        self.names: set[tuple[str, str]] = set()
        codes = {record["id"]: record["code"] for record in company.workspace.record["currencies"]}
        self.currencies = {key: codes[record["currencyId"] or ""] for key, record in company.workspace.clients.items()}

    def open_internal(self, name: str) -> None:
        """A project without a client that everybody may use at any time."""
        effort = self._effort(
            internal_jobs(name),
            share=0.0,
            first=self.company.first,
            last=self.draw.today + 365,
            name=name,
            billable=False,
            color="#9E9E9E",
            note="Not billable.",
        )
        effort.record["memberships"] = [
            membership(effort.record["id"], person.user_id) for person in self.company.people
        ]
        self.company.internal.append(effort)

    def open_project(self, owner: Client) -> None:
        """A project for a client, at some time in the period."""
        draw, company = self.draw, self.company
        kind: Kind = draw.weighted(KINDS)
        weeks = draw.between(*kind.weeks)
        first = monday(draw.between(company.first - min(weeks, 20) * 4, draw.today - 5))
        last = first + 7 * weeks - 1
        first = max(first, company.first)
        archived = last < draw.today - 30 and draw.chance(0.92)
        effort = self._effort(
            kind.jobs,
            share=draw.spread(*kind.billable),
            first=first,
            last=last,
            name=self._name(owner, kind, first),
            clientId=owner["id"],
            archived=archived,
            public=draw.chance(0.8),
            color=draw.pick(COLORS),
            note=draw.pick(("", "", "", "Fixed price, see contract.", "Time and material.")),
        )
        effort.client, effort.currency = owner, self.currencies[owner["id"]]
        if draw.chance(0.25):
            negotiated = int(9000 * _EXCHANGE[effort.currency]) // 500 * 500
            effort.record["hourlyRate"] = rate(negotiated, effort.currency)
        company.efforts.append(effort)
        self._staff(effort, kind)

    def _name(self, owner: Client, kind: Kind, first: int) -> str:
        year = date.fromordinal(first).year
        stem = self.draw.pick(kind.names)
        for name in (stem, f"{stem} {year}", *(f"{stem} {year}, phase {number}" for number in range(2, 99))):
            if (owner["id"], name) not in self.names:
                self.names.add((owner["id"], name))
                return name
        raise AssertionError  # no client has a hundred projects of one kind in a year

    def _effort(
        self, jobs: tuple[Job, ...], *, share: float, first: int, last: int, **fields: Unpack[ProjectFields]
    ) -> Effort:
        draw, workspace = self.draw, self.workspace
        born = midnight(first, "UTC") - draw.between(1, 10) * DAY + 10 * HOUR
        record = project(draw.new_id(born), workspace.id, **fields)
        workspace.projects[record["id"]] = record
        listed = []
        for job in jobs:
            done = record["archived"] or first + (last - first + 1) * job.ends < draw.today - 14
            entity = task(
                draw.new_id(born + HOUR),
                record["id"],
                name=job.name,
                status="DONE" if done else "ACTIVE",
                billable=record["billable"],
            )
            workspace.tasks[entity["id"]] = entity
            listed.append((job, entity["id"], self._lines(job, entity["id"])))
        return Effort(record=record, first=first, last=last, share=share, jobs=listed)

    def _lines(self, job: Job, task_id: str) -> list[Line]:
        draw, pick, random = self.draw, self.draw.pick, self.draw.rng.random
        tickets = ((self.ticket_field, f"WEB-{draw.between(100, 4999)}"),)
        fields = (tickets, (), ()) if job.discipline == ENGINEERING else (*self.place_fields, *((),) * 12)
        # Some entries have no description, and some have no task.
        return [
            Line(
                None if random() < _WITHOUT_TASK else task_id,
                "" if random() < _WITHOUT_TEXT else pick(job.texts),
                pick(self.tag_sets),
                pick(fields),
            )
            for _ in range(_LINES_PER_TASK)
        ]

    def _staff(self, effort: Effort, kind: Kind) -> None:
        """One or two of the least busy people of every required discipline; the one from Delivery is the manager."""
        draw = self.draw
        team: list[Person] = []
        for discipline in dict.fromkeys(job.discipline for job in kind.jobs):
            wanted = 1 if kind is CARE or discipline == DELIVERY else draw.between(1, 2)
            candidates = [
                person
                for person in draw.some(self.people[discipline], 6)
                if person.first <= effort.last and person.last >= effort.first + 14
            ]
            weeks = range(effort.first, effort.last + 1, 7)
            candidates.sort(key=lambda person: sum(len(person.weeks.get(week, ())) for week in weeks))
            team += candidates[:wanted]
        if not team:
            team = [self.company.owner]
        manager = next((person for person in team if person.discipline == DELIVERY), None)
        if manager:
            self.workspace.members[manager.user_id]["roles"].append(
                {"role": "PROJECT_MANAGER", "entityId": effort.record["id"], "sourceType": None}
            )
        for person in team:
            self._join(effort, person)

    def _join(self, effort: Effort, person: Person) -> None:
        own, amount = None, person.rate
        if effort.currency != "GBP":
            amount = int(person.rate * _EXCHANGE[effort.currency]) // 500 * 500
            own = rate(amount, effort.currency)
        effort.record["memberships"].append(membership(effort.record["id"], person.user_id, hourlyRate=own))
        stint = Stint(person, effort, amount)
        self.company.stints.append(stint)
        weeks = range(monday(max(effort.first, person.first)), min(effort.last, person.last) + 1, 7)
        for week in weeks:
            person.weeks.setdefault(week, []).append(stint)
