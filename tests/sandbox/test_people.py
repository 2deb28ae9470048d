"""Workspaces, users, roles, profiles and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.conftest import Sandbox, StartSandbox

USERS = "/workspaces/{ws}/users"
LIMITED = "sandbox-limited-key"


def invite(box: Sandbox, email: str) -> str:
    workspace = box.ok("POST", f"{USERS}?send-email=false", {"email": email})
    assert workspace["id"] == box.workspace_id
    user_id: str = box.ok("GET", f"{USERS}?email={email}&include-roles=true")[0]["id"]
    return user_id


def test_the_account_comes_with_memberships_on_request(sandbox: StartSandbox) -> None:
    box = sandbox()
    assert box.ok("GET", "/user")["memberships"] == []
    user = box.ok("GET", "/user?include-memberships=true")
    assert {row["userId"] for row in user["memberships"]} == {user["id"]}
    assert set(box.workspace_ids) <= {row["targetId"] for row in user["memberships"]}
    assert {row["id"] for row in box.ok("GET", "/workspaces")} == set(box.workspace_ids)
    assert len(box.ok("GET", "/workspaces", key=LIMITED)) == 1
    assert box.ok("GET", "/workspaces?roles=TEAM_MANAGER") == []


def test_an_invitation_answers_the_workspace_and_adds_a_pending_member(empty: Sandbox) -> None:
    user_id = invite(empty, "new@x.example")
    workspace = empty.ok("GET", "/workspaces/{ws}")
    assert {row["userId"]: row["membershipStatus"] for row in workspace["memberships"]}[user_id] == "PENDING"
    empty.ok("PUT", f"{USERS}/{user_id}", {"status": "INACTIVE"})
    assert [row["id"] for row in empty.ok("GET", f"{USERS}?status=INACTIVE")] == [user_id]
    empty.reset(scale="empty", plan="FREE")
    assert empty.refused("POST", USERS, {"email": "new@x.example"}) == (403, None)


def test_lists_hide_limited_users_unless_asked(empty: Sandbox) -> None:
    group = empty.ok("POST", "/workspaces/{ws}/user-groups", {"name": "Site"})["id"]
    new = {"name": "Lee", "hourlyRate": 2500, "userGroups": [group], "workCapacity": "PT6H", "weekStart": "SUNDAY"}
    empty.ok("POST", "/workspaces/{ws}/limited-users", {"users": [new]})
    assert empty.refused("POST", "/workspaces/{ws}/limited-users", {"users": []}) == (400, 501)
    assert len(empty.ok("GET", USERS)) == 1
    for wanted in ("account-statuses=ACTIVE,LIMITED", "account-statuses=ACTIVE&account-statuses=LIMITED"):
        assert len(empty.ok("GET", f"{USERS}?{wanted}")) == 2
    body = {"accountStatuses": ["LIMITED"], "memberships": "ALL", "pageSize": 1, "userGroups": [group]}
    (lee,) = empty.ok("POST", f"{USERS}/info", body)
    assert {row["membershipType"] for row in lee["memberships"]} == {"WORKSPACE", "USERGROUP"}
    assert lee["memberships"][0]["hourlyRate"] == {"amount": 2500, "currency": "USD"}
    profile = empty.ok("GET", f"/workspaces/{{ws}}/member-profile/{lee['id']}")
    assert (profile["workCapacity"], profile["weekStart"]) == ("PT6H", "SUNDAY")


def test_roles_are_given_and_taken_with_a_body(empty: Sandbox) -> None:
    user = invite(empty, "boss@x.example")
    project = empty.ok("POST", "/workspaces/{ws}/projects", {"name": "Site"})["id"]
    role = {"role": "PROJECT_MANAGER", "entityId": project}
    answer = empty.call("POST", f"{USERS}/{user}/roles", role)
    assert answer.status_code == 201
    assert answer.json() == [{"role": "PROJECT_MANAGER", "userId": user, "workspaceId": empty.workspace_id}]
    shown = empty.ok("GET", f"{USERS}?email=boss&include-roles=true")[0]["roles"]
    assert shown == [{"role": "PROJECT_MANAGER", "entities": [{"id": project, "name": "Site"}]}]
    assert "roles" not in empty.ok("GET", USERS)[0]
    owner = empty.ok("GET", "/user")["id"]
    empty.ok("POST", f"{USERS}/{owner}/roles", {"role": "TEAM_MANAGER", "entityId": user})
    assert [row["id"] for row in empty.ok("GET", f"{USERS}/{user}/managers")] == [owner]
    assert empty.call("DELETE", f"{USERS}/{user}/roles", role).status_code == 204
    assert empty.refused("POST", f"{USERS}/{user}/roles", {**role, "role": "OWNER"}) == (400, 3002)


def test_rates_of_workspace_and_members(empty: Sandbox) -> None:
    owner = empty.ok("GET", "/user")["id"]
    answer = empty.ok("PUT", "/workspaces/{ws}/hourly-rate", {"amount": 9000, "since": "2026-01-01T00:00:00Z"})
    assert answer["hourlyRate"] == {"amount": 9000, "currency": "USD"}
    assert empty.ok("PUT", "/workspaces/{ws}/cost-rate", {"amount": 0})["costRate"]["amount"] == 0
    answer = empty.ok("PUT", f"{USERS}/{owner}/hourly-rate", {"amount": 7000})
    assert answer["memberships"][0]["hourlyRate"]["amount"] == 7000
    assert empty.refused("PUT", "/workspaces/{ws}/hourly-rate", {"amount": -1}) == (400, 501)
    assert empty.refused("GET", "/workspaces/{ws}/hourly-rate") == (405, 3000)
    empty.reset(scale="empty", plan="STANDARD")
    assert empty.refused("PUT", "/workspaces/{ws}/cost-rate", {"amount": 1}) == (403, None)


def test_a_profile_changes_in_parts(empty: Sandbox) -> None:
    owner = empty.ok("GET", "/user")["id"]
    path = f"/workspaces/{{ws}}/member-profile/{owner}"
    before = empty.ok("GET", path)
    after = empty.ok("PATCH", path, {"workCapacity": "PT5H30M", "workingDays": ["MONDAY"], "name": "Ignored"})
    assert after == {**before, "workCapacity": "PT5H30M", "workingDays": ["MONDAY"]}
    assert empty.refused("PATCH", path, {"workingDays": '["MONDAY"]'}) == (400, 3002)
    assert empty.refused("PATCH", path, {"workCapacity": "five hours"}) == (400, 501)
    assert empty.refused("PUT", path, {}) == (405, 3000)
    field = {"name": "Badge", "type": "NUMBER", "entityType": "USER", "workspaceDefaultValue": 1}
    badge = empty.ok("POST", "/workspaces/{ws}/custom-fields", field)["id"]
    assert empty.ok("GET", path)["userCustomFieldValues"][0]["value"] == 1
    value = empty.call("PUT", f"{USERS}/{owner}/custom-field/{badge}/value", {"value": 42})
    assert (value.status_code, value.json()["value"]) == (201, 42)
    assert empty.ok("GET", path)["userCustomFieldValues"][0]["value"] == 42
    account = empty.ok("GET", "/user")
    assert account["customFields"][0]["customFieldName"] == "Badge"
    assert [role["role"] for role in account["roles"]] == ["OWNER"]


def test_group_members_come_and_go_one_by_one(empty: Sandbox) -> None:
    owner, groups = empty.ok("GET", "/user")["id"], "/workspaces/{ws}/user-groups"
    group = empty.ok("POST", groups, {"name": "Team", "userIds": [owner]})
    assert group["userIds"] == []
    path = f"{groups}/{group['id']}"
    assert empty.refused("GET", path) == (405, 3000)
    for _ in range(2):
        assert empty.ok("POST", f"{path}/users", {"userId": owner})["userIds"] == [owner]
    assert empty.ok("PUT", path, {"name": "Crew"})["userIds"] == [owner]
    assert group["teamManagers"] == empty.ok("GET", groups)[0]["teamManagers"] == []
    assert empty.ok("GET", f"{groups}?includeTeamManagers=true")[0]["teamManagers"] == []
    assert empty.ok("DELETE", f"{path}/users/{owner}")["userIds"] == []
    assert empty.ok("DELETE", path)["name"] == "Crew"
    assert empty.ok("GET", groups) == []


def test_plain_members_see_and_change_only_their_own_data(sandbox: StartSandbox) -> None:
    box = sandbox()
    me, owner = box.ok("GET", "/user", key=LIMITED)["id"], box.ok("GET", "/user")["id"]
    refused: list[tuple[str, str, Any]] = [
        ("GET", f"/workspaces/{{ws}}/user/{owner}/time-entries", None),
        ("GET", f"/workspaces/{{ws}}/member-profile/{owner}", None),
        ("GET", "/workspaces/{ws}/time-entries/status/in-progress", None),
        ("PUT", "/workspaces/{ws}/hourly-rate", {"amount": 1}),
        ("POST", "/workspaces/{ws}/users", {"email": "x@x.example"}),
        ("POST", "/workspaces/{ws}/tags", {"name": "mine"}),
    ]
    for method, path, body in refused:
        assert box.refused(method, path, body, key=LIMITED) == (403, 403)
    assert box.call("GET", f"/workspaces/{{ws}}/user/{me}/time-entries", key=LIMITED).ok
    assert box.ok("GET", f"/workspaces/{{ws}}/member-profile/{me}", key=LIMITED)["email"]


def test_a_new_workspace_belongs_to_the_one_who_made_it(empty: Sandbox) -> None:
    answer = empty.call("POST", "/workspaces", {"name": "Second"})
    assert answer.status_code == 201
    assert len(answer.json()["memberships"]) == 1
    path = f"/workspaces/{answer.json()['id']}"
    assert empty.ok("GET", f"{path}/projects") == []
    assert empty.refused("PUT", path, {"name": "Renamed"}) == (405, 3000)
    assert empty.refused("POST", "/workspaces", {"name": "x" * 51}) == (400, 501)
