"""What a webhook is sent: the entity itself; a time entry with the objects that it refers to in place of their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clockify_sandbox.world import Entity, Workspace


def webhook_body(workspace: Workspace, author: Entity, entity: Entity) -> Entity:
    """The body of a delivery.

    No recorded delivery of a time entry has `taskId` or `tagIds`; it has `project`, `task`, `user` and `tags`.
    """
    if "timeInterval" not in entity:
        return dict(entity)
    body = {name: value for name, value in entity.items() if name not in ("taskId", "tagIds")}
    body["currentlyRunning"] = entity["timeInterval"]["end"] is None
    body["project"] = workspace.projects.get(entity["projectId"] or "")
    body["task"] = workspace.tasks.get(entity["taskId"] or "")
    body["tags"] = [workspace.tags[tag_id] for tag_id in entity["tagIds"] or () if tag_id in workspace.tags]
    body["user"] = {"id": entity["userId"]}
    if entity["userId"] == author["id"]:
        body["user"] |= {"name": author["name"], "status": author["status"]}
    return body
