"""Runs the target as users do: through its command line, over real HTTP, against a sandbox."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from target_clockify.target import TargetClockify

from tests.patience import WAITS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.prefork import Prefork

_TARGET = Path(sys.executable).with_name("target-clockify")
_COUNT = re.compile(
    r"(\d+) (found|not found|unclear|inserted|updated|unchanged|deleted|called|superseded|skipped|not copied|rejected)"
)
_READING_POSTS = ("/info", "/time-off/requests", "/totals", "/batch", "/reports/detailed")


@dataclass
class Result:
    code: int
    states: list[dict[str, Any]]
    log: str
    rejects: list[dict[str, Any]]
    plan: list[dict[str, Any]]
    requests: Counter[str]

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """The results of the records by stream, from the closing summary."""
        found = re.findall(r"\| ([\w-]+): \d+ records: (.*); \d+ requests", self.log)
        return {stream: {what: int(n) for n, what in _COUNT.findall(told)} for stream, told in found}

    @property
    def writes(self) -> Counter[str]:
        """The requests that were not reads, by route."""
        return Counter({route: n for route, n in self.requests.items() if not reads(route)})


def reads(route: str) -> bool:
    """Whether a request to a route changes nothing."""
    method, _, path = route.partition(" ")
    return method == "GET" or (method == "POST" and path.endswith(_READING_POSTS) and "policies" not in path)


class TargetRunner:
    """Runs against one workspace, with one ledger."""

    def __init__(self, box: Any, folder: Path, workspace: str | None = None) -> None:
        self.box = box
        self.folder = folder
        self.workspace = workspace or box.workspace_id
        self.rejects = folder / "rejects.jsonl"

    def forget(self) -> None:
        """Remove the ledger and its lock."""
        for file in self.folder.glob("ledger.db*"):
            file.unlink()

    def tables(self) -> dict[str, Any]:
        """The state of the workspace in the sandbox."""
        found = self.box.dump()["workspaces"]
        rows = found.values() if isinstance(found, dict) else found
        return next(one for one in rows if one["id"] == self.workspace)

    def report(self, run: str) -> list[dict[str, Any]]:
        """What `--report` prints."""
        outcome = CliRunner().invoke(TargetClockify.get_singer_command(), [*self.command()[1:], "--report", run])
        assert outcome.exit_code == 0, outcome.output
        return [json.loads(line) for line in outcome.stdout.splitlines()]

    def config(self, **settings: Any) -> dict[str, Any]:
        return {
            "api_key": "sandbox-key",
            "api_url": self.box.api_url,
            "workspace_id": self.workspace,
            "ledger_url": f"sqlite:///{self.folder / 'ledger.db'}",
            "rejects_path": str(self.rejects),
            "plan_path": str(self.folder / "plan.jsonl"),
            "requests_per_second": 1000,
            **settings,
        }

    def command(self, **settings: Any) -> list[str]:
        path = self.folder / "config.json"
        path.write_text(json.dumps(self.config(**settings)))
        return [str(_TARGET), "--config", str(path)]

    def __call__(self, messages: list[dict[str, Any]] | bytes, **settings: Any) -> Result:
        lines = messages if isinstance(messages, bytes) else b"\n".join(json.dumps(one).encode() for one in messages)
        before = self.box.stats()["by_route"]
        log = io.StringIO()
        handler = logging.StreamHandler(log)
        handler.setFormatter(logging.Formatter("%(levelname)s | %(message)s"))
        logging.getLogger().addHandler(handler)
        logging.getLogger().setLevel(logging.INFO)
        try:
            outcome = CliRunner().invoke(TargetClockify.get_singer_command(), self.command(**settings)[1:], input=lines)
        finally:
            logging.getLogger().removeHandler(handler)
        if outcome.exception and not isinstance(outcome.exception, SystemExit):
            raise outcome.exception
        after = self.box.stats()["by_route"]
        return Result(
            outcome.exit_code,
            [json.loads(line) for line in outcome.stdout.splitlines()],
            log.getvalue() + outcome.stderr,
            [line for line in _json_lines(self.rejects) if line["type"] == "RECORD"],
            _json_lines(self.folder / "plan.jsonl"),
            Counter({route: n - before.get(route, 0) for route, n in after.items() if n > before.get(route, 0)}),
        )


def _json_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class Messages:
    """Builds Singer messages."""

    @staticmethod
    def schema(stream: str, *keys: str) -> dict[str, Any]:
        return {
            "type": "SCHEMA",
            "stream": stream,
            "schema": {"properties": {}},
            "key_properties": list(keys or ("id",)),
        }

    @staticmethod
    def record(stream: str, **fields: Any) -> dict[str, Any]:
        return {"type": "RECORD", "stream": stream, "record": fields, "version": 1}

    @staticmethod
    def state(**value: Any) -> dict[str, Any]:
        return {"type": "STATE", "value": value}

    @staticmethod
    def activate(stream: str, version: int = 1) -> dict[str, Any]:
        return {"type": "ACTIVATE_VERSION", "stream": stream, "version": version}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    for place, seconds in WAITS.items():
        monkeypatch.setattr(place, seconds)


@pytest.fixture
def singer() -> type[Messages]:
    return Messages


@pytest.fixture
def runner() -> type[TargetRunner]:
    return TargetRunner


@pytest.fixture
def tap_output(tmp_path: Path, forks: Callable[[str], Prefork]) -> Callable[..., bytes]:
    """What the tap writes of a workspace."""

    def read(box: Any, workspace: str, **settings: Any) -> bytes:
        config = {
            "api_key": "sandbox-key",
            "api_url": box.api_url,
            "workspace_ids": [workspace],
            "requests_per_second": 1000,
            "policy_status": "ALL",
            "schedule_end_date": "2028-01-01",  # totals carry their window; two reads are to have the same
            **settings,
        }
        path = tmp_path / "tap.json"
        path.write_text(json.dumps(config))
        ended = forks("tap-clockify").run(["--config", str(path)])
        assert ended.returncode == 0, ended.stderr.decode()
        return ended.stdout

    return read


@pytest.fixture
def target(empty: Any, tmp_path: Path) -> TargetRunner:
    """The target, writing to an empty workspace."""
    return TargetRunner(empty, tmp_path)
