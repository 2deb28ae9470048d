"""Pieces that many requests share."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta, field

from clockify_sandbox.binding import Body

if TYPE_CHECKING:
    from collections.abc import Iterable

SortOrder = Literal["ASCENDING", "DESCENDING"]
Minor = Annotated[int, Meta(ge=0)]
"""An amount in minor units."""
Color = Annotated[str, Meta(pattern="^#(?:[0-9a-fA-F]{6})$")]
Day = Literal["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]


class RateBody(Body):
    """A rate. `since` is read and not kept: the new rate holds for all time."""

    amount: Minor
    since: datetime | None = None


class Choice(Body):
    """A choice of users, groups or projects."""

    contains: Literal["CONTAINS", "DOES_NOT_CONTAIN", "CONTAINS_ONLY"] = "CONTAINS"
    ids: list[str] = field(default_factory=list)
    status: str | None = None

    def among(self, known: Iterable[str]) -> list[str]:
        """The known ids that are chosen, in their order."""
        chosen = set(self.ids)
        return [known_id for known_id in known if (known_id in chosen) == (self.contains != "DOES_NOT_CONTAIN")]


class CustomFieldValue(Body):
    """The value of a custom field of a user or an entry."""

    custom_field_id: str
    value: Any = None
    source_type: str | None = None
