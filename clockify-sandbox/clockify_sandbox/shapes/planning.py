"""Stored shapes of approval and the schedule."""

from typing import TypedDict

from clockify_sandbox.shapes.absence import Hours


class ApprovalStatus(TypedDict):
    """The state of a request, and who (a user id) set it when (a ts)."""

    state: str
    note: str | None
    updatedAt: str | None
    updatedBy: str | None


class ApprovalRequestFields(TypedDict, total=False):
    """The fields of an approval request that writes can set."""

    type: str
    dateRange: Hours
    creatorId: str
    status: ApprovalStatus


class ApprovalRequest(ApprovalRequestFields):
    """A request, as `approvalRequest` of `GET approval-requests`, with ids only.

    `type` is TIMESHEET, EXPENSE or TIMESHEET_AND_EXPENSE, `dateRange` a week in the owner's zone. Its entries carry its
    id. After it is rejected or withdrawn, they carry no id.
    """

    id: str
    workspaceId: str
    ownerId: str


class ExcludedDay(TypedDict):
    """A day, as a ts, on which an assignment is suspended: WEEKEND, HOLIDAY or TIME_OFF."""

    date: str
    type: str


class Recurring(TypedDict):
    """Whether and for how many weeks an assignment repeats."""

    repeat: bool
    seriesId: str | None
    weeks: int
    frequency: str
    interval: int
    monthlyRecurringType: None


class AssignmentFields(TypedDict, total=False):
    """The fields of an assignment that writes can set."""

    userId: str
    projectId: str
    taskId: str | None
    period: Hours
    hoursPerDay: float
    startTime: str | None
    note: str | None
    billable: bool
    published: bool
    includeNonWorkingDays: bool
    excludeDays: list[ExcludedDay]
    recurring: Recurring


class Assignment(AssignmentFields):
    """An assignment, as in responses to writes below `scheduling/assignments/recurring`.

    There is one row per occurrence of a series.

    `startTime` is a clock "hh:mm:ss".
    """

    id: str
    workspaceId: str


class Milestone(TypedDict):
    """A milestone of a project on a day (a ts), in `milestones` of the totals of a project."""

    id: str
    name: str
    date: str
    projectId: str
    workspaceId: str
