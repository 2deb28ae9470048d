"""Malformed responses to the tap: refused in one line, without activation, or passed on as valid JSON."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.hostile.answers import BODIES, ERRORS, VALUES, Gateway, with_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from subprocess import CompletedProcess

    from tests.prefork import Prefork

_STREAMS = ("clients", "tags", "projects", "time_entries", "invoices", "invoice_items", "user_roles", "expenses")
_ROUTES = [f"GET /api/v1/workspaces/{{id}}/{one}" for one in ("clients", "projects", "invoices/{id}", "users")]


@pytest.fixture(scope="module")
def gateway(untouched: Any) -> Iterator[Gateway]:
    one = Gateway(str(untouched.origin))
    yield one
    one.close()


@pytest.fixture
def read(
    gateway: Gateway, untouched: Any, tmp_path: Path, forks: Callable[[str], Prefork], catalog: Callable[..., Any]
) -> Callable[[], CompletedProcess[bytes]]:
    """Read some streams through the gateway."""

    def run() -> CompletedProcess[bytes]:
        settings = {"api_key": "sandbox-key", "api_url": f"{gateway.origin}/api/v1", "requests_per_second": 1000}
        settings |= {"workspace_ids": [untouched.workspace_id], "verify_time_entries": False}
        (tmp_path / "config.json").write_text(json.dumps(settings))
        (tmp_path / "catalog.json").write_text(json.dumps(catalog(_STREAMS)))
        return forks("tap-clockify").run(
            ["--config", str(tmp_path / "config.json"), "--catalog", str(tmp_path / "catalog.json")]
        )

    return run


def _read(out: bytes) -> tuple[Counter[str], set[str]]:
    """How many records there are of each stream, and which streams are complete."""
    messages = [json.loads(line.decode()) for line in out.splitlines()]
    records = Counter(one["stream"] for one in messages if one["type"] == "RECORD")
    return records, {one["stream"] for one in messages if one["type"] == "ACTIVATE_VERSION"}


_CASES = [
    *(("value", name) for name in VALUES if name != "a long number"),  # nor does Python read one of 5,000 digits
    *(("body", name) for name in BODIES if name != "no UTF-8"),  # a list of one row, whose id is then another one
    *(("error", name) for name in ERRORS),
]


@pytest.fixture(scope="module")
def whole() -> dict[str, Counter[str]]:
    """The output without malformed responses, computed once."""
    return {}


@pytest.mark.parametrize("seed", range(12))
def test_a_malformed_response_prevents_activation(
    gateway: Gateway, read: Callable[[], CompletedProcess[bytes]], whole: dict[str, Counter[str]], seed: int
) -> None:
    if not whole:
        gateway.spoils = lambda _route, _status, _body: None
        whole["records"], complete = _read(read().stdout)
        assert complete == set(_STREAMS)
    chance = random.Random(seed)
    what, name = chance.choice(_CASES)
    route = chance.choice(_ROUTES)
    if what == "value":
        gateway.spoil(route, with_value(VALUES[name], chance))
    else:
        answer = ERRORS[name] if what == "error" else (200, BODIES[name])
        gateway.spoil(route, lambda _status, _body: answer)
    ended = read()
    log = ended.stderr.decode()
    assert "Traceback" not in log, (route, what, name)
    assert ended.returncode in {0, 1}
    records, activated = _read(ended.stdout)
    lost = {stream for stream, count in whole["records"].items() if records[stream] < count}
    assert not lost & activated, (route, what, name)
