"""Converts requests to typed arguments, and refuses invalid ones as the API does.

Query strings and bodies are declared as msgspec structs: `rename="kebab"` for queries, `rename="camel"` for bodies.
Unknown keys are ignored and null counts as absent, as everywhere in the API. There are three kinds of errors: values
that cannot be converted (400/3000 in a query, 400/3002 in a body), missing query parameters (400/3001), and violated
constraints of the domain (400/501: required, length, bounds).
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

import msgspec

from clockify_sandbox import messages
from clockify_sandbox.errors import ApiError, invalid, not_one_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

T = TypeVar("T")


class Query(msgspec.Struct, rename="kebab", kw_only=True):
    """Base of query strings; most parameters are in kebab case."""


class Body(msgspec.Struct, rename="camel", kw_only=True):
    """Base of request bodies."""


_MISSING = 3001
_FIELD = re.compile(r"\$\.?(.*)`")
_CONSTRAINTS = (
    (r"Object missing required field `.*?`", messages.NOT_NULL),
    (r"got `null`", messages.NOT_NULL),
    (r"of length >= 1$", messages.NOT_BLANK),
    (r"of length >= (?P<limit>\d+)$", messages.LENGTH_AT_LEAST),
    (r"of length <= (?P<limit>\d+)$", messages.LENGTH_AT_MOST),
    (r">= (?P<limit>-?[\d.]+)$", messages.AT_LEAST),
    (r"<= (?P<limit>-?[\d.]+)$", messages.AT_MOST),
    (r"matching regex (?P<pattern>.*)$", messages.MUST_MATCH),
)


def decode_query(shape: type[T], query: Mapping[str, Sequence[str]]) -> T:
    """A query string as a struct: repeated and comma-separated values for lists, the first value otherwise.

    Raises:
        ApiError: 400/3001 for a missing required parameter, 400/3000 for a value that cannot be converted.
    """
    values: dict[str, Any] = {}
    for name, required, many in _parameters(shape):  # type: ignore[arg-type]  # a class is hashable, whatever it is a class of
        given = query.get(name)
        if given is None:
            if required:
                raise ApiError(400, _MISSING, messages.PARAMETER_MISSING(name=name))
        elif many:
            values[name] = [part for text in given for part in text.split(",") if part]
        elif given[0]:
            values[name] = given[0]
    try:
        return msgspec.convert(values, shape, strict=False)
    except msgspec.ValidationError as error:
        message = messages.PARAMETER_UNREADABLE(name=_place(error), reason=_reason(error))
        raise ApiError(400, 3000, message) from None


def decode_form(shape: type[T], form: Mapping[str, Sequence[str]]) -> T:
    """The text fields of a multipart form as a struct; every error is 400/501."""
    try:
        return decode_query(shape, form)
    except ApiError as error:
        missing = error.code == _MISSING
        raise invalid(messages.NOT_NULL if missing or error.message is None else error.message) from None


def decode_body(shape: Any, raw: bytes) -> Any:
    """A JSON body as a struct (or whatever type is given).

    Raises:
        ApiError: 400/3002 for unreadable JSON, a wrong type or an unknown enum member, 400/501 for a broken constraint.
    """
    if not raw.strip():
        raise ApiError(400, 3002, messages.BODY_MISSING)
    try:
        return msgspec.convert(_without_nulls(msgspec.json.decode(raw)), shape, strict=False)
    except msgspec.ValidationError as error:
        place, reason = _place(error), _reason(error)
        for pattern, message in _CONSTRAINTS:
            if found := re.search(pattern, reason):
                raise invalid(message(**found.groupdict())) from None
        if reason.startswith("Invalid enum value"):
            raise not_one_of(place, _members(msgspec.inspect.type_info(shape), place), 3002) from None
        raise ApiError(400, 3002, messages.JSON_UNREADABLE_AT(reason=reason, place=place)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiError(400, 3002, messages.JSON_UNREADABLE(reason=error)) from None


@cache
def _parameters(shape: Any) -> list[tuple[str, bool, bool]]:
    return [(known.encode_name, known.required, _is_list(known.type)) for known in msgspec.structs.fields(shape)]


def _members(kind: msgspec.inspect.Type, place: str) -> list[str]:
    """The accepted values at a place inside a type, e.g. `userFilter.statuses[0]`."""
    name, _, rest = re.sub(r"\[.*?\]", "", place).lstrip(".").partition(".")
    match kind:
        case msgspec.inspect.UnionType(types):
            return next((found for one in types if (found := _members(one, place))), [])
        case msgspec.inspect.ListType(item):
            return _members(item, place)
        case msgspec.inspect.StructType(fields=fields):
            return next((_members(one.type, rest) for one in fields if one.encode_name == name), [])
        case msgspec.inspect.LiteralType(values):
            return [str(value) for value in values]
    return []


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _is_list(kind: Any) -> bool:
    return get_origin(kind) in (list, tuple) or any(_is_list(part) for part in get_args(kind))


def _place(error: Exception) -> str:
    found = _FIELD.search(str(error))
    return found.group(1) if found else ""


def _reason(error: Exception) -> str:
    return str(error).split(" - at `")[0]
