"""What every change leaves behind: a row in the entity feeds, one in the audit log, and events for webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from clockify_sandbox.deliveries import Delivery
from clockify_sandbox.values import timestamp
from clockify_sandbox.webhook_bodies import webhook_body

if TYPE_CHECKING:
    from clockify_sandbox.clock import Clock
    from clockify_sandbox.kinds import Kind
    from clockify_sandbox.world import Entity, Workspace

Verb = Literal["created", "updated", "deleted"]

_VERBS: dict[Verb, tuple[str, int]] = {"created": ("CREATE", 0), "updated": ("UPDATE", 1), "deleted": ("DELETE", 2)}
_TRIGGERS = {
    "PROJECT_ID": ("projectId", "projectIds"),
    "USER_ID": ("userId", "ownerId"),
    "TAG_ID": ("tagIds",),
    "TASK_ID": ("taskId",),
    "ASSIGNMENT_ID": (),
    "EXPENSE_ID": (),
}


class Recorder:
    """Writes the traces of changes in one workspace, done by one user."""

    def __init__(self, clock: Clock, workspace: Workspace, author: Entity, outbox: list[Delivery]) -> None:
        self._clock = clock
        self._outbox = outbox
        self._workspace = workspace
        self._author = author

    def change(  # noqa: PLR0913 - three logs, each with its own names for things
        self,
        kind: Kind,
        verb: Verb,
        entity: Entity,
        *,
        before: Entity | None = None,
        audit: str | None = None,
        event: str | None = None,
    ) -> None:
        """Note a change.

        Args:
            kind: what changed.
            verb: how.
            entity: the entity after the change (before it, if it was deleted), with its id.
            before: the entity before an update.
            audit: the audit action, if it is not made of verb and kind.
            event: the webhook event, if it is not the kind's.
        """
        now = timestamp(self._clock.seconds)
        word, index = _VERBS[verb]
        if kind.feed:
            row = {"kind": verb, "type": kind.feed, "id": entity["id"], "at": now, "document": dict(entity)}
            self._workspace.changes.append(row)
        if action := audit or (f"{word}_{kind.audit}" if kind.audit else None):
            self.audit(action, None if verb == "deleted" else entity, entity if verb == "deleted" else before)
        if name := event or kind.events[index]:
            self.event(name, entity)

    def audit(self, action: str, content: Entity | None, previous: Entity | None) -> None:
        """Add a row to the audit log."""
        self._workspace.audit_log.append(
            {
                "action": action,
                "content": _text(content),
                "previousContent": _text(previous) or "null",
                "timestamp": timestamp(self._clock.seconds),
                "userId": self._author["id"],
                "userName": self._author["name"],
                "userEmail": self._author["email"],
                "workspaceId": self._workspace.id,
            }
        )

    def event(self, name: str, entity: Entity) -> None:
        """Have the event delivered to every webhook that listens for it on this entity."""
        for webhook in self._workspace.webhooks.values():
            if webhook["webhookEvent"] == name and webhook["enabled"] and _triggers(webhook, entity):
                self._deliver(webhook, entity)

    def _deliver(self, webhook: Entity, entity: Entity) -> None:
        clock = self._clock
        clock.deliveries += 1
        body = _text(webhook_body(self._workspace, self._author, entity)) or ""
        self._outbox.append(Delivery(self._workspace, dict(webhook), body, clock.seconds, clock.deliveries))


def _text(entity: Entity | None) -> str | None:
    return None if entity is None else msgspec.json.encode(entity).decode()


def _triggers(webhook: Entity, entity: Entity) -> bool:
    kind, sources = webhook["triggerSourceType"], set(webhook["triggerSource"])
    if kind == "WORKSPACE_ID" or not sources:
        return True
    values: list[Any] = [entity["id"]]
    for key in _TRIGGERS.get(kind, ()):
        value = entity.get(key)
        values += value if isinstance(value, list) else [value]
    return not sources.isdisjoint(values)
