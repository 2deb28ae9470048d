"""Deliveries of webhooks: to this machine and nowhere else, after the answer to the write, and logged as they went."""

from __future__ import annotations

import hashlib
import http.client
import ipaddress
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from clockify_sandbox.values import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from clockify_sandbox.world import Entity, Workspace

_ATTEMPTS = 3
_PATIENCE = 5  # seconds for one attempt
_AGENT = "Vert.x-WebClient/4.2.5"
_NOT_SENT = 0
_REFUSED = "refused: clockify-sandbox delivers webhooks to addresses of this machine only (localhost, 127.0.0.0/8, ::1)"


@dataclass(frozen=True)
class Delivery:
    """One event for one webhook, as it was when the event happened. `number` counts the deliveries of a world."""

    workspace: Workspace
    webhook: Entity
    body: str
    seconds: int
    number: int

    def new_id(self, attempt: int) -> str:
        """An id that the same delivery always has; attempt 0 is the delivery itself."""
        text = f"{self.webhook['id']} {self.number} {attempt}"
        return f"{self.seconds:08x}{hashlib.sha256(text.encode()).hexdigest()[:16]}"


class Deliveries:
    """Makes deliveries one after another in a thread of its own.

    Args:
        change: runs a function where the world may be changed.
    """

    def __init__(self, change: Callable[..., Future[Any]]) -> None:
        self._change = change
        self._thread = ThreadPoolExecutor(1, "sandbox-webhooks")

    def send(self, delivery: Delivery) -> None:
        """Deliver it soon, or log at once that it is refused; called where the world may be changed."""
        if _is_loopback(delivery.webhook["url"]):
            self._thread.submit(self._deliver, delivery)
        else:
            _log(delivery, 1, "FAILED", _NOT_SENT, _REFUSED)

    def flush(self) -> None:
        """Wait until everything that was sent so far has been delivered or given up."""
        self._thread.submit(lambda: None).result()

    def close(self) -> None:
        """Deliver what is under way, and nothing else."""
        self._thread.shutdown(cancel_futures=True)

    def _deliver(self, delivery: Delivery) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            code, answer = _post(delivery, attempt)
            succeeded = 200 <= code < 300  # noqa: PLR2004
            status = "SUCCEEDED" if succeeded else "RETRYING" if attempt < _ATTEMPTS else "FAILED"
            self._change(_log, delivery, attempt, status, code, answer).result()
            if succeeded:
                return


def _log(delivery: Delivery, attempt: int, status: str, code: int, answer: str) -> None:
    workspace, webhook_id = delivery.workspace, delivery.webhook["id"]
    if webhook_id not in workspace.webhooks:
        return  # deleted meanwhile, and its logs with it
    log_id, status_id = delivery.new_id(attempt), delivery.new_id(0)
    shared = {
        "webhookId": webhook_id,
        "statusCode": code,
        "requestBody": delivery.body,
        "responseBody": answer,
        "respondedAt": timestamp(delivery.seconds).replace("Z", "+00:00"),
    }
    workspace.webhook_logs[log_id] = {"id": log_id, "webhookEventStatusId": status_id, **shared}
    workspace.webhook_statuses[status_id] = {
        "id": status_id,
        "webhookLogId": log_id,
        "status": status,
        "retryCount": attempt - 1,
        **shared,
    }


def _post(delivery: Delivery, attempt: int) -> tuple[int, str]:
    """Status and body of the answer; status 0 and the reason if there is none. Redirects are not followed."""
    webhook, parts = delivery.webhook, urlsplit(delivery.webhook["url"])
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE  # a receiver on this machine made its own
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=_PATIENCE, context=trust)
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": _AGENT,
        "Clockify-Signature": webhook["authToken"],
        "Clockify-Webhook-Event-Type": webhook["webhookEvent"],
        "Idempotency-Key": delivery.new_id(attempt),
    }
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, delivery.body.encode(), headers)
        answer = connection.getresponse()
        return answer.status, answer.read(10_000).decode("utf-8", "replace")
    except (OSError, ValueError, http.client.HTTPException) as error:
        return _NOT_SENT, f"no answer: {error}"
    finally:
        connection.close()


def _is_loopback(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        return parts.scheme in ("http", "https") and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False
