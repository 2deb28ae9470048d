"""Why a record cannot be written, and why a run ends early."""

from __future__ import annotations


class StoppedError(Exception):
    """The run ends early: because of rejects (if a setting says so), a signal, or ambiguous input."""


class RejectedError(Exception):
    """A record that cannot be written, and why.

    Attributes:
        kind: The class of the error, for programs.
        status: The HTTP status, if Clockify refused.
        code: Clockify's error code, if it refused.
        retryable: The same record may succeed later.
        detail: Clockify's message; it may repeat submitted values.
    """

    def __init__(  # noqa: PLR0913
        self,
        kind: str,
        message: str,
        *,
        status: int | None = None,
        code: int | None = None,
        retryable: bool = False,
        detail: str = "",
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.code = code
        self.retryable = retryable
        self.detail = detail


UNEXPECTED_FORM = (AttributeError, LookupError, TypeError, ValueError)
"""The exceptions that code may raise when a response has an unexpected shape."""
