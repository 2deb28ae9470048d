"""Writes that take effect after the target stopped waiting for a response: how long to wait before repeating one."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from clockify_client import AmbiguousWriteError

if TYPE_CHECKING:
    from clockify_client import ClockifyError

WAITS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 5.0)
"""Seconds before each search for the effect of a write of unknown outcome."""

SURELY_OVER = timedelta(hours=2)
"""After this time, a request was executed or never will be: no pause between two requests is longer."""

LOOKED_BACK = timedelta(days=7)
"""How long later runs search for an extra object of a create that was sent twice."""

_MADE_AT = re.compile("[0-9a-f]{8}")
_CLOCKS = timedelta(minutes=5)  # that may differ

_OF_GATEWAYS = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}


def is_unsigned(error: ClockifyError) -> bool:
    """Return whether a refusal may come from a proxy or gateway instead of Clockify."""
    refused = error.status is not None and error.status not in {HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS}
    return refused and not isinstance(error, AmbiguousWriteError) and error.code is None and not error.detail


def unclear(error: ClockifyError) -> AmbiguousWriteError | None:
    """Return the failure as that of a write with an unknown outcome; None if it proves that nothing took effect."""
    if isinstance(error, AmbiguousWriteError):
        return error
    return AmbiguousWriteError(error.call, status=error.status) if is_unsigned(error) else None


def is_refusal(error: AmbiguousWriteError) -> bool:
    """Return whether something, perhaps not Clockify, refused the request: it would refuse it again."""
    is_of_client = (
        error.status is not None and HTTPStatus.BAD_REQUEST <= error.status < HTTPStatus.INTERNAL_SERVER_ERROR
    )
    return is_of_client and error.status != HTTPStatus.REQUEST_TIMEOUT


def may_be_carried_out_yet(error: AmbiguousWriteError) -> bool:
    """Return whether a write may still take effect: no response came, or one that a gateway may have sent."""
    if error.status is None or error.status in _OF_GATEWAYS:
        return True
    return HTTPStatus.BAD_REQUEST <= error.status < HTTPStatus.INTERNAL_SERVER_ERROR


def may_stem_from(object_id: str, began: datetime, now: datetime) -> bool:
    """Return whether a create that began at `began` may have created an object.

    An equal object that was created much later may be somebody else's. The first eight hex digits of an id are the time
    of creation in seconds.
    """
    if now - began <= SURELY_OVER:
        return True
    if not _MADE_AT.match(object_id):
        return False
    made = datetime.fromtimestamp(int(object_id[:8], 16), tz=UTC)
    return began - _CLOCKS <= made <= began + SURELY_OVER
