"""The demo's sandbox, which the demo uses over HTTP."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests
from clockify_sandbox.testing import Origin, SandboxError, SandboxProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "sandbox-key"
_PATIENCE = 60  # seconds for one response


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox, reached at `origin`."""

    origin: Origin
    _session: requests.Session = field(default_factory=requests.Session)

    def dump(self) -> dict[str, Any]:
        """The whole state of the sandbox."""
        return self.origin.dump()

    def today(self) -> str:
        """The current day of the sandbox, an ISO date."""
        return self.origin.clock()[:10]

    def asked(self) -> Counter[str]:
        """The number of requests to its API so far, by method."""
        methods: Counter[str] = Counter()
        for route, count in self.origin.stats()["by_route"].items():
            methods[route.split()[0]] += count
        return methods

    def delete_some(self, entries: int) -> list[str]:
        """Delete the newest finished time entries and one tag through the API.

        Returns:
            One line for each deleted object.
        """
        workspace = f"/api/v1/workspaces/{self._ask('GET', '/api/v1/workspaces').json()[0]['id']}"
        deleted: list[str] = []
        for entry in self._finished_entries(workspace):
            if len(deleted) == entries:
                break
            self._ask("DELETE", f"{workspace}/time-entries/{entry['id']}")
            deleted.append(
                f"time entry of {entry['timeInterval']['start']}: {entry['description'] or '(no description)'}"
            )
        for tag in self._ask("GET", f"{workspace}/tags?page-size=1").json():
            self._ask("DELETE", f"{workspace}/tags/{tag['id']}")
            deleted.append(f"tag {tag['name']}")
        return deleted

    def _finished_entries(self, workspace: str) -> Iterator[dict[str, Any]]:
        for user in self._ask("GET", f"{workspace}/users?page-size=200").json():
            for entry in self._ask("GET", f"{workspace}/user/{user['id']}/time-entries?page-size=50").json():
                if entry["timeInterval"]["end"] and not entry["isLocked"]:
                    yield entry

    def _ask(self, method: str, path: str) -> requests.Response:
        answer = self._session.request(method, self.origin + path, headers={"X-Api-Key": KEY}, timeout=_PATIENCE)
        if not answer.ok:
            msg = f"the sandbox answered {answer.status_code} to {method} {path}: {answer.text[:200]}"
            raise SandboxError(msg)
        return answer


@contextmanager
def sandbox_serving(log: Path, **options: Any) -> Iterator[Sandbox]:
    """Run a sandbox with options of `clockify_sandbox.testing` on a free port, until the block ends.

    Raises:
        SandboxError: It ended before it was ready; the message quotes the end of its log.
    """
    # The sandbox runs in its own session: Ctrl-C reaches only the demo, which stops the sandbox later.
    with SandboxProcess(log=log, start_new_session=True, **options) as origin:
        yield Sandbox(origin)
