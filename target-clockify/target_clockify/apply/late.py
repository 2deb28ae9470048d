"""Writes that take effect after their answer was given up: how long to wait for them before one is repeated."""

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
"""After this long every request has been carried out, or never will be: no pause between two requests is longer."""

LOOKED_BACK = timedelta(days=7)
"""How long later runs look for what a create made that was sent again."""

_MADE_AT = re.compile("[0-9a-f]{8}")
_CLOCKS = timedelta(minutes=5)  # that may differ

_NOT_OF_CLOCKIFY = {
    None,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}


def is_unsigned(error: ClockifyError) -> bool:
    """Return whether a refusal could just as well come from something between us and Clockify."""
    refused = error.status is not None and error.status not in {HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS}
    return refused and not isinstance(error, AmbiguousWriteError) and error.code is None and not error.detail


def may_be_carried_out_yet(error: AmbiguousWriteError) -> bool:
    """Return whether a write may still be under way: no answer came, or a gateway gave up."""
    return error.status in _NOT_OF_CLOCKIFY


def may_stem_from(object_id: str, began: datetime, now: datetime) -> bool:
    """Return whether a create that began at a moment may have made an object.

    Long after it, somebody may have made an object that is just like it. The first eight digits of an id are the second
    in which the object was made.
    """
    if now - began <= SURELY_OVER:
        return True
    if not _MADE_AT.match(object_id):
        return False
    made = datetime.fromtimestamp(int(object_id[:8], 16), tz=UTC)
    return began - _CLOCKS <= made <= began + SURELY_OVER
