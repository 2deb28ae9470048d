"""The worlds in which the main stories of the tap run: each disagrees with the plain one in a way that was observed."""

from __future__ import annotations

from typing import Any

from tests.tap.conftest import catalog, run_tap

__all__ = ["WORLDS", "catalog", "run_tap"]

WORLDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "spanish-400": {"language": "es", "plan_refusal": "400"},
    "german-402": {"language": "de", "plan_refusal": "402"},
    "hidden-former-members": {"former_members": "hidden"},
    "capped": {"page_cap": 7},
    "capped-with-page-totals": {"page_cap": 7, "totals": "page"},
    "capped-without-signs": {"page_cap": 7, "without_last_page": True, "totals": "none"},
    "without-last-page-with-page-totals": {"page_cap": 11, "without_last_page": True, "totals": "page"},
}
