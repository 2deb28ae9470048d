"""Special cases of a company: people who left, night shifts, and names that are hard to store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clockify_sandbox.entities import client, membership, project, rate, tag, task
from clockify_sandbox.seed.draw import DAY, HOUR, MINUTE, clock_change, midnight
from clockify_sandbox.workspaces import Account, Terms, add_account, add_member, currency_id, remove_member
from clockify_sandbox.world import TimeEntry

if TYPE_CHECKING:
    from clockify_sandbox.seed.company.model import Company
    from clockify_sandbox.shapes.work import Project

_LONG_NAME = ("Localisation of every page, part \N{ROMAN NUMERAL SEVEN} " * 8)[:255]


def add_latecomers(company: Company, locked_before: int) -> str:
    """Build all of it; return the id of the limited user."""
    return _Latecomers(company, locked_before).add()


class _Latecomers:
    def __init__(self, company: Company, locked_before: int) -> None:
        self.company = company
        self.draw = company.draw
        self.workspace = company.workspace
        self.locked_before = locked_before

    def add(self) -> str:
        """Add the project first, then the people who worked on it."""
        job, task_id = self._add_project()
        internal = self.company.internal[0].record
        removed = self._hire("Keiko Hayashi", "Asia/Tokyo", Terms(hourly_rate=8500, cost_rate=3000))
        self._add_days(removed, "Asia/Tokyo", (-150, -90), job, task_id, billable=True)
        remove_member(self.workspace, removed)
        terms = Terms(hourly_rate=6500, cost_rate=2100, capacity=int(7.5 * HOUR), status="INACTIVE")
        deleted = self._hire("Ottilie Nachtigall", "America/New_York", terms, status="DELETED")
        self._add_days(deleted, "America/New_York", (-120, -60), internal, None, billable=False)
        internal["memberships"].append(membership(internal["id"], deleted, membershipStatus="INACTIVE"))
        watch = self._hire("Percy Nightwatch", "Europe/London", Terms(cost_rate=1400), status="LIMITED")
        internal["memberships"].append(membership(internal["id"], watch))
        self._add_nights(watch, internal)
        return watch

    def _add_project(self) -> tuple[Project, str]:
        """A client in euros, with rates in euros, and names of every difficult kind."""
        workspace, born = self.workspace, midnight(self.draw.today - 160, "UTC")
        owner = client(
            self.draw.new_id(born),
            workspace.id,
            name='Brontë "Moor" Films, Ltd \N{CLAPPER BOARD}',
            email="office@bronte-moor.example",
            currencyId=currency_id(workspace, "EUR"),
        )
        workspace.clients[owner["id"]] = owner
        job = project(
            self.draw.new_id(born),
            workspace.id,
            name="Subtitles, 'series 2' \N{TELEVISION}",
            clientId=owner["id"],
            hourlyRate=rate(10500, "EUR"),
            costRate=rate(3800, "EUR"),
        )
        job["memberships"] = [
            membership(job["id"], self.company.owner.user_id, hourlyRate=rate(14000, "EUR"), costRate=rate(6000, "EUR"))
        ]
        workspace.projects[job["id"]] = job
        work = task(self.draw.new_id(born), job["id"], name=_LONG_NAME, hourlyRate=rate(12000, "EUR"))
        workspace.tasks[work["id"]] = work
        for name in ("by phone, by mail", 'so-called "rush"', "\N{ROCKET} launch"):
            tag_id = self.draw.new_id(born)
            workspace.tags[tag_id] = tag(tag_id, workspace.id, name)
        return job, work["id"]

    def _hire(self, name: str, zone: str, terms: Terms, *, status: str = "ACTIVE") -> str:
        limited = status == "LIMITED"
        account = Account(
            email="" if limited else f"{name.lower().replace(' ', '.')}@{self.company.size.domain}",
            name=name,
            zone=zone,
            created=midnight(self.draw.today - 170, "UTC"),
            status=status,
            with_settings=not limited,
        )
        user_id = add_account(self.company.world, self.draw, self.workspace.id, account)
        add_member(self.workspace, self.company.world.users[user_id], terms)
        return user_id

    def _add_days(  # noqa: PLR0913 - what days of work consist of
        self, user_id: str, zone: str, days: tuple[int, int], job: Project, task_id: str | None, *, billable: bool
    ) -> None:
        """Two entries on every working day of a range of days relative to today."""
        for ordinal in range(self.draw.today + days[0], self.draw.today + days[1]):
            if (ordinal - 1) % 7 in (5, 6) or ordinal in self.company.holidays:
                continue
            begin = midnight(ordinal, zone) + 9 * HOUR
            for start, length in ((begin, 3 * HOUR + 30 * MINUTE), (begin + 4 * HOUR, 3 * HOUR + 30 * MINUTE)):
                self._log(
                    TimeEntry(
                        self.draw.new_id(start),
                        user_id,
                        start,
                        start + length,
                        "Subtitles" if billable else "Hand-over",
                        billable=billable,
                        project_id=job["id"],
                        task_id=task_id,
                    )
                )

    def _add_nights(self, user_id: str, job: Project) -> None:
        """Shifts from 22:00 to 06:00, from Monday to Thursday, and in the night of the clock change."""
        nights = [
            midnight(ordinal, "Europe/London")
            for ordinal in range(self.draw.today - 12, self.draw.today - 1)
            if (ordinal - 1) % 7 < 4  # noqa: PLR2004 - Thursday
        ]
        changed, _ = clock_change(self.draw.today, "Europe/London")
        kiosk = self.draw.new_id(midnight(self.draw.today - 100, "UTC"))
        for begin in (changed - DAY, *nights):
            start = begin + 22 * HOUR
            self._log(
                TimeEntry(
                    self.draw.new_id(start),
                    user_id,
                    start,
                    start + 8 * HOUR,
                    "Night watch",
                    project_id=job["id"],
                    kiosk_id=kiosk,
                )
            )

    def _log(self, entry: TimeEntry) -> None:
        entry.locked = entry.start < self.locked_before
        self.workspace.time_entries.add([entry])
