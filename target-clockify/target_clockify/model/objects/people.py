"""Workspaces, users, their profiles and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clockify_client import endpoints

from target_clockify.model.declaration import (
    Call,
    Change,
    Copying,
    Create,
    Delete,
    Field,
    Listing,
    Part,
    State,
    WritableObject,
)
from target_clockify.model.objects.shared import currency_of_amounts, named, rate_parts, require_agreement
from target_clockify.model.values import (
    CUSTOM_VALUES,
    DURATION,
    EMAIL,
    FLAG,
    ID,
    IDS,
    OBJECT,
    RATE,
    TEXT,
    WORD,
    list_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]


def _members(change: Change) -> Iterator[Call]:
    current, desired = set(change.current.get("userIds") or ()), set(change.desired["userIds"] or ())
    for user in sorted(desired - current):
        yield Call("POST", "/user-groups/{id}/users", json={"userId": user})
    for user in sorted(current - desired):
        yield Call("DELETE", "/user-groups/{id}/users/{memberId}", ids={"memberId": user})


USER_GROUPS = WritableObject(
    name="user_groups",
    noun="user group",
    aliases=("UserGroup", "Groups"),
    fields=(named(100), Field("userIds", IDS, refers={"[]": "users"}, clearable=False)),
    listing=Listing(endpoints.USER_GROUPS),
    natural=("name",),
    create=Create("/user-groups", fields=("name",), required=("name",)),
    parts=(Part(("name",), path="/user-groups/{id}"), Part(("userIds",), calls=_members)),
    delete=Delete("/user-groups/{id}"),
    managed_by=("TEAM_MANAGER", {"sourceType": "USER_GROUP"}),
    read_only=("teamManagers",),
    copying=Copying(dispensable=True),
)


def _as_member(row: State, ids: Mapping[str, Any]) -> State:
    """The membership holds the values of a user in this workspace only: the status and the rates."""
    return _own_membership(row, ids["workspaceId"])


def _own_membership(row: State, workspace: Any) -> State:
    memberships = row.get("memberships")
    given = [one for one in memberships if isinstance(one, dict)] if isinstance(memberships, list) else []
    here = ("WORKSPACE", workspace)
    own = next((one for one in given if (one.get("membershipType"), one.get("targetId")) == here), None)
    if own is None:
        return row
    return {
        "membershipStatus": own.get("membershipStatus"),
        "hourlyRate": own.get("hourlyRate"),
        "costRate": own.get("costRate"),
        **row,
    }


def _adapted_user(given: State) -> State:
    """In a row that the tap has read, `status` is that of the account; in any other row, that of the membership."""
    workspace, read = given.pop("workspaceId", None), "memberships" in given
    given = _own_membership(given, workspace)
    given.pop("memberships", None)
    status = given.pop("status", None)
    if not given.get("email"):
        given.pop("email", None)  # limited users have none
    if not read and status:
        given.setdefault("membershipStatus", status)
    if read and given.get("membershipStatus") not in {"ACTIVE", "INACTIVE"}:
        given.pop("membershipStatus", None)  # invited or declined: only the user can change that
    given.setdefault("sendEmail", False)
    return given


def _one_status(given: State) -> State:
    """Return a row with a single status of the membership.

    Raises:
        ValueError: It has two different statuses.
    """
    if "memberships" not in given:  # else `status` is that of the account
        stated = (("status", given.get("status")), ("membershipStatus", given.get("membershipStatus")))
        require_agreement(*stated, WORD)
    return given


def _custom_values(name: str) -> Any:
    def calls(change: Change) -> Iterator[Call]:
        current = {one["customFieldId"]: one.get("value") for one in change.current.get(name) or ()}
        wanted = {one["customFieldId"]: one.get("value") for one in change.desired[name] or ()}
        changed = {field: value for field, value in wanted.items() if current.get(field) != value}
        for field, value in changed.items():
            if value is not None:
                path = "/users/{id}/custom-field/{customFieldId}/value"
                yield Call("PUT", path, json={"value": value}, ids={"customFieldId": field})
        # That call requires a value; the profile accepts null.
        if emptied := [{"customFieldId": field, "value": None} for field, value in changed.items() if value is None]:
            yield Call("PATCH", "/member-profile/{id}", json={"userCustomFields": emptied})

    return calls


USERS = WritableObject(
    name="users",
    noun="user",
    aliases=("User",),
    fields=(
        Field("email", EMAIL, fixed=True, clearable=False),
        Field("name", TEXT, modifier=True, description="Identifies people without an e-mail address (limited users)."),
        Field(
            "membershipStatus",
            WORD,
            rules={"enum": ["ACTIVE", "INACTIVE"]},
            clearable=False,
            description="Of the membership in the workspace.",
        ),
        Field("status", WORD, modifier=True, description="Used for `membershipStatus` if that is missing."),
        Field("workspaceId", ID, modifier=True),
        Field("memberships", list_of(OBJECT), modifier=True),
        Field("hourlyRate", RATE, clearable=False, aliases=("hourlyRateAmount",), description="Minor units."),
        Field("costRate", RATE, clearable=False, aliases=("costRateAmount",), description="Minor units."),
        Field(
            "customFields",
            CUSTOM_VALUES,
            aliases=("userCustomFields",),
            refers={"[].customFieldId": "custom_fields"},
            clearable=False,
        ),
        currency_of_amounts(),
        Field("sendEmail", FLAG, modifier=True, description="Send an invitation by e-mail; default: no."),
    ),
    listing=Listing(endpoints.USERS, shape=_as_member, own=endpoints.CURRENT_USER),
    natural=("email",),
    otherwise=("name", "email"),
    create=Create(
        "/users",
        fields=("email",),
        required=("email",),
        found=None,
        params={"sendEmail": "send-email"},
        irreversible=True,
    ),
    parts=(
        *rate_parts("/users/{id}"),
        Part(("customFields",), calls=_custom_values("customFields")),
        Part(("membershipStatus",), path="/users/{id}", shape=lambda _, body: {"status": body["membershipStatus"]}),
    ),
    read_only=("profilePicture", "activeWorkspace", "defaultWorkspace", "settings", "roles"),
    by_hand=_one_status,
    adapt=_adapted_user,
    copying=Copying(dispensable=True),
)


def _is_inherited(value: Any) -> bool:
    """Return whether a value of a profile is only the workspace's default."""
    if not isinstance(value, dict) or value.get("sourceType") != "WORKSPACE":
        return False
    definition = value.get("customField") or {}
    return "workspaceDefaultValue" in definition and bool(definition["workspaceDefaultValue"] == value.get("value"))


def _own_values(given: State) -> State:
    values = given.get("userCustomFieldValues")
    if not isinstance(values, list):
        return given
    return {**given, "userCustomFieldValues": [one for one in values if not _is_inherited(one)]}


MEMBER_PROFILES = WritableObject(
    name="member_profiles",
    noun="member profile",
    aliases=("MemberProfile",),
    fields=(
        Field("userId", ID, refers="users", fixed=True, clearable=False),
        Field("weekStart", WORD, rules={"enum": _DAYS}, clearable=False),
        Field("workCapacity", DURATION, clearable=False),
        Field("workingDays", list_of(WORD), rules={"items": {"enum": _DAYS}}, clearable=False),
        Field(
            "userCustomFieldValues",
            CUSTOM_VALUES,
            key="userCustomFields",
            write=lambda values: [{key: one.get(key) for key in ("customFieldId", "value")} for one in values],
            aliases=("customFields",),
            refers={"[].customFieldId": "custom_fields"},
            clearable=False,
        ),
    ),
    listing=Listing(endpoints.MEMBER_PROFILE, scope=("userId",)),
    identity=("userId",),
    parts=(
        Part(
            ("weekStart", "workCapacity", "workingDays", "userCustomFieldValues"),
            "PATCH",
            "/member-profile/{userId}",
            partial=True,
            proof="name",
        ),
    ),
    read_only=("email", "name", "imageUrl", "hasPassword", "hasPendingApprovalRequest", "workspaceNumber"),
    adapt=_own_values,
)


def _workspace_rate(name: str, path: str) -> Any:
    def calls(change: Change) -> Iterator[Call]:
        rate = change.desired[name]
        keys = ("amount", "currency", "since") if name == "hourlyRate" else ("amount", "since")
        yield Call("PUT", path, json={key: rate[key] for key in keys if rate.get(key) is not None})

    return calls


WORKSPACES = WritableObject(
    name="workspaces",
    noun="workspace",
    is_workspace=True,
    aliases=("Workspace",),
    fields=(
        Field("name", TEXT, rules={"minLength": 1, "maxLength": 50}, clearable=False, initial=True),
        Field("organizationId", TEXT, modifier=True, description="The Cake organisation the workspace belongs to."),
        Field("hourlyRate", RATE, clearable=False, description="Minor units."),
        Field("costRate", RATE, clearable=False, description="Minor units."),
    ),
    listing=Listing(endpoints.WORKSPACE),
    create=Create(
        "/workspaces",
        fields=("name",),
        required=("name",),
        shape=lambda change, body: {
            **body,
            **({"organizationId": change.given["organizationId"]} if change.given.get("organizationId") else {}),
        },
        irreversible=True,
    ),
    parts=(
        Part(("hourlyRate",), calls=_workspace_rate("hourlyRate", "/hourly-rate")),
        Part(("costRate",), calls=_workspace_rate("costRate", "/cost-rate")),
    ),
    read_only=(
        *("memberships", "workspaceSettings", "imageUrl", "featureSubscriptionType", "features", "currencies"),
        *("subdomain", "cakeOrganizationId"),
    ),
)

OBJECTS = (WORKSPACES, USERS, USER_GROUPS, MEMBER_PROFILES)
