"""Time-off balances: one per user and policy, created when first needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clockify_sandbox.entities import balance as new_balance
from clockify_sandbox.kinds import BALANCE, MEMBER

if TYPE_CHECKING:
    from clockify_sandbox.call import Call
    from clockify_sandbox.shapes.absence import Balance, BalanceFields, Policy


def balance_of(call: Call, user_id: str, policy: Policy) -> Balance:
    """The balance of a member under a policy.

    Raises:
        ApiError: 400/501 if the user is not a member.
    """
    call.find(MEMBER, user_id)
    for balance in call.workspace.balances.values():
        if balance["userId"] == user_id and balance["policyId"] == policy["id"]:
            return balance
    fresh = new_balance(call.new_id(), call.workspace.id, user_id, policy["id"], **limits(policy))
    call.workspace.balances[fresh["id"]] = fresh
    return fresh


def limits(policy: Policy) -> BalanceFields:
    """How far balances under a policy may fall below zero; every balance repeats this."""
    debt = policy["negativeBalance"] if policy["allowNegativeBalance"] else None
    return {"negativeBalanceLimit": debt is not None, "negativeBalanceAmount": debt["amount"] if debt else 0.0}


def is_enough(balance: Balance, policy: Policy, size: float) -> bool:
    """Whether a balance is enough for this time off; negative balances count if the policy allows them."""
    left = balance["balance"] - size
    if not policy["allowNegativeBalance"]:
        return left >= 0
    return not balance["negativeBalanceLimit"] or left >= -balance["negativeBalanceAmount"]


def grant(call: Call, balance: Balance, amount: float) -> None:
    """Raise (or lower) the total of a balance."""
    _change(call, balance, balance["total"] + amount, balance["used"])


def spend(call: Call, balance: Balance, amount: float) -> None:
    """Take approved time off from a balance."""
    _change(call, balance, balance["total"], balance["used"] + amount)


def _change(call: Call, balance: Balance, total: float, used: float) -> None:
    left = total - used
    call.of(BALANCE).update(
        balance, {"total": total, "used": used, "balance": left, "negativeBalanceUsed": max(0.0, -left)}
    )
