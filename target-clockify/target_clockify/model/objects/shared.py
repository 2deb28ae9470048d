"""Definitions that several declarations share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_clockify.model.declaration import Call, Change, Field, Operation, Part, State
from target_clockify.model.values import ANY, IDS, TEXT, WORD, Kind, record_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def named(longest: int, *, shortest: int = 1, longest_on_update: int | None = None) -> Field:
    """Return the field `name` with limits for its length."""
    return Field(
        "name",
        TEXT,
        rules={"minLength": shortest, "maxLength": longest},
        on_update={"maxLength": longest_on_update or longest},
        clearable=False,
    )


def currency_of_amounts() -> Field:
    """Return the field for the currency of a row's amounts; it is checked, but not written."""
    return Field(
        "currency",
        ANY,
        modifier=True,
        aliases=("currencyCode",),
        description="The currency of the row's amounts; a row with another currency than the one in force is rejected.",
    )


def require_agreement(one: tuple[str, Any], other: tuple[str, Any], kind: Kind = TEXT) -> None:
    """Require that two columns with the same meaning do not have different values.

    Args:
        one: The name of a column, and its value; a blank is ignored.
        other: The same for the other column.
        kind: The kind of both values.

    Raises:
        ValueError: They differ; the message names the columns.
    """
    (name, value), (other_name, other_value) = one, other
    blank: tuple[Any, ...] = (None, "", [], {})
    if value in blank or other_value in blank:
        return
    if kind.canonical(kind.coerce(value)) != kind.canonical(kind.coerce(other_value)):
        msg = f"{name} and {other_name} state different values: leave one of them out"
        raise ValueError(msg)


def member_of(value: Any, name: str) -> Any:
    """Return a member of an object, None if the value is not an object."""
    return value.get(name) if isinstance(value, dict) else None


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
    """Leave out unchanged rates: a rate that is sent again gets a new start date."""
    return {key: value for key, value in body.items() if not key.endswith("Rate") or key in change.changed}


# -- the people of a holiday or a policy ------------------------------------------------------------

_CONTAINS = {
    Operation.INSERT: ["CONTAINS", "DOES_NOT_CONTAIN"],
    Operation.UPDATE: ["CONTAINS", "DOES_NOT_CONTAIN", "CONTAINS_ONLY"],
}
_STATUS = {
    Operation.INSERT: ["ALL", "ACTIVE", "INACTIVE"],
    Operation.UPDATE: ["ALL", "ACTIVE", "INACTIVE", "PENDING", "DECLINED"],
}
AUDIENCE = ("userIds", "userGroupIds", "users", "userGroups")
_FILTERS = {
    "userIds": ("users", "userContains", "userStatus"),
    "userGroupIds": ("userGroups", "userGroupContains", "userGroupStatus"),
}
_FILTER = record_of("a filter", ids=IDS, contains=WORD, status=WORD)
_PLAIN = [{"contains": contains, "status": status} for contains in (None, "CONTAINS") for status in (None, "ALL")]


def audience_fields() -> tuple[Field, ...]:
    """The fields of ids in read objects, the filters in requests, and the modes of these filters.

    Clockify returns the people that a filter selected, not the filter itself. So a filter with more than ids cannot be
    compared.
    """
    return tuple(_audience_fields())


def _audience_fields() -> Iterator[Field]:
    for ids, (filter_key, contains, status) in _FILTERS.items():
        people = "users" if ids == "userIds" else "user_groups"
        yield Field(ids, IDS, refers={"[]": people}, clearable=False)
        for name, allowed in ((contains, _CONTAINS), (status, _STATUS)):
            yield Field(
                name,
                WORD,
                modifier=True,
                qualifies=ids,
                on_insert={"enum": allowed[Operation.INSERT]},
                on_update={"enum": allowed[Operation.UPDATE]},
            )
        yield Field(
            filter_key,
            _FILTER,
            refers={"ids[]": people},
            unreadable=True,
            description=f"`{ids}`, `{contains}` and `{status}` in one.",
        )


def spread_filters(given: State) -> State:
    """Replace filters that contain only ids by these ids, and keep other filters unchanged."""
    given = dict(given)
    for ids, (filter_key, contains, status) in _FILTERS.items():
        found = given.pop(filter_key, None)
        if isinstance(found, dict):
            given |= {ids: found.get("ids") or []}
            given |= {name: found[key] for name, key in ((contains, "contains"), (status, "status")) if found.get(key)}
        if ids in given:
            modes = {"contains": given.get(contains), "status": given.get(status)}
            given[filter_key] = None if modes in _PLAIN else {"ids": given.pop(ids), **modes}
    return given


def require_one_audience(given: State) -> State:
    """Return a row in which ids and filters name the same people.

    Raises:
        ValueError: They name different ones.
    """
    for ids, (filter_key, contains, status) in _FILTERS.items():
        found = given.get(filter_key)
        for name, key, kind in ((ids, "ids", IDS), (contains, "contains", WORD), (status, "status", WORD)):
            require_agreement((name, given.get(name)), (f"{filter_key}.{key}", member_of(found, key)), kind)
    return given


def audience_rules(operation: Operation, given: State, read_shape: bool) -> Iterator[str]:  # noqa: FBT001
    """Ids alone do not show whether they are included or excluded; in rows that the tap has read, they are included."""
    if operation is not Operation.INSERT or read_shape:
        return
    for ids, (filter_key, contains, status) in _FILTERS.items():
        if given.get(ids) or (given.get(filter_key) or {}).get("ids"):
            for name in (contains, status):
                if not given.get(name):
                    yield f"{name} is required along with {ids}"
        elif given.get(contains) or given.get(status):
            yield f"{ids} is required along with {contains} and {status}"
    if not given.get("everyoneIncludingNew") and not any(given.get(name) for name in AUDIENCE):
        yield "userIds or userGroupIds is required, as an array of ids, unless everyoneIncludingNew is true"


def audience(status: str, *, always: bool) -> Callable[[Change, State], State]:
    """Return the shape that writes flat ids as filters.

    Args:
        status: The default status of a filter.
        always: Whether an empty filter is sent as well.
    """

    def shape(change: Change, body: State) -> State:
        for ids, (filter_key, _, status_key) in _FILTERS.items():
            chosen, wanted = body.pop(ids, None) or [], body.pop(filter_key, None)
            if wanted is None:
                wanted = {"ids": chosen, "status": change.given.get(status_key)}
            if wanted["ids"] or always or not change.changed.isdisjoint((ids, filter_key)):
                body[filter_key] = {
                    "contains": wanted.get("contains") or "CONTAINS",
                    "ids": wanted["ids"],
                    "status": wanted.get("status") or status,
                }
        return body

    return shape
