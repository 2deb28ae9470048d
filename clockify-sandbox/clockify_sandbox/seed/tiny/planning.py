"""Approval requests, the schedule and its milestones in the small workspaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from clockify_sandbox.entities import approval_request, approval_status, assignment, recurring
from clockify_sandbox.seed.draw import DAY, ts
from clockify_sandbox.workspaces import WEEK

if TYPE_CHECKING:
    from clockify_sandbox.seed.tiny.stage import Stage
    from clockify_sandbox.shapes.absence import Hours
    from clockify_sandbox.shapes.planning import Assignment, AssignmentFields


def add_planning(stage: Stage) -> None:
    """Approvals, schedule and milestones of the first workspace."""
    _add_approvals(stage)
    _add_schedule(stage)


def _add_approvals(stage: Stage) -> None:
    """Requests in all five states and of all three types.

    Pending and approved ones contain the entries of their week.
    """
    submit(stage, "mia", 1, "PENDING")
    submit(stage, "mia", 2, "APPROVED", by="ben")
    submit(stage, "ada", 2, "APPROVED", kind="TIMESHEET_AND_EXPENSE", by="ben", note="Well done")
    submit(stage, "kenji", 2, "APPROVED", kind="EXPENSE", by="lia")
    submit(stage, "mia", 3, "REJECTED", by="ben", note="Tuesday is missing")
    submit(stage, "ben", 2, "WITHDRAWN_APPROVAL", kind="TIMESHEET_AND_EXPENSE", by="ada")
    submit(stage, "lia", 2, "WITHDRAWN_SUBMISSION", by="lia")


def submit(  # noqa: PLR0913 - what a request consists of
    stage: Stage,
    who: str,
    weeks: int,
    state: str,
    *,
    kind: str = "TIMESHEET",
    by: str | None = None,
    note: str | None = None,
) -> None:
    """A request for the week of a member, `weeks` before the current one."""
    begins = WEEK.index(stage.workspace.members[stage[who]]["profile"]["weekStart"])
    zone, first = stage.zone(who), stage.monday - 7 * weeks - (-begins) % 7
    begin, end = stage.at(first, "00:00", zone), stage.at(first + 7, "00:00", zone) - 1
    request = stage.add(
        stage.workspace.approval_requests,
        f"approval {who} {weeks}",
        approval_request,
        stage[who],
        ts(begin),
        ts(end),
        age=7 * weeks - 4,
        type=kind,
        status=approval_status(state, by and stage[by], by and ts(end + DAY), note),
    )
    if state not in ("PENDING", "APPROVED"):
        return
    approved = state == "APPROVED"
    if kind != "EXPENSE":
        for entry in stage.workspace.time_entries.of_user(stage[who]):
            if begin <= entry.start <= end and entry.end is not None:
                entry.approval_id = request["id"]
                entry.locked = entry.locked or approved
    if kind != "TIMESHEET":
        for spent in stage.workspace.expenses.values():
            if spent["userId"] == stage[who] and stage.day(first) <= spent["date"] < stage.day(first + 7):
                spent["approvalRequestId"] = request["id"]
                spent["locked"] = spent["locked"] or approved


def plan(
    stage: Stage, name: str, who: str, project: str, days: tuple[int, int], **fields: Unpack[AssignmentFields]
) -> Assignment:
    """An assignment over whole days, counted from today."""
    period: Hours = {"start": ts(stage.at(days[0], "00:00")), "end": ts(stage.at(days[1] + 1, "00:00") - 1)}
    values: AssignmentFields = {"period": period, **fields}
    return stage.add(stage.workspace.assignments, name, assignment, stage[who], stage[project], age=40, **values)


def _add_schedule(stage: Stage) -> None:
    """Assignments of every kind: published or not, with or without a task, on unusual projects, in a series."""
    ids = stage.ids
    plan(stage, "sprint", "kenji", "site", (-11, -7), taskId=ids["design"], startTime="10:00:00", note="First sprint")
    plan(stage, "hand-over", "lia", "site", (-4, 3), hoursPerDay=4.5)
    plan(stage, "next", "mia", "site", (10, 14), published=False, note="Not announced", taskId=ids["build"])
    plan(stage, "desk", "ben", "inside", (-4, 0), billable=False, hoursPerDay=1.0, includeNonWorkingDays=True)
    plan(stage, "past", "ada", "old", (-300, -290), hoursPerDay=8.0)
    weekend = stage.at(1, "00:00")
    stage.workspace.assignments[ids["hand-over"]]["excludeDays"] = [
        {"date": ts(weekend), "type": "WEEKEND"},
        {"date": ts(weekend + DAY), "type": "TIME_OFF"},
    ]
    series = stage.draw.new_id(stage.draw.now - 40 * DAY)
    for number in range(4):
        day = -18 + 7 * number
        plan(stage, f"series {number}", "ada", "care", (day, day + 1), hoursPerDay=2.0, recurring=recurring(series, 4))
    for name, project, days in (("Prototype", "site", -8), ("Launch", "site", 40), ("Renewal", "care", 20)):
        mark(stage, name, project, days)


def mark(stage: Stage, name: str, project: str, days: int) -> None:
    """A milestone of a project."""
    milestone_id = stage.draw.new_id(stage.draw.now - 100 * DAY)
    stage.workspace.milestones[milestone_id] = {
        "id": milestone_id,
        "name": name,
        "date": ts(stage.at(days, "00:00")),
        "projectId": stage[project],
        "workspaceId": stage.workspace.id,
    }


def add_second_planning(stage: Stage) -> None:
    """A timesheet awaiting approval, an assignment, a milestone."""
    submit(stage, "dario", 1, "PENDING")
    plan(stage, "sprint", "dario", "site", (-3, 3), hoursPerDay=3.0)
    mark(stage, "Ouverture", "site", 60)
