"""Builds a world from a scale and a seed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from clockify_sandbox.plans import ADDON_SCOPES, READ_SCOPES
from clockify_sandbox.seed.cast import Cast, keys_of
from clockify_sandbox.seed.company import AGENCY, LARGE, add_company
from clockify_sandbox.seed.draw import DAY, Draw
from clockify_sandbox.seed.tiny import add_tiny
from clockify_sandbox.workspaces import Account, Terms, add_account, add_member, add_workspace
from clockify_sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from clockify_sandbox.plans import Plan

Scale = Literal["empty", "tiny", "agency", "large"]
DEFAULT_NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
ADDON_TOKEN = "sandbox-addon-token"  # noqa: S105 - a key of the sandbox is no secret
ADDON_READ_TOKEN = "sandbox-addon-readonly-token"  # noqa: S105


def build_world(scale: Scale, seed: int, plan: Plan, api_key: str, now: datetime = DEFAULT_NOW) -> World:
    """A world of the given scale, the same for the same arguments.

    Args:
        scale: how much data there is.
        seed: any whole number.
        plan: the plan of every workspace; the data does not depend on the plan.
        api_key: the key of the owner of the first workspace.
        now: the current time, with a time zone; entries end here.
    """
    present = now.astimezone(UTC)
    world = World(now=present)
    world.keys = keys_of(SCALES[scale](world, Draw(seed, present), plan), api_key)
    first = next(iter(world.workspaces))
    world.addon_tokens = {ADDON_TOKEN: (first, ADDON_SCOPES), ADDON_READ_TOKEN: (first, READ_SCOPES)}
    return world


def _empty(world: World, draw: Draw, plan: str) -> Cast:
    workspace = add_workspace(world, draw, "Empty", plan, created=draw.now - 30 * DAY)
    account = Account(email="owner@empty.example", name="Olive Owner", created=draw.now - 30 * DAY)
    owner = add_account(world, draw, workspace.id, account)
    add_member(workspace, world.users[owner], Terms(), "OWNER")
    return Cast(owner)


def _agency(world: World, draw: Draw, plan: str) -> Cast:
    return add_company(world, draw, plan, AGENCY)


def _large(world: World, draw: Draw, plan: str) -> Cast:
    return add_company(world, draw, plan, LARGE)


SCALES: dict[Scale, Callable[[World, Draw, str], Cast]] = {
    "empty": _empty,
    "tiny": add_tiny,
    "agency": _agency,
    "large": _large,
}
"""Builders by scale; each returns the people who have API keys."""
