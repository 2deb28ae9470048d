"""The weekly report: users or projects, day by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clockify_sandbox import messages
from clockify_sandbox.errors import invalid
from clockify_sandbox.fields import picked
from clockify_sandbox.reports.exports import Sheet
from clockify_sandbox.reports.inquiry import Report
from clockify_sandbox.reports.lines import lines_of, rounded, totals_of
from clockify_sandbox.reports.summary import Group, Grouping

if TYPE_CHECKING:
    from clockify_sandbox.reports.inquiry import Inquiry
    from clockify_sandbox.world import Entity

_DAYS = 7


def weekly(inquiry: Inquiry) -> Report:
    """A report of exactly seven days."""
    wanted = inquiry.request.weekly_filter
    if wanted is None:
        raise invalid(messages.WEEKLY_FILTER_MISSING)
    if len(inquiry.span.days) != _DAYS:
        raise invalid(messages.RANGE_NOT_A_WEEK(days=_DAYS))
    grouping = Grouping(inquiry)
    by_day, by_group = grouping.keys["DATE"], grouping.keys[wanted.group]
    groups, days = Group(), Group()
    for line in lines_of(inquiry):
        groups.add(line, [by_group, by_day])
        days.add(line, [by_day])
    rows = grouping.ordered([_row(inquiry, grouping, wanted.group, key, group) for key, group in groups.groups.items()])
    settings = inquiry.workspace.record["workspaceSettings"]
    by_user = wanted.group == "USER"
    body = {
        "totals": totals_of(days.sums, inquiry.amounts),
        "totalsByDay": [
            {**day, "amountByCurrency": _by_currency(inquiry, days, day["date"])} for day in _days(inquiry, days)
        ],
        "groupOne": rows,
        "decimalFormat": settings["durationFormat"] == "DECIMAL",
        "trackTimeDownToSeconds": settings["trackTimeDownToSecond"],
        "includeUsersWithoutTime": by_user,
        "usersWithoutTime": _idle(inquiry, set(groups.groups)) if by_user else [],
    }
    return Report(body, lambda: _sheet(inquiry, wanted.group, rows))


def _row(inquiry: Inquiry, grouping: Grouping, kind: str, key: str, group: Group) -> Entity:
    return {
        "_id": key,
        "duration": group.sums.seconds,
        "amount": group.sums.amount(inquiry.amounts),
        "amounts": group.sums.shown(inquiry.amounts),
        **grouping.about(kind, key),
        "days": _days(inquiry, group),
    }


def _days(inquiry: Inquiry, group: Group) -> list[Entity]:
    rows = []
    for day in inquiry.span.days:
        sums = group.groups.get(day.isoformat(), Group()).sums
        rows.append({"date": day.isoformat(), "duration": sums.seconds, "amount": sums.amount(inquiry.amounts)})
    return rows


def _by_currency(inquiry: Inquiry, days: Group, date: str) -> list[Entity]:
    found = days.groups.get(date)
    return rounded(found.sums.by_currency(inquiry.amounts[0])) if found and inquiry.amounts else []


def _idle(inquiry: Inquiry, busy: set[str]) -> list[Entity]:
    idle = [
        inquiry.user(user_id)
        for user_id, member in inquiry.workspace.members.items()
        if user_id not in busy and member["membershipStatus"] == "ACTIVE" and inquiry.viewer.sees(user_id, None)
    ]
    keys = ("timeZone", "weekStart", "dateFormat", "timeFormat")
    return [
        {
            "id": user["id"],
            "name": user["name"],
            "email": user["email"],
            **(picked(user["settings"], keys) if user["settings"] else dict.fromkeys(keys)),
        }
        for user in idle
    ]


def _sheet(inquiry: Inquiry, kind: str, rows: list[Entity]) -> Sheet:
    columns = (kind.capitalize(), *(day.isoformat() for day in inquiry.span.days), "Total (decimal)", "Amount")
    hours = [
        (
            row["name"],
            *(round(day["duration"] / 3600, 2) for day in row["days"]),
            round(row["duration"] / 3600, 2),
            row["amount"],
        )
        for row in rows
    ]
    return Sheet(inquiry.title("Time Weekly"), columns, hours)
