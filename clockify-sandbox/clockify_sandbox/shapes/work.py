"""Stored shapes of clients, projects, tasks, tags and custom fields."""

from typing import Any, TypedDict

from clockify_sandbox.shapes.people import Rate


class ClientFields(TypedDict, total=False):
    """The fields of a client that writes can set."""

    name: str
    email: str | None
    archived: bool
    address: str | None
    note: str | None
    ccEmails: list[str] | None
    currencyId: str | None


class Client(ClientFields):
    """A client, as `GET clients/{clientId}` without `currencyCode`; no `currencyId` means the default currency."""

    id: str
    workspaceId: str


class MembershipFields(TypedDict, total=False):
    """The fields of a membership that writes can set."""

    hourlyRate: Rate | None
    costRate: Rate | None
    membershipStatus: str


class Membership(MembershipFields):
    """A membership of a project, in `memberships` of `GET projects/{projectId}`.

    Type PROJECT has the id of the project as its target; type USERGROUP, access through a group, that of the group,
    with one row per member of the group.
    """

    userId: str
    targetId: str
    membershipType: str


class Estimate(TypedDict):
    """The old form of an estimate of time: a dur, and AUTO or MANUAL."""

    estimate: str
    type: str


class TimeEstimateFields(TypedDict, total=False):
    """The fields of a time estimate that writes can set."""

    type: str
    resetOption: str | None
    active: bool
    includeNonBillable: bool


class TimeEstimate(TimeEstimateFields):
    """An estimate of time: a dur, AUTO or MANUAL, and what resets it."""

    estimate: str


class BudgetEstimateFields(TypedDict, total=False):
    """The fields of a budget estimate that writes can set."""

    type: str
    resetOption: str | None
    active: bool
    includeExpenses: bool


class BudgetEstimate(BudgetEstimateFields):
    """A budget: minor units of the project's currency, AUTO or MANUAL, and what resets it."""

    estimate: int


class EstimateReset(TypedDict):
    """When estimates are reset: every WEEKLY, MONTHLY or YEARLY interval, on a day, at an hour from 0 to 23."""

    interval: str
    dayOfWeek: str | None
    dayOfMonth: int | None
    hour: int
    month: str | None


class ProjectFields(TypedDict, total=False):
    """The fields of a project that writes can set."""

    name: str
    clientId: str
    hourlyRate: Rate | None
    costRate: Rate | None
    billable: bool
    archived: bool
    public: bool
    template: bool
    color: str
    note: str
    memberships: list[Membership]
    estimate: Estimate
    timeEstimate: TimeEstimate
    budgetEstimate: BudgetEstimate | None
    estimateReset: EstimateReset | None


class Project(ProjectFields):
    """A project, as `GET projects/{projectId}` without `clientName` and `duration`.

    `clientId` is "" without a client. The currency is the client's, else the workspace's default.
    """

    id: str
    workspaceId: str


class TaskFields(TypedDict, total=False):
    """The fields of a task that writes can set."""

    name: str
    assigneeIds: list[str]
    assigneeId: None
    userGroupIds: list[str]
    estimate: str
    status: str
    budgetEstimate: int | None
    billable: bool
    hourlyRate: Rate | None
    costRate: Rate | None


class Task(TaskFields):
    """A task, as `GET projects/{projectId}/tasks/{taskId}` without `duration`.

    `estimate` is a dur, `budgetEstimate` minor units, `status` ACTIVE or DONE; `assigneeId` is always None.
    """

    id: str
    projectId: str


class TagFields(TypedDict, total=False):
    """The fields of a tag that writes can set."""

    name: str
    archived: bool


class Tag(TagFields):
    """A tag, as `GET tags/{tagId}`."""

    id: str
    workspaceId: str


class FieldDefault(TypedDict):
    """The value of a custom field for entries without their own, and VISIBLE, INVISIBLE or INACTIVE."""

    value: Any
    status: str


class ProjectDefault(FieldDefault):
    """The override of a custom field on a project."""

    projectId: str


class CustomFieldFields(TypedDict, total=False):
    """The fields of a custom field that writes can set."""

    name: str
    description: str | None
    placeholder: str | None
    type: str
    status: str
    required: bool
    onlyAdminCanEdit: bool
    allowedValues: list[str]
    workspaceDefaultValue: Any
    projectDefaultValues: list[ProjectDefault]
    entityType: str


class CustomField(CustomFieldFields):
    """A custom field, as `GET custom-fields`; `entityType` is TIMEENTRY or USER, the type of values is in `type`."""

    id: str
    workspaceId: str
