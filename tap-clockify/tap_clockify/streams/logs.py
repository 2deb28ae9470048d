"""The audit log, and the feeds of created, updated and deleted objects.

The feeds are known to miss and truncate documents, so they are not used to find deletions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clockify_client import endpoints

from tap_clockify import shapes
from tap_clockify.declaration import Source, StreamDeclaration
from tap_clockify.settings import Scope, timestamp
from tap_clockify.streams.people import WORKSPACES, in_workspace
from tap_clockify.windows import spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clockify_client import Endpoint, Ids

    from tap_clockify.declaration import Parent


def _in_spans(rows: list[Parent], ids: Ids, scope: Scope) -> Iterator[Ids]:
    """Spans of 30 days without gaps: the audit log allows 31 days, the feeds 30."""
    for workspace in in_workspace(rows, ids, scope):
        for first, after in spans(scope.log_window, days=30):
            yield {
                **workspace,
                "start": timestamp(first),
                "end": timestamp(after),
                "actions": endpoints.AUDIT_ACTIONS,
                "types": endpoints.ENTITY_TYPES,
            }


def _feed(name: str, endpoint: Endpoint, *key: str) -> StreamDeclaration:
    return StreamDeclaration(
        name,
        Source(endpoint, WORKSPACES, _in_spans, overlapping=True),
        key=("id", "documentType", *key),
        shape=shapes.fed_document,
        selected=False,
        narrowed=lambda scope: scope.reports_narrowed_by(),
        since=lambda scope: scope.log_window[0],
    )


STREAMS = (
    StreamDeclaration(
        "audit_log",
        Source(endpoints.AUDIT_LOG_ROWS, WORKSPACES, _in_spans, overlapping=True),
        shape=shapes.audited,
        selected=False,
        narrowed=lambda scope: scope.reports_narrowed_by(),
        since=lambda scope: scope.log_window[0],
    ),
    _feed("entities_created", endpoints.ENTITIES_CREATED),
    _feed("entities_updated", endpoints.ENTITIES_UPDATED),
    _feed("entities_deleted", endpoints.ENTITIES_DELETED, "deletedAt"),
)
