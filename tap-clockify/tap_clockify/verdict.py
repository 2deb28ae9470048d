"""Whether a stream was read completely, and if not, why. A loader may delete rows only of complete streams."""

from __future__ import annotations

import enum
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Self

from tap_clockify.coverage import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clockify.coverage import Coverage

_CLOCKIFY_ID = re.compile("[0-9a-f]{24}")
_NAMED = 10  # ids in a line; the rest is counted
_ALIKE = 3  # workspaces that get a separate line for the same reason; the rest is counted


def shown_id(value: str) -> str:
    """Return an id as messages show it.

    An id that is none of Clockify's could hold a secret, or forge a line of the log.
    """
    return value if _CLOCKIFY_ID.fullmatch(value) else f"(an id of {len(value)} characters)"


class Cause(enum.Enum):
    """Why a stream is incomplete.

    Attributes:
        text: What happened, for a line of the log.
        advice: What to do about it.
        failed: The run ends with exit code 1, since the missing rows should have been read.
        chosen: The reason is a setting.
    """

    text: str
    advice: str
    failed: bool
    chosen: bool

    def __new__(cls, text: str, advice: str, *flags: str) -> Self:
        """Return a member whose value is its text."""
        made = object.__new__(cls)
        made._value_ = made.text = text
        made.advice, made.failed, made.chosen = advice, "failed" in flags, "chosen" in flags
        return made

    RULED_OUT = "the settings rule it out", "unset suppress_extended_requests to read it", "chosen"
    NARROWED = "the settings read only a part of it", "deletions are followed without these settings", "chosen"
    SHARED = (
        "other runs load into the same tables",
        "unset shared_destination in a run that reads all of them",
        "chosen",
    )
    PLAN = "the plan of the workspace does not include it", "keep STATE between runs, or deselect the stream"
    REFUSED = "Clockify does not permit reading it", "keep STATE between runs, or use the key of an owner or admin"
    ROLE = "the role of the key's owner may be shown only a part", "keep STATE between runs, or use the key of an admin"
    LOST = "less is covered than before", "restore the right or setting, or remove its rows and reset the bookmark"
    LEFT = "somebody has tracked time of which no entry could be read", "look for it in Clockify's detailed report"
    NOT_LOOKED_FOR = "people who left could not be looked for", "keep STATE between runs, or use the key of an admin"
    UNLISTED = "the list of users lacks the person whose key reads it", "run again, and compare it with the team page"
    SHIFTED = (
        "a row came twice, so the list changed while it was read or is not whole",
        "run again",
        "failed",
    )
    UNVERIFIED = "who tracked time could not be looked up", "run again, or unset verify_time_entries", "failed"
    WITHHELD = (
        "rows lack the part that the stream is made from",
        "use the key of an owner or admin, or deselect the stream",
    )
    BROKEN = "it could not be read", "run again; if that does not help, report the call that is named here", "failed"
    CONTRADICTED = "a list is not whole", "run again", "failed"
    FOREIGN = (
        "rows belong to another request, and were left out",
        "run again; a proxy or a cache may mix up responses",
        "failed",
    )
    ODD_ROWS = "rows without a usable key or of another shape were left out", "run again, or report it", "failed"


class _Place(NamedTuple):
    cause: Cause
    workspace: str
    detail: str


_NOT_PERMITTED = {Cause.PLAN, Cause.REFUSED}


@dataclass
class Verdict:
    """The reasons why a stream is incomplete. Without reasons it is complete, and its version may be activated."""

    stream: str
    _reasons: dict[_Place, list[str]] = field(default_factory=dict)

    def add(self, cause: Cause, detail: str = "", *, workspace: str = "", parent: str = "") -> None:
        """Note a reason.

        Args:
            cause: What kind of reason it is.
            detail: Further details, without values of records.
            workspace: Id of the affected workspace, if there is one.
            parent: Id of the parent whose rows are missing, if there is one.
        """
        parents = self._reasons.setdefault(_Place(cause, workspace, detail), [])
        if parent and parent not in parents:
            parents.append(parent)

    def judge_coverage(self, now: Coverage, last: Coverage | None) -> None:
        """Prevent activation if less is covered than before, or if it is not known what was covered before.

        If it is known that a part was never covered, that part does not prevent activation, since none of its rows were
        loaded.
        """
        if last is None:
            for workspace, reach in now.reaches.items():
                if reach != EVERYTHING:
                    self.add(Cause.ROLE, workspace=workspace)
            return
        for workspace, loss in now.losses_after(last).items():
            self.add(Cause.LOST, loss, workspace=workspace)
        for place, parents in list(self._reasons.items()):
            never_covered = place.workspace and place.workspace not in last.reaches
            if place.cause in _NOT_PERMITTED and never_covered and not parents:
                del self._reasons[place]

    def covers(self, workspace: str) -> bool:
        """Return whether the key may read a workspace: then rows may have been loaded even if requests failed."""
        return not any(
            place.workspace == workspace and not parents and place.cause in _NOT_PERMITTED
            for place, parents in self._reasons.items()
        )

    @property
    def complete(self) -> bool:
        """Whether all rows came."""
        return not self._reasons

    @property
    def failed(self) -> bool:
        """Whether something failed that should have succeeded."""
        return any(place.cause.failed for place in self._reasons)

    @property
    def causes(self) -> list[Cause]:
        """The kinds of reasons, each once."""
        return list(dict.fromkeys(place.cause for place in self._reasons))

    def lines(self) -> Iterator[tuple[Cause, str]]:
        """Yield a line for each reason, with its ids; for many equal reasons, one line with a count."""
        alike = Counter((place.cause, place.detail) for place in self._reasons)
        said: Counter[tuple[Cause, str]] = Counter()
        for (cause, workspace, detail), parents in self._reasons.items():
            said[cause, detail] += 1
            if said[cause, detail] > _ALIKE:
                if said[cause, detail] == alike[cause, detail]:
                    others = alike[cause, detail] - _ALIKE
                    yield (
                        cause,
                        f"{self.stream} is incomplete in {others} more workspaces for this reason: {cause.text}",
                    )
                continue
            more = f" and {len(parents) - _NAMED} more" if len(parents) > _NAMED else ""
            of = f" of {', '.join(map(shown_id, parents[:_NAMED]))}{more}" if parents else ""
            where = f" in workspace {shown_id(workspace)}" if workspace else ""
            why = f"{cause.text}: {detail}" if detail else cause.text
            yield cause, f"{self.stream} is incomplete{of}{where}, no rows are removed: {why}; {cause.advice}"
