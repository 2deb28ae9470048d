"""Webhooks and their deliveries. The tap never writes their tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clockify_client import endpoints

from tap_clockify import shapes
from tap_clockify.declaration import Source, StreamDeclaration
from tap_clockify.streams.people import WORKSPACES, in_workspace, per_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clockify_client import Ids

    from tap_clockify.declaration import Parent
    from tap_clockify.settings import Scope


def _addons(rows: list[Parent], ids: Ids, scope: Scope) -> Iterator[Ids]:
    for workspace in in_workspace(rows, ids, scope):
        for addon in scope.config.get("addon_ids") or ():
            yield {**workspace, "addonId": addon}


WEBHOOKS = per_workspace(endpoints.WEBHOOKS)

STREAMS = (
    StreamDeclaration("webhooks", WEBHOOKS, shape=shapes.without("authToken")),
    StreamDeclaration(
        "addon_webhooks",
        Source(endpoints.ADDON_WEBHOOKS, WORKSPACES, _addons),
        shape=shapes.without("authToken"),
        selected=False,
    ),
    StreamDeclaration(
        "webhook_logs", Source(endpoints.WEBHOOK_LOGS, WEBHOOKS, shapes.each("webhookId")), selected=False
    ),
    StreamDeclaration(
        "webhook_event_statuses",
        Source(endpoints.WEBHOOK_EVENT_STATUSES, WEBHOOKS, shapes.each("webhookId")),
        selected=False,
    ),
)
