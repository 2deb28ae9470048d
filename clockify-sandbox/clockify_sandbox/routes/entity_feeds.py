"""The feeds of created, updated and deleted entities. They are delayed and incomplete."""

from collections.abc import Callable
from datetime import datetime

from clockify_sandbox import messages
from clockify_sandbox.answers import Answer
from clockify_sandbox.binding import Query
from clockify_sandbox.call import Call
from clockify_sandbox.errors import invalid
from clockify_sandbox.paging import ENTITY_FEED
from clockify_sandbox.routing import Routes
from clockify_sandbox.shapes.traces import Change
from clockify_sandbox.values import DAY, created_at, epoch, timestamp
from clockify_sandbox.world import Entity

routes = Routes(scope="WORKSPACE", role="ADMIN")

_LAG = 60  # seconds until a change is in the feed
_DEFAULT_DAYS = 30
_FIRST_BIT = 1 << 63
DOCUMENT_TYPES = (
    "APPROVAL_REQUESTS", "BALANCE", "CLIENTS", "CUSTOM_FIELDS", "HOLIDAYS", "INVOICES", "PROJECTS", "PTO_POLICY",
    "SCHEDULED_ASSIGNMENT", "TAGS", "TASKS", "TIME_ENTRY", "TIME_ENTRY_CUSTOM_FIELD_VALUE", "TIME_ENTRY_RATE",
    "TIME_OFF_REQUEST", "USER", "USER_GROUPS",
)  # fmt: skip


class FeedQuery(Query):
    """The kinds of documents and the window. The numbers are parsed from text, with the same errors."""

    type: list[str]
    start: datetime | None = None
    end: datetime | None = None
    page: str = "0"
    limit: str = "50"


@routes.get("/workspaces/{ws}/entities/created")
def list_created(call: Call, query: FeedQuery) -> Answer:
    """Entities that were created, including later updated ones, excluding later deleted ones."""
    return _page(call, query, "created", _document)


@routes.get("/workspaces/{ws}/entities/updated")
def list_updated(call: Call, query: FeedQuery) -> Answer:
    """Entities that were updated, unless they were also created in the window or deleted since."""
    return _page(call, query, "updated", _document)


@routes.get("/workspaces/{ws}/entities/deleted")
def list_deleted(call: Call, query: FeedQuery) -> Answer:
    """Entities that were deleted, unless they were also created in the window."""
    return _page(call, query, "deleted", _deletion)


def _page(call: Call, query: FeedQuery, kind: str, show: Callable[[Change], Entity]) -> Answer:
    for name in query.type:
        if name not in DOCUMENT_TYPES:
            raise invalid(messages.ENUM_CONSTANT_UNKNOWN(name=name))
    window = call.open_window(ENTITY_FEED.window(_number(query.page), _number(query.limit)))
    rows = _changes(call, query, kind)
    return call.page(rows, show, headers={"has-more-data": "false" if window.is_last(len(rows)) else "true"})


def _changes(call: Call, query: FeedQuery, kind: str) -> list[Change]:
    end = min(epoch(query.end) if query.end else call.now, call.now - _LAG)
    start = epoch(query.start) if query.start else (epoch(query.end) if query.end else call.now) - _DEFAULT_DAYS * DAY
    first, last, types = timestamp(start), timestamp(end), set(query.type)
    latest: dict[str, dict[tuple[str, str], Change]] = {"created": {}, "updated": {}, "deleted": {}}
    for change in call.workspace.changes:
        if change["type"] in types and first <= change["at"] <= last:
            latest[change["kind"]][change["type"], change["id"]] = change
    born = {key for key in latest[kind] if key in latest["created"] or start <= created_at(key[1]) <= end}
    hidden = {"created": set(latest["deleted"]), "updated": born | set(latest["deleted"]), "deleted": born}[kind]
    return [change for key, change in latest[kind].items() if key not in hidden]


def _document(change: Change) -> Entity:
    updated = change["at"] if change["kind"] == "updated" else None
    return {
        **change["document"],
        "id": change["id"],
        "documentType": change["type"],
        "auditMetadata": {"createdAt": timestamp(created_at(change["id"])), "updatedAt": updated},
    }


def _deletion(change: Change) -> Entity:
    """A row with its own id; the id of the deleted entity is in the document."""
    return {
        "id": _deletion_id(change),
        "deletionBinId": None,
        "documentCode": change["type"],
        "deletedAt": f"{change['at'][:-1]}.000Z",
        "document": {
            **change["document"],
            "id": change["id"],
            "auditMetadata": {"createdAt": timestamp(created_at(change["id"])), "updatedAt": None},
        },
    }


def _deletion_id(change: Change) -> str:
    """A unique id: the second of the deletion, then the rest of the object's id with its first bit inverted."""
    deleted = epoch(datetime.fromisoformat(change["at"]))
    return f"{deleted:08x}{int(change['id'][8:], 16) ^ _FIRST_BIT:016x}"


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise invalid(messages.INPUT_STRING(text=text)) from None
