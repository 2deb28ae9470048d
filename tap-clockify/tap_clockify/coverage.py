"""What the runs of a stream have covered so far, so that a loss of rights is not mistaken for deletions.

Clockify filters most lists by the role of the key's owner and still answers 200. So the bookmark of a stream records
which workspaces were covered, and which part of each the key can read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EVERYTHING = "everything"
"""The reach of an owner or admin: the whole workspace."""

_SEVERAL = "several users"
_PAGES = "PROJECT", "REPORTS", "TEAM"  # possible values in `adminOnlyPages`
_FOR_ADMINS = "onlyAdminsSeeAllTimeEntries", "onlyAdminsSeeBillableRates", "onlyAdminsSeePublicProjectsEntries"


def reach_of(user: str, rights: Iterable[str] = (), *, is_admin: bool) -> str:
    """Return which part of a workspace a user can read: everything, or what Clockify shows to that user.

    Args:
        user: Id of the user.
        rights: Ids of the projects, groups and people to which memberships and roles give the user access, and what the
            workspace shows to everybody.
        is_admin: Whether the user is an owner or admin of the workspace.
    """
    return EVERYTHING if is_admin else " ".join(["user", user, *sorted(rights)])


def shown_to_all(settings: Any) -> set[str]:
    """Return what the settings of a workspace show to all members, not only to admins.

    If a workspace restricts time entries, rates or a page to admins, a member gets shorter lists, still with status
    200.

    Args:
        settings: The workspace's `workspaceSettings`.
    """
    if not isinstance(settings, dict):
        return set()
    reserved = settings.get("adminOnlyPages")
    pages = {f"page:{one}" for one in _PAGES if one not in reserved} if isinstance(reserved, list) else set()
    return pages | {f"open:{name}" for name in _FOR_ADMINS if settings.get(name) is False}


def _includes(reach: str, other: str) -> bool:
    """Return whether the first reach includes the second."""
    return reach == EVERYTHING or set(other.split()) <= set(reach.split())


@dataclass(frozen=True)
class Coverage:
    """What a run of one stream covers.

    Attributes:
        reaches: Reach by the id of each workspace that is covered.
        since: Start of the window, as an ISO date; empty if there is none.
        former: Workspaces in which the run searched for people who have left.
    """

    reaches: Mapping[str, str] = field(default_factory=dict)
    since: str = ""
    former: frozenset[str] = frozenset()

    @classmethod
    def of_bookmark(cls, bookmark: Any) -> Coverage | None:
        """Return what a bookmark records; None if the bookmark is not understood."""
        recorded = bookmark.get("coverage") if isinstance(bookmark, dict) else None
        if not isinstance(recorded, dict) or not isinstance(recorded.get("workspaces"), dict):
            return None
        reaches = {name: reach for name, reach in recorded["workspaces"].items() if isinstance(reach, str)}
        since, former = recorded.get("since"), recorded.get("former")
        known = frozenset(one for one in former if isinstance(one, str)) if isinstance(former, list) else frozenset()
        return cls(reaches, since if isinstance(since, str) else "", known)

    def as_bookmark(self) -> dict[str, Any]:
        """Return the coverage in the form of a bookmark."""
        since = {"since": self.since} if self.since else {}
        former = {"former": sorted(self.former)} if self.former else {}
        return {"workspaces": dict(sorted(self.reaches.items())), **since, **former}

    def losses_after(self, last: Coverage) -> dict[str, str]:
        """Return what earlier runs covered and this one does not, by workspace id; the key "" stands for all."""
        losses = {}
        for workspace, before in last.reaches.items():
            now = self.reaches.get(workspace)
            if now is None:
                losses[workspace] = "an earlier run read it"
            elif not _includes(now, before):
                losses[workspace] = "the key of an earlier run reached more of it, or another person's part"
        for workspace in last.former - self.former:
            losses.setdefault(workspace, "an earlier run looked for people who have left, this one does not")
        if self.since and last.since and self.since > last.since:
            losses[""] = f"an earlier run read from {last.since} on, this one from {self.since} on"
        return losses

    def joined_to(self, last: Coverage | None) -> Coverage:
        """Return what all runs together have covered: rows of earlier runs may still be in the destination."""
        if last is None:
            return self
        reaches = dict(last.reaches)
        for workspace, reach in self.reaches.items():
            before = reaches.get(workspace, reach)
            larger = next(
                (one for one in (reach, before) if _includes(one, reach) and _includes(one, before)), _SEVERAL
            )
            reaches[workspace] = larger
        since = min(filter(None, (self.since, last.since)), default="")
        return Coverage(reaches, since, self.former | last.former)
