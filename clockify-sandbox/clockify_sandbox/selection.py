"""Filters of request bodies that pick entities by id: `{contains, ids, status}`."""

from __future__ import annotations

from typing import Literal

import msgspec

from clockify_sandbox.binding import Body


class Selection(Body):
    """Which ids are wanted. Without ids everything is, as far as its state fits."""

    contains: Literal["CONTAINS", "DOES_NOT_CONTAIN", "CONTAINS_ONLY"] = "CONTAINS"
    ids: list[str] = msgspec.field(default_factory=list)
    status: Literal["ACTIVE", "ARCHIVED", "ALL"] = "ALL"

    def keeps(self, entity_id: str | None, *, archived: bool = False) -> bool:
        """Whether an entity, or what refers to it, is wanted."""
        if self.status != "ALL" and archived != (self.status == "ARCHIVED"):
            return False
        if not self.ids:
            return True
        return (entity_id in self.ids) != (self.contains == "DOES_NOT_CONTAIN")
