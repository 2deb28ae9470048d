"""Errors of requests to Clockify, classified by meaning instead of by status code.

Clockify's status codes mislead: an unknown id causes 400 with code 501, code 3000 stands both for wrong routes and for
malformed parameters, and messages repeat submitted values. So every failure is classified here. `str()` does not
contain Clockify's message: a log line names the call and the meaning, never a submitted value.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec

_CREDENTIAL_CODES = {1000, 4003, 4017}  # no key or several keys, an unknown key, an invalid add-on token
_NOT_FOUND_CODES = {404, 501}  # a 404 without them is about the route, not about the object
_LOCKED_CODES = {1003: "a locked period", 4005: "an approved time entry", 4030: "a workspace that allows timers only"}


class ClockifyError(Exception):
    """A call to Clockify that did not succeed.

    Attributes:
        status: The HTTP status, or None if there was no response.
        code: Clockify's own number for the error, or None.
        call: Method and path template, such as `GET /workspaces/{workspaceId}/clients`; holds no id.
        detail: Clockify's message. It may repeat submitted values, so it may go into a rejects file, but not into a
            log.
        reason: Further details from this client, without submitted values.
    """

    meaning = "Clockify refused the call"

    def __init__(
        self, call: str, *, status: int | None = None, code: int | None = None, detail: str = "", reason: str = ""
    ) -> None:
        super().__init__(call, status, code)
        self.call = call
        self.status = status
        self.code = code
        self.detail = detail
        self.reason = reason

    def __str__(self) -> str:
        number = "" if self.code is None else f", code {self.code}"
        answer = "" if self.status is None else f" (HTTP {self.status}{number})"
        return f"{self.call}: {self.meaning}{answer}" + (f" [{self.reason}]" if self.reason else "")


class BadCredentialsError(ClockifyError):
    """The key or token is missing, unknown or revoked."""

    meaning = "the key was not accepted; check api_key or addon_token, and that it belongs to this region or sub-domain"


class NotPermittedError(ClockifyError):
    """The plan of the workspace, the role of the key's owner or the scopes of the add-on do not allow the call."""

    meaning = "not permitted on this plan or for this role"


class LockedError(NotPermittedError):
    """The object may not be changed: its period is locked, it is approved, or the workspace allows only timers."""

    def __str__(self) -> str:
        return f"{super().__str__()}: {_LOCKED_CODES.get(self.code or 0, 'it is locked')}"


class GoneError(ClockifyError):
    """The object does not exist in this workspace, or may not be read: Clockify's response is the same."""

    meaning = "no such object in this workspace, or it may not be read"


class UnknownWorkspaceError(ClockifyError):
    """The workspace does not exist for this key."""

    meaning = "no such workspace for this key; check workspace_ids, and the region"

    def __str__(self) -> str:
        return super().__str__() + (f": {self.detail}" if self.detail else "")


class InvalidRequestError(ClockifyError):
    """Clockify understood the request and found it invalid."""

    meaning = "Clockify found the request invalid"


class RateLimitedError(ClockifyError):
    """More requests than the plan allows, even after waiting."""

    meaning = (
        "too many requests, also after waiting; a Free workspace allows 30 an hour: set requests_per_hour, "
        "or select fewer streams"
    )

    def __init__(self, call: str, *, retry_after: float | None = None, **answer: Any) -> None:
        super().__init__(call, **answer)
        self.retry_after = retry_after


class ServerError(ClockifyError):
    """Clockify answered repeatedly with a server error."""

    meaning = "Clockify failed on its side"


class UnreachableError(ClockifyError):
    """No response: the host is unknown, refuses connections, or does not answer in time.

    Attributes:
        of_the_host: No request would succeed: there is no connection to the host, or the host is not trusted.
    """

    of_the_host = False

    meaning = "Clockify cannot be reached; check api_url or region, and the network"


class MalformedAnswerError(ClockifyError):
    """The response is not the expected JSON: it is truncated, or comes from a proxy."""

    meaning = "the answer is not what the Clockify API sends; check api_url, and that no proxy answers in its place"


class AmbiguousWriteError(ClockifyError):
    """A write whose outcome is unknown. Look up whether it took effect before you repeat it."""

    meaning = "no usable answer to a write, which may have taken effect"


class ClosedError(ClockifyError):
    """The run ended before the call was made."""

    meaning = "not sent, since the run has ended"


class _Body(msgspec.Struct):
    message: str | None = None
    code: int | None = None
    status: int | None = None  # some services use this field instead of the two others


def _body(content: bytes) -> _Body | None:
    """Return the body of a response from Clockify, which may be empty; None if the response is not from Clockify."""
    if not content.strip():
        return _Body()
    try:
        body = msgspec.json.decode(content, type=_Body, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return None if body.code is None and body.message is None and body.status is None else body


def concerns_the_account(error: Exception) -> bool:
    """Return whether every further call would fail as well."""
    if isinstance(error, UnreachableError):
        return error.of_the_host
    if isinstance(error, UnknownWorkspaceError):
        return error.status is None  # only for the list of workspaces does it mean that the settings are wrong
    return isinstance(error, (BadCredentialsError, ClosedError, RateLimitedError))


def classify(  # noqa: PLR0913
    call: str,
    status: int,
    content: bytes,
    *,
    reading: bool = False,
    addon: bool = False,
    retry_after: float | None = None,
) -> ClockifyError:
    """Return the error for an unsuccessful response; the text of its message does not matter.

    Args:
        call: Method and path template of the call.
        status: The HTTP status, 300 or above.
        content: The body, which may be empty or HTML.
        addon: The credential is an add-on token, for which 401 may also mean a missing scope or a forbidden route.
        reading: The call only reads: it is unlikely to be invalid, so code 501 means that the object in its path is
            unknown.
        retry_after: Seconds of the Retry-After header, where there is one.
    """
    body = _body(content)
    answer: dict[str, Any] = {"status": status}
    if body:
        answer |= {"code": body.status if body.code is None else body.code, "detail": body.message or ""}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimitedError(call, retry_after=retry_after, **answer)
    return _meaning(status, body, empty=not content.strip(), reading=reading, addon=addon)(call, **answer)


def _meaning(  # noqa: PLR0911
    status: int, body: _Body | None, *, empty: bool, reading: bool, addon: bool
) -> type[ClockifyError]:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return ServerError
    if body is None or status < HTTPStatus.BAD_REQUEST:
        return MalformedAnswerError  # a gateway, a proxy or a log-in page, which has no objects of Clockify
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return (
                NotPermittedError if addon and not empty and body.code not in _CREDENTIAL_CODES else BadCredentialsError
            )
        case HTTPStatus.PAYMENT_REQUIRED | HTTPStatus.FORBIDDEN:
            return LockedError if body.code in _LOCKED_CODES else NotPermittedError
        case HTTPStatus.NOT_FOUND if empty:
            return UnknownWorkspaceError
        case HTTPStatus.NOT_FOUND if body.code in _NOT_FOUND_CODES:
            return GoneError
        case HTTPStatus.BAD_REQUEST if reading and body.code in _NOT_FOUND_CODES:
            return GoneError
    return InvalidRequestError
