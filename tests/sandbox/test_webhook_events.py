"""The trigger and the recorded body of each webhook event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest
from clockify_sandbox.webhook_events import WebhookEvent

from tests.sandbox.receiver import Receiver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Sandbox, StartSandbox

WS = "/workspaces/{ws}"
MORNING = {"start": "2026-11-20T08:00:00Z", "end": "2026-11-20T09:00:00Z"}
RATE = {"amount": 4200, "since": "2026-01-01T00:00:00Z"}
ENTRY = {
    "id", "description", "userId", "billable", "projectId", "timeInterval", "workspaceId", "isLocked", "hourlyRate",
    "costRate", "customFieldValues", "type", "kioskId", "approvalStatus", "detailedApprovalStatus", "projectCurrency",
    "currentlyRunning", "project", "task", "user", "tags",
}  # fmt: skip
PROJECT = {
    "id", "name", "workspaceId", "clientId", "hourlyRate", "costRate", "billable", "archived", "public", "template",
    "color", "note", "memberships", "estimate", "timeEstimate", "budgetEstimate", "estimateReset", "clientName",
    "duration", "tasks", "client",
}  # fmt: skip
TASK = {
    "id", "name", "projectId", "assigneeIds", "assigneeId", "userGroupIds", "estimate", "status", "budgetEstimate",
    "billable", "hourlyRate", "costRate", "duration",
}  # fmt: skip
CLIENT = {"id", "name", "email", "workspaceId", "archived", "address", "note", "ccEmails", "currencyId"}
TAG = {"id", "name", "workspaceId", "archived"}
GROUP = {"id", "name", "workspaceId", "userIds", "teamManagers"}
PERSON = {"id", "email", "name"}
USER = {*PERSON, "profilePicture", "settings", "userCustomFields"}
INVOICE = {
    "id", "number", "status", "issuedDate", "dueDate", "subtotal", "discount", "tax", "tax2", "discountAmount",
    "taxAmount", "tax2Amount", "amount", "currency", "subject", "note", "clientId", "clientName", "clientAddress",
    "userId", "items",
}  # fmt: skip
EXPENSE = {
    "id", "workspaceId", "userId", "date", "projectId", "taskId", "categoryId", "notes", "quantity", "billable",
    "fileId", "total",
}  # fmt: skip
EXPENSE_IN_SHORT = {"workspaceId", "userId", "projectId", "expenseId", "categoryId"}
RATE_CHANGE = {"workspaceId", "rateChangeSource", "modifiedEntity", "currency", "amount", "since"}
APPROVAL = {"id", "workspaceId", "dateRange", "owner", "status", "creator", "approvalStatuses"}
TIME_OFF = {
    "id", "workspaceId", "policyId", "userId", "requesterUserId", "timeZone", "timeOffPeriod", "status", "note",
    "createdAt", "excludeDays", "balanceDiff", "negativeBalanceUsed", "balanceValueAtRequest", "recipients",
}  # fmt: skip
ASSIGNMENT = {"workspaceId", "userId", "projectId", "assignmentId"}


class Office:
    """The tiny workspace, with what a person does in it."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        state = box.dump()
        self.workspace = state["workspaces"][0]
        self.me: str = box.ok("GET", "/user")["id"]
        self.ben: str = next(user["id"] for user in state["users"] if (user["name"] or "").startswith("Ben"))

    def post(self, path: str, body: Any = None) -> Any:
        return self.box.ok("POST", WS + path, body)

    def put(self, path: str, body: Any) -> Any:
        return self.box.ok("PUT", WS + path, body)

    def delete(self, path: str) -> Any:
        return self.box.ok("DELETE", WS + path)

    # -- what there must be first --

    def client(self, *, archived: bool = False) -> str:
        made: str = self.post("/clients", {"name": "Initech"})["id"]
        if archived:
            self.put(f"/clients/{made}", {"name": "Initech", "archived": True})
        return made

    def project(self, **more: Any) -> str:
        made: str = self.post("/projects", {"name": "Bridge", "billable": True, "isPublic": True, **more})["id"]
        return made

    def task(self, project: str) -> str:
        made: str = self.post(f"/projects/{project}/tasks", {"name": "Pillar"})["id"]
        return made

    def tag(self) -> str:
        made: str = self.post("/tags", {"name": "steel"})["id"]
        return made

    def group(self) -> str:
        made: str = self.post("/user-groups", {"name": "Masons"})["id"]
        return made

    def entry(self, **more: Any) -> str:
        made: str = self.post("/time-entries", {**MORNING, **more})["id"]
        return made

    def timer(self) -> None:
        self.post("/time-entries", {"start": "2026-11-20T09:00:00Z"})

    def invoice(self) -> str:
        dates = {"issuedDate": "2026-05-01T00:00:00Z", "dueDate": "2026-06-01T00:00:00Z"}
        body = {"clientId": self.client(), "currency": "USD", "number": "INV-W1", **dates}
        made: str = self.post("/invoices", body)["id"]
        return made

    def expense(self) -> str:
        made: str = self._form("POST", "/expenses").json()["id"]
        return made

    def change_expense(self, expense: str) -> None:
        self._form("PUT", f"/expenses/{expense}", changeFields="NOTES")

    def _form(self, method: str, path: str, **more: str) -> Any:
        category = next(row["id"] for row in self.workspace["expense_categories"] if not row["hasUnitPrice"])
        form = {"userId": self.me, "date": "2026-11-20T00:00:00Z", "categoryId": category, "amount": "22", **more}
        files = {name: (None, value) for name, value in form.items()}
        answer = self.box.call(method, WS + path, files=files)
        assert answer.ok, answer.text
        return answer

    def approval(self) -> str:
        week = {"periodStart": "2030-05-06T00:00:00Z", "period": "WEEKLY"}
        made: str = self.post("/approval-requests/TIMESHEET", week)["id"]
        return made

    def policy(self) -> str:
        body = {"name": "Study", "approve": {"requiresApproval": True}, "everyoneIncludingNew": True}
        made: str = self.post("/time-off/policies", {**body, "allowNegativeBalance": True})["id"]
        return made

    def time_off(self) -> str:
        """The path of a request."""
        path = f"/time-off/policies/{self.policy()}/requests"
        body = {"timeOffPeriod": {"period": {"start": "2026-12-01", "days": 1}}, "note": "Exam"}
        return f"{path}/{self.post(path, body)['id']}"

    def decide(self, path: str, status: str) -> None:
        self.box.ok("PATCH", WS + path, {"status": status})

    def grant(self, policy: str) -> None:
        self.post("/time-off/balance/assignment", {"policyId": policy, "userIds": [self.me], "balance": 5})

    def assignment(self) -> str:
        dates = {"start": "2030-05-01T00:00:00Z", "end": "2030-05-31T23:59:59Z"}
        body = {"userId": self.me, "projectId": self.project(), "hoursPerDay": 4, **dates}
        made: str = self.post("/scheduling/assignments/recurring", body)[0]["id"]
        return made

    def change_assignment(self, assignment: str) -> None:
        dates = {"start": "2030-05-02T00:00:00Z", "end": "2030-05-31T23:59:59Z"}
        self.box.ok("PATCH", f"{WS}/scheduling/assignments/recurring/{assignment}", dates)

    def publish(self) -> None:
        dates = {"start": "2030-05-01T00:00:00Z", "end": "2030-05-31T23:59:59Z"}
        self.put("/scheduling/assignments/publish", dates)

    def someone_else(self) -> str:
        return self.ben

    def status(self, status: str) -> None:
        self.put(f"/users/{self.ben}", {"status": status})

    def announce(self, event: str, table: str) -> None:
        row = self.workspace[table][0]
        self.box.origin.announce(event, row.get("userId") if table == "members" else row["id"])


def _archived_project(office: Office) -> str:
    project = office.project()
    office.put(f"/projects/{project}", {"name": "Bridge", "archived": True})
    return project


def _finished_task(office: Office) -> str:
    project = office.project()
    path = f"/projects/{project}/tasks/{office.task(project)}"
    office.put(path, {"name": "Pillar", "status": "DONE"})
    return path


def _member_rate(office: Office, name: str) -> None:
    office.put(f"/projects/{office.project()}/users/{office.me}/{name}", RATE)


def _nothing(_: Office) -> None:
    return None


EVENTS: dict[str, tuple[Callable[[Office], Any], Callable[[Office, Any], Any], set[str]]] = {
    "NEW_TIMER_STARTED": (_nothing, lambda office, _: office.timer(), ENTRY),
    "TIMER_STOPPED": (
        lambda office: office.timer(),
        lambda office, _: office.box.ok(
            "PATCH", f"{WS}/user/{office.me}/time-entries", {"end": "2026-11-20T09:20:00Z"}
        ),
        ENTRY,
    ),
    "NEW_TIME_ENTRY": (_nothing, lambda office, _: office.entry(), ENTRY),
    "TIME_ENTRY_UPDATED": (Office.entry, lambda office, one: office.put(f"/time-entries/{one}", MORNING), ENTRY),
    "TIME_ENTRY_DELETED": (Office.entry, lambda office, one: office.delete(f"/time-entries/{one}"), ENTRY),
    "TIME_ENTRY_SPLIT": (
        _nothing,
        lambda office, _: office.announce("TIME_ENTRY_SPLIT", "time_entries"),
        ENTRY,
    ),
    "TIME_ENTRY_RESTORED": (
        _nothing,
        lambda office, _: office.announce("TIME_ENTRY_RESTORED", "time_entries"),
        ENTRY,
    ),
    "NEW_PROJECT": (_nothing, lambda office, _: office.project(tasks=[{"name": "Pillar"}]), PROJECT),
    "PROJECT_UPDATED": (
        lambda office: office.project(),
        lambda office, one: office.put(f"/projects/{one}", {"name": "Span"}),
        PROJECT,
    ),
    "PROJECT_DELETED": (_archived_project, lambda office, one: office.delete(f"/projects/{one}"), PROJECT),
    "NEW_TASK": (lambda office: office.project(), Office.task, TASK),
    "TASK_UPDATED": (_finished_task, lambda office, path: office.put(path, {"name": "Pier"}), TASK),
    "TASK_DELETED": (_finished_task, Office.delete, TASK),
    "NEW_CLIENT": (_nothing, lambda office, _: office.client(), CLIENT),
    "CLIENT_UPDATED": (
        lambda office: office.client(),
        lambda office, one: office.put(f"/clients/{one}", {"name": "X"}),
        CLIENT,
    ),
    "CLIENT_DELETED": (
        lambda office: office.client(archived=True),
        lambda office, one: office.delete(f"/clients/{one}"),
        CLIENT,
    ),
    "NEW_TAG": (_nothing, lambda office, _: office.tag(), TAG),
    "TAG_UPDATED": (Office.tag, lambda office, one: office.put(f"/tags/{one}", {"name": "iron"}), TAG),
    "TAG_DELETED": (Office.tag, lambda office, one: office.delete(f"/tags/{one}"), TAG),
    "USER_GROUP_CREATED": (_nothing, lambda office, _: office.group(), GROUP),
    "USER_GROUP_UPDATED": (Office.group, lambda office, one: office.put(f"/user-groups/{one}", {"name": "X"}), GROUP),
    "USER_GROUP_DELETED": (Office.group, lambda office, one: office.delete(f"/user-groups/{one}"), GROUP),
    "USER_JOINED_WORKSPACE": (_nothing, lambda office, _: office.announce("USER_JOINED_WORKSPACE", "members"), USER),
    "USER_DELETED_FROM_WORKSPACE": (
        _nothing,
        lambda office, _: office.announce("USER_DELETED_FROM_WORKSPACE", "members"),
        PERSON,
    ),
    "USER_EMAIL_CHANGED": (
        Office.someone_else,
        lambda office, one: office.box.origin.announce("USER_EMAIL_CHANGED", one),
        {*PERSON, "oldEmail"},
    ),
    "USER_UPDATED": (
        Office.someone_else,
        lambda office, one: office.box.ok("PATCH", f"{WS}/member-profile/{one}", {"weekStart": "SUNDAY"}),
        USER,
    ),
    "USER_DEACTIVATED_ON_WORKSPACE": (_nothing, lambda office, _: office.status("INACTIVE"), USER),
    "USER_ACTIVATED_ON_WORKSPACE": (
        lambda office: office.status("INACTIVE"),
        lambda office, _: office.status("ACTIVE"),
        USER,
    ),
    "USERS_INVITED_TO_WORKSPACE": (
        _nothing,
        lambda office, _: office.post("/users?send-email=false", {"email": "new@example.com"}),
        {"workspaceId", "inviter", "invitedUserEmails"},
    ),
    "LIMITED_USERS_ADDED_TO_WORKSPACE": (
        _nothing,
        lambda office, _: office.post("/limited-users", {"users": [{"name": "Gus"}, {"name": "Rae"}]}),
        {"workspaceId", "inviter", "invitedUserNames"},
    ),
    "NEW_INVOICE": (_nothing, lambda office, _: office.invoice(), INVOICE),
    "INVOICE_UPDATED": (
        Office.invoice,
        lambda office, one: office.box.ok("PATCH", f"{WS}/invoices/{one}/status", {"invoiceStatus": "SENT"}),
        INVOICE,
    ),
    "EXPENSE_CREATED": (_nothing, lambda office, _: office.expense(), EXPENSE),
    "EXPENSE_UPDATED": (Office.expense, Office.change_expense, EXPENSE_IN_SHORT),
    "EXPENSE_DELETED": (Office.expense, lambda office, one: office.delete(f"/expenses/{one}"), EXPENSE_IN_SHORT),
    "EXPENSE_RESTORED": (
        _nothing,
        lambda office, _: office.announce("EXPENSE_RESTORED", "expenses"),
        {*EXPENSE, "locked"} - {"taskId"},
    ),
    "BILLABLE_RATE_UPDATED": (_nothing, lambda office, _: _member_rate(office, "hourly-rate"), RATE_CHANGE),
    "COST_RATE_UPDATED": (_nothing, lambda office, _: _member_rate(office, "cost-rate"), RATE_CHANGE),
    "NEW_APPROVAL_REQUEST": (_nothing, lambda office, _: office.approval(), APPROVAL),
    "APPROVAL_REQUEST_STATUS_UPDATED": (
        Office.approval,
        lambda office, one: office.box.ok("PATCH", f"{WS}/approval-requests/{one}", {"state": "APPROVED"}),
        APPROVAL,
    ),
    "TIME_OFF_REQUESTED": (_nothing, lambda office, _: office.time_off(), TIME_OFF),
    "TIME_OFF_REQUEST_UPDATED": (Office.time_off, lambda office, path: office.decide(path, "REJECTED"), TIME_OFF),
    "TIME_OFF_REQUEST_APPROVED": (Office.time_off, lambda office, path: office.decide(path, "APPROVED"), TIME_OFF),
    "TIME_OFF_REQUEST_REJECTED": (Office.time_off, lambda office, path: office.decide(path, "REJECTED"), TIME_OFF),
    "TIME_OFF_REQUEST_STARTED": (
        lambda office: office.decide(office.time_off(), "APPROVED"),
        lambda office, _: office.box.clock(now="2026-12-01T00:00:00Z"),
        TIME_OFF,
    ),
    "TIME_OFF_REQUEST_WITHDRAWN": (Office.time_off, Office.delete, TIME_OFF),
    "BALANCE_UPDATED": (Office.policy, Office.grant, {"workspaceId", "userId", "value", "note", "updatedBy"}),
    "ASSIGNMENT_CREATED": (_nothing, lambda office, _: office.assignment(), ASSIGNMENT),
    "ASSIGNMENT_UPDATED": (Office.assignment, Office.change_assignment, ASSIGNMENT),
    "ASSIGNMENT_DELETED": (
        Office.assignment,
        lambda office, one: office.delete(f"/scheduling/assignments/recurring/{one}"),
        ASSIGNMENT,
    ),
    "ASSIGNMENT_PUBLISHED": (Office.assignment, lambda office, _: office.publish(), ASSIGNMENT),
}
"""Event: what comes before, what triggers it (and is given what came before), and the keys of the body."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as one:
        yield one


@pytest.fixture
def office(sandbox: StartSandbox) -> Office:
    return Office(sandbox(scale="tiny"))


def listen(office: Office, receiver: Receiver, event: str, kind: str = "WORKSPACE_ID", *sources: str) -> None:
    if event in ("USER_UPDATED", "USER_EMAIL_CHANGED"):
        kind, sources = "USER_ID", (office.ben,)
    body = {"name": event[:30], "url": receiver.url, "webhookEvent": event}
    office.post("/webhooks", {**body, "triggerSourceType": kind, "triggerSource": list(sources)})


def test_the_catalogue_is_complete() -> None:
    assert set(EVENTS) == set(get_args(WebhookEvent))


@pytest.mark.parametrize("event", EVENTS)
def test_the_operation_triggers_the_event_with_the_recorded_body(
    office: Office, receiver: Receiver, event: str
) -> None:
    prepare, act, keys = EVENTS[event]
    found = prepare(office)
    listen(office, receiver, event)
    act(office, found)
    office.box.origin.flush_webhooks()
    ((headers, body),) = receiver.received
    assert headers["Clockify-Webhook-Event-Type"] == event
    assert set(body) == keys


def test_time_entries_come_with_the_objects_behind_their_ids(office: Office, receiver: Receiver) -> None:
    client = office.client()
    project = office.project(clientId=client)
    task, tag = office.task(project), office.tag()
    listen(office, receiver, "NEW_TIME_ENTRY")
    office.entry(projectId=project, taskId=task, tagIds=[tag], description="R&D &lt;b&gt;", billable=True)
    office.box.origin.flush_webhooks()
    (body,) = receiver.bodies
    assert body["description"] == "R&D &amp;lt;b&amp;gt;"
    assert body["timeInterval"] == {
        **MORNING,
        "duration": "PT1H",
        "timeZone": "Europe/Belgrade",
        "offsetStart": 3600,
        "offsetEnd": 3600,
        "zonedStart": "2026-11-20T09:00:00",
        "zonedEnd": "2026-11-20T10:00:00",
    }
    assert body["project"]["timeEstimate"]["estimate"] == 0
    assert body["project"]["activeEstimate"] == "NONE"
    assert {frozenset(row) for row in body["project"]["memberships"]} == {
        frozenset({"userId", "hourlyRate", "costRate"})
    }
    assert (body["task"]["id"], body["task"]["assigneeId"], body["task"]["sourceType"]) == (task, "", "PRODUCTION")
    assert body["tags"] == [{"id": tag, "name": "steel", "workspaceId": office.workspace["id"], "archived": False}]
    assert set(body["hourlyRate"]) == {"amount"}
    assert set(body["user"]) == {"id", "name", "status"}


def test_a_running_entry_that_is_deleted_is_still_running(office: Office, receiver: Receiver) -> None:
    office.timer()
    listen(office, receiver, "TIME_ENTRY_DELETED")
    (running,) = office.box.ok("GET", f"{WS}/user/{office.me}/time-entries?in-progress=true")
    office.delete(f"/time-entries/{running['id']}")
    office.box.origin.flush_webhooks()
    (body,) = receiver.bodies
    assert (body["currentlyRunning"], body["timeInterval"]["end"], body["timeInterval"]["duration"]) == (
        True,
        None,
        None,
    )


def test_projects_come_with_their_tasks_and_a_client_with_a_dumped_currency(office: Office, receiver: Receiver) -> None:
    euro = next(row["id"] for row in office.workspace["currencies"] if row["code"] == "EUR")
    client = office.client()
    office.put(f"/clients/{client}", {"name": "Initech", "currencyId": euro})
    listen(office, receiver, "NEW_PROJECT")
    office.project(clientId=client, tasks=[{"name": "Pillar"}])
    office.box.origin.flush_webhooks()
    (body,) = receiver.bodies
    assert [task["name"] for task in body["tasks"]] == ["Pillar"]
    assert body["client"]["id"] == client
    assert body["client"]["currencyId"]["timestamp"] == int(euro[:8], 16)
    assert body["timeEstimate"]["estimate"] == "PT0S"


def test_rates_and_balances_say_what_was_asked_for(office: Office, receiver: Receiver) -> None:
    listen(office, receiver, "BILLABLE_RATE_UPDATED")
    listen(office, receiver, "BALANCE_UPDATED")
    office.put(f"/users/{office.ben}/hourly-rate", RATE)
    office.put("/hourly-rate", {**RATE, "currency": "USD"})
    balance = {"userIds": [office.me], "value": 12.5, "note": "Overtime"}
    office.box.ok("PATCH", f"{WS}/time-off/balance/policy/{office.policy()}", balance)
    office.box.origin.flush_webhooks()
    member, workspace, granted = receiver.bodies
    assert (member["rateChangeSource"], member["amount"], member["since"]) == (
        "WORKSPACE_MEMBER",
        4200,
        "2026-01-01T00:00:00Z",
    )
    assert member["modifiedEntity"]["hourlyRate"] == {"amount": 4200}
    assert (workspace["rateChangeSource"], workspace["currency"]["code"]) == ("WORKSPACE", "USD")
    assert granted == {
        "workspaceId": office.workspace["id"],
        "userId": office.me,
        "value": "12.5",
        "note": "Overtime",
        "updatedBy": office.me,
    }


def _of_project(office: Office, source: str) -> None:
    office.entry(projectId=source)


def _of_task(office: Office, source: str) -> None:
    rows = office.workspace["tasks"]
    office.entry(projectId=next(row["projectId"] for row in rows if row["id"] == source), taskId=source)


def _of_tag(office: Office, source: str) -> None:
    office.entry(tagIds=[source])


def _of_user(office: Office, source: str) -> None:
    office.post(f"/user/{source}/time-entries", MORNING)


@pytest.mark.parametrize(
    ("kind", "table", "act"),
    [
        ("PROJECT_ID", "projects", _of_project),
        ("TASK_ID", "tasks", _of_task),
        ("TAG_ID", "tags", _of_tag),
        ("USER_ID", "members", _of_user),
    ],
)
def test_a_trigger_source_narrows_the_events(
    office: Office, receiver: Receiver, kind: str, table: str, act: Callable[[Office, str], None]
) -> None:
    name = "userId" if table == "members" else "id"
    wanted, other = [row[name] for row in office.workspace[table] if not row.get("archived")][:2]
    listen(office, receiver, "NEW_TIME_ENTRY", kind, wanted)
    act(office, other)
    act(office, wanted)
    office.box.origin.flush_webhooks()
    (body,) = receiver.bodies
    assert wanted in {body["projectId"], body["userId"], body["task"] and body["task"]["id"]} | {
        tag["id"] for tag in body["tags"]
    }


WATCHED: dict[str, tuple[str, Callable[[Office], str], Callable[[Office, str], None]]] = {
    "EXPENSE_ID": ("EXPENSE_UPDATED", Office.expense, Office.change_expense),
    "ASSIGNMENT_ID": ("ASSIGNMENT_UPDATED", Office.assignment, Office.change_assignment),
}


@pytest.mark.parametrize("kind", WATCHED)
def test_single_expenses_and_assignments_can_be_watched(office: Office, receiver: Receiver, kind: str) -> None:
    event, make, change = WATCHED[kind]
    rows = office.workspace["expenses" if kind == "EXPENSE_ID" else "assignments"]
    other, wanted = next(row["id"] for row in rows if not row.get("locked")), make(office)
    listen(office, receiver, event, kind, wanted)
    change(office, other)
    change(office, wanted)
    office.box.origin.flush_webhooks()
    (body,) = receiver.bodies
    assert wanted in body.values()


def test_disabled_webhooks_receive_nothing(sandbox: StartSandbox) -> None:
    box = sandbox(scale="tiny")
    (off,) = [row for row in box.dump()["workspaces"][0]["webhooks"] if not row["enabled"]]
    tag = box.ok("POST", f"{WS}/tags", {"name": "gone"})["id"]
    box.ok("DELETE", f"{WS}/tags/{tag}")
    box.origin.flush_webhooks()
    assert off["webhookEvent"] == "TAG_DELETED"
    assert box.ok("POST", f"{WS}/webhooks/{off['id']}/logs", {"status": "ALL"}) == []


def test_only_events_without_an_operation_can_be_announced(office: Office) -> None:
    with pytest.raises(ValueError, match=r'"NEW_TAG" is no value of event; known are TIME_ENTRY_SPLIT, '):
        office.box.origin.announce("NEW_TAG", office.me)
    with pytest.raises(ValueError, match=r"TIME_ENTRY_SPLIT is about time entries: there is none with id x"):
        office.box.origin.announce("TIME_ENTRY_SPLIT", "x")
