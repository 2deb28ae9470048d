"""One call to the API, as the route functions see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from clockify_sandbox import messages
from clockify_sandbox.answers import Answer
from clockify_sandbox.errors import forbidden, invalid, not_in
from clockify_sandbox.fields import Stored, overlaid
from clockify_sandbox.kinds import Fields, Kind
from clockify_sandbox.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from clockify_sandbox.auth import Caller
    from clockify_sandbox.clock import Clock
    from clockify_sandbox.deliveries import Delivery
    from clockify_sandbox.paging import Window
    from clockify_sandbox.shapes.people import User
    from clockify_sandbox.world import Record, Workspace, World
    from clockify_sandbox.world_options import WorldOptions

Row = TypeVar("Row")

ADMIN_ROLES = {"OWNER", "WORKSPACE_ADMIN"}


class Context(Protocol):
    """The environment of a call."""

    world: World
    clock: Clock
    options: WorldOptions
    outbox: list[Delivery]


class Call:
    """Caller, workspace and path of a call, and the methods to look up, change and list entities.

    Attributes:
        path: the values of the route's placeholders.
        query: the query string as it came, by name.
        window: the requested page, on routes with a paging style.
        files: uploaded files of a multipart form: field: (file name, content).
    """

    def __init__(self, context: Context, caller: Caller, path: dict[str, str], query: Mapping[str, list[str]]) -> None:
        self.context = context
        self.caller = caller
        self.path = path
        self.query = query
        self.window: Window | None = None
        self.last_page_header = False
        self.files: dict[str, tuple[str, bytes]] = {}
        self._workspace: Workspace | None = None

    # -- caller and workspace
    # -------------------------------------------------------------------------------------------------

    @property
    def world(self) -> World:
        """The whole world."""
        return self.context.world

    @property
    def options(self) -> WorldOptions:
        """The options of this world."""
        return self.context.options

    @property
    def user(self) -> User:
        """The calling account."""
        return self.caller.user

    @property
    def user_id(self) -> str:
        """The id of the calling account."""
        return self.caller.user["id"]

    @property
    def workspace(self) -> Workspace:
        """The workspace of the path."""
        if self._workspace is None:
            raise LookupError("this route has no workspace")
        return self._workspace

    def enter(self, workspace: Workspace) -> None:
        """Set the workspace of this call."""
        self._workspace = workspace

    @property
    def is_admin(self) -> bool:
        """Whether the caller is an owner or administrator of the workspace."""
        member = self.workspace.members.get(self.user_id)
        return member is not None and any(role["role"] in ADMIN_ROLES for role in member["roles"])

    @property
    def currency(self) -> str:
        """The code of the workspace's default currency."""
        return next(item["code"] for item in self.workspace.record["currencies"] if item["isDefault"])

    @property
    def now(self) -> int:
        """The current time, in seconds since the epoch."""
        return self.context.clock.seconds

    @property
    def today(self) -> datetime:
        """The current time."""
        return self.context.clock.now

    @property
    def zone(self) -> str:
        """The time zone of the caller's account."""
        settings = self.user["settings"]
        return settings["timeZone"] if settings else "UTC"

    def new_id(self) -> str:
        """A new id."""
        return self.context.clock.new_id()

    # -- looking up ----------------------------------------------------------------------------------------------------

    def table(self, kind: Kind[Stored, Fields]) -> dict[str, Stored]:
        """All entities of a kind."""
        table: dict[str, Stored] = getattr(self.workspace, kind.table)
        return table

    def find(self, kind: Kind[Stored, Fields], entity_id: str) -> Stored:
        """An entity by id, or 400/501 "doesn't belong to Workspace"."""
        entity = self.table(kind).get(entity_id)
        if entity is None:
            raise not_in(kind.noun)
        return entity

    def named(self, kind: Kind[Stored, Fields], parameter: str) -> Stored:
        """The entity in a placeholder of the path."""
        return self.find(kind, self.path[parameter])

    def require_all(self, kind: Kind[Any, Any], ids: Iterable[str]) -> None:
        """Refuse ids that are not in the workspace."""
        for entity_id in ids:
            self.find(kind, entity_id)

    def require_admin(self) -> None:
        """Refuse callers that are not owners or administrators."""
        if not self.is_admin:
            raise forbidden()

    def require_free_name(
        self, kind: Kind[Any, Any], name: str, taken_by: Iterable[Record], own_id: str | None = None
    ) -> None:
        """Refuse a name that another entity has."""
        if any(other["name"] == name and other["id"] != own_id for other in taken_by):
            raise invalid(messages.ALREADY_EXISTS(noun=kind.noun, name=name))

    # -- changing ------------------------------------------------------------------------------------------------------

    @property
    def recorder(self) -> Recorder:
        """Records changes; insertions, updates and removals use it."""
        return Recorder(self.context.clock, self.world, self.workspace, self.user, self.context.outbox)

    def insert(self, kind: Kind[Stored, Fields], entity: Stored, **traces: Any) -> Stored:
        """Store a new entity. `traces` are `audit` and `event` of `Recorder.change`."""
        self.table(kind)[entity["id"]] = entity
        self.recorder.change(kind, "created", entity, **traces)
        return entity

    def of(self, kind: Kind[Stored, Fields]) -> Entities[Stored, Fields]:
        """The entities of a kind, for updates; mypy knows their fields by the kind."""
        return Entities(self.recorder, kind)

    def remove(self, kind: Kind[Stored, Fields], entity: Stored, **traces: Any) -> Stored:
        """Remove an entity."""
        del self.table(kind)[entity["id"]]
        self.recorder.change(kind, "deleted", entity, **traces)
        return entity

    # -- responses -----------------------------------------------------------------------------------------------------

    def open_window(self, window: Window) -> Window:
        """Set the page window of this call; the world may allow fewer rows than requested."""
        self.window = window.capped(self.options.page_cap)
        return self.window

    def total(self, name: str, rows: Sequence[Any], page: Sequence[Any]) -> dict[str, int]:
        """The field or header with the number of rows of a list, if this world has it."""
        match self.options.totals:
            case "all":
                return {name: len(rows)}
            case "page":
                return {name: len(page)}
            case "none":
                return {}

    def last_page(self, *, is_last: bool) -> dict[str, str]:
        """The header `Last-Page`, if this world has it."""
        return {} if self.options.without_last_page else {"Last-Page": "true" if is_last else "false"}

    def page(
        self,
        rows: Sequence[Row],
        show: Callable[[Row], Any] | None = None,
        wrap: Callable[[list[Any]], Any] | None = None,
        headers: dict[str, str] | None = None,
        total_header: str | None = None,
    ) -> Answer:
        """The requested page of a list.

        Args:
            rows: the whole list, filtered and sorted.
            show: renders one row; without it, rows are returned unchanged.
            wrap: makes the body from the rows of the page, if it is not a plain array.
            headers: additional headers.
            total_header: the header with the number of rows, if the list has one.
        """
        if self.window is None:
            raise LookupError("this route has no paging style")
        cut = self.window.cut(rows)
        shown = list(cut) if show is None else [show(row) for row in cut]
        sent = dict(headers or {})
        if total_header:
            sent |= {name: str(count) for name, count in self.total(total_header, rows, shown).items()}
        if self.last_page_header:
            sent |= self.last_page(is_last=self.window.is_last(len(rows)))
        return Answer.of(200, wrap(shown) if wrap else shown, sent)


class Entities(Generic[Stored, Fields]):
    """Entities of one kind in a call."""

    def __init__(self, recorder: Recorder, kind: Kind[Stored, Fields]) -> None:
        self._recorder = recorder
        self._kind = kind

    def update(self, entity: Stored, changes: Fields, **traces: Any) -> Stored:
        """Change fields of an entity. `traces` are `audit`, `event` and `details` of `Recorder.change`."""
        before = dict(entity)
        self._recorder.change(self._kind, "updated", overlaid(entity, changes), before=before, **traces)
        return entity
