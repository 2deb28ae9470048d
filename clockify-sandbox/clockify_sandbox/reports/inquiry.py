"""An inquiry: a request with its caller, workspace and time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from clockify_sandbox import messages
from clockify_sandbox.errors import invalid
from clockify_sandbox.naming import zone_of
from clockify_sandbox.paging import Paging, Window
from clockify_sandbox.reports.span import Calendar, Span, asked_for
from clockify_sandbox.reports.viewer import Viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    from clockify_sandbox.call import Call
    from clockify_sandbox.reports.exports import Sheet
    from clockify_sandbox.reports.request import ReportRequest
    from clockify_sandbox.shapes.people import User
    from clockify_sandbox.shapes.work import Client, Project
    from clockify_sandbox.world import Workspace, World

REPORT_PAGES = Paging(size="pageSize", maximum=1000)
_FREE_DAYS = 31


@dataclass(frozen=True)
class Report:
    """The result: JSON, the same as a table (made on demand), and whether the last page was reached.

    `is_last` is None for reports that do not say so.
    """

    body: dict[str, Any]
    sheet: Callable[[], Sheet]
    is_last: bool | None = None


@dataclass(frozen=True)
class Inquiry:
    """The input of a report. `amounts` are the kinds of amounts to show, none if they are hidden.

    `page_cap` is the world's limit of rows per page, 0 for no limit.
    """

    world: World
    workspace: Workspace
    viewer: Viewer
    request: ReportRequest
    span: Span
    amounts: tuple[str, ...]
    now: int
    page_cap: int = 0

    @classmethod
    def by(cls, call: Call, request: ReportRequest, user_id: str | None = None, *, rolling: bool = False) -> Inquiry:
        """The inquiry of a caller, or of the author of a saved report.

        Raises:
            ApiError: 400/501 for a span that is invalid or too long for the plan, 403 for amounts that a manager may
                not see.
        """
        viewer = Viewer(call.workspace, user_id or call.user_id)
        span = asked_for(request, zone_of(call.world, viewer.user_id), call.today, rolling=rolling)
        amounts = viewer.amounts(request)
        if len(span.days) > _FREE_DAYS and "UNLIMITED_REPORTS" not in call.workspace.record["features"]:
            raise invalid(messages.RANGE_TOO_LONG_FOR_PLAN(days=_FREE_DAYS))
        return cls(call.world, call.workspace, viewer, request, span, amounts, call.now, call.options.page_cap)

    def window(self, page: int | None, size: int | None) -> Window:
        """The window of a page number and size in a body."""
        return REPORT_PAGES.window(page, size).capped(self.page_cap)

    @cached_property
    def calendar(self) -> Calendar:
        """The calendar in the time zone of the report."""
        return Calendar(self.span.zone)

    def title(self, kind: str) -> str:
        """The name of an exported file."""
        return f"Clockify {kind} Report {self.span.first:%d_%m_%Y}-{self.span.days[-1]:%d_%m_%Y}"

    def user(self, user_id: str) -> User:
        """The account of a user, also of former members."""
        return self.world.users[user_id]

    def zone_of(self, user_id: str) -> str:
        """The time zone of a user's account."""
        settings = self.user(user_id)["settings"]
        return settings["timeZone"] if settings else self.span.zone

    def project(self, project_id: str | None) -> Project | None:
        """A project, if it exists."""
        return self.workspace.projects.get(project_id or "")

    def client_of(self, project_id: str | None) -> Client | None:
        """The client of a project, if both exist."""
        project = self.project(project_id)
        return self.workspace.clients.get(project["clientId"]) if project else None
