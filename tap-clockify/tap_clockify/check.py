"""The output of `--test`: whether the key is accepted, and which workspaces it can read."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from clockify_client import MalformedAnswerError, endpoints
from clockify_client.rows import UNLIKE

from tap_clockify.streams.people import in_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clockify_client import Client

    from tap_clockify.declaration import Parent
    from tap_clockify.settings import Scope

_FAMILIES = {
    "TIME_OFF": "time off",
    "INVOICING": "invoices",
    "EXPENSES": "expenses",
    "APPROVAL": "approval",
    "SCHEDULING": "schedule",
    "CUSTOM_FIELDS": "custom fields",
    "AUDIT_LOG": "audit log",
}


def seen_with(client: Client, scope: Scope) -> Iterator[str]:
    """Yield a line for the account and one for each workspace that a run with these settings would read.

    Raises:
        ClockifyError: The key is not accepted, or it does not see a requested workspace.
    """
    if scope.config.get("addon_token"):
        asked = [{"workspaceId": one} for one in scope.workspace_ids]
        workspaces = [row for ids in asked for row in client.rows(endpoints.WORKSPACE, ids)]
        yield "The add-on token is accepted."
    else:
        workspaces = list(client.rows(endpoints.WORKSPACES, {}))
        (account,) = client.rows(endpoints.CURRENT_USER, {})
        if "id" not in account:
            raise MalformedAnswerError(endpoints.CURRENT_USER.call, reason=UNLIKE)
        yield f"The key is accepted; it belongs to user {account['id']}."
    read = {ids["workspaceId"] for ids in in_workspace(cast("list[Parent]", workspaces), {}, scope)}
    for workspace in workspaces:
        features = set(workspace.get("features") or ())
        missing = [name for feature, name in _FAMILIES.items() if features and feature not in features]
        plan = workspace.get("featureSubscriptionType") or "FREE"
        fate = "will be read" if workspace["id"] in read else "left out by workspace_ids"
        lacks = f"; its plan does not name {', '.join(missing)}" if missing else ""
        yield f"Workspace {workspace['id']} ({workspace['name']}), plan {plan}: {fate}{lacks}"
