"""The worlds for the main scenarios of tap and target: each differs from the default as real ones do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.pair.conftest import postgres
from tests.tap.conftest import catalog, run_tap
from tests.target.conftest import TargetRunner, runner, singer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Sandbox, StartSandbox
    from tests.tap.conftest import Run

__all__ = ["MEMBER_KEY", "WORLDS", "catalog", "postgres", "run_tap", "runner", "singer"]

WORLDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "spanish-400": {"language": "es", "plan_refusal": "400"},
    "german-402": {"language": "de", "plan_refusal": "402"},
    "hidden-former-members": {"former_members": "hidden"},
    "capped": {"page_cap": 7},
    "capped-with-page-totals": {"page_cap": 7, "totals": "page"},
    "capped-without-signs": {"page_cap": 7, "without_last_page": True, "totals": "none"},
    "without-last-page-with-page-totals": {"page_cap": 11, "without_last_page": True, "totals": "page"},
    "members-see-little": {"users_list": "admins", "group_access": "without-tasks", "plan_refusal": "403-501"},
}

MEMBER_KEY = "sandbox-member-key"


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> str:
    """The name of a world; every test that asks for it runs in each of them."""
    name: str = request.param
    return name


@pytest.fixture
def box(sandbox: StartSandbox, world: str) -> Sandbox:
    """A sandbox of scale `tiny` in that world."""
    return sandbox(scale="tiny", world=WORLDS[world])


@pytest.fixture(scope="session")
def _outputs() -> dict[str, bytes]:
    return {}


@pytest.fixture
def tap_output(box: Sandbox, world: str, run_tap: Callable[..., Run], _outputs: dict[str, bytes]) -> bytes:
    """The tap's output for the first workspace of that world at the start; it is read once."""
    if world not in _outputs:
        settings = {"policy_status": "ALL", "schedule_end_date": "2028-01-01"}
        run = run_tap(box.origin, workspace_ids=[box.workspace_id], **settings)
        assert (run.code, run.complaints) == (0, [])
        _outputs[world] = b"\n".join(json.dumps(message).encode() for message in run.messages)
    return _outputs[world]


@pytest.fixture
def target(box: Sandbox, tmp_path: Path) -> TargetRunner:
    """The target, writing to the first workspace of that world."""
    return TargetRunner(box, tmp_path)
