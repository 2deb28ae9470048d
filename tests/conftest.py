"""Fixtures shared by all tests: a sandbox in a process of its own, spoken to over HTTP like the real service."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any, Protocol

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OWNER_KEY = "sandbox-key"
LIMITED_KEY = "sandbox-limited-key"


class Sandbox:
    """A running sandbox.

    `api_url`, `reports_url` and `audit_log_url` are base URLs for clients; `workspace_id` is the first workspace's.
    """

    def __init__(self, arguments: list[str]) -> None:
        command = [sys.executable, "-m", "clockify_sandbox", "serve", "--port", "0", "--scale", "empty", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.origin = self.process.stdout.readline().strip()
        assert self.origin.startswith("http://127.0.0.1:"), "the sandbox did not start"
        self.api_url = f"{self.origin}/api/v1"
        self.reports_url = f"{self.origin}/report/v1"
        self.audit_log_url = f"{self.origin}/auditlog/v1"
        self._session = requests.Session()
        self.workspace_ids: list[str] = [workspace["id"] for workspace in self.dump()["workspaces"]]

    @property
    def workspace_id(self) -> str:
        return self.workspace_ids[0]

    def stats(self) -> dict[str, Any]:
        return self._control("GET", "stats")

    def reset(self, **wish: Any) -> None:
        """A fresh world (`scale`, `seed`, `plan`, `world`), or with `stats=True` just fresh statistics."""
        self.workspace_ids = self._control("POST", "reset", wish)["workspaces"]

    def world(self, **options: Any) -> dict[str, Any]:
        """Change options of the world; the answer is all of them."""
        answer: dict[str, Any] = self._control("POST", "world", options)
        return answer

    def faults(self, faults: list[dict[str, Any]]) -> None:
        self._control("POST", "faults", faults)

    def dump(self) -> dict[str, Any]:
        return self._control("GET", "dump")

    def entries_of_members(self) -> list[dict[str, Any]]:
        """The time entries of everybody who is still a member; entries of a removed member are in no list of a user."""
        found = []
        for workspace in self.dump()["workspaces"]:
            members = {member["userId"] for member in workspace["members"]}
            found += [entry for entry in workspace["time_entries"] if entry["userId"] in members]
        return found

    def clock(self, **wish: Any) -> dict[str, Any]:
        """Move the clock: `now="..."` or `advance_seconds=n`."""
        return self._control("POST", "clock", wish)

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
        if self.process.poll() is not None:
            return
        self._session.close()
        self.process.terminate()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _control(self, method: str, name: str, body: Any = None) -> Any:
        answer = self._session.request(method, f"{self.origin}/__sandbox/{name}", json=body, timeout=60)
        assert answer.ok, answer.text
        return answer.json()


class StartSandbox(Protocol):
    """`sandbox(scale="tiny", plan="FREE", seed=7, world={"language": "es"}, **options)`.

    `world` are options of the world, the other ones those of `serve`: `rate_per_second=5`.
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
def _sandboxes() -> Iterator[list[tuple[tuple[str, ...], Sandbox]]]:
    running: list[tuple[tuple[str, ...], Sandbox]] = []
    yield running
    for _, sandbox in running:
        sandbox.stop()


@pytest.fixture
def sandbox(_sandboxes: list[tuple[tuple[str, ...], Sandbox]]) -> StartSandbox:
    """A function that hands out a sandbox with a fresh world; processes are used again by later tests.

    Without `rate_per_second` there is no rate limit.
    """
    taken: list[Sandbox] = []

    def start(
        scale: str = "tiny",
        plan: str = "ENTERPRISE",
        seed: int = 7,
        world: dict[str, Any] | None = None,
        **options: Any,
    ) -> Sandbox:
        arguments = _arguments({"rate_per_second": 0, **options})
        found = next((box for key, box in _sandboxes if key == arguments and box not in taken), None)
        if found is None:
            found = Sandbox(list(arguments))
            _sandboxes.append((arguments, found))
        taken.append(found)
        found.faults([])
        found.reset(scale=scale, plan=plan, seed=seed, world=world or {})
        return found

    return start


@pytest.fixture(scope="session")
def untouched() -> Iterator[Sandbox]:
    """A sandbox of scale `tiny` for tests that only read."""
    box = Sandbox(["--rate-per-second", "0"])
    box.reset(scale="tiny")
    yield box
    box.stop()


@pytest.fixture
def launch() -> Iterator[Callable[..., Sandbox]]:
    """A function that starts a sandbox of the test's own, with the given flags."""
    started: list[Sandbox] = []

    def start(*flags: str) -> Sandbox:
        started.append(Sandbox(list(flags)))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def empty(sandbox: StartSandbox) -> Sandbox:
    """A sandbox with one workspace and its owner."""
    return sandbox(scale="empty")


def _arguments(options: dict[str, Any]) -> tuple[str, ...]:
    flags: list[str] = []
    for name, value in sorted(options.items()):
        flag = f"--{name.replace('_', '-')}"
        flags += [flag] if value is True else [flag, str(value)]
    return tuple(flags)
