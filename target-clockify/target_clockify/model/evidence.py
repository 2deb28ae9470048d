"""Finds out whether a call with an empty response took effect, from objects that are read before and after it."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from clockify_client import endpoints

from target_clockify.model.declaration import Evidence, Read, State
from target_clockify.model.objects.work import TIME_ENTRIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_AT_ONCE = 100  # entries
_WINDOW = timedelta(days=30)  # of a report on any plan
_SECOND = timedelta(seconds=1)
_DRAFTS = endpoints.USER_CAPACITY.having(
    body={
        "statusFilter": "UNPUBLISHED",
        "userFilter": "{userFilter}",
        "userGroupFilter": "{userGroupFilter}",
        "search": "{search}",
    }
)
_OTHER_NAMES = {"totalAmountDue": "totalAmount"}  # of a label where it is read


def _balances(read: Read, given: State) -> Iterator[State]:
    yield from read(endpoints.TIME_OFF_BALANCES, {"policyId": given["policyId"]})


def _are_set(given: State, _: Sequence[State], balances: Sequence[State]) -> bool:
    found = {row.get("userId"): row.get("balance") for row in balances}
    return all(_is(found.get(user), given["value"]) for user in given["userIds"])


def _assigned(read: Read, given: State) -> Iterator[State]:
    for user in dict.fromkeys(given["userIds"]):
        for row in read(endpoints.BALANCE_ASSIGNMENTS, {"userId": user, "policyId": given["policyId"]}):
            yield {**row, "userId": user}


def _have_grown(given: State, before: Sequence[State], after: Sequence[State]) -> bool:
    def sums(rows: Iterable[State]) -> dict[str, float]:
        found = dict.fromkeys(given["userIds"], 0.0)
        for row in rows:
            found[row["userId"]] += row.get("balance") or 0
        return found

    old, new = sums(before), sums(after)
    return all(_is(new[user], old[user] + given["balance"]) for user in old)


def _drafts(read: Read, given: State) -> Iterator[State]:
    """Read who has drafts in the window, whatever projects the call searches for."""
    search = given.get("search") if given.get("viewType") == "TEAM" else None
    asked = {name: given.get(name) for name in ("start", "end", "userFilter", "userGroupFilter")}
    yield from read(_DRAFTS, {**asked, "search": search})


def _are_published(_: State, before: Sequence[State], after: Sequence[State]) -> bool:
    left = _hours(after)
    return left == 0 or left < _hours(before)


def _hours(rows: Iterable[State]) -> float:
    return sum(day.get("totalHours") or 0 for row in rows for day in row.get("totalHoursPerDay") or ())


def _settings(read: Read, _: State) -> Iterator[State]:
    yield from read(endpoints.INVOICE_SETTINGS, {})


def _settings_are_so(given: State, _: Sequence[State], after: Sequence[State]) -> bool:
    (found,) = after
    for group in ("labels", "defaults", "exportFields"):
        shown = found.get(group) or {}
        for name, value in (given.get(group) or {}).items():
            if value is not None and shown.get(_OTHER_NAMES.get(name, name)) != value:
                return False
    return True


def _in_reports(read: Read, given: State) -> Iterator[State]:
    """Read the rows of entries in the detailed report: the entries themselves do not show whether they are invoiced."""
    ids = list(dict.fromkeys(given["timeEntryIds"]))
    entries: list[State] = []
    lookup = TIME_ENTRIES.listing.lookup
    assert lookup is not None  # noqa: S101 - entries have one
    for start in range(0, len(ids), _AT_ONCE):
        entries += read(lookup, {"ids": ids[start : start + _AT_ONCE]})
    for some in _windows(entries):
        begins = [_moment(one["timeInterval"]["start"]) for one in some]
        asked = {
            "start": _wall_clock(min(begins)),
            "end": _wall_clock(max(begins) + _SECOND),
            "timeZone": "UTC",
            "rounding": False,
            "amountShown": "HIDE_AMOUNT",
            "userIds": sorted({one["userId"] for one in some}),
        }
        yield from read(endpoints.REPORT_DETAILED_OF_USER, asked)


def _windows(entries: Iterable[State]) -> Iterator[list[State]]:
    """Yield the entries in groups that one report can cover."""
    some: list[State] = []
    for one in sorted(entries, key=lambda entry: entry["timeInterval"]["start"]):
        if some and _moment(one["timeInterval"]["start"]) - _moment(some[0]["timeInterval"]["start"]) > _WINDOW:
            yield some
            some = []
        some.append(one)
    if some:
        yield some


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _wall_clock(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def _are_marked(given: State, _: Sequence[State], after: Sequence[State]) -> bool:
    marks = {row.get("_id"): _is_invoiced(row.get("invoicingInfo")) for row in after}
    return all(marks.get(one) is given["invoiced"] for one in given["timeEntryIds"])


def _is_invoiced(info: object) -> bool:
    return isinstance(info, dict) and bool(info.get("manuallyInvoiced") or info.get("invoiceId"))


def _is(one: object, other: float) -> bool:
    return isinstance(one, (int, float)) and math.isclose(one, other, abs_tol=1e-6)


BALANCES = Evidence(rows=_balances, shows=_are_set)
BALANCE_ASSIGNMENTS = Evidence(rows=_assigned, shows=_have_grown, before=True)
PUBLICATION = Evidence(rows=_drafts, shows=_are_published, before=True)
INVOICE_SETTINGS = Evidence(rows=_settings, shows=_settings_are_so)
INVOICED_ENTRIES = Evidence(rows=_in_reports, shows=_are_marked)
