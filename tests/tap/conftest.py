"""Runs the tap as its users do: through its command line, over real HTTP, against the sandbox."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tests.prefork import Prefork

    Nights = Callable[..., "Run"]


@dataclass
class Run:
    """What one run of the tap wrote."""

    code: int
    log: str
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def records(self) -> dict[str, list[dict[str, Any]]]:
        """The records by stream, in order."""
        found = defaultdict(list)
        for message in self.messages:
            if message["type"] == "RECORD":
                found[message["stream"]].append(message["record"])
        return found

    @property
    def activated(self) -> set[str]:
        """The streams that were declared complete."""
        return {one["stream"] for one in self.messages if one["type"] == "ACTIVATE_VERSION"}

    @property
    def complaints(self) -> list[str]:
        """The lines of the log above INFO, without time and place."""
        parts = [line.split("|", 3) for line in self.log.splitlines()]
        return [part[3].strip() for part in parts if len(part) == 4 and part[1].strip() in {"WARNING", "ERROR"}]


@pytest.fixture(scope="session")
def catalog(forks: Callable[[str], Prefork]) -> Callable[[Iterable[str]], dict[str, Any]]:
    """Make a catalog that selects exactly the named streams."""
    answer = forks("tap-clockify").run(["--discover"])
    discovered = json.loads(answer.stdout)

    def select(names: Iterable[str]) -> dict[str, Any]:
        chosen = set(names)
        made: dict[str, Any] = json.loads(json.dumps(discovered))
        for stream in made["streams"]:
            for entry in stream["metadata"]:
                if not entry["breadcrumb"]:
                    entry["metadata"]["selected"] = stream["tap_stream_id"] in chosen
        return made

    return select


@pytest.fixture(scope="session")
def run_tap(
    tmp_path_factory: pytest.TempPathFactory,
    catalog: Callable[[Iterable[str]], dict[str, Any]],
    forks: Callable[[str], Prefork],
) -> Callable[..., Run]:
    """Run the tap against a sandbox, with additional settings and selected streams."""
    folder = tmp_path_factory.mktemp("tap")

    def run(
        origin: str,
        *,
        streams: Iterable[str] | None = None,
        options: Iterable[str] = (),
        with_catalog: dict[str, Any] | None = None,
        environment: dict[str, str] | None = None,
        **settings: Any,
    ) -> Run:
        config = folder / "config.json"
        given = {"api_key": "sandbox-key", "api_url": f"{origin}/api/v1", "requests_per_second": 1000, **settings}
        config.write_text(json.dumps({name: value for name, value in given.items() if value is not None}))
        command = ["--config", str(config), *options]
        if streams is not None or with_catalog is not None:
            chosen = folder / "catalog.json"
            chosen.write_text(json.dumps(with_catalog or catalog(streams or ())))
            command += ["--catalog", str(chosen)]
        around = {**os.environ, **(environment or {})}
        ended = forks("tap-clockify").run(command, around)
        lines = ended.stdout.splitlines()
        messages = [json.loads(line) for line in lines if line.startswith(b"{")]
        return Run(ended.returncode, ended.stderr.decode(), messages)

    return run


@pytest.fixture
def night(run_tap: Callable[..., Run], tmp_path: Path) -> Nights:
    """Run the tap with the STATE of the run before."""
    file = tmp_path / "state.json"

    def run(origin: str, **more: Any) -> Run:
        options = ["--state", str(file)] if file.exists() else []
        ended = run_tap(origin, options=options, **more)
        states = [one["value"] for one in ended.messages if one["type"] == "STATE"]
        if states:
            file.write_text(json.dumps(states[-1]))
        return ended

    return run
