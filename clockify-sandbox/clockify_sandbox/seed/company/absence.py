"""Bank holidays, leave and sickness of a company, and the requests and balances that follow from them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Unpack

from clockify_sandbox.entities import (
    balance,
    holiday,
    no_default_entities,
    policy,
    request_status,
    time_off_period,
    time_off_request,
)
from clockify_sandbox.seed.draw import DAY, HOUR, iso_date, local_ordinal, midnight, month_starts, ts

if TYPE_CHECKING:
    from clockify_sandbox.seed.company.model import Company, Person
    from clockify_sandbox.shapes.absence import Approvers, BalanceAssignment, Hours, PolicyFields, TimeOffRequestFields

_ALLOWANCE = 25.0
_SICK_LIMIT = 30.0
_MONTHS_OF_LEAVE = (2, 4, 4, 5, 6, 7, 7, 8, 8, 8, 9, 10, 12, 12)
_BLOCKS = (9, 5, 4, 2, 1, 1, 1)


def bank_holidays(year: int) -> dict[date, str]:
    """The bank holidays of England: those at a weekend are kept on the next working day."""
    easter = _easter(year)
    days = {
        easter - timedelta(days=2): "Good Friday",
        easter + timedelta(days=1): "Easter Monday",
        _nth_monday(year, 5, first=True): "Early May bank holiday",
        _nth_monday(year, 5, first=False): "Spring bank holiday",
        _nth_monday(year, 8, first=False): "Summer bank holiday",
    }
    fixed = (
        (date(year, 1, 1), "New Year's Day"),
        (date(year, 12, 25), "Christmas Day"),
        (date(year, 12, 26), "Boxing Day"),
    )
    for day, name in fixed:
        kept = day
        while kept.weekday() in (5, 6) or kept in days:
            kept += timedelta(days=1)
        days[kept] = name if kept == day else f"{name} (substitute day)"
    return days


def _easter(year: int) -> date:
    """Easter Sunday, by the anonymous Gregorian computus."""
    century, rest = divmod(year, 100)
    leap, centuries = divmod(century, 4)
    moon = (19 * (year % 19) + century - leap - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    sunday = (32 + 2 * centuries + 2 * (rest // 4) - moon - rest % 4) % 7
    shift = moon + sunday - 7 * ((year % 19 + 11 * moon + 22 * sunday) // 451) + 114
    return date(year, shift // 31, shift % 31 + 1)


def _nth_monday(year: int, month: int, *, first: bool) -> date:
    day = date(year, month, 1 if first else 31)
    return day + timedelta(days=-day.weekday() % 7) if first else day - timedelta(days=day.weekday())


def add_absence(company: Company) -> None:
    """Holidays, policies, everybody's leave and sickness with requests, and the balances of the current year."""
    _add_holidays(company)
    _Leave(company).fill()


def _add_holidays(company: Company) -> None:
    draw, workspace = company.draw, company.workspace
    for year in range(date.fromordinal(company.first).year, date.fromordinal(draw.today).year + 2):
        for day, name in sorted(bank_holidays(year).items()):
            company.holidays[day.toordinal()] = name
            holiday_id = draw.new_id(midnight(date(year - 1, 12, 1).toordinal(), "UTC"))
            workspace.holidays[holiday_id] = holiday(
                holiday_id, workspace.id, f"{name} {year}", day.isoformat(), day.isoformat()
            )


class _Leave:
    """Plans the absences of every person."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.draw = company.draw
        self.workspace = company.workspace
        approver: Approvers = {"requiresApproval": True, "specificMembers": False, "teamManagers": True, "userIds": []}
        self.annual = self._policy(
            "Annual leave",
            approve=approver,
            allowHalfDay=True,
            automaticAccrual={"amount": _ALLOWANCE, "period": "YEAR", "timeUnit": "DAYS"},
            icon="UMBRELLA",
            color="#4CAF50",
            hasExpiration=True,
        )
        self.sick = self._policy(
            "Sick leave",
            allowNegativeBalance=True,
            negativeBalance={"amount": _SICK_LIMIT, "period": "YEAR", "shouldReset": True, "timeUnit": "DAYS"},
            automaticTimeEntryCreation=no_default_entities(),
            icon="HEALTH_METRICS",
            color="#F44336",
        )
        self.lieu = self._policy("Time in lieu", approve=approver, timeUnit="HOURS", icon="CALENDAR")
        self._policy("Summer Fridays 2024", archived=True, approve=approver, icon="FAMILY")

    def _policy(self, name: str, /, **fields: Unpack[PolicyFields]) -> str:
        policy_id = self.draw.new_id(midnight(self.company.first, "UTC") - 10 * DAY)
        self.workspace.time_off_policies[policy_id] = policy(policy_id, self.workspace.id, name, **fields)
        return policy_id

    def fill(self) -> None:
        """Everybody's absences. Approved ones count as used in the balances of this year."""
        this_year = date.fromordinal(self.draw.today).year
        for person in self.company.people:
            used: dict[str, float] = {self.annual: 0.0, self.sick: 0.0, self.lieu: 0.0}
            for year in range(date.fromordinal(self.company.first).year, this_year + 1):
                used[self.annual] = self._annual_leave(person, year)
                used[self.sick] = self._sick_leave(person, year)
            self._ideas(person)
            for policy_id, days in used.items():
                self._balance(person, policy_id, days)

    def _annual_leave(self, person: Person, year: int) -> float:
        taken = 0.0
        for length in _BLOCKS:
            month = self.draw.pick(_MONTHS_OF_LEAVE)
            days = self._free_days(person, date(year, month, self.draw.between(1, 28)).toordinal(), length, year)
            half = length == 1 and self.draw.chance(0.3)
            if not days or taken + len(days) > _ALLOWANCE:
                continue
            pending = days[0] > self.draw.today and self.draw.chance(0.4)
            size = 0.5 if half else float(len(days))
            taken += 0.0 if pending else size
            state = "PENDING" if pending else "APPROVED"
            self._request(person, self.annual, days, size=size, left=_ALLOWANCE - taken, state=state)
        return taken

    def _sick_leave(self, person: Person, year: int) -> float:
        taken = 0.0
        for _ in range(self.draw.between(0, 4)):
            start = date(year, 1, 1).toordinal() + self.draw.between(0, 360)
            days = self._free_days(person, start, self.draw.weighted({1: 6, 2: 4, 3: 2, 5: 1}), year)
            if days and days[-1] < self.draw.today:
                taken += len(days)
                self._request(person, self.sick, days, size=float(len(days)), left=-taken, state="APPROVED")
        return taken

    def _ideas(self, person: Person) -> None:
        """Requests without success, and undecided requests for time in lieu."""
        draw = self.draw
        for state in ("REJECTED", "WITHDRAWN"):
            start = draw.between(self.company.first, draw.today + 40)
            days = self._free_days(person, start, 2, date.fromordinal(start).year)
            if days and draw.chance(0.35):
                self._request(person, self.annual, days, size=float(len(days)), left=None, state=state)
        day = draw.today + draw.between(4, 20)
        if draw.chance(0.15) and person.works_on(day):
            begin = midnight(day, person.zone) + 14 * HOUR
            self._file(
                person,
                self.lieu,
                created=draw.now - draw.between(1, 60) * HOUR,
                timeUnit="HOURS",
                balanceDiff=2.0,
                timeOffPeriod=time_off_period(ts(begin), ts(begin + 2 * HOUR)),
            )

    def _free_days(self, person: Person, start: int, length: int, year: int) -> list[int]:
        """The next working days of the person from a day, if there are enough in the year without a gap."""
        days: list[int] = []
        limit = min(date(year, 12, 31).toordinal(), self.draw.today + 90)
        ordinal = max(start, self.company.first)
        while len(days) < length and ordinal <= limit:
            if ordinal in person.away:
                return []
            if person.works_on(ordinal) and ordinal not in self.company.holidays:
                days.append(ordinal)
            ordinal += 1
        return days if len(days) == length else []

    def _request(  # noqa: PLR0913 - what a request consists of
        self, person: Person, policy_id: str, days: list[int], *, size: float, left: float | None, state: str
    ) -> None:
        draw = self.draw
        half = draw.pick(("FIRST_HALF", "SECOND_HALF")) if size < 1 else "NOT_DEFINED"
        begin, end = midnight(days[0], person.zone), midnight(days[-1] + 1, person.zone) - 1
        hours: Hours | None = None
        if size < 1:
            noon = begin + 13 * HOUR
            span = (begin + 9 * HOUR, noon) if half == "FIRST_HALF" else (noon, begin + 17 * HOUR)
            hours = {"start": ts(span[0]), "end": ts(span[1])}
        if policy_id == self.sick:
            created = begin + 8 * HOUR
        else:
            created = min(begin - draw.between(8, 60) * DAY, draw.now - 3 * DAY) + draw.between(9 * 60, 17 * 60) * 60
        decided = min(created + draw.between(2, 70) * HOUR, draw.now)
        by = None
        if state in ("APPROVED", "REJECTED") and policy_id != self.sick:
            managers = self.workspace.members[person.user_id]["managers"] or [self.company.owner.user_id]
            by = managers[0]
        elif state != "PENDING":
            by = person.user_id
        self._file(
            person,
            policy_id,
            created=created,
            balance=left,
            balanceDiff=size,
            status=request_status(
                state,
                by,
                ts(decided) if by else None,
                "Too many of us are away then." if state == "REJECTED" else None,
            ),
            timeOffPeriod=time_off_period(ts(begin), ts(end), half, hours),
            note=draw.pick((None, None, "Family visit", "Holiday", "Moving house"))
            if policy_id == self.annual
            else None,
        )
        if state == "APPROVED":
            away = half if size < 1 else "ALL"
            person.away.update(dict.fromkeys(days, away))

    def _file(self, person: Person, policy_id: str, *, created: int, **fields: Unpack[TimeOffRequestFields]) -> None:
        request_id = self.draw.new_id(created)
        created_at = f"{ts(created)[:-1]}.{self.draw.between(0, 999_999):06d}Z"
        given: TimeOffRequestFields = {**fields, "createdAt": created_at}
        request = time_off_request(request_id, self.workspace.id, policy_id, person.user_id, **given)
        self.workspace.time_off_requests[request_id] = request

    def _balance(self, person: Person, policy_id: str, used: float) -> None:
        total = {self.annual: _ALLOWANCE, self.sick: 0.0, self.lieu: 16.0}[policy_id]
        year = date.fromordinal(local_ordinal(self.draw.now, "UTC")).year
        born = midnight(date(year, 1, 1).toordinal(), "UTC")
        negative = policy_id == self.sick
        entity = balance(
            self.draw.new_id(born),
            self.workspace.id,
            person.user_id,
            policy_id,
            balance=total - used,
            total=total,
            used=used,
            negativeBalanceLimit=negative,
            negativeBalanceAmount=_SICK_LIMIT if negative else 0.0,
            negativeBalanceUsed=used if negative else 0.0,
        )
        self.workspace.balances[entity["id"]] = entity
        if policy_id == self.annual:
            months = month_starts(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal())
            assigned: BalanceAssignment = {
                "id": self.draw.new_id(born),
                "workspaceId": self.workspace.id,
                "userId": person.user_id,
                "policyId": policy_id,
                "accrued": total,
                "balance": total,
                "dateRange": {"start": iso_date(months[0]), "end": f"{year}-12-31"},
                "note": None,
            }
            self.workspace.balance_assignments[assigned["id"]] = assigned
