"""Errors of the API: one exception with status, code and message.

`code` is Clockify's own number, not the HTTP status; several errors have no body at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clockify_sandbox import messages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clockify_sandbox.messages import Message
    from clockify_sandbox.world_options import PlanRefusal


class ApiError(Exception):
    """An error response. Without a message the body is empty."""

    def __init__(
        self,
        status: int,
        code: int | None = None,
        message: Message | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message.text("en") if message else status)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


def invalid(message: Message, code: int = 501) -> ApiError:
    """The request is well-formed, but the domain does not allow it."""
    return ApiError(400, code, message)


def not_in(noun: Message, parent: Message = messages.WORKSPACE) -> ApiError:
    """A missing, deleted or foreign id: Clockify's response is the same for all three, and never a 404."""
    return invalid(messages.DOES_NOT_BELONG(noun=noun, parent=parent))


def not_one_of(name: str, allowed: Iterable[str], code: int = 501) -> ApiError:
    """A value outside a closed set: code 3002 if the parser checks it, 501 if only the domain does."""
    return invalid(messages.NOT_ONE_OF(name=name, values=", ".join(allowed)), code)


def forbidden(code: int = 403, message: Message = messages.NOT_PERMITTED) -> ApiError:
    """The role of the caller, or the state of the entity, does not allow it."""
    return ApiError(403, code, message)


def access_denied() -> ApiError:
    """The workspace id is malformed, or the caller is not a member."""
    return forbidden(501, messages.ACCESS_DENIED)


def not_on_plan(face: PlanRefusal) -> ApiError:
    """The workspace's plan lacks the feature. All variants except 402 were observed."""
    match face:
        case "403-empty":
            return ApiError(403)
        case "403":
            return forbidden()
        case "403-501":
            return access_denied()
        case "402":
            return ApiError(402, 402, messages.FEATURE_UNAVAILABLE)
        case "400":
            return invalid(messages.NO_SUBSCRIPTION)


def unauthorized(code: int, message: Message) -> ApiError:
    """The credentials are missing, given twice, unknown or insufficient."""
    return ApiError(401, code, message)
