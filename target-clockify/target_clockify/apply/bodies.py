"""Builds requests from a change: the calls of a part, bodies, query parameters. This module sends nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from clockify_client import Request

from target_clockify.decide.decisions import differences
from target_clockify.errors import RejectedError
from target_clockify.model.declaration import UNKNOWN, Call, Change

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from target_clockify.decide.decisions import Write
    from target_clockify.model.declaration import Delete, Part, State, WritableObject


def change_of(
    write: Write, object_id: str | None, state: State, given: State, changed: frozenset[str] = frozenset()
) -> Change:
    """Return the change that the calls of a write are made from.

    Args:
        write: The write.
        object_id: The id of its object; None if it has none yet.
        state: The current object.
        given: The wanted fields.
        changed: The fields that differ; all of the given ones unless stated.
    """
    scope = dict(zip(write.target.scope, write.scope, strict=False))
    destination = write.incoming.route.destination
    ids = {**state, **write.given, **given, **scope, "workspaceId": destination, "id": object_id}
    wanted = desired(write.target, state, given)
    return Change(ids, state, wanted, changed or frozenset(given), write.given, write.beside)


def desired(target: WritableObject, state: State, given: State) -> State:
    """Return the wanted fields of an object."""
    wanted = {
        one.name: one.kind.merged(state.get(one.name), given[one.name])
        for one in target.fields
        if one.name in given and not one.modifier
    }
    return {**{name: value for name, value in state.items() if value is not UNKNOWN}, **wanted}


def creation(write: Write) -> tuple[Call, Change]:
    """Return the call that creates an object, and the change that it is made from."""
    target, means = write.target, write.target.create
    assert means is not None  # noqa: S101 - it was decided to create one
    change = change_of(write, None, {}, write.given)
    fields = [target.field(name) for name in means.fields if write.given.get(name) is not None]
    body = {one.written_as: one.written(write.given[one.name]) for one in fields}
    if means.shape:
        body = means.shape(change, body)
    call = Call(
        "POST",
        means.path,
        json=None if means.form else body,
        form=means.form(change) if means.form else None,
        params=_params(means.params, write.given),
        host=means.host,
    )
    return call, change


def deletion(write: Write, means: Delete, change: Change) -> Call:
    """Return the call that deletes an object."""
    body = means.shape(change, {}) if means.shape else None
    return Call("DELETE", means.path, json=body, params=_params(means.params, write.given), host=means.host)


def calls_of(target: WritableObject, part: Part, change: Change) -> Iterable[Call]:
    """Return the calls that change the fields of a part."""
    if part.calls:
        return part.calls(change)
    params = _params(part.params, change.given)
    return [Call(part.method, part.path, json=_body(target, part, change), params=params, host=part.host)]


def bulk_body(write: Write) -> State:
    """Return the array element for one object in a call that changes many objects."""
    changed = frozenset(differences(write.target, write.current, write.given))
    change = change_of(write, write.entry.id, write.current, write.given, changed)
    part = next(part for part in write.target.parts if part.bulk)
    return {"id": write.entry.id, **_body(write.target, part, change)}


_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_IN_A_PATH = re.compile(r"[0-9a-f]{24}|[0-9]{1,6}|[A-Z_]{1,40}")  # an id, a position, or a word such as TIMESHEET


def as_request(call: Call, ids: Mapping[str, Any]) -> Request:
    """Return a call as the client sends it; its path is relative to the workspace unless it contains the workspace.

    Raises:
        RejectedError: A value in the path is not a valid id.
    """
    path = call.path if call.path.startswith("/workspaces") else f"/workspaces/{{workspaceId}}{call.path}"
    whole = {**ids, **call.ids}
    for name in _PLACEHOLDER.findall(path):
        if not _IN_A_PATH.fullmatch(str(whole.get(name))):
            msg = f"{name} must be an id of Clockify"
            raise RejectedError("invalid", msg)
    return Request(
        method=call.method,
        path=path,
        ids=whole,
        host=call.host,
        params=call.params,
        json=call.json,
        form=call.form,
    )


def _body(target: WritableObject, part: Part, change: Change) -> State:
    """Leave null out, unless the record empties the field."""
    body: State = {}
    for name in part.fields:
        if part.partial and name not in change.changed:
            continue
        one = target.field(name)
        value = change.desired.get(name)
        if value is not None or name in change.changed:
            body[one.written_as] = one.written(value)
    return part.shape(change, body) if part.shape else body


def _params(names: Mapping[str, str], given: State) -> dict[str, str]:
    pairs: Iterator[tuple[str, Any]] = ((param, given.get(name)) for name, param in names.items())
    return {
        param: str(value).lower() if isinstance(value, bool) else str(value)
        for param, value in pairs
        if value is not None
    }
