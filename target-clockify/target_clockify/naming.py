"""Any spelling of a name: `billFrom`, `bill_from`, `BILL_FROM` and `Bill From` are the same column."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """Return what is left of a name when case, spaces and punctuation are taken away."""
    return "".join(character for character in name.lower() if character.isalnum())
