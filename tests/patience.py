"""The seconds that programs wait before they try again: in tests the tries count, not the seconds."""

from __future__ import annotations

WAITS = {"clockify_client.client._FIRST_WAIT": 0.0, "clockify_client.throttle._PAUSE": 0.001}
"""What tests set them to; both are doubled by each further try."""
