"""The SDK's standard tests of a tap, on every stream."""

from __future__ import annotations

from typing import Any

import pytest
from clockify_sandbox.seed import ADDON_ID
from singer_sdk.testing import SuiteConfig, get_tap_test_class
from singer_sdk.testing.runners import TapTestRunner
from tap_clockify.tap import TapClockify

CONFIG: dict[str, Any] = {
    "api_key": "sandbox-key",
    "api_url": "http://127.0.0.1/api/v1",  # the fixture puts the sandbox's own here
    "requests_per_second": 1000,
    "policy_status": "ALL",
    "addon_ids": [ADDON_ID],
    "start_date": "2026-08-01T00:00:00Z",
}


class EveryStream(TapClockify):
    """Reads what is deselected by default as well."""

    def discover_streams(self) -> list[Any]:
        streams = super().discover_streams()
        for stream in streams:
            stream.selected_by_default = True
        return streams


_Standard = get_tap_test_class(EveryStream, config=CONFIG, suite_config=SuiteConfig(max_records_limit=5))


class TestStandard(_Standard):  # type: ignore[misc, valid-type]
    @pytest.fixture(scope="class")
    @classmethod
    def runner(cls, untouched: Any) -> TapTestRunner:
        CONFIG["api_url"] = untouched.api_url
        runner = TapTestRunner(EveryStream, config=CONFIG)
        runner.sync_all()
        return runner
