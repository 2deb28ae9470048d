"""Approval requests in the form of webhooks and of responses to writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clockify_sandbox.naming import name_of, zone_of

if TYPE_CHECKING:
    from clockify_sandbox.shapes.planning import ApprovalRequest
    from clockify_sandbox.world import Entity, Workspace, World


def request_of(world: World, workspace: Workspace, request: ApprovalRequest) -> Entity:
    """A request in the form of responses to writes."""
    owner, creator, by = request["ownerId"], request["creatorId"], request["status"]["updatedBy"]
    return {
        "id": request["id"],
        "workspaceId": request["workspaceId"],
        "type": request["type"],
        "dateRange": request["dateRange"],
        "owner": {
            "userId": owner,
            "userName": name_of(world, owner),
            "timeZone": zone_of(world, owner),
            "startOfWeek": workspace.members[owner]["profile"]["weekStart"],
        },
        "creator": {
            "userId": creator,
            "userName": name_of(world, creator),
            "userEmail": world.users[creator]["email"],
        },
        "status": {**request["status"], "updatedByUserName": by and name_of(world, by)},
    }
