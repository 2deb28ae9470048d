"""Removes the waiting time before retries in tests; the number of retries is unchanged."""

from __future__ import annotations

from typing import Any

WAITS: dict[str, Any] = {
    "clockify_client.client._FIRST_WAIT": 0.0,
    "clockify_client.output._GRACE": 0.3,
    "clockify_client.throttle._PAUSE": 0.001,
    "target_clockify.apply.late.WAITS": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5),
}
"""What tests set them to; a wait before a further try doubles with each."""
