"""The procedures: actions other than writing an object. Rows of a stream of that name call them.

Each declaration has the parameters and the calls. A procedure that only updates an object uses the declaration of that
object.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from target_clockify.model import evidence
from target_clockify.model.declaration import Call, Change, Effect, Evidence, Field, Procedure, State
from target_clockify.model.objects.money import scaled_item
from target_clockify.model.objects.shared import currency_of_amounts
from target_clockify.model.objects.work import BUDGET_ESTIMATE, MEMBER, TIME_ESTIMATE
from target_clockify.model.values import (
    ANY,
    FLAG,
    ID,
    IDS,
    INTEGER,
    LIST,
    MOMENT,
    MONEY,
    NUMBER,
    OBJECT,
    TEXT,
    WALL_CLOCK,
    WORD,
    Kind,
    Measure,
    list_of,
)
from target_clockify.naming import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_REFERRED = {
    "userId": "users",
    "projectId": "projects",
    "taskId": "tasks",
    "clientId": "clients",
    "tagId": "tags",
    "categoryId": "expense_categories",
    "userGroupId": "user_groups",
    "policyId": "time_off_policies",
    "invoiceId": "invoices",
    "customFieldId": "custom_fields",
    "templateProjectId": "projects",
    "assignmentId": "assignments",
    "webhookId": "webhooks",
    "requestId": "time_off_requests",
    "timeEntryId": "time_entries",
    "approvalRequestId": "approval_requests",
}
_LISTS = {"userIds": "users", "timeEntryIds": "time_entries"}


def _parameter(name: str, kind: Kind, **rules: Any) -> Field:
    refers: str | dict[str, str] = {"[]": _LISTS[name]} if name in _LISTS else _REFERRED.get(name, "")
    return Field(name, kind, refers=refers, rules=rules, clearable=False)


def _procedure(  # noqa: PLR0913
    name: str,
    parameters: dict[str, Kind | Field],
    calls: Callable[[Change], Iterable[Call]] | None = None,
    *,
    optional: tuple[str, ...] = (),
    brings: tuple[str, str, Callable[[State, State], State]] | None = None,
    repeatable: bool = True,
    effect: Effect | None = None,
    proof: str = "id",
    shown_by: Evidence | None = None,
    undone_by: Callable[[State], tuple[str, State] | None] | None = None,
    undone_without: str = "",
    by_hand: Callable[[State], State] | None = None,
) -> Procedure:
    fields = [
        kind if isinstance(kind, Field) else _parameter(parameter, kind) for parameter, kind in parameters.items()
    ]
    mandatory = tuple(one.name for one in fields if one.name not in optional)
    if "currency" not in parameters and any(one.kind.measures & {Measure.MONEY} for one in fields):
        fields.append(currency_of_amounts())
    return Procedure(
        name=name,
        noun=f"call of {name}",
        fields=(Field("workspaceId", ID, modifier=True), *fields),
        mandatory=mandatory,
        calls=calls,
        brings=brings,
        repeatable=repeatable,
        effect=effect,
        proof="" if shown_by else proof,
        evidence=shown_by,
        undone_by=undone_by,
        undone_without=undone_without,
        by_hand=by_hand,
    )


def _one(method: str, path: str, *body: str, **renamed: str) -> Callable[[Change], Iterator[Call]]:
    """Return the single call of a procedure.

    The arguments are the parameters for the body, and those with another name there.
    """

    def calls(change: Change) -> Iterator[Call]:
        pairs = dict(zip(body, body, strict=True)) | renamed
        json = {key: change.given[name] for name, key in pairs.items() if change.given.get(name) is not None}
        yield Call(method, path, json=json if pairs else None)

    return calls


_AMOUNT = _parameter("amount", MONEY, minimum=0)
_RATE: dict[str, Kind | Field] = {"amount": _AMOUNT, "since": MOMENT}


# The update of an object that a call causes, derived from its parameters.


def _field_of(field: str, parameter: str = "") -> Callable[[State, State], State]:
    return lambda given, _: {field: given[parameter or field]}


def _rate_of(field: str) -> Callable[[State, State], State]:
    """A rate with a start date does not replace rates with other start dates, which the API does not return."""
    return lambda given, _: {} if given.get("since") else {field: {"amount": given["amount"]}}


def _rate_of_member(field: str) -> Callable[[State, State], State]:
    def memberships(given: State, project: State) -> State:
        rate = _rate_of(field)(given, project)
        members = [
            {**one, **rate} if isinstance(one, dict) and one.get("userId") == given["userId"] else one
            for one in project.get("memberships") or ()
        ]
        return {"memberships": members} if rate else {}

    return memberships


def _custom_value(given: State, _: State) -> State:
    return {"customFields": [{name: given[name] for name in ("customFieldId", "value")}]}


def _estimates(given: State, _: State) -> State:
    return {name: given[name] for name in ("timeEstimate", "budgetEstimate", "estimateReset") if given.get(name)}


def _rate(
    name: str, path: str, brings: tuple[str, str, Callable[[State, State], State]], **parameters: Kind
) -> Procedure:
    return _procedure(
        name, {**parameters, **_RATE}, _one("PUT", path, "amount", "since"), optional=("since",), brings=brings
    )


def _billable_rate(change: Change) -> Iterator[Call]:
    given = change.given
    yield Call("PUT", "/hourly-rate", json={key: given[key] for key in ("amount", "currency", "since") if key in given})


def _membership(*, remove: bool) -> Callable[[Change], Iterator[Call]]:
    def calls(change: Change) -> Iterator[Call]:
        yield Call(
            "POST", "/projects/{projectId}/memberships", json={"userIds": change.given["userIds"], "remove": remove}
        )

    return calls


def _role(method: str) -> Callable[[Change], Iterator[Call]]:
    return _one(method, "/users/{userId}/roles", "role", "entityId", "sourceType")


def _approval(change: Change) -> Iterator[Call]:
    given = {"type": "TIMESHEET", "period": "WEEKLY", **change.given}
    who = "users/{userId}/" if given.get("userId") else ""
    body = {key: given[key] for key in ("periodStart", "period")}
    yield Call("POST", f"/approval-requests/{who}{{type}}", json=body, ids={"type": given["type"]})


def _shown(of: str, id_: str, shows: Callable[[State, State], bool]) -> Effect:
    return Effect(of=of, id=id_, shows=shows)


def _direct_members(project: State) -> set[str]:
    members = [one for one in project.get("memberships") or () if isinstance(one, dict)]
    return {str(one.get("userId")) for one in members if one.get("membershipType", "PROJECT") == "PROJECT"}


def has_role(given: State, user: State) -> bool:
    """Return whether a user has a role for an object."""
    roles = [one for one in user.get("roles") or () if isinstance(one, dict) and one.get("role") == given["role"]]
    entities = [entity for one in roles for entity in one.get("entities") or ()]
    return any(isinstance(one, dict) and one.get("id") == given["entityId"] for one in entities)


_IN_GROUP = _shown("user_groups", "userGroupId", lambda given, group: given["userId"] in (group.get("userIds") or ()))
_OUT_OF_GROUP = replace(_IN_GROUP, shows=lambda given, group: given["userId"] not in (group.get("userIds") or ()))
_MEMBERS = _shown("projects", "projectId", lambda given, project: {*given["userIds"]} <= _direct_members(project))
_NO_MEMBERS = replace(_MEMBERS, shows=lambda given, project: {*given["userIds"]}.isdisjoint(_direct_members(project)))


# How to take a call back. That is only possible if its effect can be seen, since then the call changed something.


def _by(name: str, *parameters: str) -> Callable[[State], tuple[str, State]]:
    return lambda given: (name, {one: given[one] for one in parameters})


def _same_role(name: str) -> Callable[[State], tuple[str, State]]:
    return lambda given: (name, {one: given[one] for one in _ROLE if one in given})


def _opposite(name: str, flag: str, *parameters: str) -> Callable[[State], tuple[str, State]]:
    return lambda given: (name, {**{one: given[one] for one in parameters}, flag: not given[flag]})


def _of_one_member(name: str) -> Callable[[State], tuple[str, State] | None]:
    """With several people, it is not known which of them were members before the call."""
    return lambda given: (name, dict(given)) if len(given["userIds"]) == 1 else None


def _other_status(given: State) -> tuple[str, State]:
    other = "INACTIVE" if given["status"] == "ACTIVE" else "ACTIVE"
    return "SetUserStatus", {"userId": given["userId"], "status": other}


def _policy(*, archived: bool) -> Effect:
    return _shown("time_off_policies", "policyId", lambda _, policy: policy.get("archived") is archived)


_NO_PAYMENT = replace(_shown("invoice_payments", "paymentId", lambda *_: False), gone=True)
_ROLE: dict[str, Kind | Field] = {
    "userId": ID,
    "role": _parameter("role", WORD, enum=["WORKSPACE_ADMIN", "TEAM_MANAGER", "PROJECT_MANAGER"]),
    "entityId": ID,
    "sourceType": _parameter("sourceType", WORD, enum=["USER_GROUP"]),
}
_SERIES = _parameter("seriesUpdateOption", WORD, enum=["THIS_ONE", "THIS_AND_FOLLOWING", "ALL"])
_STATUSES = ["UNSENT", "SENT", "PAID", "PARTIALLY_PAID", "VOID", "OVERDUE"]
_STATES = ["PENDING", "APPROVED", "WITHDRAWN_SUBMISSION", "WITHDRAWN_APPROVAL", "REJECTED"]
_ARCHIVED = {"archived": True}

PROCEDURES: tuple[Procedure, ...] = (
    # Rates
    _rate("UpdateWorkspaceCostRate", "/cost-rate", ("workspaces", "workspaceId", _rate_of("costRate"))),
    _procedure(
        "UpdateWorkspaceBillableRate",
        {"amount": _AMOUNT, "currency": _parameter("currency", TEXT, minLength=1, maxLength=100), "since": MOMENT},
        _billable_rate,
        optional=("currency", "since"),
        brings=("workspaces", "workspaceId", _rate_of("hourlyRate")),
    ),
    _rate(
        "UpdateUserBillableRate",
        "/users/{userId}/hourly-rate",
        ("users", "userId", _rate_of("hourlyRate")),
        userId=ID,
    ),
    _rate("UpdateUserCostRate", "/users/{userId}/cost-rate", ("users", "userId", _rate_of("costRate")), userId=ID),
    _rate(
        "UpdateProjectUserBillableRate",
        "/projects/{projectId}/users/{userId}/hourly-rate",
        ("projects", "projectId", _rate_of_member("hourlyRate")),
        projectId=ID,
        userId=ID,
    ),
    _rate(
        "UpdateProjectUserCostRate",
        "/projects/{projectId}/users/{userId}/cost-rate",
        ("projects", "projectId", _rate_of_member("costRate")),
        projectId=ID,
        userId=ID,
    ),
    _rate(
        "UpdateTaskBillableRate",
        "/projects/{projectId}/tasks/{taskId}/hourly-rate",
        ("tasks", "taskId", _rate_of("hourlyRate")),
        projectId=ID,
        taskId=ID,
    ),
    _rate(
        "UpdateTaskCostRate",
        "/projects/{projectId}/tasks/{taskId}/cost-rate",
        ("tasks", "taskId", _rate_of("costRate")),
        projectId=ID,
        taskId=ID,
    ),
    # Groups and people
    _procedure(
        "AddUserToGroup",
        {"userGroupId": ID, "userId": ID},
        _one("POST", "/user-groups/{userGroupId}/users", "userId"),
        effect=_IN_GROUP,
        undone_by=_by("RemoveUserFromGroup", "userGroupId", "userId"),
    ),
    _procedure(
        "RemoveUserFromGroup",
        {"userGroupId": ID, "userId": ID},
        _one("DELETE", "/user-groups/{userGroupId}/users/{userId}"),
        effect=_OUT_OF_GROUP,
        undone_by=_by("AddUserToGroup", "userGroupId", "userId"),
    ),
    _procedure(
        "SetUserStatus",
        {"userId": ID, "status": _parameter("status", WORD, enum=["ACTIVE", "INACTIVE"])},
        _one("PUT", "/users/{userId}", "status"),
        effect=_shown("users", "userId", lambda given, user: user.get("membershipStatus") == given["status"]),
        undone_by=_other_status,
    ),
    _procedure(
        "GiveManagerRole",
        _ROLE,
        _role("POST"),
        optional=("sourceType",),
        effect=_shown("users", "userId", has_role),
        undone_by=_same_role("RemoveManagerRole"),
        proof="userId",
    ),
    _procedure(
        "RemoveManagerRole",
        _ROLE,
        _role("DELETE"),
        optional=("sourceType",),
        effect=_shown("users", "userId", lambda given, user: "roles" in user and not has_role(given, user)),
        undone_by=_same_role("GiveManagerRole"),
        proof="",
    ),
    _procedure(
        "SetUserCustomFieldValue",
        {"userId": ID, "customFieldId": ID, "value": ANY},
        _one("PUT", "/users/{userId}/custom-field/{customFieldId}/value", "value"),
        proof="customFieldId",
        brings=("users", "userId", _custom_value),
    ),
    # Projects, clients, tags, tasks
    _procedure(
        "SetProjectEstimate",
        {"projectId": ID, "timeEstimate": TIME_ESTIMATE, "budgetEstimate": BUDGET_ESTIMATE, "estimateReset": OBJECT},
        _one("PATCH", "/projects/{projectId}/estimate", "timeEstimate", "budgetEstimate", "estimateReset"),
        optional=("timeEstimate", "budgetEstimate", "estimateReset"),
        brings=("projects", "projectId", _estimates),
    ),
    _procedure(
        "SetProjectMemberships",
        {"projectId": ID, "memberships": list_of(MEMBER), "userGroups": OBJECT},
        _one("PATCH", "/projects/{projectId}/memberships", "memberships", "userGroups"),
        optional=("userGroups",),
    ),
    _procedure(
        "AddProjectMembers",
        {"projectId": ID, "userIds": IDS},
        _membership(remove=False),
        effect=_MEMBERS,
        undone_by=_of_one_member("RemoveProjectMembers"),
    ),
    _procedure(
        "RemoveProjectMembers",
        {"projectId": ID, "userIds": IDS},
        _membership(remove=True),
        effect=_NO_MEMBERS,
        undone_by=_of_one_member("AddProjectMembers"),
        undone_without="their rates on the project",
    ),
    _procedure(
        "SetProjectTemplate",
        {"projectId": ID, "isTemplate": FLAG},
        _one("PATCH", "/projects/{projectId}/template", "isTemplate"),
        effect=_shown("projects", "projectId", lambda given, project: project.get("template") is given["isTemplate"]),
        undone_by=_opposite("SetProjectTemplate", "isTemplate", "projectId"),
    ),
    _procedure(
        "CreateProjectFromTemplate",
        {"templateProjectId": ID, "name": TEXT, "clientId": ID, "color": TEXT, "isPublic": FLAG},
        _one("POST", "/projects/from-template", "templateProjectId", "name", "clientId", "color", "isPublic"),
        optional=("clientId", "color", "isPublic"),
        repeatable=False,
    ),
    _procedure(
        "SetProjectCustomField",
        {"projectId": ID, "customFieldId": ID, "defaultValue": ANY, "status": WORD},
        _one("PATCH", "/projects/{projectId}/custom-fields/{customFieldId}", "defaultValue", "status"),
        optional=("defaultValue", "status"),
    ),
    _procedure(
        "RemoveProjectCustomField",
        {"projectId": ID, "customFieldId": ID},
        _one("DELETE", "/projects/{projectId}/custom-fields/{customFieldId}"),
    ),
    _procedure("ArchiveProject", {"projectId": ID}, brings=("projects", "projectId", lambda *_: _ARCHIVED)),
    _procedure(
        "ArchiveClient",
        {"clientId": ID, "archiveProjects": FLAG, "markTasksAsDone": FLAG},
        optional=("archiveProjects", "markTasksAsDone"),
        brings=("clients", "clientId", lambda *_: _ARCHIVED),
    ),
    _procedure("ArchiveTag", {"tagId": ID}, brings=("tags", "tagId", lambda *_: _ARCHIVED)),
    _procedure(
        "MarkTaskDone", {"projectId": ID, "taskId": ID}, brings=("tasks", "taskId", lambda *_: {"status": "DONE"})
    ),
    # Money
    _procedure(
        "ArchiveExpenseCategory",
        {"categoryId": ID, "archived": FLAG},
        _one("PATCH", "/expenses/categories/{categoryId}/status", "archived"),
        effect=_shown("expense_categories", "categoryId", lambda given, one: one.get("archived") is given["archived"]),
        undone_by=_opposite("ArchiveExpenseCategory", "archived", "categoryId"),
    ),
    _procedure(
        "ChangeInvoiceStatus",
        {"invoiceId": ID, "invoiceStatus": _parameter("invoiceStatus", WORD, enum=_STATUSES)},
        _one("PATCH", "/invoices/{invoiceId}/status", "invoiceStatus"),
        effect=_shown("invoices", "invoiceId", lambda given, one: one.get("status") == given["invoiceStatus"]),
        proof="",
        brings=("invoices", "invoiceId", _field_of("status", "invoiceStatus")),
    ),
    _procedure(
        "DuplicateInvoice", {"invoiceId": ID}, _one("POST", "/invoices/{invoiceId}/duplicate"), repeatable=False
    ),
    _procedure(
        "AddInvoiceItem",
        {
            "invoiceId": ID,
            "itemType": TEXT,
            "description": TEXT,
            "quantity": NUMBER,
            "unitPrice": MONEY,
            "applyTaxes": WORD,
        },
        _one("POST", "/invoices/{invoiceId}/items", "itemType", "description", "quantity", "unitPrice", "applyTaxes"),
        repeatable=False,
        by_hand=scaled_item,
    ),
    _procedure(
        "RemoveInvoiceItem",
        {"invoiceId": ID, "order": _parameter("order", INTEGER, minimum=1)},
        _one("DELETE", "/invoices/{invoiceId}/items/{order}"),
        repeatable=False,
    ),
    _procedure(
        "ImportInvoiceItems",
        {
            "invoiceId": ID,
            "from": MOMENT,
            "to": MOMENT,
            "importExpenses": FLAG,
            "projectFilter": OBJECT,
            "timeEntryGroupType": WORD,
            "timeEntryPrimaryGroupBy": WORD,
            "timeEntrySecondaryGroupBy": WORD,
            "timeEntryFieldsForDetailedGroup": LIST,
            "expensesGroupType": WORD,
            "expensesGroupBy": WORD,
            "expenseFieldsForDetailedGroup": LIST,
            "roundTimeEntryDuration": FLAG,
        },
        _one(
            "POST",
            "/invoices/{invoiceId}/items/import",
            *("from", "to", "importExpenses", "projectFilter", "timeEntryGroupType", "timeEntryPrimaryGroupBy"),
            *("timeEntrySecondaryGroupBy", "timeEntryFieldsForDetailedGroup", "expensesGroupType", "expensesGroupBy"),
            *("expenseFieldsForDetailedGroup", "roundTimeEntryDuration"),
        ),
        optional=(
            *("timeEntryPrimaryGroupBy", "timeEntrySecondaryGroupBy", "timeEntryFieldsForDetailedGroup"),
            *("expensesGroupType", "expensesGroupBy", "expenseFieldsForDetailedGroup", "roundTimeEntryDuration"),
        ),
        repeatable=False,
    ),
    _procedure(
        "AddInvoicePayment",
        {
            "invoiceId": ID,
            "amount": replace(_parameter("amount", MONEY, minimum=1), adds_up=True),
            "paymentDate": MOMENT,
            "note": TEXT,
        },
        _one("POST", "/invoices/{invoiceId}/payments", "amount", "paymentDate", "note"),
        optional=("note",),
        repeatable=False,
    ),
    _procedure(
        "DeleteInvoicePayment",
        {"invoiceId": ID, "paymentId": ID},
        _one("DELETE", "/invoices/{invoiceId}/payments/{paymentId}"),
        effect=_NO_PAYMENT,
    ),
    _procedure(
        "UpdateInvoiceSettings",
        {"labels": OBJECT, "defaults": OBJECT, "exportFields": OBJECT},
        _one("PUT", "/invoices/settings", "labels", "defaults", "exportFields"),
        optional=("exportFields",),
        shown_by=evidence.INVOICE_SETTINGS,
    ),
    # Time
    _procedure(
        "MarkTimeEntriesInvoiced",
        {"timeEntryIds": IDS, "invoiced": FLAG},
        _one("PATCH", "/time-entries/invoiced", "timeEntryIds", "invoiced"),
        shown_by=evidence.INVOICED_ENTRIES,
    ),
    _procedure("StopTimer", {"userId": ID, "end": WALL_CLOCK}, _one("PATCH", "/user/{userId}/time-entries", "end")),
    _procedure(
        "DuplicateTimeEntry",
        {"userId": ID, "timeEntryId": ID},
        _one("POST", "/user/{userId}/time-entries/{timeEntryId}/duplicate"),
        repeatable=False,
    ),
    # Schedule
    _procedure(
        "PublishAssignments",
        {
            "start": MOMENT,
            "end": MOMENT,
            "notifyUsers": FLAG,
            "search": TEXT,
            "viewType": _parameter("viewType", WORD, enum=["PROJECTS", "TEAM", "ALL"]),
            "userFilter": OBJECT,
            "userGroupFilter": OBJECT,
        },
        _one(
            "PUT",
            "/scheduling/assignments/publish",
            *("start", "end", "notifyUsers", "search", "viewType", "userFilter", "userGroupFilter"),
        ),
        optional=("notifyUsers", "search", "viewType", "userFilter", "userGroupFilter"),
        shown_by=evidence.PUBLICATION,
    ),
    _procedure(
        "CopyAssignment",
        {"assignmentId": ID, "userId": ID, "seriesUpdateOption": _SERIES},
        _one("POST", "/scheduling/assignments/{assignmentId}/copy", "userId", "seriesUpdateOption"),
        repeatable=False,
    ),
    _procedure(
        "ChangeAssignmentSeries",
        {"assignmentId": ID, "repeat": FLAG, "weeks": _parameter("weeks", INTEGER, minimum=1, maximum=99)},
        _one("PUT", "/scheduling/assignments/series/{assignmentId}", "repeat", "weeks"),
    ),
    # Time off and approval
    _procedure(
        "ArchivePolicy",
        {"policyId": ID},
        lambda _: [Call("PATCH", "/time-off/policies/{policyId}", {"status": "ARCHIVED"})],
        effect=_policy(archived=True),
        undone_by=_by("ActivatePolicy", "policyId"),
    ),
    _procedure(
        "ActivatePolicy",
        {"policyId": ID},
        lambda _: [Call("PATCH", "/time-off/policies/{policyId}", {"status": "ACTIVE"})],
        effect=_policy(archived=False),
        undone_by=_by("ArchivePolicy", "policyId"),
    ),
    _procedure(
        "UpdateBalance",
        {"policyId": ID, "userIds": IDS, "value": NUMBER, "note": TEXT},
        _one("PATCH", "/time-off/balance/policy/{policyId}", "userIds", "value", "note"),
        shown_by=evidence.BALANCES,
    ),
    _procedure(
        "AddBalanceAssignment",
        {"policyId": ID, "userIds": IDS, "balance": NUMBER, "note": TEXT, "dateRange": OBJECT},
        _one("POST", "/time-off/balance/assignment", "policyId", "userIds", "balance", "note", "dateRange"),
        optional=("note", "dateRange"),
        repeatable=False,
        shown_by=evidence.BALANCE_ASSIGNMENTS,
    ),
    _procedure(
        "ChangeTimeOffRequestStatus",
        {
            "policyId": ID,
            "requestId": ID,
            "note": TEXT,
            "status": _parameter("status", WORD, enum=["APPROVED", "REJECTED"]),
        },
        _one("PATCH", "/time-off/policies/{policyId}/requests/{requestId}", "status", "note"),
        optional=("note",),
        effect=_shown(
            "time_off_requests",
            "requestId",
            lambda given, one: (one.get("status") or {}).get("statusType") == given["status"],
        ),
    ),
    _procedure(
        "SubmitApproval",
        {
            "userId": ID,
            "periodStart": MOMENT,
            "type": _parameter("type", WORD, enum=["TIMESHEET", "EXPENSE", "TIMESHEET_AND_EXPENSE"]),
            "period": _parameter("period", WORD, enum=["WEEKLY", "SEMI_MONTHLY", "MONTHLY"]),
        },
        _approval,
        optional=("userId", "type", "period"),
        repeatable=False,
    ),
    _procedure(
        "ChangeApprovalState",
        {"approvalRequestId": ID, "state": _parameter("state", WORD, enum=_STATES), "note": TEXT},
        _one("PATCH", "/approval-requests/{approvalRequestId}", "state", "note"),
        optional=("note",),
        effect=_shown(
            "approval_requests",
            "approvalRequestId",
            lambda given, one: (one.get("status") or {}).get("state") == given["state"],
        ),
    ),
    _procedure("RotateWebhookToken", {"webhookId": ID}, _one("PATCH", "/webhooks/{webhookId}/token"), repeatable=False),
)

_BY_ANY_NAME = {folded(one.name): one for one in PROCEDURES}


def find_procedure(name: str) -> Procedure | None:
    """Return the procedure of a name in any spelling."""
    return _BY_ANY_NAME.get(folded(name))
