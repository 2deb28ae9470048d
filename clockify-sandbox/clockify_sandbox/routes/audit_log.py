"""The audit log, on its own host."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, field

from clockify_sandbox import messages
from clockify_sandbox.answers import Answer
from clockify_sandbox.binding import Body
from clockify_sandbox.call import Call
from clockify_sandbox.errors import invalid
from clockify_sandbox.paging import AUDIT_LOG
from clockify_sandbox.routing import Routes
from clockify_sandbox.values import DAY, epoch, timestamp

routes = Routes(host="auditlog", feature="AUDIT_LOG", role="ADMIN")

_LONGEST = 31 * DAY
AuditAction = Literal[
    "CREATE_TIME_PERSONAL_TIMER", "CREATE_TIME_PERSONAL_MANUAL", "CREATE_TIME_IMPORT", "CREATE_TIME_KIOSK",
    "CREATE_TIME_FOR_OTHER", "RESTORE_TIME", "RESTORE_TIME_FOR_OTHER", "UPDATE_TIME_PERSONAL", "UPDATE_TIME_FOR_OTHER",
    "DELETE_TIME_PERSONAL", "DELETE_TIME_FOR_OTHER", "CREATE_PROJECT", "CREATE_PROJECT_IMPORT",
    "CREATE_PROJECT_QUICKBOOKS", "UPDATE_PROJECT", "DELETE_PROJECT", "CREATE_TASK", "CREATE_TASK_IMPORT", "UPDATE_TASK",
    "DELETE_TASK", "CREATE_CLIENT", "CREATE_CLIENT_IMPORT", "CREATE_CLIENT_QUICKBOOKS", "UPDATE_CLIENT",
    "DELETE_CLIENT", "CREATE_TAG", "CREATE_TAG_IMPORT", "UPDATE_TAG", "DELETE_TAG", "CREATE_EXPENSE",
    "CREATE_EXPENSE_FOR_OTHER", "RESTORE_EXPENSE", "RESTORE_EXPENSE_FOR_OTHER", "UPDATE_EXPENSE",
    "UPDATE_EXPENSE_FOR_OTHER", "DELETE_EXPENSE", "DELETE_EXPENSE_FOR_OTHER",
]  # fmt: skip


class Authors(Body):
    """The authors whose actions are returned."""

    author_ids: list[str]
    contains: Literal["CONTAINS", "DOES_NOT_CONTAIN"]


class AuditSearch(Body):
    """The search filter. Pages 0 and 1 are the same."""

    actions: Annotated[list[AuditAction], Meta(min_length=1)]
    authors: Authors
    start: datetime
    end: datetime
    page: Annotated[int, Meta(ge=0)] | None = None
    page_size: int | None = field(name="page-size", default=None)


@routes.post("/workspaces/{ws}/audit-log", reads=True)
def search_audit_log(call: Call, body: AuditSearch) -> Answer:
    """The actions in a window of at most 31 days, newest first; both limits are points in time and included."""
    start, end = epoch(body.start), epoch(body.end)
    if start > end:
        raise invalid(messages.START_NOT_BEFORE_END)
    if end - start > _LONGEST:
        raise invalid(messages.RANGE_TOO_LONG(days=31))
    call.open_window(AUDIT_LOG.window(max(body.page or 1, 1), body.page_size))
    first, last = timestamp(start), timestamp(end)
    actions, authors = set(body.actions), set(body.authors.author_ids)
    included = body.authors.contains == "CONTAINS"
    rows = [
        row
        for row in reversed(call.workspace.audit_log)
        if first <= row["timestamp"] <= last and row["action"] in actions and (row["userId"] in authors) == included
    ]
    rows.sort(key=lambda row: row["timestamp"], reverse=True)
    return call.page(rows)
