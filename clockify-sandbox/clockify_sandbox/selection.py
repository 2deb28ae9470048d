"""Filters of request bodies that choose things by id: `{contains, ids, status}`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from clockify_sandbox.binding import Body

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

Contains = Literal["CONTAINS", "DOES_NOT_CONTAIN", "CONTAINS_ONLY"]


class Choice(Body):
    """These ids, or all but these. Subclasses add the statuses that the chosen things can have."""

    contains: Contains = "CONTAINS"
    ids: list[str] = msgspec.field(default_factory=list)

    @property
    def excludes(self) -> bool:
        """Whether the ids are those of what is not meant."""
        return self.contains == "DOES_NOT_CONTAIN"

    def among(self, known: Iterable[str]) -> list[str]:
        """The known ids that are chosen, in their order; an empty choice chooses none, or excludes none."""
        chosen = set(self.ids)
        return [known_id for known_id in known if (known_id in chosen) != self.excludes]

    def fits(self, ids: Collection[str | None]) -> bool:
        """Whether something that carries these ids is chosen; an empty choice takes everything."""
        return not self.ids or (not set(self.ids).isdisjoint(ids)) != self.excludes


class Selection(Choice):
    """A choice of things that can be archived."""

    status: Literal["ACTIVE", "ARCHIVED", "ALL"] = "ALL"

    def keeps(self, entity_id: str | None, *, archived: bool = False) -> bool:
        """Whether an entity, or what refers to it, is wanted."""
        return (self.status == "ALL" or archived == (self.status == "ARCHIVED")) and self.fits((entity_id,))
