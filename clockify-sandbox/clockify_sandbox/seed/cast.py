"""The people of a world with an API key: one for every role, and two in time zones far from UTC."""

from __future__ import annotations

from typing import NamedTuple


class Cast(NamedTuple):
    """User ids by role in the first workspace; only the owner is in every world.

    `west` and `east` are people in time zones far from UTC: for them, the limits of a window differ.
    """

    owner: str
    admin: str | None = None
    project_manager: str | None = None
    team_manager: str | None = None
    member: str | None = None
    limited: str | None = None
    west: str | None = None
    east: str | None = None


ADMIN_KEY = "sandbox-admin-key"
PROJECT_MANAGER_KEY = "sandbox-project-manager-key"
TEAM_MANAGER_KEY = "sandbox-team-manager-key"
MEMBER_KEY = "sandbox-member-key"
LIMITED_KEY = "sandbox-limited-key"  # the older name of the plain member's key
LIMITED_ACCOUNT_KEY = "sandbox-limited-account-key"
WEST_KEY = "sandbox-west-key"
EAST_KEY = "sandbox-east-key"


def keys_of(cast: Cast, owner_key: str) -> dict[str, str]:
    """User ids by API key; the owner's key comes first and replaces others of the same name."""
    keys = {
        ADMIN_KEY: cast.admin,
        PROJECT_MANAGER_KEY: cast.project_manager,
        TEAM_MANAGER_KEY: cast.team_manager,
        MEMBER_KEY: cast.member,
        LIMITED_KEY: cast.member,
        LIMITED_ACCOUNT_KEY: cast.limited,
        WEST_KEY: cast.west,
        EAST_KEY: cast.east,
    }
    others = {key: user_id for key, user_id in keys.items() if user_id and key != owner_key}
    return {owner_key: cast.owner, **others}
