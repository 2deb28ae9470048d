"""Stored shapes of people: accounts, members, groups, and their rates."""

from typing import Any, Literal, TypedDict

RateName = Literal["hourlyRate", "costRate"]
"""Billable rate and cost rate: the two rates that workspace, member, project and task can have."""


class Rate(TypedDict):
    """An amount an hour: whole minor units, and the code of their currency."""

    amount: int
    currency: str


class ReportGroups(TypedDict):
    """The default groups of the summary report for an account."""

    group: str
    subgroup: str


class UserSettings(TypedDict):
    """The settings of an account, as `settings` of `GET /v1/user`. `myStartOfDay` is a clock "hh:mm"."""

    weekStart: str
    timeZone: str
    timeFormat: str
    dateFormat: str
    sendNewsletter: bool
    weeklyUpdates: bool
    longRunning: bool
    scheduledReports: bool
    approval: bool
    pto: bool
    alerts: bool
    reminders: bool
    invoiceReminders: bool
    onboarding: bool
    scheduling: bool
    timeTrackingManual: bool
    summaryReportSettings: ReportGroups
    isCompactViewOn: bool
    dashboardSelection: str
    dashboardViewType: str
    dashboardPinToTop: bool
    projectListCollapse: int | None
    collapseAllProjectLists: bool
    groupSimilarEntriesDisabled: bool
    myStartOfDay: str
    projectPickerTaskFilter: bool
    showOnlyWorkingDays: bool
    lang: str | None
    multiFactorEnabled: bool
    theme: str


class User(TypedDict):
    """An account, as `GET /v1/user` without memberships, customFields and roles.

    `email` is "" for LIMITED accounts, and people who have not joined yet have no `name` and `settings`. People who
    were removed from every workspace are kept, and so are their time entries; accounts of status DELETED and
    LIMITED_DELETED are INACTIVE members.
    """

    id: str
    email: str
    name: str | None
    profilePicture: str | None
    activeWorkspace: str
    defaultWorkspace: str
    status: str
    settings: UserSettings | None


class Role(TypedDict):
    """A role of a member, from `POST users/{userId}/roles`, with the object that it covers.

    OWNER and WORKSPACE_ADMIN name the workspace, PROJECT_MANAGER a project, TEAM_MANAGER a user or, with `sourceType`
    "USER_GROUP", a group.
    """

    role: str
    entityId: str
    sourceType: str | None


class Profile(TypedDict):
    """The part of `GET member-profile/{userId}` that a workspace knows. `workCapacity` is a dur a day."""

    weekStart: str
    workCapacity: str
    workingDays: list[str]
    workspaceNumber: int
    imageUrl: str | None
    hasPassword: bool


class MemberFields(TypedDict, total=False):
    """The fields of a member that writes can set."""

    membershipStatus: str
    hourlyRate: Rate | None
    costRate: Rate | None
    roles: list[Role]
    profile: Profile
    customFields: dict[str, Any]
    managers: list[str]


class Member(MemberFields):
    """A member, in a table by user id: what the workspace's membership in `GET users` and the member profile show.

    `membershipStatus` is ACTIVE, PENDING, INACTIVE or DECLINED, `customFields` are values by id of the custom field,
    `managers` ids of users.
    """


class UserGroupFields(TypedDict, total=False):
    """The fields of a user group that writes can set."""

    name: str
    userIds: list[str]
    teamManagers: list[str]


class UserGroup(UserGroupFields):
    """A group, as `GET user-groups`; `teamManagers` are ids of users here, and objects in responses."""

    id: str
    workspaceId: str
