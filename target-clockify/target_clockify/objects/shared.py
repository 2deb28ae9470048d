"""Words that several declarations use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_clockify.declaration import Call, Change, Field, Operation, Part, State
from target_clockify.values import IDS, OBJECT, TEXT, WORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def named(longest: int, *, shortest: int = 1, longest_on_update: int | None = None) -> Field:
    """Return the field `name`, of so many characters."""
    return Field(
        "name",
        TEXT,
        rules={"minLength": shortest, "maxLength": longest},
        on_update={"maxLength": longest_on_update or longest},
        clearable=False,
    )


def _rate_call(name: str, path: str) -> Callable[[Change], Iterator[Call]]:
    def calls(change: Change) -> Iterator[Call]:
        rate = change.desired[name]
        body = {key: rate[key] for key in ("amount", "since") if rate.get(key) is not None}
        yield Call("PUT", path, json=body)

    return calls


def rate_parts(path: str) -> tuple[Part, Part]:
    """Return the parts that set a billable and a cost rate below a path."""
    return (
        Part(("hourlyRate",), calls=_rate_call("hourlyRate", f"{path}/hourly-rate")),
        Part(("costRate",), calls=_rate_call("costRate", f"{path}/cost-rate")),
    )


def without_unchanged_rates(change: Change, body: State) -> State:
    """A rate that is sent again would be dated anew: leave out those that stay."""
    return {key: value for key, value in body.items() if not key.endswith("Rate") or key in change.changed}


# -- who a holiday or a policy is for ------------------------------------------------------------

_CONTAINS = {
    Operation.INSERT: ["CONTAINS", "DOES_NOT_CONTAIN"],
    Operation.UPDATE: ["CONTAINS", "DOES_NOT_CONTAIN", "CONTAINS_ONLY"],
}
_STATUS = {
    Operation.INSERT: ["ALL", "ACTIVE", "INACTIVE"],
    Operation.UPDATE: ["ALL", "ACTIVE", "INACTIVE", "PENDING", "DECLINED"],
}
AUDIENCE = ("userIds", "userGroupIds")
_FILTERS = {
    "userIds": ("users", "userContains", "userStatus"),
    "userGroupIds": ("userGroups", "userGroupContains", "userGroupStatus"),
}


def audience_fields() -> tuple[Field, ...]:
    """The flat ids as they are read, the modes of the filters they are written as, and those filters themselves."""
    return tuple(_audience_fields())


def _audience_fields() -> Iterator[Field]:
    for ids, (filter_key, contains, status) in _FILTERS.items():
        yield Field(ids, IDS, refers={"[]": "users" if ids == "userIds" else "user_groups"}, clearable=False)
        for name, allowed in ((contains, _CONTAINS), (status, _STATUS)):
            yield Field(
                name,
                WORD,
                modifier=True,
                on_insert={"enum": allowed[Operation.INSERT]},
                on_update={"enum": allowed[Operation.UPDATE]},
            )
        yield Field(filter_key, OBJECT, modifier=True, description=f"`{ids}`, `{contains}` and `{status}` in one.")


def spread_filters(given: State) -> State:
    """Take the filters of the write side apart into the flat fields of the read side."""
    given = dict(given)
    for ids, (filter_key, contains, status) in _FILTERS.items():
        found = given.pop(filter_key, None)
        if isinstance(found, dict):
            given |= {ids: found.get("ids") or []}
            given |= {
                name: WORD.coerce(found[key])
                for name, key in ((contains, "contains"), (status, "status"))
                if found.get(key)
            }
    return given


def audience_rules(operation: Operation, given: State, read_shape: bool) -> Iterator[str]:  # noqa: FBT001
    """Ids need to be told what they mean; rows as the tap reads them have always meant these very people."""
    if operation is not Operation.INSERT or read_shape:
        return
    for ids, (_, contains, status) in _FILTERS.items():
        if given.get(ids):
            for name in (contains, status):
                if not given.get(name):
                    yield f"{name} is required along with {ids}"
        elif given.get(contains) or given.get(status):
            yield f"{ids} is required along with {contains} and {status}"
    if not given.get("everyoneIncludingNew") and not any(given.get(ids) for ids in _FILTERS):
        yield "userIds or userGroupIds is required, as an array of ids, unless everyoneIncludingNew is true"


def audience(status: str, *, always: bool) -> Callable[[Change, State], State]:
    """Return the shape that writes flat ids as filters.

    Args:
        status: The status a filter has unless the record says otherwise.
        always: An empty filter is sent as well.
    """

    def shape(change: Change, body: State) -> State:
        for ids, (filter_key, contains, status_key) in _FILTERS.items():
            chosen: Any = body.pop(ids, None) or []
            if chosen or always or ids in change.changed:
                body[filter_key] = {
                    "contains": change.given.get(contains) or "CONTAINS",
                    "ids": chosen,
                    "status": change.given.get(status_key) or status,
                }
        return body

    return shape
