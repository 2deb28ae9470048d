"""The sandbox itself: a world, its clock and its routes, and the order in which a request is checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from clockify_sandbox import messages
from clockify_sandbox.answers import Answer
from clockify_sandbox.auth import authenticate, require_scope
from clockify_sandbox.binding import decode_body, decode_form, decode_query
from clockify_sandbox.call import Call
from clockify_sandbox.clock import Clock
from clockify_sandbox.errors import ApiError, access_denied, forbidden, not_on_plan
from clockify_sandbox.people import oversight
from clockify_sandbox.recorder import Recorder
from clockify_sandbox.render import time_entry_renderer
from clockify_sandbox.values import epoch, is_id
from clockify_sandbox.webhook_events import ANNOUNCED_ABOUT
from clockify_sandbox.world_options import PLAIN, WorldOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clockify_sandbox.deliveries import Delivery
    from clockify_sandbox.routing import Host, Match, Route, Router
    from clockify_sandbox.webhook_events import AnnouncedEvent
    from clockify_sandbox.world import Workspace, World


@dataclass
class Request:
    """A received request. Header names are in lower case; `form` and `files` are those of a multipart body."""

    method: str
    host: Host
    path: str
    query_string: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    form: Mapping[str, list[str]] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)


class Sandbox:
    """Answers requests from a world. `options` select the variant of Clockify; they may be replaced at any time."""

    def __init__(self, world: World, router: Router, ids: int = 0, options: WorldOptions = PLAIN) -> None:
        self.world = world
        self.options = options
        self.clock = Clock(world, ids)
        self.router = router
        self.outbox: list[Delivery] = []  # the server of this sandbox delivers these

    def let_time_pass(self, until: datetime) -> None:
        """Move the clock; send webhooks for approved time off that begins in the meantime."""
        before = self.clock.seconds
        self.clock.move_to(until)
        for workspace in self.world.workspaces.values():
            for request in workspace.time_off_requests.values():
                start = epoch(datetime.fromisoformat(request["timeOffPeriod"]["period"]["start"]))
                if request["status"]["statusType"] == "APPROVED" and before < start <= self.clock.seconds:
                    self._recorder(workspace, request["userId"]).event("TIME_OFF_REQUEST_STARTED", request)

    def announce(self, event: AnnouncedEvent, entity_id: str) -> None:
        """Send the webhooks of an event that only the web application causes; nothing else changes.

        Raises:
            ValueError: no workspace has the entity.
        """
        table = ANNOUNCED_ABOUT[event]
        for workspace in self.world.workspaces.values():
            if table == "members" and (member := workspace.members.get(entity_id)):
                former = {"oldEmail": f"former-{self.world.users[entity_id]['email']}"}
                self._recorder(workspace, entity_id).event(event, {"id": entity_id, **member}, former)
                return
            if table == "expenses" and (expense := workspace.expenses.get(entity_id)):
                self._recorder(workspace, expense["userId"]).event(event, expense)
                return
            if table == "time_entries" and (entry := workspace.time_entries.get(entity_id)):
                shown = time_entry_renderer(workspace)(entry)
                self._recorder(workspace, entry.user_id).event(event, shown, {"entry": entry})
                return
        raise ValueError(f"{event} is about {table.replace('_', ' ')}: there is none with id {entity_id}")

    def _recorder(self, workspace: Workspace, author_id: str) -> Recorder:
        return Recorder(self.clock, self.world, workspace, self.world.users[author_id], self.outbox)

    def answer(self, request: Request, match: Match | ApiError) -> Answer:
        """Check and run one request.

        Credentials are checked first, then the route, the workspace, plan and role, the query and the body; the route's
        function does the rest.

        Args:
            request: the request.
            match: the result of `router.match`.

        Raises:
            ApiError: if the API refuses it.
        """
        caller = authenticate(self.world, request.headers)
        if isinstance(match, ApiError):
            raise match
        route = match.route
        require_scope(caller, route)
        _require_acceptable(request)
        call = Call(self, caller, match.path, parse_qs(request.query_string, keep_blank_values=True))
        if "ws" in match.path:
            self._enter(call, route)
        result = route.handler(call, **self._arguments(call, route, request))
        return result if isinstance(result, Answer) else Answer.of(route.status, result)

    def _enter(self, call: Call, route: Route) -> None:
        workspace_id = call.path["ws"]
        if not is_id(workspace_id):
            raise access_denied()
        workspace = self.world.workspaces.get(workspace_id)
        if workspace is None:
            raise ApiError(404)
        member = workspace.members.get(call.user_id)
        if member is None or member["membershipStatus"] not in ("ACTIVE", "PENDING"):
            raise access_denied()
        if call.caller.addon_workspace not in (None, workspace_id):
            raise access_denied()
        call.enter(workspace)
        if not _may(call, route):
            raise forbidden()
        if route.feature and route.feature not in workspace.record["features"]:
            raise not_on_plan(self.options.plan_refusal)

    def _arguments(self, call: Call, route: Route, request: Request) -> dict[str, Any]:
        arguments: dict[str, Any] = {}
        paging = route.paging
        if "query" in route.takes:
            arguments["query"] = decode_query(route.takes["query"], call.query)
        if paging and not paging.in_body:
            call.open_window(paging.of_query(call.query))
        if "body" in route.takes:
            _require_json(request)
            raw = request.body or (b"{}" if route.body_optional else b"")
            arguments["body"] = decode_body(route.takes["body"], raw)
            if paging and paging.in_body:
                call.open_window(paging.of_body(arguments["body"]))
        if "form" in route.takes:
            content_type = request.headers.get("content-type", "")
            if not content_type.startswith("multipart/form-data"):
                raise ApiError(415, 3000, messages.CONTENT_TYPE_UNSUPPORTED(kind=content_type))
            arguments["form"] = decode_form(route.takes["form"], request.form)
            call.files = request.files
        call.last_page_header = bool(paging and paging.last_page)
        return arguments


def _may(call: Call, route: Route) -> bool:
    if route.role == "MEMBER" or call.is_admin:
        return True
    user_id = call.path.get("userId", "")
    return route.role == "SELF" and (user_id == call.user_id or (route.reads and oversight(call)(user_id)))


def _require_acceptable(request: Request) -> None:
    # The API never sends text or XML, so a client that accepts only these is refused.
    wanted = request.headers.get("accept", "*/*").split(",")
    if all(kind.strip().startswith(("text/", "application/xml")) for kind in wanted):
        raise ApiError(406, 3000, messages.NOT_ACCEPTABLE)


def _require_json(request: Request) -> None:
    content_type = request.headers.get("content-type", "application/json")
    if request.body and "json" not in content_type:
        raise ApiError(415, 3000, messages.CONTENT_TYPE_UNSUPPORTED(kind=content_type))
