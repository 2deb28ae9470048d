"""Webhooks, and the logs of their deliveries. Add-on tokens are refused on all of them."""

import hashlib
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from msgspec import Meta, field

from clockify_sandbox import messages
from clockify_sandbox.answers import Answer
from clockify_sandbox.binding import Body, Query
from clockify_sandbox.call import Call
from clockify_sandbox.entities import webhook as new_webhook
from clockify_sandbox.errors import ApiError, forbidden, invalid, not_in
from clockify_sandbox.kinds import ASSIGNMENT, EXPENSE, MEMBER, PROJECT, TAG, TASK, WEBHOOK, Kind
from clockify_sandbox.paging import WEBHOOK_LOGS
from clockify_sandbox.routing import Routes
from clockify_sandbox.shapes.traces import Webhook, WebhookFields, WebhookLog, WebhookStatus
from clockify_sandbox.values import epoch
from clockify_sandbox.webhook_events import ABOUT_ONE_USER, TriggerSourceType, WebhookEvent
from clockify_sandbox.world import Entity

routes = Routes()

_LIMITS = {"FREE": (3, 3), "BASIC": (10, 100), "STANDARD": (10, 100)}  # per user, per workspace
_LARGEST = (100, 300)
_TRIGGERS: dict[TriggerSourceType, Kind[Any, Any]] = {
    "PROJECT_ID": PROJECT,
    "USER_ID": MEMBER,
    "TAG_ID": TAG,
    "TASK_ID": TASK,
    "ASSIGNMENT_ID": ASSIGNMENT,
    "EXPENSE_ID": EXPENSE,
}
_SHORTEST_NAME, _LONGEST_NAME = 2, 30


class WebhookQuery(Query):
    """Which webhooks to list."""

    type: Literal["USER_CREATED", "SYSTEM", "ADDON"] | None = None


class WebhookBody(Body):
    """The body of create and update. A missing name is noticed late, with an unusual error message."""

    url: Annotated[str, Meta(min_length=1)]
    webhook_event: WebhookEvent
    trigger_source_type: TriggerSourceType
    trigger_source: list[str]
    name: str | None = None


class LogSearch(Body):
    """The filter for deliveries."""

    since: datetime | None = field(name="from", default=None)
    until: datetime | None = field(name="to", default=None)
    status: Literal["ALL", "SUCCEEDED", "FAILED"] = "ALL"
    sort_by_newest: bool = False


class StatusQuery(Query):
    """The filter for events."""

    statuses: list[Literal["SUCCEEDED", "RETRYING", "FAILED"]] | None = None


@routes.get("/workspaces/{ws}/webhooks")
def list_webhooks(call: Call, query: WebhookQuery) -> Entity:
    """All webhooks of people, or those of add-ons. Requesting system webhooks causes a server error."""
    if query.type == "SYSTEM":
        raise ApiError(500, 500, messages.INTERNAL_ERROR)
    workspace = call.workspace
    if query.type == "ADDON":
        return _envelope([hook for table in workspace.addon_webhooks.values() for hook in table.values()])
    return _envelope([hook for hook in workspace.webhooks.values() if _may_see(call, hook)])


@routes.get("/workspaces/{ws}/addons/{addonId}/webhooks")
def list_addon_webhooks(call: Call) -> Entity:
    """The webhooks of an add-on."""
    table = call.workspace.addon_webhooks.get(call.path["addonId"])
    if table is None:
        raise not_in(messages.ADDON)
    return _envelope(list(table.values()))


@routes.post("/workspaces/{ws}/webhooks", status=201)
def create_webhook(call: Call, body: WebhookBody) -> Webhook:
    """Create a webhook with its own token."""
    if body.name is None:
        raise invalid(messages.WEBHOOK_EXISTS)
    _check(call, body)
    per_user, per_workspace = _LIMITS.get(call.workspace.plan, _LARGEST)
    own = [hook for hook in call.workspace.webhooks.values() if hook["userId"] == call.user_id]
    if len(own) >= per_user or len(call.workspace.webhooks) >= per_workspace:
        raise invalid(messages.WEBHOOK_LIMIT, 4033)
    webhook_id = call.new_id()
    hook = new_webhook(
        webhook_id,
        call.workspace.id,
        body.name,
        body.webhook_event,
        url=body.url,
        userId=call.user_id,
        triggerSourceType=body.trigger_source_type,
        triggerSource=body.trigger_source,
        authToken=_token(webhook_id),
    )
    return call.insert(WEBHOOK, hook)


@routes.get("/workspaces/{ws}/webhooks/{webhookId}")
def get_webhook(call: Call) -> Webhook:
    """One webhook."""
    return _own(call)


@routes.put("/workspaces/{ws}/webhooks/{webhookId}")
def update_webhook(call: Call, body: WebhookBody) -> Webhook:
    """Replace the fields of a webhook."""
    hook = _own(call)
    _check(call, body)
    changes: WebhookFields = {
        "name": hook["name"] if body.name is None else body.name,
        "url": body.url,
        "webhookEvent": body.webhook_event,
        "triggerSourceType": body.trigger_source_type,
        "triggerSource": body.trigger_source,
    }
    return call.of(WEBHOOK).update(hook, changes)


@routes.delete("/workspaces/{ws}/webhooks/{webhookId}")
def delete_webhook(call: Call) -> None:
    """Delete a webhook with its logs."""
    hook = call.remove(WEBHOOK, _own(call))
    workspace = call.workspace
    tables: tuple[dict[str, WebhookLog] | dict[str, WebhookStatus], ...] = (
        workspace.webhook_logs,
        workspace.webhook_statuses,
    )
    for table in tables:
        for row_id in [row["id"] for row in table.values() if row["webhookId"] == hook["id"]]:
            del table[row_id]


@routes.patch("/workspaces/{ws}/webhooks/{webhookId}/token")
def rotate_token(call: Call) -> Webhook:
    """Create a new token; the old one becomes invalid."""
    return call.of(WEBHOOK).update(_own(call), {"authToken": _token(call.new_id())})


@routes.post("/workspaces/{ws}/webhooks/{webhookId}/logs", paging=WEBHOOK_LOGS, reads=True, body_optional=True)
def search_logs(call: Call, body: LogSearch) -> Answer:
    """Every delivery attempt, oldest first by default."""
    hook = _own(call)
    rows = [
        row
        for row in call.workspace.webhook_logs.values()
        if row["webhookId"] == hook["id"] and _outcome_fits(row, body.status) and _moment_fits(row, body)
    ]
    rows.sort(key=lambda row: (_moment(row), row["id"]), reverse=body.sort_by_newest)
    return call.page(rows)


@routes.get("/workspaces/{ws}/webhooks/{webhookId}/statuses", paging=WEBHOOK_LOGS)
def list_statuses(call: Call, query: StatusQuery) -> Answer:
    """Every event with its latest attempt, newest first."""
    hook = _own(call)
    rows = [
        row
        for row in call.workspace.webhook_statuses.values()
        if row["webhookId"] == hook["id"] and (not query.statuses or row["status"] in query.statuses)
    ]
    rows.sort(key=lambda row: (_moment(row), row["id"]), reverse=True)
    return call.page(rows)


def _envelope(hooks: list[Webhook]) -> Entity:
    return {"workspaceWebhookCount": len(hooks), "webhooks": hooks}


def _may_see(call: Call, hook: Webhook) -> bool:
    return call.is_admin or hook["userId"] == call.user_id


def _own(call: Call) -> Webhook:
    hook = call.named(WEBHOOK, "webhookId")
    if not _may_see(call, hook):
        raise forbidden()
    return hook


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _check(call: Call, body: WebhookBody) -> None:
    if body.name is not None and not _SHORTEST_NAME <= len(body.name) <= _LONGEST_NAME:
        raise invalid(messages.LENGTH_BETWEEN(least=_SHORTEST_NAME, most=_LONGEST_NAME))
    if not _is_url(body.url):
        raise invalid(messages.URL_INVALID)
    if body.webhook_event in ABOUT_ONE_USER and (body.trigger_source_type != "USER_ID" or not body.trigger_source):
        raise invalid(messages.WEBHOOK_NEEDS_USER(event=body.webhook_event))
    kind = _TRIGGERS.get(body.trigger_source_type)
    if kind:
        call.require_all(kind, body.trigger_source)
    elif any(source != call.workspace.id for source in body.trigger_source):
        raise not_in(messages.TRIGGER_SOURCE)


def _token(seed: str) -> str:
    """Thirty-two characters that cannot be guessed from the id alone, but are the same on every machine."""
    return hashlib.sha256(f"webhook {seed}".encode()).hexdigest()[:32]


def _outcome_fits(row: WebhookLog, status: str) -> bool:
    return status == "ALL" or (row["statusCode"] // 100 == 2) == (status == "SUCCEEDED")  # noqa: PLR2004


def _moment(row: WebhookLog | WebhookStatus) -> datetime:
    return datetime.fromisoformat(row["respondedAt"])


def _moment_fits(row: WebhookLog, search: LogSearch) -> bool:
    moment: Any = epoch(_moment(row))
    return (search.since is None or moment >= epoch(search.since)) and (
        search.until is None or moment <= epoch(search.until)
    )
