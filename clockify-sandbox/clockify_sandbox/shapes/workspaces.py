"""Stored shapes of the workspace itself."""

from typing import NotRequired, TypedDict

from clockify_sandbox.shapes.people import Rate


class Currency(TypedDict):
    """A currency of a workspace; one is the default."""

    id: str
    code: str
    isDefault: bool


class Subdomain(TypedDict):
    """Whether the workspace has its own host name."""

    name: str | None
    enabled: bool


class AutomaticLock(TypedDict):
    """When older time entries are locked automatically."""

    changeDay: str
    dayOfMonth: int
    firstDay: str
    olderThanPeriod: str
    olderThanValue: int
    type: str


class CreationPermissions(TypedDict):
    """Who may create each kind of object: EVERYONE, ADMINS_AND_PROJECT_MANAGERS or ADMINS."""

    whoCanCreateProjectsAndClients: str
    whoCanCreateTags: str
    whoCanCreateTasks: str


class Rounding(TypedDict):
    """How reports round: to a number of minutes (as text), and in which direction (as words)."""

    minutes: str
    round: str


class WorkspaceSettings(TypedDict):
    """The settings of a workspace, as `workspaceSettings` of `GET /v1/workspaces/{workspaceId}`.

    `lockTimeEntries` is a ts: entries that start before it are stored as locked.
    """

    activeBillableHours: bool
    adminOnlyPages: list[str]
    automaticLock: AutomaticLock | None
    canSeeTimeSheet: bool
    canSeeTracker: bool
    currencyFormat: str
    defaultBillableProjects: bool
    durationFormat: str
    entityCreationPermissions: CreationPermissions
    forceDescription: bool
    forceProjects: bool
    forceTags: bool
    forceTasks: bool
    isProjectPublicByDefault: bool
    lockTimeEntries: str | None
    lockTimeZone: str | None
    multiFactorEnabled: bool
    numberFormat: str
    onlyAdminsCanChangeBillableStatus: bool
    onlyAdminsCreateProject: bool
    onlyAdminsCreateTag: bool
    onlyAdminsCreateTask: bool
    onlyAdminsSeeAllTimeEntries: bool
    onlyAdminsSeeBillableRates: bool
    onlyAdminsSeeDashboard: bool
    onlyAdminsSeePublicProjectsEntries: bool
    projectFavorites: bool
    projectGroupingLabel: str
    projectLabel: str
    projectPickerSpecialFilter: bool
    round: Rounding
    taskLabel: str
    timeRoundingInReports: bool
    timeTrackingMode: str
    trackTimeDownToSecond: bool
    workingDays: list[str]
    timeApprovalEnabled: bool
    invoicingEnabled: bool
    expensesEnabled: bool
    schedulingEnabled: bool
    breaksEnabled: bool
    kioskEnabled: bool
    companyAddress: NotRequired[str]


class WorkspaceRecord(TypedDict):
    """A workspace without its memberships, which follow from the members: `GET /v1/workspaces/{workspaceId}`.

    `featureSubscriptionType` is None on the free plan.
    """

    id: str
    name: str
    imageUrl: str
    cakeOrganizationId: str
    featureSubscriptionType: str | None
    hourlyRate: Rate
    costRate: Rate
    currencies: list[Currency]
    features: list[str]
    subdomain: Subdomain
    workspaceSettings: WorkspaceSettings
