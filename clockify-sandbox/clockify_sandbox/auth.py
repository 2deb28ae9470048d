"""Identifies the caller: by an API key of a user, or a token of an add-on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clockify_sandbox import messages
from clockify_sandbox.errors import unauthorized

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clockify_sandbox.routing import Route
    from clockify_sandbox.shapes.people import User
    from clockify_sandbox.world import World

KEY_HEADER = "x-api-key"
TOKEN_HEADER = "x-addon-token"  # noqa: S105 - the name of a header


@dataclass(frozen=True)
class Caller:
    """The account of a call; for an add-on also its workspace and scopes."""

    user: User
    addon_workspace: str | None = None
    scopes: tuple[str, ...] = ()


def authenticate(world: World, headers: Mapping[str, str]) -> Caller:
    """The caller of a request.

    Raises:
        ApiError: 401/1000 unless exactly one credential is sent, 4003 for an unknown key, 4017 for an unknown token.
    """
    key, token = headers.get(KEY_HEADER), headers.get(TOKEN_HEADER)
    if bool(key) == bool(token):
        raise unauthorized(1000, messages.ONE_CREDENTIAL)
    if key:
        if key not in world.keys:
            raise unauthorized(4003, messages.API_KEY_UNKNOWN)
        return Caller(world.users[world.keys[key]])
    if token not in world.addon_tokens:
        raise unauthorized(4017, messages.TOKEN_INVALID)
    workspace_id, scopes = world.addon_tokens[token]
    owner = next(
        user_id
        for user_id, member in world.workspaces[workspace_id].members.items()
        if any(role["role"] == "OWNER" for role in member["roles"])
    )
    return Caller(world.users[owner], workspace_id, scopes)


def require_scope(caller: Caller, route: Route) -> None:
    """Refuse an add-on whose token lacks the scope of the route."""
    if caller.addon_workspace is None:
        return
    if route.scope is None:
        raise unauthorized(403, messages.NOT_FOR_ADDONS)
    needed = f"{route.scope}_{'READ' if route.reads else 'WRITE'}"
    if needed not in caller.scopes:
        raise unauthorized(403, messages.ADDON_LACKS_SCOPE(addon=caller.addon_workspace, scope=needed))
