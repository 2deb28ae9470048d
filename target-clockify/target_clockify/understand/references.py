"""Resolves references to other objects: from the values in a record to ids in the destination workspace.

Ids in a record of this workspace are used unchanged. In other records, a reference may be an id of another workspace, a
key of the same source, or the natural key of an existing object, such as an e-mail address or the name of a client. An
object that is not found may still come, so the record waits for it.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from target_clockify.errors import RejectedError
from target_clockify.understand.keys import is_clockify_id

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from target_clockify.books.ledger import Ledger
    from target_clockify.mirror import Mirror
    from target_clockify.model.declaration import Field, State, Writable, WritableObject
    from target_clockify.understand.route import Incoming

logger = logging.getLogger("target-clockify")

_CURRENCIES = "currencies"  # they are part of a workspace object, and have ids in it
_ABSENT: Any = object()


class Missing(NamedTuple):
    """A reference that was not resolved.

    Attributes:
        field: The field of the reference.
        name: The kind of the object; several kinds are separated by `|`.
        value: The value in the record.
        found: The number of matching objects.
        under: The field that was searched besides keys and Clockify ids: `name`, `email`.
        why: Why the referenced record was rejected, empty if it was not.
    """

    field: str
    name: str
    value: str
    found: int
    under: str
    why: str = ""

    def __str__(self) -> str:
        """The message for a reject."""
        names = self.name.replace("|", " or ")
        if self.found:
            return (
                f"{self.field}: {self.found} {names} are called {self.value}: use the id of the one you mean, or "
                "name the `source` of each stream"
            )
        if self.why:
            return f"{self.field} refers to one of {names} that was rejected itself: {self.why}"
        under = ", ".join(("a row's key", "an id", *([self.under] if self.under else [])))
        return f"{self.field} refers to what never came: no {names} {self.value} (looked for as {under})"


class UnresolvedError(Exception):
    """References whose objects are not known yet; the record waits for the first of them."""

    def __init__(self, missing: list[Missing]) -> None:
        told = [one for one in missing if one.why] or missing  # children of a rejected record are rejected, too
        super().__init__("; ".join(map(str, told)))
        self.missing = missing


class References:
    """Resolves the references of records.

    Args:
        ledger: Knows the objects of rows.
        mirror: The current workspace.
        objects: The kinds of objects, by name. Other kinds can be neither listed nor created.
    """

    def __init__(self, ledger: Ledger, mirror: Mirror, objects: Mapping[str, WritableObject]) -> None:
        self._ledger = ledger
        self._mirror = mirror
        self._objects = objects
        self._lacking: set[str] = set()
        self.coming: set[str] = set()  # kinds of objects with a stream in this input
        self.expected: set[str] = set()  # kinds of objects in this input, until it has ended
        self.refused: dict[tuple[str, str], str] = {}  # why objects were rejected, by kind and value

    def resolved(self, incoming: Incoming) -> tuple[State, list[str]]:
        """Return the fields of a record with every reference replaced by an id, and the references that a copy omits.

        Raises:
            UnresolvedError: Some cannot be resolved yet.
            RejectedError: A reference can never be resolved.
        """
        fields = dict(incoming.fields)
        if incoming.of_destination:
            _check_ids(incoming.route.object, fields)
            if "currencyCode" not in fields:
                return fields, []
        missing: list[Missing] = []
        absent: list[str] = []
        for one, places in _referring(incoming.route.object, fields):
            value = fields[one.name]
            for place, name in places.items():
                value = _replaced(
                    value, place, partial(self._resolve, incoming, (one.name, place, name), missing, absent)
                )
            fields[one.name] = value
            if value is None:
                del fields[one.name]
        if missing:
            raise UnresolvedError(missing)
        return fields, absent

    def as_far_as_known(self, incoming: Incoming) -> State:
        """Return the fields of a record with references to existing objects replaced by ids.

        Raises:
            RejectedError: A reference can never be resolved.
        """
        fields = dict(incoming.fields)
        for one, places in _referring(incoming.route.object, fields):
            for place, name in places.items():
                find = partial(self._resolved_or_not, incoming, (one.name, place, name))
                fields[one.name] = _replaced(fields[one.name], place, find)
        return fields

    def _resolved_or_not(self, incoming: Incoming, at: tuple[str, str, str], value: Any) -> Any:
        found = self._resolve(incoming, at, [], [], value)
        return value if found is None else found

    def _resolve(
        self, incoming: Incoming, at: tuple[str, str, str], missing: list[Missing], absent: list[str], value: Any
    ) -> Any:
        """Return the id of a reference, or add it to `missing` or `absent`.

        Args:
            incoming: The record.
            at: The field, the path inside of it, and the kind of the referenced object.
            missing: Receives unresolved references.
            absent: Receives references that a copy omits.
            value: The value in the record.
        """
        field, place, name = at
        found = self._ids(name, str(value), incoming)
        if len(found) == 1:
            return found[0]
        if not found and "[]" in place and self._may_be_absent(name, incoming):
            absent.append(f"{name} of {incoming.route.object.name}")
            return _ABSENT
        if name in self._objects or "|" in name:
            target = self._objects.get(name)
            under = next((one for one in target.natural if one not in target.scope), "") if target else ""
            why = self.refused.get((name, str(value)), "")
            missing.append(Missing(field, name, str(value), len(found), under, why))
        return None

    def _may_be_absent(self, name: str, incoming: Incoming) -> bool:
        """Return whether a copy may omit a reference, since its object cannot come any more."""
        target = self._objects.get(name)
        return bool(target and target.copying.dispensable and incoming.copied and name not in self.expected)

    def _ids(self, name: str, value: str, incoming: Incoming) -> list[str]:
        """Return the possible ids of a reference: one, none if it is unknown, several if it is ambiguous."""
        if name == _CURRENCIES:
            return self._currency(value, incoming)
        if incoming.of_destination:
            return [value]
        if "|" in name:
            return next((found for one in name.split("|") if (found := self._ids(one, value, incoming))), [])
        if name not in self._objects:
            return [value] if incoming.workspace is None else []
        if value == incoming.workspace:
            return [incoming.route.destination]
        target = self._objects[name]
        known = [
            one
            for one in self._ledger.ids_of(name, value, incoming.route.source)
            if not self._is_gone(target, one, incoming)
        ]
        return known or self._in_workspace(target, value, incoming)

    def _is_gone(self, target: WritableObject, object_id: str, incoming: Incoming) -> bool:
        """Return whether somebody has deleted the object of a row, according to the lists that the run has read.

        The row of the object may still come and create it again.
        """
        if self._mirror.has(target, object_id) and not target.scope:
            return False
        scope: tuple[str, ...] = ()
        if target.scope:
            if target.name not in self.coming or (found := self._parents(target, incoming)) is None:
                return False
            scope = found
            self._mirror.ensure([(target, scope)])
            known = self._mirror.get(target, object_id)
            if known and all(known.get(name) == parent for name, parent in zip(target.scope, scope, strict=True)):
                return False
        if not self._mirror.is_read(target, scope):
            return False
        return self._mirror.answer(lambda: self._mirror.sees_all(target, scope))

    def _in_workspace(self, target: WritableObject, value: str, incoming: Incoming) -> list[str]:
        if incoming.workspace is not None and target.name in self.expected:
            return []  # its own record is in the input, and may change it
        hex_like = is_clockify_id(value)
        if not target.scope:
            self._mirror.ensure([(target, ())])
            if hex_like:
                return [value] if self._mirror.has(target, value) else []
            key = target.natural[:1]
            return self._mirror.matching(target, key, {key[0]: value}) if key else []
        if target.natural and all(incoming.fields.get(name) for name in target.scope):
            return self._below(target, value, incoming)
        return [value] if hex_like and incoming.workspace is None else []

    def _below(self, target: WritableObject, value: str, incoming: Incoming) -> list[str]:
        """Return the ids of a reference below the parents that the record names."""
        parents = self._parents(target, incoming)
        if parents is None:
            return []
        self._mirror.ensure([(target, parents)])
        scope = dict(zip(target.scope, parents, strict=True))
        if is_clockify_id(value):
            known = self._mirror.get(target, value) or {}
            return [value] if known and all(known.get(name) == parent for name, parent in scope.items()) else []
        own = next(name for name in target.natural if name not in scope)
        return self._mirror.matching(target, (*target.scope, own), {**scope, own: value})

    def _parents(self, target: WritableObject, incoming: Incoming) -> tuple[str, ...] | None:
        """Return the parents that a record names, None if it does not name every parent."""
        parents: list[str] = []
        for name in target.scope:
            value = incoming.fields.get(name)
            found = self._ids(str(target.field(name).refers), str(value), incoming) if value else []
            if len(found) != 1:
                return None
            parents += found
        return tuple(parents)

    def _currency(self, value: str, incoming: Incoming) -> list[str]:
        """Currencies have different ids in each workspace, but the same codes everywhere."""
        code = incoming.fields.get("currencyCode")
        currencies = self._mirror.workspace().get("currencies") or ()
        meant = [one.get("code") for one in currencies if value in (one.get("id"), one.get("code"))]
        if meant and isinstance(code, str) and code and not incoming.read_shape and code not in meant:
            msg = "currencyId and currencyCode state different values: leave one of them out"
            raise RejectedError("invalid", msg)
        for one in self._mirror.workspace().get("currencies") or ():
            if value in (one.get("id"), one.get("code")) or (code and code == one.get("code")):
                return [str(one["id"])]
        if incoming.workspace is None:
            msg = f"currency {code or value} is not set up in the workspace; only its settings can add it"
            raise RejectedError("no_such_currency", msg)
        if value not in self._lacking:
            self._lacking.add(value)
            logger.warning("currency %s is not set up in the workspace: copied clients get its default", code or value)
        return []


def referred(target: Writable, given: State) -> Iterator[tuple[str, str]]:
    """Yield the references in the fields of a record: kinds of objects, and ids."""
    for one, places in _referring(target, given):
        for place, name in places.items():
            found: list[str] = []
            _replaced(given[one.name], place, found.append)
            yield from ((name, str(item)) for item in found)


def replaced_references(target: Writable, given: State, replace: Callable[[str], str]) -> State:
    """Return fields with every id in their references replaced."""
    found = dict(given)
    for one, places in _referring(target, given):
        for place in places:
            found[one.name] = _replaced(found[one.name], place, lambda value: replace(str(value)))
    return found


def without(target: Writable, fields: State, gone: Collection[tuple[str, str]]) -> State:
    """Return the fields that refer to one of these objects, without these references.

    Args:
        target: What the fields belong to.
        fields: Its fields.
        gone: Names and ids of the objects.
    """
    left: State = {}
    for one, places in _referring(target, fields):
        value = fields[one.name]
        for place, names in places.items():
            nothing = _ABSENT if "[]" in place else None
            keep = partial(_unless_gone, [(name, gone) for name in names.split("|")], nothing)
            value = _replaced(value, place, keep)
        if value != fields[one.name]:
            left[one.name] = value
    return left


def _unless_gone(names: list[tuple[str, Collection[tuple[str, str]]]], nothing: Any, value: Any) -> Any:
    return nothing if any((name, str(value)) in gone for name, gone in names) else value


def _check_ids(target: Writable, fields: State) -> None:
    """Refuse references that are no ids, in a row as the tap reads it.

    Raises:
        RejectedError: A value is not valid; it would be put into a URL.
    """
    for one, places in _referring(target, fields):
        for place in places:
            found: list[str] = []
            _replaced(fields[one.name], place, found.append)
            if not all(map(is_clockify_id, found)):
                msg = f"{one.name} must be an id of Clockify in a row of the workspace that is written to"
                raise RejectedError("invalid", msg)


def _referring(target: Writable, given: State) -> Iterator[tuple[Field, Mapping[str, str]]]:
    """Yield the fields that hold references, each with the objects they are to, by place."""
    for one in target.fields:
        if one.refers and given.get(one.name) and not one.modifier:
            yield one, {"": one.refers} if isinstance(one.refers, str) else one.refers


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
    return found if found is _ABSENT else {**value, head: found}  # without the person, a member is not valid


def _elements_replaced(value: Any, place: str, resolve: Callable[[Any], Any]) -> Any:
    if not isinstance(value, list):
        return value
    items = [_replaced(item, place, resolve) for item in value]
    return [item for item in items if item is not _ABSENT]
