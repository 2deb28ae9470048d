"""The time entries of a report, each with its seconds and amounts, and their sums."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from clockify_sandbox.render import billable_rate, cost_rate, default_currency, project_currency
from clockify_sandbox.reports.filters import entry_tests, users_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clockify_sandbox.reports.inquiry import Inquiry
    from clockify_sandbox.world import TimeEntry

_HOUR = 3600


class Line(NamedTuple):
    """A time entry in a report. Rates and amounts are minor units of `currency`; amounts are not rounded."""

    entry: TimeEntry
    seconds: int
    currency: str
    earned_rate: int
    cost_rate: int
    earned: float
    cost: float

    def amount(self, kind: str) -> float:
        """The amount of a kind."""
        return self.earned if kind == "EARNED" else self.cost if kind == "COST" else self.earned - self.cost

    def rate(self, kind: str) -> int:
        """The hourly rate of a kind of amount."""
        return (
            self.earned_rate
            if kind == "EARNED"
            else self.cost_rate
            if kind == "COST"
            else self.earned_rate - self.cost_rate
        )


class Sums:
    """Sums of lines. Amounts are kept per currency."""

    __slots__ = ("billable_seconds", "cost", "count", "earned", "seconds")

    def __init__(self) -> None:
        self.seconds = 0
        self.billable_seconds = 0
        self.count = 0
        self.earned: defaultdict[str, float] = defaultdict(float)
        self.cost: defaultdict[str, float] = defaultdict(float)

    def add(self, line: Line) -> None:
        """Add a line."""
        self.seconds += line.seconds
        self.count += 1
        if line.entry.billable:
            self.billable_seconds += line.seconds
        self.earned[line.currency] += line.earned
        self.cost[line.currency] += line.cost

    def by_currency(self, kind: str) -> dict[str, float]:
        """The amounts of a kind."""
        if kind == "EARNED":
            return dict(self.earned)
        if kind == "COST":
            return dict(self.cost)
        return {currency: self.earned[currency] - self.cost[currency] for currency in self.earned}

    def amount(self, amounts: tuple[str, ...]) -> float | None:
        """The amount of the leading kind over all currencies; None if amounts are hidden."""
        return float(sum(self.by_currency(amounts[0]).values())) if amounts else None

    def shown(self, amounts: tuple[str, ...]) -> list[dict[str, Any]]:
        """The amounts of several kinds in the form of responses."""
        return [
            {
                "type": kind,
                "value": float(sum(self.by_currency(kind).values())),
                "amountByCurrency": rounded(self.by_currency(kind)),
            }
            for kind in amounts
        ]


def lines_of(inquiry: Inquiry) -> Iterator[Line]:
    """The finished entries that start in the span and pass the filters, user by user, newest first."""
    tests = entry_tests(inquiry)
    price = _Prices(inquiry)
    for user_id in users_of(inquiry):
        for entry in entries_of(inquiry, user_id):
            if entry.end is not None and all(test(entry) for test in tests):
                yield price.line(entry, entry.end - entry.start)


def entries_of(inquiry: Inquiry, user_id: str) -> list[TimeEntry]:
    """A user's entries that start in the span, newest first."""
    entries = inquiry.workspace.time_entries.of_user(user_id)
    newest = bisect_left(entries, -inquiry.span.end, key=_backwards)
    return entries[newest : bisect_right(entries, -inquiry.span.start, key=_backwards)]


def totals(lines: Iterable[Line], amounts: tuple[str, ...]) -> list[dict[str, Any] | None]:
    """The `totals` of a report; null instead of a row if there are no lines."""
    sums = Sums()
    for line in lines:
        sums.add(line)
    return totals_of(sums, amounts)


def totals_of(sums: Sums, amounts: tuple[str, ...]) -> list[dict[str, Any] | None]:
    """The `totals` of a report from known sums."""
    if not sums.count:
        return [None]
    return [
        {
            "_id": "",
            "totalTime": sums.seconds,
            "totalBillableTime": sums.billable_seconds,
            "entriesCount": sums.count,
            "totalAmount": sums.amount(amounts),
            "numOfCurrencies": len(sums.earned),
            "totalAmountByCurrency": rounded(sums.by_currency(amounts[0])) if amounts else {},
            "amounts": sums.shown(amounts),
        }
    ]


def rounded(amounts: dict[str, float]) -> list[dict[str, Any]]:
    """Amounts per currency in the form of responses: in whole minor units, unlike their sum."""
    return [{"currency": currency, "amount": float(round(amount))} for currency, amount in sorted(amounts.items())]


class _Prices:
    """Computes the rates and amounts of entries. Entries of one user, project and task share their rates."""

    def __init__(self, inquiry: Inquiry) -> None:
        self._workspace = inquiry.workspace
        self._rates: dict[tuple[str, str | None, str | None], tuple[str, int, int]] = {}
        step = inquiry.workspace.record["workspaceSettings"]["round"]
        self._step = int(step["minutes"]) * 60 if inquiry.request.rounding else 0
        self._shift = next((shift for word, shift in _SHIFTS.items() if word in step["round"]), 0.5)

    def line(self, entry: TimeEntry, seconds: int) -> Line:
        if self._step:
            seconds = int(seconds / self._step + self._shift) * self._step
        key = entry.user_id, entry.project_id, entry.task_id
        if entry.hourly_rate is not None or entry.cost_rate is not None:
            currency, earned_rate, cost = self._rates_of(entry)
        else:
            if key not in self._rates:
                self._rates[key] = self._rates_of(entry)
            currency, earned_rate, cost = self._rates[key]
        if not entry.billable:
            earned_rate = 0
        hours = seconds / _HOUR
        return Line(entry, seconds, currency, earned_rate, cost, earned_rate * hours, cost * hours)

    def _rates_of(self, entry: TimeEntry) -> tuple[str, int, int]:
        workspace = self._workspace
        project = workspace.projects.get(entry.project_id or "")
        earned, cost = billable_rate(workspace, entry), cost_rate(workspace, entry)
        return (
            project_currency(workspace, project) if project else default_currency(workspace),
            earned["amount"] if earned else 0,
            cost["amount"] if cost else 0,
        )


# As in the setting: "Round up to", "Round down to", and half-way for "Round to nearest".
_SHIFTS = {"up": 1 - 1e-9, "down": 0.0}


def _backwards(entry: TimeEntry) -> int:
    return -entry.start
