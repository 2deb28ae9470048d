"""An invalid faults file for the sandbox is refused in one line."""

from __future__ import annotations

import pytest
from clockify_sandbox.faults import parse_faults


@pytest.mark.parametrize(
    "raw", [b"[" * 100_000 + b"]" * 100_000, b'[{"route": "\xff"}]', b"{"], ids=["deep", "bytes", "half"]
)
def test_an_invalid_list_of_faults_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="faults must be a JSON list of objects"):
        parse_faults(raw)
