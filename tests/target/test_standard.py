"""The SDK's own tests. Their streams are made up, so unknown streams are skipped."""

from __future__ import annotations

from singer_sdk.testing import get_target_test_class
from target_clockify.target import TargetClockify

TestStandard = get_target_test_class(
    target_class=TargetClockify, config={"api_key": "unused", "workspace_id": "0" * 24, "on_unknown_stream": "skip"}
)
