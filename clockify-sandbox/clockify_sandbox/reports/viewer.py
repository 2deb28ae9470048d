"""The caller of a report, and which data they may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clockify_sandbox.call import ADMIN_ROLES
from clockify_sandbox.errors import forbidden
from clockify_sandbox.people import managed_people, managed_projects

if TYPE_CHECKING:
    from clockify_sandbox.reports.request import ReportRequest
    from clockify_sandbox.world import Workspace

_MANAGER_ROLES = {"PROJECT_MANAGER", "TEAM_MANAGER"}


class Viewer:
    """A member who requests reports.

    Administrators see everything; managers see the projects and people they manage, but no amounts; everybody sees
    their own work.
    """

    def __init__(self, workspace: Workspace, user_id: str) -> None:
        roles = workspace.members.get(user_id, {"roles": []})["roles"]
        self.user_id = user_id
        self.is_admin = any(role["role"] in ADMIN_ROLES for role in roles)
        self._is_manager = any(role["role"] in _MANAGER_ROLES for role in roles)
        self._hides_rates = workspace.record["workspaceSettings"]["onlyAdminsSeeBillableRates"]
        self._projects = managed_projects(workspace, user_id)
        self._people = managed_people(workspace, user_id)

    def sees(self, user_id: str, project_id: str | None) -> bool:
        """Whether a user's work on a project is visible."""
        return self.is_admin or user_id in self._people or project_id in self._projects

    def amounts(self, request: ReportRequest) -> tuple[str, ...]:
        """The kinds of amounts to show, the main one first; none if amounts are hidden.

        Raises:
            ApiError: 403 for a manager who does not ask to hide them.
        """
        wanted = [*([request.amount_shown] if request.amount_shown else []), *request.amounts] or ["EARNED"]
        hidden = "HIDE_AMOUNT" in wanted
        if self._is_manager and not self.is_admin and not hidden:
            raise forbidden()
        kinds = ["EARNED" if kind == "EXPORT" else kind for kind in wanted]
        if not self.is_admin:
            # Only administrators see costs and profits; whether members see the amounts of their own work depends on
            # the workspace.
            kinds = [] if self._hides_rates else [kind for kind in kinds if kind == "EARNED"]
        return () if hidden else tuple(dict.fromkeys(kinds))
