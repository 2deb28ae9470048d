"""Routes: how modules declare them, and how a path is matched.

A route is a function with one decorator line. Its arguments besides the call define what the route reads: `query` and
`body` (or `form`, for multipart) are converted to the types of their annotations before the function runs; so these
modules have no `from __future__ import annotations`, which would turn the types into text. The return value is the JSON
of a success; None is an empty body; an `Answer` is sent unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from clockify_sandbox import messages
from clockify_sandbox.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from clockify_sandbox.paging import Paging

Host = Literal["api", "report", "auditlog"]
OUTSIDE = "/(outside)"
"""The prefix for paths outside the base paths of all hosts; no route has it."""
Role = Literal["MEMBER", "ADMIN", "SELF"]  # SELF: the user of {userId}, an administrator, and for reads a manager
Handler = TypeVar("Handler", bound="Callable[..., Any]")


@dataclass(frozen=True)
class Route:
    """One operation of the API.

    Attributes:
        method: the HTTP verb.
        template: the path with placeholders, without the host's prefix; `{ws}` is the workspace.
        status: the status of a success.
        paging: the style of a paginated list; the call then carries the window.
        feature: the feature that the workspace's plan must have, or None.
        role: the role required of the caller.
        scope: the first word of the add-on scope; None refuses add-on tokens.
        reads: whether it only reads, whatever the verb (for _READ or _WRITE).
        handler: the function.
        takes: the types of its arguments `query`, `body` and `form`, if it has them.
        body_optional: whether an empty body counts as an empty object.
    """

    method: str
    template: str
    handler: Callable[..., Any]
    host: Host = "api"
    status: int = 200
    paging: Paging | None = None
    feature: str | None = None
    role: Role = "MEMBER"
    scope: str | None = None
    reads: bool = False
    body_optional: bool = False
    takes: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Its name in statistics and faults."""
        return f"{self.method} {self.template}"


class Routes:
    """The routes of one family. Keyword arguments are defaults for all its routes (see `Route`)."""

    def __init__(self, **defaults: Any) -> None:
        self._defaults = defaults
        self.all: list[Route] = []
        self.dead: list[tuple[Host, str]] = []

    def get(self, template: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a GET."""
        return self._declare("GET", template, {"reads": True, **options})

    def post(self, template: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a POST."""
        return self._declare("POST", template, options)

    def put(self, template: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a PUT."""
        return self._declare("PUT", template, options)

    def patch(self, template: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a PATCH."""
        return self._declare("PATCH", template, options)

    def delete(self, template: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a DELETE."""
        return self._declare("DELETE", template, options)

    def gone(self, template: str, host: Host = "api") -> None:
        """Declare that a path is not a route, although its last segment would match a placeholder."""
        self.dead.append((host, template))

    def _declare(self, method: str, template: str, options: dict[str, Any]) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            self.all.append(Route(method, template, handler, **{**self._defaults, **options}))
            return handler

        return declare


@dataclass
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    placeholder: _Node | None = None
    routes: dict[str, Route] = field(default_factory=dict)
    dead: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """A route and the values of its placeholders."""

    route: Route
    path: dict[str, str]


class Router:
    """All routes, by host and path.

    Literals have priority over placeholders, HEAD counts as GET, and a trailing slash is accepted.

    Attributes:
        all: the routes, with the arguments of their functions.
    """

    def __init__(self, families: list[Routes]) -> None:
        self._roots: dict[str, _Node] = {"api": _Node(), "report": _Node(), "auditlog": _Node()}
        self.all = [replace(route, takes=_argument_types(route.handler)) for family in families for route in family.all]
        for route in self.all:
            self._add(route)
        for host, template in (path for family in families for path in family.dead):
            self._node(host, template).dead = True

    def match(self, host: Host, method: str, path: str) -> Match:
        """The route of a request.

        Raises:
            ApiError: 404 if no route has the path, 405 with `Allow` if no route of the path has the verb.
        """
        segments = path.strip("/").split("/")
        verb = "GET" if method == "HEAD" else method
        nodes = _find(self._roots[host], segments)
        if any(node.dead for node in nodes):
            raise _no_route(host, path)
        for node in nodes:
            if route := node.routes.get(verb):
                names = [part[1:-1] if part[:1] == "{" else "" for part in route.template.strip("/").split("/")]
                return Match(route, {name: value for name, value in zip(names, segments, strict=True) if name})
        if not nodes:
            raise _no_route(host, path)
        raise _wrong_verb(host, method, sorted({verb for node in nodes for verb in node.routes}))

    def _node(self, host: Host, template: str) -> _Node:
        node = self._roots[host]
        for segment in template.strip("/").split("/"):
            if segment.startswith("{"):
                node.placeholder = node.placeholder or _Node()
                node = node.placeholder
            else:
                node = node.literals.setdefault(segment, _Node())
        return node

    def _add(self, route: Route) -> None:
        node = self._node(route.host, route.template)
        if route.method in node.routes:
            raise ValueError(f"declared twice: {route.key}")
        node.routes[route.method] = route


def _find(node: _Node, segments: list[str]) -> list[_Node]:
    if not segments:
        return [node] if node.routes or node.dead else []
    head, tail = segments[0], segments[1:]
    found = _find(node.literals[head], tail) if head in node.literals else []
    return found + (_find(node.placeholder, tail) if node.placeholder else [])


def _argument_types(handler: Callable[..., Any]) -> dict[str, Any]:
    return {
        name: handler.__annotations__[name] for name in ("query", "body", "form") if name in handler.__annotations__
    }


def _no_route(host: Host, path: str) -> ApiError:
    if host == "api":
        resource = path.removeprefix(OUTSIDE).lstrip("/") if path.startswith(OUTSIDE) else f"v1{path}"
        return ApiError(404, 3000, messages.NO_RESOURCE(path=resource))
    return ApiError(404, 404, messages.HTTP_NOT_FOUND) if host == "report" else ApiError(404, None, messages.NOT_FOUND)


def _wrong_verb(host: Host, method: str, allowed: list[str]) -> ApiError:
    allow = {"Allow": ", ".join(allowed)}
    if host == "api":
        return ApiError(405, 3000, messages.METHOD_UNSUPPORTED(method=method), allow)
    message = messages.HTTP_METHOD_NOT_ALLOWED if host == "report" else messages.METHOD_NOT_ALLOWED
    return ApiError(405, 405 if host == "report" else None, message, allow)
