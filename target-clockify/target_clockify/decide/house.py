"""Checks whether the settings of the workspace forbid a write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clockify.model.declaration import House
from target_clockify.model.objects import BY_NAME

if TYPE_CHECKING:
    from target_clockify.mirror import Mirror
    from target_clockify.model.declaration import Operation, State, WritableObject


def forbidden(mirror: Mirror, target: WritableObject, operation: Operation, current: State, wanted: State) -> str:
    """Return every rule that forbids a write; empty if it is allowed.

    Raises:
        NotReadError: A list that the rules need has to be read first.
    """
    if target.house_rules is None:
        return ""
    workspace = mirror.listed(BY_NAME["workspaces"], mirror.reader.workspace) or {}
    house = House(workspace.get("workspaceSettings") or {}, mirror.is_admin, mirror.running, mirror.approved)
    return "; ".join(target.house_rules(house, operation, current, wanted))
