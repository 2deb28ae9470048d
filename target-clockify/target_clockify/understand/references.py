"""References to other objects: from whatever a record calls them to ids of the workspace that is written to.

A record of this very workspace is taken at its word. Elsewhere a reference may be an id of another workspace, a key of
the source's own, or the natural key of what is already there: an e-mail address, a client's name. What cannot be
resolved yet may still come, so it is named and waited for.
"""

from __future__ import annotations

import logging
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from target_clockify.understand.record import RejectedError, is_clockify_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from target_clockify.books.ledger import Ledger
    from target_clockify.mirror import Current
    from target_clockify.model.declaration import State, WritableObject
    from target_clockify.understand.record import Incoming

logger = logging.getLogger("target-clockify")

_UNLISTED = ("companies", "item_types")  # the API neither lists nor makes them
_LEFT_OUT = (*_UNLISTED, "currencies")
_MEMBERS = ("users", "user_groups")
_ABSENT: Any = object()
_TRIGGERS = ("projects", "users", "tags", "tasks", "assignments", "expenses")


class UnresolvedError(Exception):
    """References that do not tell which object they mean.

    Attributes:
        missing: Of each the name of the object, what the record calls it, and how many are called so.
    """

    def __init__(self, missing: list[tuple[str, str, int]]) -> None:
        super().__init__(missing)
        self.missing = missing

    @property
    def said(self) -> str:
        """What is wrong with them, and waited for, in words."""
        unknown = ", ".join(f"{name} {key}" for name, key, count in self.missing if not count)
        ambiguous = [
            f"{n} {name} are called {key}: use the id of the one that is meant" for name, key, n in self.missing if n
        ]
        return "; ".join([*([f"refers to what never came: {unknown}"] if unknown else []), *ambiguous])


class References:
    """Resolves the references of records."""

    def __init__(self, ledger: Ledger, current: Current, objects: Mapping[str, WritableObject], workspace: str) -> None:
        self._ledger = ledger
        self._current = current
        self._objects = objects
        self._workspace = workspace
        self._lacking: set[str] = set()
        self.left_out: Counter[str] = Counter()  # members of copies that are not in this workspace
        self.expected: set[str] = set()  # objects that come with this input, as long as it has not ended

    def resolved(self, incoming: Incoming) -> State:
        """Return the fields of a record with every reference an id of the workspace.

        Raises:
            UnresolvedError: Some cannot be resolved yet.
        """
        fields = dict(incoming.fields)
        if incoming.workspace == self._workspace and "currencyCode" not in fields:
            return fields
        missing: list[tuple[str, str, int]] = []
        absent: Counter[str] = Counter()

        def resolve(name: str, place: str, value: Any) -> Any:
            found = self._ids(name, str(value), incoming)
            if not found and "[]" in place and self._may_be_absent(name, incoming):
                absent[f"{name} of {incoming.route.object.name}"] += 1
                return _ABSENT
            if len(found) != 1 and name not in _LEFT_OUT:
                missing.append((name, str(value), len(found)))
            return found[0] if len(found) == 1 else None

        for one in incoming.route.object.fields:
            value = fields.get(one.name)
            if one.refers and value and not one.modifier:
                places = {"": one.refers} if isinstance(one.refers, str) else one.refers
                for place, name in places.items():
                    value = _replaced(value, place, partial(resolve, name, place))
                fields[one.name] = value
                if value is None:
                    del fields[one.name]
        if missing:
            raise UnresolvedError(missing)
        self.left_out.update(absent)
        return fields

    def _may_be_absent(self, name: str, incoming: Incoming) -> bool:
        """Tell whether a copy may go without a member: people and groups, once no more of them can come."""
        return name in _MEMBERS and incoming.workspace is not None and name not in self.expected

    def _ids(self, name: str, value: str, incoming: Incoming) -> list[str]:
        """Return what a reference may mean: one id, none as long as it is unknown, several where it is ambiguous."""
        if name == "currencies":
            return self._currency(value, incoming)
        own = incoming.workspace == self._workspace
        if own:
            return [value]
        if name in _UNLISTED:
            return [value] if incoming.workspace is None else []
        if value == incoming.workspace:
            return [self._workspace]
        if name == "any":
            return next((found for one in _TRIGGERS if (found := self._ids(one, value, incoming))), [])
        known = self._ledger.id_of(name, value, incoming.route.source)
        return [known] if known else self._in_workspace(self._objects[name], value, incoming)

    def _in_workspace(self, target: WritableObject, value: str, incoming: Incoming) -> list[str]:
        if incoming.workspace is not None and target.name in self.expected:
            return []  # its own record is on the way, and may change it
        hex_like = is_clockify_id(value)
        if target.listing.scope:
            if target.name == "tasks" and incoming.fields.get("projectId"):
                return self._tasks(target, value, incoming)
            return [value] if hex_like and incoming.workspace is None else []
        self._current.ensure([(target, ())])
        if hex_like:
            return [value] if self._current.has(target, value) else []
        key = target.natural[:1]
        return self._current.matching(target, key, {key[0]: value}) if key else []

    def _tasks(self, target: WritableObject, value: str, incoming: Incoming) -> list[str]:
        projects = self._ids("projects", str(incoming.fields["projectId"]), incoming)
        if len(projects) != 1:
            return []
        [project] = projects
        self._current.ensure([(target, (project,))])
        if is_clockify_id(value):
            known = self._current.get(target, value)
            return [value] if known and known.get("projectId") == project else []
        return self._current.matching(target, ("projectId", "name"), {"projectId": project, "name": value})

    def _currency(self, value: str, incoming: Incoming) -> list[str]:
        """Currencies have ids per workspace, and codes that are the same everywhere."""
        workspaces = self._objects["workspaces"]
        self._current.ensure([(workspaces, ())])
        state = self._current.get(workspaces, self._workspace) or {}
        code = incoming.fields.get("currencyCode")
        for one in state.get("currencies") or ():
            if value in (one.get("id"), one.get("code")) or (code and code == one.get("code")):
                return [str(one["id"])]
        if incoming.workspace is None:
            msg = f"currency {code or value} is not set up in the workspace; only its settings can add it"
            raise RejectedError("no_such_currency", msg)
        if value not in self._lacking:
            self._lacking.add(value)
            logger.warning("currency %s is not set up in the workspace: copied clients get its default", code or value)
        return []


def referred(target: WritableObject, given: State) -> Iterator[tuple[str, str]]:
    """Yield what the fields of a record refer to: names of objects, and ids."""
    for one in target.fields:
        value = given.get(one.name)
        if one.refers and value and not one.modifier:
            places = {"": one.refers} if isinstance(one.refers, str) else one.refers
            for place, name in places.items():
                found: list[str] = []
                _replaced(value, place, found.append)
                yield from ((name, str(item)) for item in found)


def _replaced(value: Any, place: str, resolve: Callable[[Any], Any]) -> Any:
    """Return a value with what stands at a place (`[]` is each element, names are members) resolved."""
    if value is None or value == "":
        return value
    if not place:
        return resolve(value)
    if place.startswith("[]"):
        return _elements_replaced(value, place[2:].lstrip("."), resolve)
    head, dot, rest = place.partition(".")
    if head.endswith("[]"):
        head, rest, dot = head[:-2], f"[]{dot}{rest}", "."
    if not isinstance(value, dict) or head not in value:
        return value
    found = _replaced(value[head], rest, resolve)
    if found is None and value[head] is not None:
        return {name: item for name, item in value.items() if name != head}  # left out, which is not emptied
    return found if found is _ABSENT else {**value, head: found}  # without the person, a member is none


def _elements_replaced(value: Any, place: str, resolve: Callable[[Any], Any]) -> Any:
    if not isinstance(value, list):
        return value
    items = [_replaced(item, place, resolve) for item in value]
    return [item for item in items if item is not _ABSENT]
