"""Projects with what hangs on them, tasks, tags and custom fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Sandbox, StartSandbox

PROJECTS = "/workspaces/{ws}/projects"
TAGS = "/workspaces/{ws}/tags"
FIELDS = "/workspaces/{ws}/custom-fields"


def new_project(box: Sandbox, **fields: Any) -> dict[str, Any]:
    project: dict[str, Any] = box.ok("POST", PROJECTS, {"name": "Site", **fields})
    return project


def test_a_new_project_has_the_defaults_of_the_workspace(empty: Sandbox) -> None:
    project = new_project(empty, archived=True, template=True)
    owner = empty.ok("GET", "/user")["id"]
    assert (project["clientId"], project["clientName"]) == ("", "")
    assert (project["billable"], project["public"], project["archived"], project["template"]) == (
        True,
        True,
        False,
        False,
    )
    assert project["hourlyRate"] == {"amount": 0, "currency": "USD"}
    assert (project["costRate"], project["budgetEstimate"], project["estimateReset"]) == (None, None, None)
    assert (project["note"], project["duration"]) == ("", "PT0S")
    assert [(row["userId"], row["membershipStatus"]) for row in project["memberships"]] == [(owner, "ACTIVE")]


def test_names_are_unique_per_client(empty: Sandbox) -> None:
    client = empty.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})["id"]
    new_project(empty, clientId=client)
    new_project(empty)
    answer = empty.call("POST", PROJECTS, {"name": "Site", "clientId": client})
    assert answer.status_code == 400
    assert answer.json() == {"message": "Site project for client Acme already exists.", "code": 501}
    for body in ({"name": "x"}, {"name": "ok", "color": "red"}, {"name": "ok", "clientId": "0" * 24}):
        assert empty.refused("POST", PROJECTS, body) == (400, 501)
    colour_with_alpha = empty.call("POST", PROJECTS, {"name": "ok", "color": "#16407Bee"})
    assert "^#(?:[0-9a-fA-F]{6}){1}$" in colour_with_alpha.json()["message"]


def test_an_update_keeps_most_but_drops_billable_and_public(empty: Sandbox) -> None:
    client = empty.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})["id"]
    project = new_project(empty, clientId=client, color="#112233", note="n", hourlyRate={"amount": 500})
    path = f"{PROJECTS}/{project['id']}"
    after = empty.ok("PUT", path, {"name": "Site"})
    assert after == {**project, "billable": False, "public": False}
    kept = {"isPublic": True, "billable": True}
    after = empty.ok("PUT", path, {**kept, "archived": True, "clientId": "", "hourlyRate": {"amount": 0}})
    assert (after["archived"], after["clientId"], after["hourlyRate"]["amount"]) == (True, "", 0)
    assert empty.ok("PUT", path, kept)["archived"]


def test_deleting_a_project_deletes_its_tasks_and_detaches_its_entries(empty: Sandbox) -> None:
    project = new_project(empty, tasks=[{"name": "Build"}])
    path = f"{PROJECTS}/{project['id']}"
    (task,) = empty.ok("GET", f"{path}/tasks")
    entry = {"start": "2026-11-02T08:00:00Z", "end": "2026-11-02T10:30:00Z"}
    body = {**entry, "projectId": project["id"], "taskId": task["id"]}
    entry_id = empty.ok("POST", "/workspaces/{ws}/time-entries", body)["id"]
    assert empty.ok("GET", path)["duration"] == "PT2H30M"
    assert empty.ok("GET", f"{path}/tasks/{task['id']}")["duration"] == "PT2H30M"
    assert empty.refused("DELETE", path) == (400, 501)
    empty.ok("PUT", path, {"archived": True})
    assert empty.ok("DELETE", path)["duration"] == "PT2H30M"
    left = empty.ok("GET", f"/workspaces/{{ws}}/time-entries/{entry_id}")
    assert (left["projectId"], left["taskId"]) == (None, None)
    assert empty.refused("GET", f"{path}/tasks") == (400, 501)


@pytest.mark.parametrize(
    ("query", "test"),
    [
        ("archived=false", lambda row: not row["archived"]),
        ("archived=true", lambda row: row["archived"]),
        ("billable=true", lambda row: row["billable"]),
        ("access=PRIVATE", lambda row: not row["public"]),
        ("is-template=true", lambda row: row["template"]),
    ],
)
def test_filters_of_the_list_keep_matching_projects(sandbox: StartSandbox, query: str, test: Any) -> None:
    box = sandbox()
    everything = box.ok("GET", f"{PROJECTS}?page-size=5000")
    assert {row["id"] for row in box.ok("GET", f"{PROJECTS}?{query}&page-size=5000")} == {
        row["id"] for row in everything if test(row)
    }


def test_clients_and_users_can_be_asked_for_or_excluded(sandbox: StartSandbox) -> None:
    box = sandbox()
    everything = box.ok("GET", f"{PROJECTS}?sort-column=ID&page-size=5000")
    assert [row["id"] for row in everything] == sorted(row["id"] for row in everything)
    client = next(row["clientId"] for row in everything if row["clientId"])
    of_client = box.ok("GET", f"{PROJECTS}?clients={client}")
    assert {row["clientId"] for row in of_client} == {client}
    others = box.ok("GET", f"{PROJECTS}?clients={client}&contains-client=false&page-size=5000")
    assert len(of_client) + len(others) == len(everything)
    user = everything[0]["memberships"][0]["userId"]
    mine = box.ok("GET", f"{PROJECTS}?users={user}&page-size=5000")
    assert all(user in {row["userId"] for row in project["memberships"]} for project in mine)


def test_hydrated_projects_bring_client_tasks_and_fields(sandbox: StartSandbox) -> None:
    box = sandbox()
    for project in box.ok("GET", f"{PROJECTS}?hydrated=true&page-size=5000"):
        assert {"client", "tasks", "customFields", "currency", "favorite"} <= set(project)
        assert (project["client"] or {"name": ""})["name"] == project["clientName"]
        assert len(project["tasks"]) == len(box.ok("GET", f"{PROJECTS}/{project['id']}/tasks?page-size=5000"))


@pytest.mark.parametrize("wish", [{"budgetEstimate": {"estimate": 5}}, {"estimateReset": {"interval": "WEEKLY"}}])
def test_budgets_and_resets_need_the_plan_pro(sandbox: StartSandbox, wish: dict[str, Any]) -> None:
    box = sandbox(scale="empty", plan="STANDARD")
    path = f"{PROJECTS}/{new_project(box)['id']}/estimate"
    assert box.ok("PATCH", path, {"timeEstimate": {"estimate": "PT1H"}})
    assert box.refused("PATCH", path, wish) == (403, None)


def test_estimates_members_template_and_member_rates(empty: Sandbox) -> None:
    project = new_project(empty)
    path = f"{PROJECTS}/{project['id']}"
    time = {"estimate": "PT10H", "type": "MANUAL", "active": True, "resetOption": "MONTHLY"}
    after = empty.ok("PATCH", f"{path}/estimate", {"timeEstimate": time})
    assert after["timeEstimate"] == {**time, "includeNonBillable": True}
    assert after["estimate"] == {"estimate": "PT10H", "type": "MANUAL"}
    owner = empty.ok("GET", "/user")["id"]
    rates = empty.ok("PUT", f"{path}/users/{owner}/hourly-rate", {"amount": 1200})
    assert rates["memberships"][0]["hourlyRate"] == {"amount": 1200, "currency": "USD"}
    assert empty.refused("PUT", f"{path}/hourly-rate", {"amount": 1}) == (404, 3000)
    assert empty.ok("PATCH", f"{path}/memberships", {"memberships": []})["memberships"] == []
    assert empty.refused("PUT", f"{path}/users/{owner}/cost-rate", {"amount": 1}) == (400, 501)
    for _ in range(2):
        assert len(empty.ok("POST", f"{path}/memberships", {"userIds": [owner]})["memberships"]) == 1
    assert empty.ok("POST", f"{path}/memberships", {"userIds": [owner], "remove": True})["memberships"] == []
    body = {"name": "Copy", "templateProjectId": project["id"]}
    empty.ok("PATCH", f"{path}/template", {"isTemplate": True})
    copy = empty.call("POST", f"{PROJECTS}/from-template", body)
    assert copy.status_code == 200
    assert (copy.json()["template"], copy.json()["estimate"]["estimate"]) == (False, "PT10H")


def test_tasks_are_replaced_by_an_update_and_deleted_when_done(empty: Sandbox) -> None:
    project = new_project(empty, billable=False)
    tasks, owner = f"{PROJECTS}/{project['id']}/tasks", empty.ok("GET", "/user")["id"]
    task = empty.ok("POST", tasks, {"name": "Build", "assigneeIds": [owner], "estimate": "PT5H"})
    assert (task["status"], task["billable"], task["budgetEstimate"], task["assigneeId"]) == ("ACTIVE", False, 0, None)
    path = f"{tasks}/{task['id']}"
    assert empty.ok("PUT", f"{path}/hourly-rate", {"amount": 300})["hourlyRate"]["amount"] == 300
    after = empty.ok("PUT", path, {"name": "Build", "status": "DONE"})
    assert (after["assigneeIds"], after["estimate"], after["hourlyRate"]["amount"]) == ([], "PT0S", 300)
    assert empty.ok("GET", f"{tasks}?is-active=true") == []
    assert len(empty.ok("GET", tasks)) == 1
    empty.ok("PUT", path, {"name": "Build"})
    assert empty.refused("DELETE", path) == (400, 501)
    empty.ok("PUT", path, {"name": "Build", "status": "DONE"})
    assert empty.ok("DELETE", path)["id"] == task["id"]
    assert empty.refused("PUT", path, {"name": "Build", "status": "OPEN"}) == (400, 3002)


def test_tags_are_unarchived_by_a_bare_update_and_leave_entries_when_deleted(empty: Sandbox) -> None:
    tag = empty.ok("POST", TAGS, {"name": "urgent", "archived": True})
    assert not tag["archived"]
    path = f"{TAGS}/{tag['id']}"
    assert empty.ok("PUT", path, {"name": "urgent", "archived": True})["archived"]
    assert not empty.ok("PUT", path, {"name": "urgent"})["archived"]
    entry = empty.ok("POST", "/workspaces/{ws}/time-entries", {"tagIds": [tag["id"]]})
    assert entry["tagIds"] == [tag["id"]]
    assert empty.ok("DELETE", path) == tag
    assert empty.ok("GET", f"/workspaces/{{ws}}/time-entries/{entry['id']}")["tagIds"] == []
    tags = [empty.ok("POST", TAGS, {"name": name})["id"] for name in ("app", "application")]
    assert [row["id"] for row in empty.ok("GET", f"{TAGS}?name=app&strict-name-search=true")] == tags[:1]
    assert [row["id"] for row in empty.ok("GET", f"{TAGS}?name=app&excluded-ids={tags[0]}")] == tags[1:]


def test_custom_fields_come_all_at_once_and_have_values_per_project(empty: Sandbox) -> None:
    project = new_project(empty)
    field = empty.ok("POST", FIELDS, {"name": "Place", "type": "TXT", "workspaceDefaultValue": "here"})
    empty.ok("POST", FIELDS, {"name": "Badge", "type": "NUMBER", "entityType": "USER"})
    answer = empty.call("GET", f"{FIELDS}?page-size=1")
    assert len(answer.json()) == 2
    assert "Last-Page" not in answer.headers
    assert [row["name"] for row in empty.ok("GET", f"{FIELDS}?entity-type=USER")] == ["Badge"]
    path = f"{PROJECTS}/{project['id']}/custom-fields"
    after = empty.ok("PATCH", f"{path}/{field['id']}", {"defaultValue": "there", "status": "INVISIBLE"})
    own = {"projectId": project["id"], "value": "there", "status": "INVISIBLE"}
    assert after["projectDefaultValues"] == [own]
    assert empty.ok("GET", f"{path}?status=VISIBLE") == []
    entry = empty.ok("POST", "/workspaces/{ws}/time-entries", {"projectId": project["id"]})
    assert [(row["name"], row["value"], row["type"]) for row in entry["customFieldValues"]] == [
        ("Place", "there", "TXT")
    ]
    assert empty.ok("DELETE", f"{path}/{field['id']}")["projectDefaultValues"] == []
    assert empty.refused("GET", f"{FIELDS}/{field['id']}") == (405, 3000)
    assert empty.call("DELETE", f"{FIELDS}/{field['id']}").status_code == 204
    for number in range(49):
        empty.ok("POST", FIELDS, {"name": f"field {number}", "type": "TXT"})
    assert empty.refused("POST", FIELDS, {"name": "one too many", "type": "TXT"}) == (400, 4033)


def test_plain_members_see_no_money_plans_and_members(sandbox: StartSandbox) -> None:
    box = sandbox()
    shown = box.ok("GET", f"{PROJECTS}?page-size=5000", key="sandbox-limited-key")
    assert shown
    assert len(shown) < len(box.ok("GET", f"{PROJECTS}?page-size=5000"))
    assert all("memberships" not in row for row in shown)
    assert {row["hourlyRate"] for row in shown} == {row["duration"] for row in shown} == {None}
    tasks = [box.ok("GET", f"{PROJECTS}/{row['id']}/tasks", key="sandbox-limited-key") for row in shown]
    assert {row["estimate"] for rows in tasks for row in rows} == {None}
