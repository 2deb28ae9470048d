"""Every procedure, called by hand with real ids: one request to its route, and it succeeds."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from target_clockify.call import main
from target_clockify.model.procedures import PROCEDURES

from tests.target.conftest import reads

if TYPE_CHECKING:
    from pathlib import Path

_DATES = {"issuedDate": "2026-01-01T00:00:00Z", "dueDate": "2026-02-01T00:00:00Z"}
_DAY = {"start": "2026-01-05T08:00:00Z", "end": "2026-01-05T09:00:00Z"}
_WEEK = {"start": "2026-03-02T00:00:00Z", "end": "2026-03-06T23:59:59Z"}
_RATE = "amount=4200 since=2026-01-01"
_ITEM = "itemType=Service description=work quantity=1 unitPrice=100 applyTaxes=NONE"
_IMPORT = (
    "from=2026-01-01T00:00:00Z to=2026-01-31T00:00:00Z importExpenses=false timeEntryGroupType=SINGLE_ITEM "
    'projectFilter={"contains":"CONTAINS","ids":["{project}"],"status":"ALL"}'
)
_CALLS = {
    "UpdateWorkspaceCostRate": (_RATE, "PUT /cost-rate"),
    "UpdateWorkspaceBillableRate": (_RATE, "PUT /hourly-rate"),
    "UpdateUserBillableRate": (f"userId={{me}} {_RATE}", "PUT /users/{}/hourly-rate"),
    "UpdateUserCostRate": (f"userId={{me}} {_RATE}", "PUT /users/{}/cost-rate"),
    "UpdateProjectUserBillableRate": (
        f"projectId={{project}} userId={{me}} {_RATE}",
        "PUT /projects/{}/users/{}/hourly-rate",
    ),
    "UpdateProjectUserCostRate": (
        f"projectId={{project}} userId={{me}} {_RATE}",
        "PUT /projects/{}/users/{}/cost-rate",
    ),
    "UpdateTaskBillableRate": (
        f"projectId={{project}} taskId={{task}} {_RATE}",
        "PUT /projects/{}/tasks/{}/hourly-rate",
    ),
    "UpdateTaskCostRate": (f"projectId={{project}} taskId={{task}} {_RATE}", "PUT /projects/{}/tasks/{}/cost-rate"),
    "AddUserToGroup": ("userGroupId={group} userId={me}", "POST /user-groups/{}/users"),
    "RemoveUserFromGroup": ("userGroupId={group} userId={me}", "DELETE /user-groups/{}/users/{}"),
    "SetUserStatus": ("userId={other} status=inactive", "PUT /users/{}"),
    "GiveManagerRole": ("userId={other} role=PROJECT_MANAGER entityId={project}", "POST /users/{}/roles"),
    "SetUserCustomFieldValue": ("userId={me} customFieldId={userfield} value=x", "PUT /users/{}/custom-field/{}/value"),
    "SetProjectEstimate": (
        'projectId={project} timeEstimate={"estimate":"PT5H","type":"MANUAL","active":true}',
        "PATCH /projects/{}/estimate",
    ),
    "SetProjectMemberships": ('projectId={project} memberships=[{"userId":"{me}"}]', "PATCH /projects/{}/memberships"),
    "AddProjectMembers": ('projectId={project} userIds=["{other}"]', "POST /projects/{}/memberships"),
    "RemoveProjectMembers": ('projectId={project} userIds=["{other}"]', "POST /projects/{}/memberships"),
    "SetProjectTemplate": ("projectId={project} isTemplate=true", "PATCH /projects/{}/template"),
    "SetProjectCustomField": (
        "projectId={project} customFieldId={field} defaultValue=x status=VISIBLE",
        "PATCH /projects/{}/custom-fields/{}",
    ),
    "RemoveProjectCustomField": ("projectId={project} customFieldId={field}", "DELETE /projects/{}/custom-fields/{}"),
    "ArchiveProject": ("projectId={project}", "PUT /projects/{}"),
    "ArchiveClient": ("clientId={client} archiveProjects=true", "PUT /clients/{}"),
    "ArchiveTag": ("tagId={tag}", "PUT /tags/{}"),
    "MarkTaskDone": ("projectId={project} taskId={task}", "PUT /projects/{}/tasks/{}"),
    "ArchiveExpenseCategory": ("categoryId={category} archived=true", "PATCH /expenses/categories/{}/status"),
    "ChangeInvoiceStatus": ("invoiceId={invoice} invoiceStatus=sent", "PATCH /invoices/{}/status"),
    "DuplicateInvoice": ("invoiceId={invoice}", "POST /invoices/{}/duplicate"),
    "AddInvoiceItem": (f"invoiceId={{invoice}} {_ITEM}", "POST /invoices/{}/items"),
    "RemoveInvoiceItem": ("invoiceId={invoice} order=1", "DELETE /invoices/{}/items/{}"),
    "ImportInvoiceItems": (f"invoiceId={{invoice}} {_IMPORT}", "POST /invoices/{}/items/import"),
    "AddInvoicePayment": ("invoiceId={invoice} amount=1 paymentDate=2026-01-20", "POST /invoices/{}/payments"),
    "DeleteInvoicePayment": ("invoiceId={invoice} paymentId={payment}", "DELETE /invoices/{}/payments/{}"),
    "UpdateInvoiceSettings": ('labels={labels} defaults={"notes":"n","subject":"s"}', "PUT /invoices/settings"),
    "MarkTimeEntriesInvoiced": ('timeEntryIds=["{entry}"] invoiced=true', "PATCH /time-entries/invoiced"),
    "StopTimer": ("userId={me} end=2026-11-30T00:00:00Z", "PATCH /user/{}/time-entries"),
    "DuplicateTimeEntry": ("userId={me} timeEntryId={entry}", "POST /user/{}/time-entries/{}/duplicate"),
    "PublishAssignments": (
        "start=2026-03-01T00:00:00Z end=2026-03-31T00:00:00Z notifyUsers=false",
        "PUT /scheduling/assignments/publish",
    ),
    "CopyAssignment": (
        "assignmentId={assignment} userId={other} seriesUpdateOption=THIS_ONE",
        "POST /scheduling/assignments/{}/copy",
    ),
    "ChangeAssignmentSeries": (
        "assignmentId={assignment} repeat=true weeks=2",
        "PUT /scheduling/assignments/series/{}",
    ),
    "ArchivePolicy": ("policyId={policy}", "PATCH /time-off/policies/{}"),
    "ActivatePolicy": ("policyId={policy}", "PATCH /time-off/policies/{}"),
    "UpdateBalance": ('policyId={policy} userIds=["{me}"] value=3 note=x', "PATCH /time-off/balance/policy/{}"),
    "AddBalanceAssignment": (
        'policyId={policy} userIds=["{me}"] balance=3 note=x',
        "POST /time-off/balance/assignment",
    ),
    "ChangeTimeOffRequestStatus": (
        "policyId={policy} requestId={request} status=APPROVED",
        "PATCH /time-off/policies/{}/requests/{}",
    ),
    "SubmitApproval": ("userId={me} periodStart=2026-01-05T00:00:00Z", "POST /approval-requests/users/{}/{}"),
    "RotateWebhookToken": ("webhookId={webhook}", "PATCH /webhooks/{}/token"),
    "CreateProjectFromTemplate": ("templateProjectId={template} name=Copy", "POST /projects/from-template"),
}
_AFTER_OTHERS = {"RemoveManagerRole", "ChangeApprovalState"}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TARGET_CLOCKIFY_API_KEY", "sandbox-key")


@pytest.fixture
def ids(empty: Any) -> dict[str, str]:
    """One object of every kind, by its name in the calls above."""

    def made(path: str, **body: Any) -> str:
        answer = empty.ok("POST", f"/workspaces/{{ws}}/{path}", body)
        return str((answer[0] if isinstance(answer, list) else answer)["id"])

    me = empty.ok("GET", "/user")["id"]
    empty.ok("POST", "/workspaces/{ws}/users?send-email=false", {"email": "ada@acme.example"})
    found = {"me": me}
    found["other"] = next(user["id"] for user in empty.ok("GET", "/workspaces/{ws}/users") if user["id"] != me)
    found["client"] = made("clients", name="Acme")
    found["project"] = made("projects", name="Site", clientId=found["client"])
    found["template"] = made("projects", name="Model")
    empty.ok("PATCH", f"/workspaces/{{ws}}/projects/{found['template']}/template", {"isTemplate": True})
    found["task"] = made(f"projects/{found['project']}/tasks", name="Design")
    found["tag"], found["group"] = made("tags", name="urgent"), made("user-groups", name="Design")
    empty.ok("POST", f"/workspaces/{{ws}}/user-groups/{found['group']}/users", {"userId": me})
    found["category"] = made("expenses/categories", name="Food")
    found["field"] = made("custom-fields", name="Ticket", type="TXT", entityType="TIMEENTRY")
    found["userfield"] = made("custom-fields", name="Shoe size", type="TXT", entityType="USER")
    found["entry"] = made(f"user/{me}/time-entries", projectId=found["project"], billable=True, **_DAY)
    made(f"user/{me}/time-entries", start="2026-11-24T00:00:00Z")
    found["invoice"] = made("invoices", number="1", clientId=found["client"], currency="USD", **_DATES)
    item = {"itemType": "Service", "description": "work", "quantity": 1, "unitPrice": 10000, "applyTaxes": "NONE"}
    empty.ok("POST", f"/workspaces/{{ws}}/invoices/{found['invoice']}/items", item)
    payment = {"amount": 1, "paymentDate": "2026-01-10T00:00:00Z"}
    empty.ok("POST", f"/workspaces/{{ws}}/invoices/{found['invoice']}/payments", payment)
    found["payment"] = empty.ok("GET", f"/workspaces/{{ws}}/invoices/{found['invoice']}/payments")[0]["id"]
    found["labels"] = json.dumps(empty.ok("GET", "/workspaces/{ws}/invoices/settings")["labels"]).replace(" ", "")
    found["labels"] = found["labels"].replace('"totalAmount"', '"totalAmountDue"')
    people = {"contains": "CONTAINS", "ids": [me], "status": "ACTIVE"}
    rules = {"approve": {"requiresApproval": True}, "allowNegativeBalance": True, "users": people}
    found["policy"] = made("time-off/policies", name="Vacation", **rules)
    period = {"period": {"start": "2027-01-04", "days": 1}}
    found["request"] = made(f"time-off/policies/{found['policy']}/users/{me}/requests", timeOffPeriod=period)
    plan = {"userId": me, "projectId": found["project"], "hoursPerDay": 4, **_WEEK}
    found["assignment"] = made("scheduling/assignments/recurring", **plan)
    hook = {"url": "https://hooks.example", "webhookEvent": "NEW_PROJECT", "triggerSourceType": "WORKSPACE_ID"}
    found["webhook"] = made("webhooks", name="Hook", triggerSource=[empty.workspace_id], **hook)
    return found


def _words(name: str, parameters: str, ids: dict[str, str]) -> list[str]:
    for label, value in ids.items():
        parameters = parameters.replace(f"{{{label}}}", value)
    pairs = (pair.split("=", 1) for pair in parameters.split(" "))
    return [name, *(f"--{parameter}={value}" for parameter, value in pairs)]


def _call(empty: Any, words: list[str]) -> None:
    main([*words, "--workspace-id", empty.workspace_id, "--api-url", empty.api_url])


@pytest.mark.parametrize("name", _CALLS)
def test_each_is_one_request_that_succeeds(name: str, empty: Any, ids: dict[str, str]) -> None:
    parameters, wanted = _CALLS[name]
    before = empty.stats()
    _call(empty, _words(name, parameters, ids))
    after = empty.stats()
    sent = {
        route.replace("/workspaces/{ws}", "")
        for route, count in after["by_route"].items()
        if count - before["by_route"].get(route, 0) == 1 and not reads(route)
    }
    assert {_anonymous(route) for route in sent} == {wanted}
    refused = {status for status in after["by_status"] if int(status) >= 400}
    assert all(after["by_status"][status] == before["by_status"].get(status, 0) for status in refused)


@pytest.mark.parametrize("status", [200, 204])
def test_an_empty_response_does_not_prove_a_call(
    status: int, empty: Any, ids: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    role = f"userId={ids['other']} role=PROJECT_MANAGER entityId={ids['project']}"
    _call(empty, _words("GiveManagerRole", role, ids))
    _call(empty, _words(*_UNDONE_FIRST["AddUserToGroup"], ids))
    _call(
        empty, _words("AddBalanceAssignment", _CALLS["AddBalanceAssignment"][0].replace("balance=3", "balance=5"), ids)
    )
    capsys.readouterr()
    believed = []
    for name, (parameters, call) in {**_CALLS, "RemoveManagerRole": (role, "DELETE /users/{}/roles")}.items():
        empty.faults([{"route": call.replace(" ", " /workspaces/{ws}", 1), "status": status}])
        with suppress(SystemExit):
            _call(empty, _words(name, parameters, ids))
            believed.append(name)
        assert capsys.readouterr().err.count("\n") == (name not in believed)
    assert believed == []


def test_procedures_that_undo_other_procedures(empty: Any, ids: dict[str, str]) -> None:
    role = f"userId={ids['other']} role=PROJECT_MANAGER entityId={ids['project']}"
    for name in ("GiveManagerRole", "RemoveManagerRole"):
        _call(empty, _words(name, role, ids))
    _call(empty, _words("SubmitApproval", _CALLS["SubmitApproval"][0], ids))
    [request] = empty.dump()["workspaces"][0]["approval_requests"]
    _call(empty, _words("ChangeApprovalState", f"approvalRequestId={request['id']} state=approved", ids))
    assert empty.stats()["by_route"]["DELETE /workspaces/{ws}/users/{userId}/roles"] == 1


def test_every_procedure_is_called_here() -> None:
    assert {one.name for one in PROCEDURES} == set(_CALLS) | _AFTER_OTHERS


def _anonymous(route: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in route.split("/"))


_SEEN = sorted(one.name for one in PROCEDURES if one.changes and one.name in _CALLS)


@pytest.mark.parametrize("name", _SEEN)
def test_a_call_without_effect_is_not_made(  # noqa: PLR0913, PLR0917
    name: str, empty: Any, ids: dict[str, str], runner: Any, singer: Any, tmp_path: Path
) -> None:
    _, *words = _words(name, _CALLS[name][0], ids)
    row = {parameter: _parsed(value) for parameter, value in (word[2:].split("=", 1) for word in words)}
    if name in _UNDONE_FIRST:
        _call(empty, _words(*_UNDONE_FIRST[name], ids))
    target = runner(empty, tmp_path)
    messages = [singer.schema(name), singer.record(name, id="first", **row)]
    first = target(messages)
    assert (first.code, sum(first.writes.values())) == (0, 1), first.log
    assert first.counts[name] == {"called": 1}
    again = target([messages[0], singer.record(name, id="another", **row)])
    assert (again.code, again.writes) == (0, {}), again.log
    assert again.counts[name] == {"unchanged": 1}
    assert target([*messages, singer.record(name, id="another", **row)]).counts[name] == {"unchanged": 2}


_UNDONE_FIRST = {
    "AddUserToGroup": ("RemoveUserFromGroup", "userGroupId={group} userId={me}"),
    "ActivatePolicy": ("ArchivePolicy", "policyId={policy}"),
    "RemoveProjectMembers": ("AddProjectMembers", 'projectId={project} userIds=["{other}"]'),
}
"""What has to be taken back before a call changes anything."""


def _parsed(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def test_many_calls_on_one_object_keep_their_order(
    empty: Any, ids: dict[str, str], runner: Any, singer: Any, tmp_path: Path
) -> None:
    row = {"invoiceId": ids["invoice"], "itemType": "Service", "quantity": 1, "unitPrice": 100, "applyTaxes": "NONE"}
    lines = [f"line {number}" for number in range(120)]
    calls = [singer.record("AddInvoiceItem", id=line, description=line, **row) for line in lines]
    sent = singer.record("ChangeInvoiceStatus", id="s", invoiceId=ids["invoice"], invoiceStatus="SENT")
    schemas = [singer.schema(name) for name in ("AddInvoiceItem", "ChangeInvoiceStatus", "tags")]
    others = [singer.record("tags", id=f"t{number}", name=f"Tag {number}") for number in range(30)]
    result = runner(empty, tmp_path)([*schemas, *calls[:60], sent, *others, *calls[60:]])
    assert (result.code, result.rejects) == (0, []), result.log
    [invoice] = empty.dump()["workspaces"][0]["invoices"]
    assert [item["description"] for item in invoice["items"]] == ["work", *lines]
    assert invoice["status"] == "SENT"
