"""Validates a record before it is sent, with one JSON Schema per object and operation.

Reports all errors of a record.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, cast

from jsonschema import Draft202012Validator

from target_clockify.errors import RejectedError
from target_clockify.model.declaration import Operation
from target_clockify.understand import spellings

if TYPE_CHECKING:
    from jsonschema import ValidationError

    from target_clockify.model.declaration import Field, State, Writable
    from target_clockify.model.values import Kind


def schema_of(target: Writable, operation: Operation) -> dict[str, Any]:
    """Return the JSON Schema of the fields of an object for one operation."""
    return {
        "type": "object",
        "properties": {one.name: _field_schema(one, operation) for one in target.fields},
        "required": list(target.required(operation)),
    }


def _field_schema(one: Field, operation: Operation) -> dict[str, Any]:
    rules = one.on_insert if operation is not Operation.UPDATE else one.on_update
    schema = {**one.kind.said_schema, **one.rules, **rules}
    described = {"description": one.description} if one.description else {}
    return {"anyOf": [schema, {"type": "null"}], **described} if one.clearable else {**schema, **described}


@cache
def _validator(target: Writable, operation: Operation) -> Draft202012Validator:
    return Draft202012Validator(schema_of(target, operation))


def check(target: Writable, operation: Operation, given: State, *, read_shape: bool) -> None:
    """Reject a record that Clockify would not accept.

    Args:
        target: The object.
        operation: The operation.
        given: The record's fields.
        read_shape: The record is in the tap's format, not written by hand. Raises:
        RejectedError: The message lists every error of the record, with fields and rules, never values.
    """
    errors = [_said(error, target) for error in _validator(target, operation).iter_errors(given)]
    if target.rules:
        errors += target.rules(operation, given, read_shape)
    if errors:
        raise RejectedError("invalid", "; ".join(sorted(set(errors))))


def _misspelt(error: ValidationError, target: Writable) -> str:
    """Return which spelling of a value works, empty if the spelling is not the error."""
    path = [part for part in error.absolute_path if isinstance(part, str)]
    kind: Kind | None = target.field(path[0]).kind if path and path[0] in target.by_name else None
    for part in path[1:]:
        kind = kind.item if kind and kind.item else kind
        kind = {**kind.members, **kind.hints, **kind.inner}.get(part) if kind else None
    if kind is None:
        return ""
    return spellings.problem(".".join(path), _column(path, target), kind, error.instance)


def _column(path: list[str], target: Writable) -> str:
    """Return the name of a column in `formats`."""
    holders = [one for one in target.fields if path[-1] in {**one.kind.members, **one.kind.hints}]
    return path[-1] if len(path) == 1 or len(holders) == 1 else f"{path[-2]}{path[-1][:1].upper()}{path[-1][1:]}"


def _said(error: ValidationError, target: Writable) -> str:
    while error.context:
        # null or a value by the field's rule is allowed: the message states the rule.
        error = next((one for one in error.context if one.validator != "type" or one.validator_value != "null"), error)
    place = ".".join(str(part) for part in error.absolute_path) or "the record"
    rule, wanted = str(error.validator), cast("Any", error.validator_value)
    words = cast("Any", error.schema).get("$comment")
    if rule in {"type", "pattern"} and (told := _misspelt(error, target)):
        return told
    if rule == "required":
        instance = cast("Any", error.instance)
        missing = [name for name in wanted if name not in instance]
        where = "" if place == "the record" else f" in {place}"
        return f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} required{where}"
    said = {
        "enum": lambda: f"must be one of {', '.join(map(str, wanted))}",
        "type": lambda: f"must be {words or f'of type {wanted}'}",
        "maxLength": lambda: f"must have at most {wanted} characters",
        "minLength": lambda: f"must have at least {wanted} characters",
        "maxItems": lambda: f"must have at most {wanted} elements",
        "minimum": lambda: f"must be at least {wanted}",
        "maximum": lambda: f"must be at most {wanted}",
        "exclusiveMinimum": lambda: f"must be more than {wanted}",
        "pattern": lambda: f"must be {words or f'like {wanted}'}",
    }
    return f"{place} {said[rule]() if rule in said else f'breaks the rule {rule}'}"
