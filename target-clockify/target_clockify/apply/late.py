"""Writes that take effect after their answer was given up: how long to wait for them before one is repeated."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from clockify_client import AmbiguousWriteError

if TYPE_CHECKING:
    from clockify_client import ClockifyError

WAITS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 5.0)
"""Seconds before each search for the effect of a write of unknown outcome."""

_NOT_OF_CLOCKIFY = {
    None,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}


def is_unsigned(error: ClockifyError) -> bool:
    """Tell whether a refusal says nothing by which Clockify could be told from something on the way to it."""
    refused = error.status is not None and error.status not in {HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS}
    return refused and not isinstance(error, AmbiguousWriteError) and error.code is None and not error.detail


def may_be_carried_out_yet(error: AmbiguousWriteError) -> bool:
    """Tell whether a write may still be under way: no answer came, or a gateway gave up."""
    return error.status in _NOT_OF_CLOCKIFY
