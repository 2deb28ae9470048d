"""Workspaces, accounts and members."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from clockify_sandbox.entities import rate
from clockify_sandbox.fields import overlaid
from clockify_sandbox.plans import features, subscription
from clockify_sandbox.values import DAY, duration
from clockify_sandbox.world import Workspace, World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clockify_sandbox.shapes.money import InvoiceSettings
    from clockify_sandbox.shapes.people import Member, Profile, User, UserSettings
    from clockify_sandbox.shapes.workspaces import WorkspaceRecord, WorkspaceSettings


WEEK = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
WORKING_WEEK = WEEK[:5]

LABELS = {
    "amount": "Amount",
    "billFrom": "Bill from",
    "billTo": "Bill to",
    "description": "Description",
    "discount": "Discount",
    "dueDate": "Due date",
    "issueDate": "Issue date",
    "itemType": "Item type",
    "notes": "Notes",
    "paid": "Paid",
    "quantity": "Quantity",
    "subtotal": "Subtotal",
    "tax": "Tax",
    "tax2": "Tax 2",
    "total": "Total",
    "totalAmount": "Total due",
    "unitPrice": "Unit price",
}


class Ids(Protocol):
    """The source of ids for accounts and workspaces."""

    @property
    def now(self) -> int:
        """The current time, in seconds since the epoch."""

    def new_id(self, created: int, /) -> str:
        """An id with this second of creation."""


@dataclass
class Account:
    """The data of an invited person; the defaults are those of a full-time member in London."""

    email: str
    name: str | None
    zone: str = "Europe/London"
    created: int = 0
    status: str = "ACTIVE"
    week_start: str = "MONDAY"
    with_settings: bool = True
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass
class Terms:
    """The terms of a membership: rates in minor units, capacity in seconds a day."""

    hourly_rate: int | None = None
    cost_rate: int | None = None
    status: str = "ACTIVE"
    capacity: int = 8 * 3600
    working_days: tuple[str, ...] = WORKING_WEEK
    custom_fields: dict[str, Any] = field(default_factory=dict)
    managers: list[str] = field(default_factory=list)


def add_account(world: World, ids: Ids, workspace_id: str, account: Account) -> str:
    """Register a person and return the id of the account."""
    user_id = ids.new_id(account.created)
    settings = overlaid(_user_settings(account), account.settings) if account.with_settings else None
    picture = f"https://img.clockify.me/no-user-image-{len(world.users) % 8}.png" if account.name else None
    world.users[user_id] = {
        "id": user_id,
        "email": account.email,
        "name": account.name,
        "profilePicture": picture,
        "activeWorkspace": workspace_id,
        "defaultWorkspace": workspace_id,
        "status": account.status,
        "settings": settings,
    }
    return user_id


def add_member(workspace: Workspace, user: User, terms: Terms, role: str | None = None) -> Member:
    """Make an account a member; `role` can make it owner or administrator."""
    currency = default_currency(workspace)
    settings = user["settings"]
    member: Member = {
        "membershipStatus": terms.status,
        "hourlyRate": None if terms.hourly_rate is None else rate(terms.hourly_rate, currency),
        "costRate": None if terms.cost_rate is None else rate(terms.cost_rate, currency),
        "roles": [{"role": role, "entityId": workspace.id, "sourceType": None}] if role else [],
        "profile": {
            "weekStart": settings["weekStart"] if settings else "MONDAY",
            "workCapacity": duration(terms.capacity),
            "workingDays": list(terms.working_days),
            "workspaceNumber": len(workspace.members) + 1,
            "imageUrl": user["profilePicture"],
            "hasPassword": user["status"] == "ACTIVE",
        },
        "customFields": dict(terms.custom_fields),
        "managers": list(terms.managers),
    }
    workspace.members[user["id"]] = member
    return member


def adjust(
    profile: Profile, week_start: str | None, work_capacity: str | None, working_days: Sequence[str] | None
) -> None:
    """Change a member's working time; None keeps the current value."""
    if week_start is not None:
        profile["weekStart"] = week_start
    if work_capacity is not None:
        profile["workCapacity"] = work_capacity
    if working_days is not None:
        profile["workingDays"] = list(working_days)


def remove_member(workspace: Workspace, user_id: str) -> None:
    """Remove a member from all lists of the workspace; the account and the time entries are kept."""
    del workspace.members[user_id]


def default_currency(workspace: Workspace) -> str:
    """The code of the workspace's default currency."""
    return next(currency["code"] for currency in workspace.record["currencies"] if currency["isDefault"])


def currency_id(workspace: Workspace, code: str) -> str:
    """The id of a currency in the workspace."""
    return next(currency["id"] for currency in workspace.record["currencies"] if currency["code"] == code)


def add_workspace(  # noqa: PLR0913 - one value per trait of a workspace
    world: World,
    ids: Ids,
    name: str,
    plan: str,
    *,
    currencies: tuple[str, ...] = ("USD",),
    created: int | None = None,
    rates: tuple[int, int] = (0, 0),
) -> Workspace:
    """A workspace without members; the first currency is the default, rates are (billable, cost) in minor units."""
    born = ids.now - 900 * DAY if created is None else created
    workspace_id = ids.new_id(born)
    record: WorkspaceRecord = {
        "id": workspace_id,
        "name": name,
        "imageUrl": "",
        "cakeOrganizationId": ids.new_id(born),
        "featureSubscriptionType": subscription(plan),
        "hourlyRate": rate(rates[0], currencies[0]),
        "costRate": rate(rates[1], currencies[0]),
        "currencies": [
            {"id": ids.new_id(born), "code": code, "isDefault": code == currencies[0]} for code in currencies
        ],
        "features": features(plan),
        "subdomain": {"name": None, "enabled": False},
        "workspaceSettings": _workspace_settings(),
    }
    workspace = Workspace(
        id=workspace_id,
        record=record,
        plan=plan,
        invoice_settings=invoice_settings([ids.new_id(born) for _ in range(3)]),
        item_types=["Service", "Product", "Expense"],
    )
    world.workspaces[workspace_id] = workspace
    return workspace


def invoice_settings(item_type_ids: list[str]) -> InvoiceSettings:
    """The invoice settings of a new workspace; the ids are those of the types for items, time and expenses."""
    item, time, expense = item_type_ids
    return {
        "labels": dict(LABELS),
        "defaults": {
            "companyId": None,
            "defaultImportExpenseItemTypeId": expense,
            "defaultImportTimeItemTypeId": time,
            "dueDays": None,
            "itemType": "Service",
            "itemTypeId": item,
            "notes": None,
            "subject": None,
            "tax": 0,
            "tax2": 0,
            "taxPercent": 0.0,
            "tax2Percent": 0.0,
            "taxType": "SIMPLE",
        },
        "exportFields": {
            "itemType": True,
            "quantity": True,
            "unitPrice": True,
            "tax": False,
            "tax2": False,
            "RTL": False,
            "rtl": False,
        },
    }


def _user_settings(account: Account) -> UserSettings:
    return {
        "weekStart": account.week_start,
        "timeZone": account.zone,
        "timeFormat": "HOUR24",
        "dateFormat": "DD/MM/YYYY",
        "sendNewsletter": False,
        "weeklyUpdates": False,
        "longRunning": False,
        "scheduledReports": True,
        "approval": True,
        "pto": True,
        "alerts": True,
        "reminders": True,
        "invoiceReminders": True,
        "onboarding": True,
        "scheduling": True,
        "timeTrackingManual": False,
        "summaryReportSettings": {"group": "Project", "subgroup": "Time Entry"},
        "isCompactViewOn": False,
        "dashboardSelection": "ME",
        "dashboardViewType": "PROJECT",
        "dashboardPinToTop": False,
        "projectListCollapse": 50,
        "collapseAllProjectLists": False,
        "groupSimilarEntriesDisabled": False,
        "myStartOfDay": "09:00",
        "projectPickerTaskFilter": False,
        "showOnlyWorkingDays": False,
        "lang": "EN",
        "multiFactorEnabled": False,
        "theme": "DEFAULT",
    }


def _workspace_settings() -> WorkspaceSettings:
    return {
        "activeBillableHours": True,
        "adminOnlyPages": [],
        "automaticLock": None,
        "canSeeTimeSheet": True,
        "canSeeTracker": True,
        "currencyFormat": "CURRENCY_SPACE_VALUE",
        "defaultBillableProjects": True,
        "durationFormat": "FULL",
        "entityCreationPermissions": {
            "whoCanCreateProjectsAndClients": "ADMINS_AND_PROJECT_MANAGERS",
            "whoCanCreateTags": "ADMINS",
            "whoCanCreateTasks": "ADMINS_AND_PROJECT_MANAGERS",
        },
        "forceDescription": False,
        "forceProjects": False,
        "forceTags": False,
        "forceTasks": False,
        "isProjectPublicByDefault": True,
        "lockTimeEntries": None,
        "lockTimeZone": None,
        "multiFactorEnabled": False,
        "numberFormat": "COMMA_PERIOD",
        "onlyAdminsCanChangeBillableStatus": False,
        "onlyAdminsCreateProject": True,
        "onlyAdminsCreateTag": True,
        "onlyAdminsCreateTask": False,
        "onlyAdminsSeeAllTimeEntries": False,
        "onlyAdminsSeeBillableRates": True,
        "onlyAdminsSeeDashboard": False,
        "onlyAdminsSeePublicProjectsEntries": False,
        "projectFavorites": True,
        "projectGroupingLabel": "client",
        "projectLabel": "project",
        "projectPickerSpecialFilter": False,
        "round": {"minutes": "15", "round": "Round to nearest"},
        "taskLabel": "task",
        "timeRoundingInReports": False,
        "timeTrackingMode": "DEFAULT",
        "trackTimeDownToSecond": True,
        "workingDays": list(WORKING_WEEK),
        "timeApprovalEnabled": True,
        "invoicingEnabled": True,
        "expensesEnabled": True,
        "schedulingEnabled": True,
        "breaksEnabled": True,
        "kioskEnabled": False,
    }
