"""Checks the currency next to an amount: it must be the currency in force, since Clockify does not convert.

Rates and amounts are in the currency of the client that pays them, an invoice is in its own currency, and everything
else is in that of the workspace. 0 counts as an amount, too: in another currency it would still overwrite the current
amount.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_clockify.model.objects import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_clockify.mirror import Mirror
    from target_clockify.model.declaration import State, Writable, WritableObject

_BILLED_BY = ("invoiceId", "clientId", "projectId")
"""The fields that refer to the object with the currency, the most specific first."""
COLUMN = "currency"
_PURPOSE = "which currency is in force"


def code_of(value: Any) -> str:
    """Return the code of a currency, which may be an object with code and id; empty if there is none."""
    code = value.get("code") if isinstance(value, dict) else value
    return code.strip().upper() if isinstance(code, str) else ""


def owner_of(target: Writable, given: State) -> tuple[WritableObject, str] | None:
    """Return the object that determines the currency, and its id; None if the workspace does."""
    for name in _BILLED_BY:
        if name in target.by_name and given.get(name):
            return BY_NAME[str(target.field(name).refers)], str(given[name])
    return None


def in_force(mirror: Mirror, target: Writable, given: State) -> str:
    """Return the currency code of the amounts of an object; empty if Clockify does not return it.

    Raises:
        NotReadError: A list has to be read first.
        RejectedError: The key may not read the list with the currency.
    """
    for name in _BILLED_BY:
        if name in target.by_name:
            owner = BY_NAME[str(target.field(name).refers)]
            state = mirror.listed(owner, given[name]) if given.get(name) else None
            if state is None and given.get(name):
                mirror.needed(owner, _PURPOSE)
            return _own(mirror, owner, state) if state else _default(mirror)
    return _default(mirror)


def _own(mirror: Mirror, target: WritableObject, state: State) -> str:
    if "currencyId" in target.by_name:  # the id first: this run may have changed it, and the code is derived from it
        codes = {str(one.get("id")): code_of(one.get("code")) for one in _workspace(mirror).get("currencies") or ()}
        if code := codes.get(str(state.get("currencyId"))):
            return code
    if code := code_of(state.get("currency")) or code_of(state.get("currencyCode")):
        return code
    if "currencyId" in target.by_name:
        return _default(mirror)
    return in_force(mirror, target, state)


def _workspace(mirror: Mirror) -> State:
    mirror.needed(BY_NAME["workspaces"], _PURPOSE)
    return mirror.listed(BY_NAME["workspaces"], mirror.reader.workspace) or {}


def _default(mirror: Mirror) -> str:
    workspace = _workspace(mirror)
    default = next((code_of(one.get("code")) for one in workspace.get("currencies") or () if one.get("isDefault")), "")
    return default or code_of((workspace.get("hourlyRate") or {}).get("currency"))


def stated(value: Any) -> Iterator[str]:
    """Yield the currency codes of the amounts in a value."""
    if isinstance(value, list):
        for one in value:
            yield from stated(one)
    elif isinstance(value, dict):
        if value.get("amount") is not None and (code := code_of(value.get(COLUMN))):
            yield code
        for one in value.values():
            yield from stated(one)


def without_amounts(value: Any, code: str) -> Any:
    """Return a value without amounts in other currencies; None if the value itself is such an amount."""
    if isinstance(value, list):
        return [without_amounts(one, code) for one in value]
    if not isinstance(value, dict):
        return value
    if value.get("amount") is not None and code_of(value.get(COLUMN)) not in {"", code}:
        return None
    kept = {name: without_amounts(one, code) for name, one in value.items()}
    return {name: one for name, one in kept.items() if one is not None or value[name] is None}
