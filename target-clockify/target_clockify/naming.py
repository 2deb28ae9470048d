"""Any spelling of a name: `billFrom`, `bill_from`, `BILL_FROM` and `Bill From` are the same column."""

from __future__ import annotations

import difflib
import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """Return a name without case, spaces and punctuation."""
    return "".join(character for character in name.lower() if character.isalnum())


def compared(name: str) -> str:
    """Normalise a name for comparison within a workspace: lower case, one Unicode form, single spaces."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", name)).strip().casefold()


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ` (did you mean X?)` for the most similar known name, or an empty text."""
    names = {folded(one): one for one in known}
    found = difflib.get_close_matches(folded(name), names, 1, 0.6)
    return f" (did you mean {names[found[0]]}?)" if found else ""
