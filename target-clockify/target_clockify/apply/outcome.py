"""The outcome of a write, and what an error from Clockify means for the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clockify_client import (
    AmbiguousWriteError,
    BadCredentialsError,
    ClockifyError,
    GoneError,
    InvalidRequestError,
    LockedError,
    NotPermittedError,
    RateLimitedError,
    UnreachableError,
)

from target_clockify.errors import RejectedError
from target_clockify.model.declaration import Operation

if TYPE_CHECKING:
    from target_clockify.books.ledger import Entry, Row
    from target_clockify.decide.decisions import Write
    from target_clockify.model.declaration import State

UNKNOWN_OUTCOME = "unknown_outcome"
_KINDS: dict[type[ClockifyError], str] = {
    LockedError: "locked",
    NotPermittedError: "not_permitted",
    GoneError: "gone",
    InvalidRequestError: "refused",
    RateLimitedError: "rate_limited",
    AmbiguousWriteError: UNKNOWN_OUTCOME,
}
_RETRYABLE = {"rate_limited", UNKNOWN_OUTCOME, "locked"}
FATAL = (BadCredentialsError, UnreachableError)


def rejected(error: ClockifyError) -> RejectedError:
    """Return what an error from Clockify means: a rejection of the record, or an error that ends the run."""
    kind = next((kind for one, kind in _KINDS.items() if isinstance(error, one)), "failed")
    return RejectedError(
        kind, str(error), status=error.status, code=error.code, retryable=kind in _RETRYABLE, detail=error.detail
    )


@dataclass
class Outcome:
    """The outcome of a write: the object's id and state (None if it was deleted), or why the write failed.

    A failed write has an id, and a state if it can be read, if some of its calls took effect or may have.
    """

    write: Write
    id: str | None = None
    state: State | None = None
    error: Exception | None = None

    @property
    def status(self) -> str | None:
        """The final status of the journal entry.

        None to leave the entry open, so that the next run looks up the object.
        """
        if self.error is None:
            return "done"
        certain = isinstance(self.error, FATAL) or getattr(self.error, "kind", UNKNOWN_OUTCOME) != UNKNOWN_OUTCOME
        if certain and not self.id:
            return "refused"
        if self.id or self.write.operation not in {Operation.INSERT, Operation.CALL}:
            return "failed"
        if self.write.operation is Operation.INSERT:
            return None
        return "failed" if self.write.procedure.repeatable else "unknown"

    def closed(self, row: Row | None) -> list[tuple[Entry, str, str | None, Row | None]]:
        """Return the journal entries to close, with the ledger row; entries that stay open are left out."""
        if self.status is None:
            return []
        along = "done" if self.error is None else "void"
        consequences = [(entry, along, None, None) for entry in self.write.consequences]
        return [*consequences, (self.write.entry, self.status, str(self.error) if self.error else None, row)]


def told(error: Exception) -> Exception:
    """Return a failure as a rejection of the record, or unchanged if it ends the run."""
    return rejected(error) if isinstance(error, ClockifyError) and not isinstance(error, FATAL) else error
