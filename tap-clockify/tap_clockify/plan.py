"""What a run requests from Clockify: each source that the selected streams need, once, in their order."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from clockify_client import (
    ClockifyError,
    FanOut,
    GoneError,
    Incomplete,
    InvalidRequestError,
    NotPermittedError,
    Page,
    Refusal,
    endpoints,
)
from clockify_client.rows import rows_of, sound_rows_of

from tap_clockify.coverage import reach_of, shown_to_all
from tap_clockify.declaration import Parent
from tap_clockify.streams.people import CURRENT_USER, WORKSPACES, in_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from clockify_client import Client, Endpoint, Ids, Reading

    from tap_clockify.declaration import Source, StreamDeclaration
    from tap_clockify.settings import Scope


class Plan:
    """The readings of a run. Once started, they read ahead of the streams that consume them.

    Args:
        client: The connection to Clockify.
        scope: What the run is to read.
        streams: The streams that are read, in their order.
    """

    def __init__(self, client: Client, scope: Scope, streams: Sequence[StreamDeclaration]) -> None:
        self.client = client
        """The connection to Clockify."""
        self._fan_out = FanOut(client)
        self._scope = scope
        self._readings: dict[Source, Reading] = {}
        self._ranks: dict[Source, tuple[float, ...]] = {}
        self._consumers: Counter[Source] = Counter()
        self._left = {stream.name for stream in streams}
        self._relisted: dict[tuple[Source, tuple[Any, ...]], set[tuple[Any, ...]]] = {}
        for index, stream in enumerate(streams):
            settled = stream.settled(scope)
            if settled is not None:
                self._consumers[settled.source] += 1
                for depth, ancestor in enumerate(_line(settled.source)):
                    self._ranks.setdefault(ancestor, (index, depth))
        for source in (WORKSPACES, CURRENT_USER):  # read here as well
            self._consumers[source] += source in self._ranks
        self._started = False
        self.features: dict[str, frozenset[str] | None] = {}
        """The features of each workspace's plan, by workspace id; None if they are not known.

        Empty before the start.
        """
        self.reaches: dict[str, str] = {}
        """Which part of each workspace in scope the key can read. Empty before the start."""
        self.reader = ""
        """Id of the key's owner; empty if it is not known, and before the start."""

    def start(self) -> None:
        """Start the readings, and read the workspaces and the key's owner; further calls do nothing.

        Raises:
            ClockifyError: The workspaces cannot be listed, or a requested one is not among them.
        """
        if self._started:
            return
        self._started = True
        for source in self._ranks:
            self._open(source)
        for source, reading in self._readings.items():
            if source.parent is None:
                reading.feed(self._roots(source), last=True)
        workspaces = self._workspaces() if WORKSPACES in self._ranks else {}
        self.features = {one: _features_of(row) for one, row in workspaces.items()}
        self.reaches = self._reaches(workspaces)

    def reading(self, stream: StreamDeclaration) -> Reading | None:
        """Return the reading of a stream, None if the settings exclude the stream.

        Raises:
            ClockifyError: The start fails.
        """
        self.start()
        settled = stream.settled(self._scope)
        return self._readings[settled.source] if settled else None

    def holds(self, stream: StreamDeclaration) -> bool:
        """Return whether a stream has not finished with its reading yet."""
        return stream.name in self._left

    def consumed(self, stream: StreamDeclaration) -> None:
        """Record that a stream has finished with its reading; the last one ends the plan."""
        self._left.discard(stream.name)
        if not self._left:
            self.close()

    @property
    def left(self) -> int:
        """How many known requests are not answered yet; responses may lead to more."""
        return self._fan_out.left

    def close(self) -> None:
        """Request nothing more."""
        self._fan_out.close()

    def is_gone(self, source: Source, ids: Ids) -> bool:
        """Return whether the parent of a refused child was deleted: read the list that named it once more.

        Clockify's response is the same for a deleted object and for one that may not be read, and its message is not
        reliable. If the list of parents fails this time, nothing counts as deleted.

        Args:
            source: The source of the child.
            ids: The ids that the child was requested with.
        """
        parent = source.parent
        if parent is None or parent is WORKSPACES or source.outlives_parent:
            return False
        endpoint = parent.asked(self._scope)
        if not source.asked(self._scope).names <= ids.keys():
            return False  # the ids of an ancestor, whose list could not be read at all
        place = (source, tuple(ids[name] for name in sorted(endpoint.names)))
        if place not in self._relisted:
            asked = {name: ids[name] for name in endpoint.names}
            try:
                rows: Any = list(self.client.rows(endpoint, asked))
                listed = [self._named(source, child) for child in self._children(source)(rows, asked)]
            except (ClockifyError, AttributeError, LookupError, TypeError):
                listed = [self._named(source, ids)]
            self._relisted[place] = set(listed)
        return self._named(source, ids) not in self._relisted[place]

    def pages_of(self, source: Source, workspace: str, user: str) -> Iterator[Page | Refusal | Incomplete]:
        """Yield the items for one person, in a separate reading."""
        (ids,) = self._children(source)([{"id": user}], {"workspaceId": workspace})
        with FanOut(self.client, owns_client=False) as fan_out:
            reading = fan_out.read(source.asked(self._scope), rank=(0,), consumers=1)
            reading.feed([ids], last=True)
            yield from reading.items()

    def _named(self, source: Source, ids: Ids) -> tuple[Any, ...]:
        return tuple(str(ids.get(name)) for name in sorted(source.asked(self._scope).names))

    def _open(self, source: Source) -> Reading:
        if source in self._readings:
            return self._readings[source]
        endpoint, rank, consumers = source.asked(self._scope), self._ranks[source], self._consumers[source]
        if source.parent is None:
            reading = self._fan_out.read(endpoint, rank=rank, consumers=consumers)
        else:
            parent, stand_in = self._open(source.parent), source.parent.stand_in
            children = self._children(source)
            fallback = partial(self._children_of_stand_in, children, stand_in) if stand_in else None
            reading = parent.branch(endpoint, children, Parent, rank=rank, consumers=consumers, fallback=fallback)
        self._readings[source] = reading
        return reading

    def _children(self, source: Source) -> Callable[[list[Parent], Ids], Iterable[Ids]]:
        children = source.children
        if children is None:
            msg = f"{source.asked(self._scope).call} has a parent, but nothing that makes its ids from it"
            raise TypeError(msg)
        return lambda rows, ids: children(rows, ids, self._scope)

    def _children_of_stand_in(
        self, children: Callable[[list[Parent], Ids], Iterable[Ids]], stand_in: Source, ids: Ids
    ) -> list[Ids]:
        """Return the children of the source that stands in for a list that is refused."""
        rows: Any = list(self.client.rows(stand_in.asked(self._scope), ids))
        return list(children([row for row in rows if row.get("id")], ids))

    def _roots(self, source: Source) -> Iterator[Ids]:
        if source is WORKSPACES and self._scope.config.get("addon_token"):
            yield from ({"workspaceId": one} for one in self._scope.workspace_ids)
        else:
            yield {}

    def _reaches(self, workspaces: Mapping[str, Parent]) -> dict[str, str]:
        ids = [one for one in workspaces if not self._scope.workspace_ids or one in self._scope.workspace_ids]
        if self._scope.config.get("addon_token"):
            return dict.fromkeys(ids, "add-on")
        if not ids:
            return {}
        if CURRENT_USER in self._readings:
            items = list(self._readings[CURRENT_USER].items())
            rows = [row for item in items if isinstance(item, Page) for row in rows_of(item.endpoint, item.body)]
        else:
            rows = self._read(endpoints.CURRENT_USER)
        account = rows[0] if rows else {}
        self.reader = str(account.get("id") or "")
        user, rights = self.reader or "unknown", _rights_of(account)
        managed = {row.get("id") for row in self._read(endpoints.WORKSPACES_OF_ADMIN)}
        shown = {one: shown_to_all(workspaces[one].get("workspaceSettings")) for one in ids}
        return {one: reach_of(user, rights | shown[one], is_admin=one in managed) for one in ids}

    def _read(self, endpoint: Endpoint) -> list[dict[str, Any]]:
        """Return the rows of an endpoint; none if it is refused: the key then counts as one that can read less."""
        try:
            return list(self.client.rows(endpoint, {}))
        except (GoneError, InvalidRequestError, NotPermittedError):
            return []

    def _workspaces(self) -> dict[str, Parent]:
        """Read the workspaces first: everything else needs them, and an invalid key is noticed here."""
        workspaces: dict[str, Parent] = {}
        for item in self._readings[WORKSPACES].items():
            if isinstance(item, Page):
                rows = [row for row in sound_rows_of(item.endpoint, item.body, Parent)[0] if row.get("id")]
                list(in_workspace(rows, item.ids, self._scope))
                workspaces |= {str(row["id"]): row for row in rows}
            elif isinstance(item, Refusal) and not item.ids:
                raise item.error
        return workspaces


def _features_of(workspace: Parent) -> frozenset[str] | None:
    named = workspace.get("features")
    return frozenset(map(str, named)) if isinstance(named, list) else None


def _rights_of(account: dict[str, Any]) -> set[str]:
    """Return the ids of the objects to which memberships and roles give a user access."""
    memberships, roles = (one if isinstance(one, list) else [] for one in map(account.get, ("memberships", "roles")))
    rights = {str(one.get("targetId")) for one in memberships if isinstance(one, dict)}
    for role in (one for one in roles if isinstance(one, dict)):
        entities = role.get("entities") if isinstance(role.get("entities"), list) else [{"id": role.get("entityId")}]
        rights |= {f"{role.get('role')}:{one.get('id')}" for one in entities or () if isinstance(one, dict)}
    return rights


def _line(source: Source) -> list[Source]:
    """Return a source's ancestors, the oldest first, and the source itself."""
    line = [source]
    while line[0].parent is not None:
        line.insert(0, line[0].parent)
    return line
