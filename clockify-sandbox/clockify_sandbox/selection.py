"""Filters of request bodies that select objects by id: `{contains, ids, status}`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from clockify_sandbox.binding import Body

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

Contains = Literal["CONTAINS", "DOES_NOT_CONTAIN", "CONTAINS_ONLY"]


class Choice(Body):
    """A selection of these ids, or of all other ids. Subclasses add statuses."""

    contains: Contains = "CONTAINS"
    ids: list[str] = msgspec.field(default_factory=list)

    @property
    def excludes(self) -> bool:
        """Whether the ids are excluded."""
        return self.contains == "DOES_NOT_CONTAIN"

    def among(self, known: Iterable[str]) -> list[str]:
        """The selected ids among known ones, in order; an empty selection includes none, or excludes none."""
        chosen = set(self.ids)
        return [known_id for known_id in known if (known_id in chosen) != self.excludes]

    def fits(self, ids: Collection[str | None]) -> bool:
        """Whether an object with these ids is selected; an empty selection matches everything."""
        return not self.ids or (not set(self.ids).isdisjoint(ids)) != self.excludes


class Selection(Choice):
    """A selection of objects that can be archived."""

    status: Literal["ACTIVE", "ARCHIVED", "ALL"] = "ALL"

    def keeps(self, entity_id: str | None, *, archived: bool = False) -> bool:
        """Whether an entity, or an object that refers to it, is selected."""
        return (self.status == "ALL" or archived == (self.status == "ARCHIVED")) and self.fits((entity_id,))
