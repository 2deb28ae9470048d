"""What people are called, and where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clockify_sandbox.world import World


def name_of(world: World, user_id: str) -> str:
    """What a user is called: the name, or the address of those who have not given one yet."""
    user = world.users[user_id]
    return user["name"] or user["email"] or ""


def zone_of(world: World, user_id: str) -> str:
    """The time zone of a user's account."""
    return str((world.users[user_id]["settings"] or {}).get("timeZone") or "UTC")
