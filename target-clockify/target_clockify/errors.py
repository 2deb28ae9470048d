"""Why a record cannot be written, and why a run ends early."""

from __future__ import annotations


class StoppedError(Exception):
    """The run ends: too many rejects, the first one if the settings want that, a signal, or input that is ambiguous."""


class RejectedError(Exception):
    """A record that cannot be written, and why.

    Attributes:
        kind: The class of the error, by which a program distinguishes cases.
        status: HTTP status, where Clockify refused.
        code: Clockify's own code, likewise.
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
"""What becomes of answers of a form that nobody expects where they are used."""
