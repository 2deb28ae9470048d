"""Stored shapes of webhooks and their deliveries, shared reports, audit log and feeds."""

from typing import Any, TypedDict

from clockify_sandbox.webhook_events import TriggerSourceType, WebhookEvent


class WebhookFields(TypedDict, total=False):
    """The fields of a webhook that writes can set."""

    name: str
    url: str
    userId: str | None
    webhookEvent: WebhookEvent
    triggerSourceType: TriggerSourceType
    triggerSource: list[str]
    enabled: bool
    deliveryEnabled: bool
    planEnabled: bool
    authToken: str


class Webhook(WebhookFields):
    """A webhook, as `GET webhooks/{webhookId}`; those of add-ons have no user."""

    id: str
    workspaceId: str


class WebhookLog(TypedDict):
    """One attempt to deliver, as `POST webhooks/{webhookId}/logs`; `respondedAt` ends in "+00:00"."""

    id: str
    webhookId: str
    webhookEventStatusId: str | None
    statusCode: int
    requestBody: str
    responseBody: str | None
    respondedAt: str


class WebhookStatus(TypedDict):
    """One event with its latest attempt, as `GET webhooks/{webhookId}/statuses`: SUCCEEDED, RETRYING or FAILED."""

    id: str
    webhookId: str
    webhookLogId: str
    status: str
    retryCount: int
    statusCode: int
    requestBody: str
    responseBody: str | None
    respondedAt: str


class SharedReportFields(TypedDict, total=False):
    """The fields of a shared report that writes can set."""

    userId: str
    name: str
    type: str
    isPublic: bool
    fixedDate: bool
    filter: dict[str, Any]
    visibleToUsers: list[str] | None
    visibleToUserGroups: list[str] | None


class SharedReport(SharedReportFields):
    """A shared report, as in the responses to writes below `shared-reports`, with `link`.

    `filter` is the body of the report, whose keys depend on `type`; the other ids are those of users and groups.
    """

    id: str
    workspaceId: str
    link: str


class AuditRow(TypedDict):
    """A row of the audit log; contents are JSON text, and names and addresses are those at that time (a ts)."""

    action: str
    content: str | None
    previousContent: str | None
    timestamp: str
    userId: str
    userName: str | None
    userEmail: str
    workspaceId: str


class Change(TypedDict):
    """A row of the entity feeds, for internal use.

    `kind` is created, updated or deleted, `type` the document type, `at` a ts, `document` the entity as it was. The
    second of its creation is in the first 8 digits of its id.
    """

    kind: str
    type: str
    id: str
    at: str
    document: dict[str, Any]
