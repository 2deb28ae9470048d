"""Deliveries of webhooks: only to this machine, after the response to the write, with a log of every attempt."""

from __future__ import annotations

import hashlib
import heapq
import http.client
import ipaddress
import ssl
import threading
import time
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from clockify_sandbox.values import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from clockify_sandbox.shapes.traces import Webhook, WebhookLog
    from clockify_sandbox.world import Workspace

_ATTEMPTS = 3
_PATIENCE = 5  # seconds for one attempt
_AGENT = "Vert.x-WebClient/4.2.5"
_NOT_SENT = 0
_REFUSED = "refused: clockify-sandbox delivers webhooks to addresses of this machine only (localhost, 127.0.0.0/8, ::1)"


@dataclass(frozen=True)
class Delivery:
    """One event for one webhook, with the webhook's state at the time of the event.

    `number` counts the deliveries of a world.
    """

    workspace: Workspace
    webhook: Webhook
    body: str
    seconds: int
    number: int

    def new_id(self, attempt: int) -> str:
        """The deterministic id of an attempt; attempt 0 is the delivery itself."""
        text = f"{self.webhook['id']} {self.number} {attempt}"
        return f"{self.seconds:08x}{hashlib.sha256(text.encode()).hexdigest()[:16]}"


@dataclass(order=True)
class _Attempt:
    due: float
    turn: int  # attempts that are due at the same time keep their order
    number: int = field(compare=False)
    delivery: Delivery = field(compare=False)


class Deliveries:
    """Makes deliveries one after another in its own thread; repeats failed ones, and doubles the wait each time.

    Args:
        change: runs a function in the thread that may change the world.
        retry_delay: seconds between the first attempt and the second.
    """

    def __init__(self, change: Callable[..., Future[Any]], retry_delay: float) -> None:
        self._change = change
        self._retry_delay = retry_delay
        self._turns = count()
        self._due: list[_Attempt] = []
        self._state = threading.Condition()
        self._is_busy = self._is_closed = False
        self._forgotten = 0  # the number of calls of `forget`
        self._waiting = 0  # callers of `flush`, who want no delay
        self._thread: threading.Thread | None = None

    def send(self, delivery: Delivery) -> None:
        """Queue a delivery, or log at once that it is refused; called in the thread that may change the world."""
        if _is_loopback(delivery.webhook["url"]):
            self._plan(delivery, 1, 0)
        else:
            _log(delivery, 1, "FAILED", _NOT_SENT, _REFUSED)

    def flush(self) -> None:
        """Wait until all queued deliveries have succeeded or failed; repetitions are made at once."""
        with self._state:
            self._waiting += 1
            self._state.notify_all()
            self._state.wait_for(lambda: self._is_closed or not (self._due or self._is_busy))
            self._waiting -= 1

    def forget(self) -> None:
        """Finish the current delivery, and drop all other queued ones."""
        with self._state:
            self._forgotten += 1
            self._due.clear()
            self._state.notify_all()

    def close(self) -> None:
        """Drop all queued deliveries, and end the thread."""
        self.forget()
        with self._state:
            self._is_closed = True
            self._state.notify_all()
        if self._thread:
            self._thread.join()

    def _plan(self, delivery: Delivery, attempt: int, delay: float, of: int | None = None) -> None:
        with self._state:
            if self._is_closed or of not in {None, self._forgotten}:
                return
            heapq.heappush(self._due, _Attempt(time.monotonic() + delay, next(self._turns), attempt, delivery))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="sandbox-webhooks", daemon=True)
                self._thread.start()
            self._state.notify_all()

    def _run(self) -> None:
        while attempt := self._next():
            self._try(attempt)
            with self._state:
                self._is_busy = False
                self._state.notify_all()

    def _next(self) -> _Attempt | None:
        """Wait for the next attempt to be due, and return it; None at the end."""
        with self._state:
            while not self._is_closed:
                if self._due:
                    wait = self._due[0].due - time.monotonic()
                    if wait <= 0 or self._waiting:
                        self._is_busy = True
                        return heapq.heappop(self._due)
                    self._state.wait(wait)
                else:
                    self._state.wait()
            return None

    def _try(self, attempt: _Attempt) -> None:
        delivery, number, forgotten = attempt.delivery, attempt.number, self._forgotten
        code, answer = _post(delivery, number)
        succeeded = 200 <= code < 300  # noqa: PLR2004
        is_last = number == _ATTEMPTS
        status = "SUCCEEDED" if succeeded else "FAILED" if is_last else "RETRYING"
        self._change(_log, delivery, number, status, code, answer).result()
        if not succeeded and not is_last:
            self._plan(delivery, number + 1, self._retry_delay * 2 ** (number - 1), of=forgotten)


def _log(delivery: Delivery, attempt: int, status: str, code: int, answer: str) -> None:
    workspace, webhook_id = delivery.workspace, delivery.webhook["id"]
    if webhook_id not in workspace.webhooks:
        return  # deleted in the meantime, with its logs
    log_id, status_id = delivery.new_id(attempt), delivery.new_id(0)
    log: WebhookLog = {
        "id": log_id,
        "webhookEventStatusId": status_id,
        "webhookId": webhook_id,
        "statusCode": code,
        "requestBody": delivery.body,
        "responseBody": answer,
        "respondedAt": timestamp(delivery.seconds).replace("Z", "+00:00"),
    }
    workspace.webhook_logs[log_id] = log
    workspace.webhook_statuses[status_id] = {
        "id": status_id,
        "webhookLogId": log_id,
        "status": status,
        "retryCount": attempt - 1,
        "webhookId": webhook_id,
        "statusCode": log["statusCode"],
        "requestBody": log["requestBody"],
        "responseBody": log["responseBody"],
        "respondedAt": log["respondedAt"],
    }


def _post(delivery: Delivery, attempt: int) -> tuple[int, str]:
    """Status and body of the response; status 0 and the reason if there is none. Redirects are not followed."""
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
    target = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_AS_THEY_ARE)
    try:
        connection.request("POST", target, delivery.body.encode(), headers)
        answer = connection.getresponse()
        return answer.status, answer.read(10_000).decode("utf-8", "replace")
    except (OSError, ValueError, http.client.HTTPException) as error:
        return _NOT_SENT, f"no answer: {error}"
    finally:
        connection.close()


_AS_THEY_ARE = "/?&=%:+,;@~!$'()*"  # characters of a path and a query


def _is_loopback(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        return parts.scheme in ("http", "https") and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False
