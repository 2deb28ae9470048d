"""What an invoice adds up to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clockify_sandbox.world import Entity

_WHOLE = 10_000  # percent are stored times 100


def invoice_amount(invoice: Entity) -> int:
    """The total of an invoice in minor units: items less discount plus the taxes that apply to each, half units up."""
    items = invoice["items"]
    discount = _share(sum(item["amount"] for item in items), invoice["discount"])
    total: int = sum(item["amount"] for item in items) - discount
    for rate, names in ((invoice["tax"], ("TAX1", "TAX1TAX2")), (invoice["tax2"], ("TAX2", "TAX1TAX2"))):
        base = sum(item["amount"] for item in items if item["applyTaxes"] in names)
        total += _share(base - _share(base, invoice["discount"]), rate)
    return total


def _share(amount: int, percent_times_100: float) -> int:
    return (amount * int(percent_times_100) * 2 + _WHOLE) // (2 * _WHOLE)
