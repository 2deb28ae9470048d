"""Records every change: a row in the entity feeds, a row in the audit log, and events for webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from clockify_sandbox.deliveries import Delivery
from clockify_sandbox.values import timestamp
from clockify_sandbox.webhook_bodies import Happening, webhook_body

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clockify_sandbox.clock import Clock
    from clockify_sandbox.kinds import Kind
    from clockify_sandbox.shapes.people import User
    from clockify_sandbox.shapes.traces import Webhook
    from clockify_sandbox.webhook_events import TriggerSourceType, WebhookEvent
    from clockify_sandbox.world import Record, Workspace, World

Verb = Literal["created", "updated", "deleted"]

_VERBS: dict[Verb, tuple[str, int]] = {"created": ("CREATE", 0), "updated": ("UPDATE", 1), "deleted": ("DELETE", 2)}
_TRIGGERS: dict[TriggerSourceType, tuple[str, ...]] = {
    "PROJECT_ID": ("projectId",),
    "USER_ID": ("userId", "ownerId"),
    "TAG_ID": ("tagIds",),
    "TASK_ID": ("taskId",),
    "WORKSPACE_ID": (),
    "ASSIGNMENT_ID": (),
    "EXPENSE_ID": (),
}
"""The fields with which an entity refers to a trigger source, by type of source; its own id counts, too."""


class Recorder:
    """Records changes that one user makes in one workspace."""

    def __init__(self, clock: Clock, world: World, workspace: Workspace, author: User, outbox: list[Delivery]) -> None:
        self._clock = clock
        self._outbox = outbox
        self._world = world
        self._workspace = workspace
        self._author = author

    def change(  # noqa: PLR0913 - three logs, each with its own names for things
        self,
        kind: Kind[Any, Any],
        verb: Verb,
        entity: Record,
        *,
        before: Record | None = None,
        audit: str | None = None,
        event: WebhookEvent | Literal["NONE"] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Record a change.

        Args:
            kind: the kind of entity.
            verb: the kind of change.
            entity: the entity after the change (before it, if it was deleted), with its id.
            before: the entity before an update.
            audit: the audit action, if it is not made of verb and kind.
            event: the webhook event, if it is not the kind's; "NONE" if the caller sees to it.
            details: values for the event body that the entity lacks.
        """
        now = timestamp(self._clock.seconds)
        word, index = _VERBS[verb]
        if kind.feed:
            self._workspace.changes.append(
                {"kind": verb, "type": kind.feed, "id": entity["id"], "at": now, "document": dict(entity)}
            )
        if action := audit or (f"{word}_{kind.audit}" if kind.audit else None):
            self.audit(action, None if verb == "deleted" else entity, entity if verb == "deleted" else before)
        name = event or kind.events[index]
        if name and name != "NONE":
            self.event(name, entity, details)

    def audit(self, action: str, content: Record | None, previous: Record | None) -> None:
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

    def event(self, name: WebhookEvent, entity: Record, details: Mapping[str, Any] | None = None) -> None:
        """Deliver the event to every enabled webhook that listens for it on this entity."""
        listening = [hook for hook in self._workspace.webhooks.values() if _listens(hook, name, entity)]
        if not listening:
            return
        happening = Happening(self._world, self._workspace, self._author, entity, details or {})
        body = _text(webhook_body(name, happening)) or ""
        for hook in listening:
            self._clock.deliveries += 1
            at, number = self._clock.seconds, self._clock.deliveries
            self._outbox.append(Delivery(self._workspace, hook.copy(), body, at, number))


def _text(entity: Record | None) -> str | None:
    return None if entity is None else msgspec.json.encode(entity).decode()


def _listens(webhook: Webhook, name: WebhookEvent, entity: Record) -> bool:
    on = webhook["enabled"] and webhook["deliveryEnabled"] and webhook["planEnabled"]
    return bool(on) and webhook["webhookEvent"] == name and _triggers(webhook, entity)


def _triggers(webhook: Webhook, entity: Record) -> bool:
    kind, sources = webhook["triggerSourceType"], set(webhook["triggerSource"])
    if kind == "WORKSPACE_ID" or not sources:
        return True
    values: list[Any] = [entity["id"]]
    for key in _TRIGGERS[kind]:
        value = entity.get(key)
        values += value if isinstance(value, (list, tuple)) else [value]
    return not sources.isdisjoint(values)
