"""Stored shapes of holidays and time off."""

from typing import TypedDict


class DateRange(TypedDict):
    """Whole days, the last one included: two dates."""

    startDate: str
    endDate: str


class DefaultEntities(TypedDict):
    """The project and task of time entries that are created automatically."""

    projectId: str | None
    taskId: str | None


class AutomaticCreation(TypedDict):
    """Whether time entries are created automatically, and for which project and task."""

    enabled: bool
    defaultEntities: DefaultEntities


class Audience(TypedDict, total=False):
    """The people that a holiday or policy applies to: everybody, now and later, or some users and groups."""

    everyoneIncludingNew: bool
    userIds: list[str]
    userGroupIds: list[str]


class HolidayFields(Audience, total=False):
    """The fields of a holiday that a request can set."""

    name: str
    datePeriod: DateRange
    occursAnnually: bool
    color: str
    automaticTimeEntryCreation: AutomaticCreation


class Holiday(HolidayFields):
    """A holiday, as in the response of `DELETE holidays/{holidayId}`; other responses flatten it and omit parts."""

    id: str
    workspaceId: str


class Approvers(TypedDict):
    """Who approves requests."""

    requiresApproval: bool
    specificMembers: bool
    teamManagers: bool
    userIds: list[str]


class Accrual(TypedDict):
    """How balances grow automatically: a number of days or hours (`timeUnit`) every MONTH or YEAR."""

    amount: float
    period: str
    timeUnit: str


class Debt(TypedDict):
    """How far balances may fall below zero: a number of days or hours (`timeUnit`) every MONTH or YEAR."""

    amount: float
    period: str
    shouldReset: bool
    timeUnit: str


class PolicyFields(Audience, total=False):
    """The fields of a policy that writes can set."""

    name: str
    archived: bool
    allowHalfDay: bool
    allowNegativeBalance: bool
    timeUnit: str
    approve: Approvers
    automaticAccrual: Accrual | None
    negativeBalance: Debt | None
    automaticTimeEntryCreation: AutomaticCreation | None
    projectId: str | None
    color: str | None
    icon: str | None
    hasExpiration: bool


class Policy(PolicyFields):
    """A policy, as `GET time-off/policies/{policyId}`.

    `timeUnit` is DAYS or HOURS, `hasExpiration` for internal use.
    """

    id: str
    workspaceId: str


class RequestStatus(TypedDict):
    """The status of a request: PENDING, APPROVED, REJECTED or WITHDRAWN, by whom, and when (a ts)."""

    statusType: str
    changedByUserId: str | None
    changedAt: str | None
    note: str | None


class Hours(TypedDict):
    """From one ts to another."""

    start: str
    end: str


class TimeOffPeriod(TypedDict):
    """The period of a time-off request.

    Days run from 00:00:00 of the first to 23:59:59 of the last one in the user's zone. Half a day has the hours of its
    half.
    """

    period: Hours
    halfDay: bool
    halfDayPeriod: str
    halfDayHours: Hours | None


class TimeOffRequestFields(TypedDict, total=False):
    """The fields of a time off request that writes can set."""

    requesterUserId: str
    timeUnit: str
    note: str | None
    createdAt: str
    balance: float | None
    balanceDiff: float
    status: RequestStatus
    timeOffPeriod: TimeOffPeriod


class TimeOffRequest(TimeOffRequestFields):
    """A request, as in the search `POST time-off/requests`, with ids only.

    `createdAt` is a ts with microseconds; `balance` and `balanceDiff` are days or hours, as `timeUnit` says.
    """

    id: str
    workspaceId: str
    policyId: str
    userId: str


class BalanceFields(TypedDict, total=False):
    """The fields of a balance that writes can set."""

    balance: float
    total: float
    used: float
    negativeBalanceLimit: bool
    negativeBalanceAmount: float
    negativeBalanceUsed: float


class Balance(BalanceFields):
    """The balance of a user under a policy, as `GET time-off/balance/user/{userId}`, with ids only.

    All numbers are in the unit of the policy; balance = total - used.
    """

    id: str
    workspaceId: str
    userId: str
    policyId: str


class BalanceAssignmentFields(TypedDict, total=False):
    """The fields of a balance assignment that writes can set."""

    accrued: float
    balance: float
    dateRange: Hours | None
    note: str | None


class BalanceAssignment(BalanceAssignmentFields):
    """An assignment to a user under a policy, as `GET time-off/balance/assignment/user/{userId}/policy/{policyId}`.

    `dateRange` are dates, the numbers in the unit of the policy; `note` is for internal use.
    """

    id: str
    workspaceId: str
    userId: str
    policyId: str
