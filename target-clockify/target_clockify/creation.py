"""Creates objects that references name but that do not exist: `create_missing`.

The object may still come as a record, so creation waits for the end of the input. A value that is, or may be, the key
of a row does not count as a name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from target_clockify.errors import RejectedError
from target_clockify.model.objects import BY_NAME
from target_clockify.understand.keys import is_clockify_id
from target_clockify.understand.references import UnresolvedError
from target_clockify.understand.route import Route

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from target_clockify.model.declaration import State
    from target_clockify.scratch import Taken
    from target_clockify.understand.references import Missing, References
    from target_clockify.understand.route import Incoming

_KEY = "key"


class Created(NamedTuple):
    """An object to create, and the record that refers to it.

    Attributes:
        route: The stream of such objects.
        fields: The fields of the new object.
        origin: The record that named it.
        of: The stream of that record.
        name: The kind of the object.
        value: Its name in the record.
    """

    route: Route
    fields: State
    origin: bytes
    of: str
    name: str
    value: str


class Creation:
    """Decides which objects to create.

    Args:
        routes: The streams of the input.
        references: Resolves references.
        foreseen: Returns why a record would be rejected even if all its references existed, None if it would not.

    Attributes:
        refused: The reasons of records that would be rejected, by number; nothing is created for them.
    """

    def __init__(
        self,
        routes: Mapping[str, Route],
        references: References,
        foreseen: Callable[[Incoming], RejectedError | None],
    ) -> None:
        self.refused: dict[int, RejectedError] = {}
        self._routes = routes
        self._references = references
        self._foreseen = foreseen
        self._own: dict[str, Route] = {}
        self._made: set[tuple[str, bytes]] = set()

    @property
    def is_wanted(self) -> bool:
        """Whether any stream creates the objects that its records name."""
        return any(route.creates for route in self._routes.values())

    def wanted(self, waiting: Iterable[Taken], glance: Callable[[Taken], Incoming]) -> Iterator[Created]:
        """Yield the missing objects that waiting records name, each once.

        A task is yielded only if its project exists.
        """
        for taken in waiting:
            try:
                incoming = glance(taken)
                incoming.route.fill(incoming)
                self._references.resolved(incoming)
            except UnresolvedError as error:
                if all(self._is_name(incoming, missing) for missing in error.missing) and self._is_possible(incoming):
                    created = (self._created(incoming, missing) for missing in error.missing)
                    yield from (one for one in created if one)
            except RejectedError:
                continue  # it is rejected when the record is decided again

    def _is_possible(self, incoming: Incoming) -> bool:
        """Return whether a record can be written when all its references exist."""
        number = incoming.taken.number
        if number not in self.refused and (refusal := self._foreseen(incoming)):
            self.refused[number] = refusal
        return number not in self.refused

    def _is_name(self, incoming: Incoming, missing: Missing) -> bool:
        """Return whether an unresolved reference is the name of an object to create."""
        route = incoming.route
        if missing.found or missing.name not in route.creates or is_clockify_id(missing.value):
            return False
        return incoming.workspace is None and not any(
            one.object.name == missing.name and one.source == route.source and one.stream not in self._own
            for one in self._routes.values()
        )

    def _created(self, incoming: Incoming, missing: Missing) -> Created | None:
        target = BY_NAME[missing.name]
        parents = {name: incoming.fields.get(name) for name in target.scope}
        if not all(parents.values()) or any(
            one.name == target.field(name).refers for name in parents for one in self._unresolved(incoming)
        ):
            return None  # without a parent, or with one that is created now
        fields = {**parents, "name": missing.value}
        key = msgspec.json.encode(fields, order="sorted")
        route = self._route(incoming.route, missing.name)
        if (route.name, key) in self._made:
            return None
        self._made.add((route.name, key))
        taken = incoming.taken
        return Created(
            route,
            {_KEY: key.decode(), **fields},
            taken.origin or taken.raw,
            taken.stream,
            missing.name,
            missing.value,
        )

    def _unresolved(self, incoming: Incoming) -> list[Missing]:
        try:
            self._references.resolved(incoming)
        except UnresolvedError as error:
            return error.missing
        return []

    def _route(self, of: Route, name: str) -> Route:
        stream = f"{of.stream}_missing_{name}"
        if stream not in self._own:
            settings = {"operation": "ensure", "source": of.source}
            self._own[stream] = Route(stream, BY_NAME[name], (_KEY,), settings, destination=of.destination)
        return self._own[stream]
