"""Amounts that state a currency: the one in force where they are written, or refused. Clockify converts none.

Rates and amounts are in the currency of the client they are billed to, an invoice in its own, and everything else in
that of the workspace. Nothing is nothing in any currency.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_clockify.model.objects import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_clockify.mirror import Current
    from target_clockify.model.declaration import State, WritableObject

_BILLED_BY = ("invoiceId", "clientId", "projectId")
"""The fields that lead to the object whose currency counts, nearest first."""
COLUMN = "currency"


def code_of(value: Any) -> str:
    """Return the code of a currency, which may come with its id beside it; empty where there is none."""
    code = value.get("code") if isinstance(value, dict) else value
    return code.strip().upper() if isinstance(code, str) else ""


class Currencies:
    """Tells the currency in force.

    Args:
        current: The workspace as it is.
        workspace: Its id.
    """

    def __init__(self, current: Current, workspace: str) -> None:
        self._current = current
        self._workspace = workspace

    def in_force(self, target: WritableObject, given: State) -> str:
        """Return the code of the currency in which the amounts of an object are; empty where Clockify does not tell."""
        for name in _BILLED_BY:
            if name in target.by_name:
                owner = BY_NAME[str(target.field(name).refers)]
                state = self._state(owner, given.get(name)) if given.get(name) else None
                return self._own(owner, state) if state else self._default()
        return self._default()

    def _own(self, target: WritableObject, state: State) -> str:
        if code := code_of(state.get("currency")) or code_of(state.get("currencyCode")):
            return code
        if "currencyId" in target.by_name:
            return self._codes().get(str(state.get("currencyId"))) or self._default()
        return self.in_force(target, state)

    def _state(self, target: WritableObject, object_id: Any) -> State | None:
        self._current.ensure([(target, ())])
        return self._current.get(target, str(object_id))

    def _currencies(self) -> list[State]:
        return list((self._state(BY_NAME["workspaces"], self._workspace) or {}).get("currencies") or ())

    def _codes(self) -> dict[str, str]:
        return {str(one.get("id")): code_of(one.get("code")) for one in self._currencies()}

    def _default(self) -> str:
        default = next((code_of(one.get("code")) for one in self._currencies() if one.get("isDefault")), "")
        state = self._state(BY_NAME["workspaces"], self._workspace) or {}
        return default or code_of((state.get("hourlyRate") or {}).get("currency"))


def stated(value: Any) -> Iterator[str]:
    """Yield the codes that the amounts inside of a value state."""
    if isinstance(value, list):
        for one in value:
            yield from stated(one)
    elif isinstance(value, dict):
        if value.get("amount") and (code := code_of(value.get(COLUMN))):
            yield code
        for one in value.values():
            yield from stated(one)


def without_amounts(value: Any, code: str) -> Any:
    """Return a value without the amounts that state another currency; None where it is one itself."""
    if isinstance(value, list):
        return [without_amounts(one, code) for one in value]
    if not isinstance(value, dict):
        return value
    if value.get("amount") and code_of(value.get(COLUMN)) not in {"", code}:
        return None
    kept = {name: without_amounts(one, code) for name, one in value.items()}
    return {name: one for name, one in kept.items() if one is not None or value[name] is None}
