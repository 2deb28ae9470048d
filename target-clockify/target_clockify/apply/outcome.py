"""What became of a write, and what a failure of Clockify means for the record it belongs to."""

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
    """Return the rejection or the error that a failure of Clockify means for its record."""
    kind = next((kind for one, kind in _KINDS.items() if isinstance(error, one)), "failed")
    return RejectedError(
        kind, str(error), status=error.status, code=error.code, retryable=kind in _RETRYABLE, detail=error.detail
    )


@dataclass
class Outcome:
    """What became of a write: the object's id and state, None if it is gone, or why it failed.

    A failed write has an id, and a state where it can be read, if some of its calls took place or may have.
    """

    write: Write
    id: str | None = None
    state: State | None = None
    error: Exception | None = None

    @property
    def status(self) -> str | None:
        """What to close the journal's entry with; None to leave it open, for the next run to look the object up."""
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
        """Return how the entries of the journal are closed, with the ledger's row; none that are to stay open."""
        if self.status is None:
            return []
        along = "done" if self.error is None else "void"
        consequences = [(entry, along, None, None) for entry in self.write.consequences]
        return [*consequences, (self.write.entry, self.status, str(self.error) if self.error else None, row)]


def told(error: Exception) -> Exception:
    """Return a failure as a rejection of the record, or as it is if it ends the run."""
    return rejected(error) if isinstance(error, ClockifyError) and not isinstance(error, FATAL) else error
