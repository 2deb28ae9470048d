"""Fixtures shared by all tests: a sandbox in this process, spoken to over HTTP like the real service."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING, Any, Protocol

import pytest
import requests
from clockify_sandbox import testing
from hypothesis import settings

from tests.prefork import Prefork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OWNER_KEY = "sandbox-key"
LIMITED_KEY = "sandbox-limited-key"

settings.register_profile("house", deadline=None)  # the machine may be busy
settings.load_profile("house")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Run one more worker than there are cores, since many tests wait for a program."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the files that have slow tests; otherwise the other cores would be idle at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """Exclude imported and collected objects from garbage collection, since they are needed until the end."""
    gc.collect()
    gc.freeze()


class Sandbox:
    """A running sandbox.

    `api_url`, `reports_url` and `audit_log_url` are base URLs for clients; `workspace_id` is the first workspace's.
    """

    def __init__(self, **options: Any) -> None:
        self._service = testing.Sandbox(**{"scale": "empty", **options})
        self.origin = self._service.start()
        self.api_url = self.origin.api_url
        self.reports_url = self.origin.reports_url
        self.audit_log_url = self.origin.audit_log_url
        self._session = requests.Session()
        self.workspace_ids = self.origin.workspace_ids

    @property
    def workspace_id(self) -> str:
        return self.workspace_ids[0]

    def stats(self) -> dict[str, Any]:
        return self.origin.stats()

    def reset(self, **wish: Any) -> None:
        """A fresh world (`scale`, `seed`, `plan`, `world`), or with `stats=True` just fresh statistics."""
        if wish == {"stats": True}:
            self.origin.reset_stats()
        else:
            self.workspace_ids = self.origin.reset(**wish)

    def world(self, **options: Any) -> dict[str, Any]:
        """Change options of the world; the answer is all of them."""
        return self.origin.world(**options)

    def faults(self, faults: list[dict[str, Any]]) -> None:
        self.origin.faults(faults)

    def dump(self) -> dict[str, Any]:
        return self.origin.dump()

    def entries_of_members(self) -> list[dict[str, Any]]:
        """The time entries of all current members; entries of a removed member are in no user's list."""
        found = []
        for workspace in self.dump()["workspaces"]:
            members = {member["userId"] for member in workspace["members"]}
            found += [entry for entry in workspace["time_entries"] if entry["userId"] in members]
        return found

    def clock(self, **wish: Any) -> dict[str, Any]:
        """Move the clock: `now="..."` or `advance_seconds=n`."""
        return {"now": self.origin.clock(**wish)}

    def call(
        self, method: str, path: str, json: Any = None, *, key: str | None = OWNER_KEY, host: str = "api", **more: Any
    ) -> requests.Response:
        """One API call; `{ws}` in the path is the first workspace, other arguments are those of `requests`."""
        url = f"{self.origin}/{host}/v1{path.replace('{ws}', self.workspace_id)}"
        headers = {**({"X-Api-Key": key} if key else {}), **more.pop("headers", {})}
        return self._session.request(method, url, json=json, headers=headers, timeout=30, **more)

    def ok(self, method: str, path: str, json: Any = None, **more: Any) -> Any:
        """The body of a call that must succeed; None if it is empty."""
        answer = self.call(method, path, json, **more)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, json: Any = None, **more: Any) -> tuple[int, int | None]:
        """Status and code of a call that must be refused; the code is None if the body is empty."""
        answer = self.call(method, path, json, **more)
        assert not answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.status_code, answer.json().get("code") if answer.content else None

    def stop(self) -> None:
        self._session.close()
        self._service.stop()


class StartSandbox(Protocol):
    """`sandbox(scale="tiny", plan="FREE", seed=7, world={"language": "es"}, **options)`.

    `world` are options of the world, the other ones those of `clockify_sandbox.testing`: `rate_per_second=5`.
    """

    def __call__(
        self,
        scale: str = ...,
        plan: str = ...,
        seed: int = ...,
        world: dict[str, Any] | None = ...,
        **options: Any,
    ) -> Sandbox: ...


@pytest.fixture(scope="session")
def _sandboxes() -> Iterator[list[tuple[dict[str, Any], Sandbox]]]:
    running: list[tuple[dict[str, Any], Sandbox]] = []
    yield running
    for _, sandbox in running:
        sandbox.stop()


@pytest.fixture
def sandbox(_sandboxes: list[tuple[dict[str, Any], Sandbox]]) -> StartSandbox:
    """A function that returns a sandbox with a fresh world; servers are reused by later tests."""
    taken: list[Sandbox] = []

    def start(
        scale: str = "tiny",
        plan: str = "ENTERPRISE",
        seed: int = 7,
        world: dict[str, Any] | None = None,
        **options: Any,
    ) -> Sandbox:
        found = next((box for started, box in _sandboxes if started == options and box not in taken), None)
        if found is None:
            found = Sandbox(**options)
            _sandboxes.append((options, found))
        taken.append(found)
        found.reset(scale=scale, plan=plan, seed=seed, world=world or {})
        return found

    return start


@pytest.fixture(scope="session")
def untouched() -> Iterator[Sandbox]:
    """A sandbox of scale `tiny` for tests that only read."""
    box = Sandbox(scale="tiny")
    yield box
    box.stop()


@pytest.fixture
def launch() -> Iterator[Callable[..., Sandbox]]:
    """A function that starts a separate sandbox for the test, with the given options."""
    started: list[Sandbox] = []

    def start(**options: Any) -> Sandbox:
        started.append(Sandbox(**options))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture(scope="session")
def forks() -> Iterator[Callable[[str], Prefork]]:
    """A function that returns the process that forks a program, by the program's name."""
    running: dict[str, Prefork] = {}

    def of(program: str) -> Prefork:
        if program not in running:
            running[program] = Prefork(program)
        return running[program]

    yield of
    for one in running.values():
        one.close()


@pytest.fixture
def empty(sandbox: StartSandbox) -> Sandbox:
    """A sandbox with one workspace and its owner."""
    return sandbox(scale="empty")
