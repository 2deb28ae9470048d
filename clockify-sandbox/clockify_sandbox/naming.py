"""Names and time zones of people, and labels of objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clockify_sandbox.world import Record, World


def name_of(world: World, user_id: str) -> str:
    """The name of a user, or the e-mail address if the name is missing."""
    user = world.users[user_id]
    return user["name"] or user["email"] or ""


def zone_of(world: World, user_id: str) -> str:
    """The time zone of a user's account."""
    settings = world.users[user_id]["settings"]
    return settings["timeZone"] if settings else "UTC"


def label_of(table: Mapping[str, Record], entity_id: str | None) -> str:
    """The name of the object with an id; "" if there is no such object."""
    entity = table.get(entity_id or "")
    return str(entity["name"]) if entity else ""
