"""Parts that many request bodies share."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta

from clockify_sandbox.binding import Body

if TYPE_CHECKING:
    from clockify_sandbox.world import Entity, Record

SortOrder = Literal["ASCENDING", "DESCENDING"]
Minor = Annotated[int, Meta(ge=0)]
"""An amount in minor units."""
Color = Annotated[str, Meta(pattern="^#(?:[0-9a-fA-F]{6}){1}$")]
Day = Literal["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]


class RateBody(Body):
    """A rate. `since` is read but not stored: the new rate is valid for all time."""

    amount: Minor
    since: datetime | None = None


def rate_details(source: str, modified: Record, currency: str, body: RateBody) -> Entity:
    """Details for events of rates: the changed object, and the request."""
    return {
        "source": source,
        "modified": modified,
        "currency": currency,
        "amount": body.amount,
        "since": body.since,
    }


class CustomFieldValue(Body):
    """The value of a custom field of a user or an entry."""

    custom_field_id: str
    value: Any = None
    source_type: str | None = None
