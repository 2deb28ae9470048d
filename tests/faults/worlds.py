"""The worlds of the matrix: each differs from the default world in ways that real ones do."""

from __future__ import annotations

from typing import Any

WORLDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "capped": {"page_cap": 7},
    "capped-without-signs": {"page_cap": 7, "without_last_page": True, "totals": "none"},
    "spanish": {"language": "es", "plan_refusal": "400"},
    "members-see-little": {"users_list": "admins", "plan_refusal": "403-501"},
}
