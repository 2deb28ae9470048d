"""The time entries of a company by week and person, and the weekly approvals.

Speed matters here, since a large company has a million entries. Common parts of entries (texts, tags, custom fields)
are generated once per task and shared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from clockify_sandbox.entities import approval_request, approval_status
from clockify_sandbox.seed.draw import DAY, HOUR, MINUTE, midnight, ts
from clockify_sandbox.world import TimeEntry

if TYPE_CHECKING:
    from clockify_sandbox.seed.company.model import Company, Jobs, Line, Person, Stint

_NOON = 12 * HOUR + 20 * MINUTE
_HALF_DAY = 3 * HOUR + 30 * MINUTE
_FULL_DAY = 7.5 * HOUR
_PRESENCE = 0.98  # people work a little less than their contracted hours
_WEIGHTS = (6, 4, 2)
_OVERHEAD = {"Company": 8, "Learning": 2, "Recruiting": 1}


class _Slot(NamedTuple):
    """A part of a person's week: a project with possible lines."""

    project_id: str
    share: float  # probability that an entry is billable
    lines: list[Line]
    billable: list[TimeEntry]


class _Week(NamedTuple):
    """Data that the days of a week share."""

    slots: list[_Slot]
    approval_id: str | None
    locked: bool


def fill_timesheets(company: Company, locked_before: int) -> None:
    """Everybody's entries from the first week until now; those that start before `locked_before` are locked."""
    sheets = _Timesheets(company, locked_before)
    for person in company.people:
        company.workspace.time_entries.add(sheets.of(person))


class _Timesheets:
    def __init__(self, company: Company, locked_before: int) -> None:
        self.company = company
        self.draw = company.draw
        self.locked_before = locked_before
        full_days = sum(self._full_days(person) for person in company.people)
        self.per_day = company.size.entries / (full_days * _PRESENCE)

    def of(self, person: Person) -> list[TimeEntry]:
        """All entries of a person, oldest first."""
        entries: list[TimeEntry] = []
        today = self.draw.today
        focus: list[Stint] = []
        overhead = [
            slot
            for effort in self.company.internal
            if (lines := _lines_of(effort.jobs, person))
            for slot in [_Slot(effort.record["id"], 0.0, lines, [])] * _OVERHEAD.get(effort.record["name"], 3)
        ]
        for monday in range(person.first, min(person.last, today) + 1, 7):
            days = self._working_days(person, monday, min(monday + 6, today))
            if not days:
                continue
            focus = self._focus(person, monday, focus)
            slots = [
                slot for stint, weight in zip(focus, _WEIGHTS, strict=False) for slot in [_slot(stint, monday)] * weight
            ]
            slots += self.draw.some(overhead, 2) if focus else overhead
            week = _Week(slots, *self._approval(person, monday))
            for day in days:
                self._day(person, day, week, entries)
        return self._until_now(person, entries)

    def _working_days(self, person: Person, first: int, last: int) -> list[int]:
        """The days on which the person is at work, if only for half of them."""
        away, holidays = person.away, self.company.holidays
        return [
            day
            for day in range(first, last + 1)
            if person.works_on(day) and day not in holidays and away.get(day) != "ALL"
        ]

    def _full_days(self, person: Person) -> float:
        return len(self._working_days(person, person.first, self.draw.today)) * person.capacity / _FULL_DAY

    def _focus(self, person: Person, monday: int, before: list[Stint]) -> list[Stint]:
        """The two or three projects of the week; usually some of them continue from the week before."""
        open_now = person.weeks.get(monday, [])
        kept = [stint for stint in before if stint in open_now and self.draw.chance(0.7)]
        fresh = [stint for stint in open_now if stint not in kept]
        return kept + self.draw.some(fresh, max(0, self.draw.between(2, 3) - len(kept)))

    def _until_now(self, person: Person, entries: list[TimeEntry]) -> list[TimeEntry]:
        """Leave out future entries; a current one is a running timer or is not recorded yet."""
        now = self.draw.now
        while entries and (entries[-1].end or now) > now:
            last = entries[-1]
            if person.uses_timer and last.start < now and last.type == "REGULAR":
                last.end = None
                break
            entries.pop()
        return entries

    def _approval(self, person: Person, monday: int) -> tuple[str | None, bool]:
        """The request for the week, if it holds the entries, and whether they are locked."""
        draw = self.draw
        begin, end = midnight(monday, person.zone), midnight(monday + 7, person.zone) - 1
        locked = end < self.locked_before
        age = (draw.today - monday) // 7
        if not age or (age == 1 and draw.chance(0.3)):
            return None, locked
        fate = "PENDING" if age == 1 else draw.weighted(_FATES if age > 2 else _RECENT_FATES)  # noqa: PLR2004
        submitted = midnight(monday + 4, person.zone) + 17 * HOUR
        request_id = draw.new_id(submitted)
        members = self.company.workspace.members
        manager = (members[person.user_id]["managers"] or [person.user_id])[0]
        by = None if fate == "PENDING" else person.user_id if fate == "WITHDRAWN_SUBMISSION" else manager
        note = "Please split the long entries." if fate == "REJECTED" else None
        decided = ts(submitted + draw.between(60, 80) * HOUR) if by else None
        self.company.workspace.approval_requests[request_id] = approval_request(
            request_id,
            self.company.workspace.id,
            person.user_id,
            ts(begin),
            ts(end),
            status=approval_status(fate, by, decided, note),
        )
        held = fate in ("APPROVED", "PENDING")
        return request_id if held else None, locked or fate == "APPROVED"

    def _day(self, person: Person, day: int, week: _Week, entries: list[TimeEntry]) -> None:
        draw, random, tracked = self.draw, self.draw.rng.random, self.company.tracked
        begin = midnight(day, person.zone)
        half = person.away.get(day)
        if half:
            budget: float = _HALF_DAY
            start = begin + (13 * HOUR + 15 * MINUTE if half == "FIRST_HALF" else 9 * HOUR)
            lunch = begin + DAY
        else:
            budget = person.capacity * (0.86 + 0.2 * random())
            start = begin + person.begins + int(random() * 25) * MINUTE
            lunch = begin + _NOON
        user_id, grain = person.user_id, person.grain
        slots, approval_id, locked = week
        shortest = max(5 * MINUTE, grain)
        slack = 240 if person.uses_timer else 0
        count = max(1, int(self.per_day * budget / _FULL_DAY + random() * 1.6 - 0.3))
        first_id = draw.reserve(count)
        scale = budget / count / 0.8
        width = len(slots)
        for number in range(first_id, first_id + count):
            project_id, share, lines, bucket = slots[int(random() * width)]
            task_id, text, tag_ids, fields = lines[int(random() * len(lines))]
            length = max(int((0.3 + random()) * scale) // grain * grain, shortest)
            if start >= lunch:
                start = self._lunch(person, start, entries, week)
                lunch = begin + DAY
            billable = random() < share
            entry = TimeEntry(
                f"{(start << 64) + number:024x}",
                user_id,
                start,
                start + length,
                text,
                billable,
                project_id,
                task_id,
                tag_ids,
                fields,
                "REGULAR",
                None,
                None,
                None,
                locked,
                approval_id,
            )
            entries.append(entry)
            if billable:
                bucket.append(entry)
            tracked[task_id or project_id] += length
            start += length
            if slack:
                start += int(random() * slack)
        self._habits(person, day, entries, entries[-count])

    def _lunch(self, person: Person, start: int, entries: list[TimeEntry], week: _Week) -> int:
        """Add a break, if the person records breaks; return its end."""
        over = start + self.draw.pick((30, 30, 45, 60)) * MINUTE
        if person.tracks_breaks:
            lunch = TimeEntry(self.draw.new_id(start), person.user_id, start, over, "Lunch", type="BREAK")
            lunch.locked, lunch.approval_id = week.locked, week.approval_id
            entries.append(lunch)
        return over

    def _habits(self, person: Person, day: int, entries: list[TimeEntry], first: TimeEntry) -> None:
        """Often a day begins with a short meeting; sometimes a timer runs until the next morning."""
        if self.draw.chance(0.25) and first.type == "REGULAR":
            first.description, first.end = "Daily stand-up", first.start + 15 * MINUTE
        if person.uses_timer and day < self.draw.today - 2 and self.draw.chance(0.003):
            entries[-1].end = midnight(day + 1, person.zone) + 6 * HOUR + self.draw.between(0, 70) * MINUTE


_FATES = {"APPROVED": 960, "REJECTED": 14, "WITHDRAWN_APPROVAL": 14, "WITHDRAWN_SUBMISSION": 12}
_RECENT_FATES = {"APPROVED": 80, "PENDING": 20}


def _slot(stint: Stint, monday: int) -> _Slot:
    """A project in a week: its current tasks if there are any, and if possible those of the person."""
    effort = stint.effort
    progress = (monday - effort.first) / (effort.last - effort.first + 1)
    under_way = [entry for entry in effort.jobs if entry[0].begins <= progress <= entry[0].ends] or effort.jobs
    lines = _lines_of(under_way, stint.person) or [line for _, _, lines in under_way for line in lines]
    return _Slot(effort.record["id"], effort.share, lines, stint.billable)


def _lines_of(jobs: Jobs, person: Person) -> list[Line]:
    disciplines = (person.discipline, "Any")
    return [line for job, _, lines in jobs if job.discipline in disciplines for line in lines]
