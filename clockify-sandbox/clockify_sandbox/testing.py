"""A Clockify for tests: start it, point a client at it, and check its state afterwards.

    from clockify_sandbox.testing import Sandbox

    with Sandbox(scale="tiny", world={"language": "es"}) as origin:
        requests.get(f"{origin}/api/v1/workspaces", headers={"X-Api-Key": origin.key})
        origin.faults([{"route": "GET *", "nth": 1, "status": 502}])
        assert origin.stats()["requests"] == 1

`Sandbox` serves in a thread of this process, `SandboxProcess` in a separate process. Any number of them can run at
once.
"""

from __future__ import annotations

import http.client
import json
import ssl
import subprocess
import sys
import tempfile
import threading
from abc import ABC, abstractmethod
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from clockify_sandbox.certificate import CA_FILE_LINE
from clockify_sandbox.options import Options, checked_options
from clockify_sandbox.server import Service

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

__all__ = ["Origin", "Sandbox", "SandboxError", "SandboxProcess"]

_PATIENCE = 300  # seconds for one response to a control request; dumping a large world takes time


class SandboxError(RuntimeError):
    """The sandbox did not start, or a control request failed; the message says why in one line."""


class Origin(str):
    """The address of a sandbox, e.g. "http://127.0.0.1:40377", with control requests as methods.

    Attributes:
        key: the API key of the owner of the workspaces.
        ca_file: the certificate that clients must trust, if the sandbox serves https.
    """

    key: str
    ca_file: Path | None
    __slots__ = ("ca_file", "key")

    def __new__(cls, origin: str, key: str, ca_file: Path | None = None) -> Self:
        """Create an origin with its key and certificate."""
        self = super().__new__(cls, origin)
        self.key = key
        self.ca_file = ca_file
        return self

    @property
    def api_url(self) -> str:
        """The base URL of the core."""
        return f"{self}/api/v1"

    @property
    def reports_url(self) -> str:
        """The base URL of the reports."""
        return f"{self}/report/v1"

    @property
    def audit_log_url(self) -> str:
        """The base URL of the audit log."""
        return f"{self}/auditlog/v1"

    @property
    def keys(self) -> dict[str, str]:
        """An API key of every role: OWNER, WORKSPACE_ADMIN, PROJECT_MANAGER, TEAM_MANAGER, MEMBER, LIMITED."""
        found: dict[str, str] = {}
        for holder in self.stats()["keys"]:
            found.setdefault(holder["role"], holder["key"])
        return found

    @property
    def workspace_ids(self) -> list[str]:
        """The ids of all workspaces."""
        workspaces: list[str] = self.stats()["workspaces"]
        return workspaces

    def reset(
        self,
        *,
        scale: str | None = None,
        seed: int | None = None,
        plan: str | None = None,
        world: Mapping[str, Any] | None = None,
    ) -> list[str]:
        """Start again with a new world, new statistics and no faults; parameters that are omitted are as at the start.

        Returns:
            The ids of the workspaces.

        Raises:
            ValueError: an unknown value; the message lists the known ones.
        """
        wish = {"scale": scale, "seed": seed, "plan": plan, "world": world}
        self.faults([])
        answer = self.control("POST", "reset", {name: value for name, value in wish.items() if value is not None})
        workspaces: list[str] = answer["workspaces"]
        return workspaces

    def snapshot(self, name: str = "") -> None:
        """Save a snapshot of the current world for `restore`, which is much faster than building a world."""
        self.control("POST", "snapshot", {"name": name})

    def restore(self, name: str = "") -> list[str]:
        """Restore a snapshot; options and faults are kept, statistics are reset.

        Returns:
            The ids of the workspaces.

        Raises:
            ValueError: there is no snapshot with that name.
        """
        workspaces: list[str] = self.control("POST", "restore", {"name": name})["workspaces"]
        return workspaces

    def reset_stats(self) -> None:
        """Reset the statistics."""
        self.control("POST", "reset", {"stats": True})

    def world(self, **options: Any) -> dict[str, Any]:
        """Change options of the world.

        Returns:
            All current options.

        Raises:
            ValueError: an unknown option or value; the message lists the known ones.
        """
        answer: dict[str, Any] = self.control("POST", "world", options)
        return answer

    def faults(self, faults: list[dict[str, Any]]) -> None:
        """Replace the faults.

        Raises:
            ValueError: they are not valid; the message says why.
        """
        self.control("POST", "faults", faults)

    def settings(self, workspace: str = "", **settings: Any) -> dict[str, Any]:
        """Change settings of a workspace that only the web application can change; the first workspace unless named.

        Raises:
            ValueError: there is no such workspace or setting; the message lists the known ones.
        """
        answer: dict[str, Any] = self.control("POST", "settings", {"workspace": workspace, "settings": settings})
        return answer

    def stats(self) -> dict[str, Any]:
        """Statistics of the API so far, and the API keys with their holders."""
        answer: dict[str, Any] = self.control("GET", "stats")
        return answer

    def requests(self) -> list[dict[str, Any]]:
        """The last thousand requests of the API, oldest first.

        Each is {method, host, path, query, status, role}: `host` is api, report or auditlog, `path` begins after its
        base, `status` is None if the connection was dropped, `role` is that of the owner of the key, ADDON for an
        add-on, or None for an unknown key.
        """
        answer: list[dict[str, Any]] = self.control("GET", "requests")
        return answer

    def dump(self) -> dict[str, Any]:
        """The whole state of the sandbox."""
        answer: dict[str, Any] = self.control("GET", "dump")
        return answer

    def dump_to(self, path: Path) -> None:
        """Write the whole state of the sandbox to a JSON file, which may be larger than memory."""
        with _Exchange(self, "GET", "dump") as answer, path.open("wb") as file:
            while chunk := answer.read(1 << 20):
                file.write(chunk)

    def clock(self, *, now: str | None = None, advance_seconds: float | None = None) -> str:
        """Move the sandbox's clock; the rate limits follow it.

        Returns:
            The current time of the sandbox. Raises:
            ValueError: `now` has no time zone.
        """
        wish = {"now": now, "advance_seconds": advance_seconds}
        body = {name: value for name, value in wish.items() if value is not None}
        answer: str = self.control("POST", "clock", body)["now"]
        return answer

    def flush_webhooks(self) -> None:
        """Wait until every due webhook delivery has succeeded or failed."""
        self.control("POST", "webhooks/flush")

    def announce(self, event: str, entity_id: str) -> None:
        """Deliver an event to the webhooks that only the web application causes, such as `TIME_ENTRY_SPLIT`.

        Raises:
            ValueError: the API has an operation for the event, or there is no object with this id.
        """
        self.control("POST", "webhooks/announce", {"event": event, "id": entity_id})

    def control(self, method: str, name: str, body: Any = None) -> Any:
        """Send `/__sandbox/<name>` and return the response.

        Raises:
            ValueError: it refuses the body.
            SandboxError: there is no such control request, or no sandbox.
        """
        with _Exchange(self, method, name, body) as answer:
            content = json.loads(answer.read())
        if answer.status == http.client.BAD_REQUEST:
            raise ValueError(content["error"])
        if answer.status != http.client.OK:
            raise SandboxError(f"{method} /__sandbox/{name}: {content['error']}")
        return content


class _Exchange:
    """One control request, on its own connection."""

    def __init__(self, origin: Origin, method: str, name: str, body: Any = None) -> None:
        parts = urlsplit(origin)
        host, port = parts.hostname or "", parts.port
        self._connection: http.client.HTTPConnection
        if parts.scheme == "https":
            trust = ssl.create_default_context(cafile=origin.ca_file)
            self._connection = http.client.HTTPSConnection(host, port, timeout=_PATIENCE, context=trust)
        else:
            self._connection = http.client.HTTPConnection(host, port, timeout=_PATIENCE)
        self._request = (method, f"/__sandbox/{name}", None if body is None else json.dumps(body, default=str))
        self._origin = origin

    def __enter__(self) -> http.client.HTTPResponse:
        try:
            self._connection.request(*self._request)
            return self._connection.getresponse()
        except OSError as error:
            self._connection.close()
            raise SandboxError(f"no sandbox answers at {self._origin}: {error}") from None

    def __exit__(self, *_: object) -> None:
        self._connection.close()


class _Startable(ABC):
    """The common part of the two ways to run a sandbox: `with`, or `start` and `stop`."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = checked_options(options)

    @abstractmethod
    def start(self) -> Origin:
        """Start serving.

        Raises:
            SandboxError: it cannot start; the message says why.
        """

    @abstractmethod
    def stop(self) -> None:
        """Stop serving, and release all resources; it may be called again."""

    def __enter__(self) -> Origin:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class Sandbox(_Startable):
    """A sandbox in a thread of this process.

    Options are those of `clockify_sandbox.options.Options`: `scale`, `seed`, `plan`, `world`, `clock`, `faults`, `tls`
    and others. Unlike the command line it starts with scale `tiny`, without a rate limit and on a free port.

    Raises:
        ValueError: an unknown option or value; the message lists the known ones.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(options)
        self._service: Service | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Origin:
        """Serve."""
        if self._service:
            raise SandboxError("this sandbox runs already; make another one")
        try:
            service = Service(self._options)
        except OSError as error:
            raise SandboxError(str(error)) from None
        self._service = service
        ready = threading.Event()
        failures: list[BaseException] = []
        self._thread = threading.Thread(
            target=_run, args=(service, ready, failures), name="clockify-sandbox", daemon=True
        )
        self._thread.start()
        ready.wait()
        if failures:
            self.stop()
            raise SandboxError(f"the sandbox did not start: {failures[0]}") from failures[0]
        ca_file = service.certificate.ca_file if service.certificate else None
        return Origin(service.origin, self._options.api_key, ca_file)

    def stop(self) -> None:
        """Stop serving."""
        service, self._service = self._service, None
        if service is None or self._thread is None:
            return
        service.stop()
        self._thread.join()
        service.close()


def _run(service: Service, ready: threading.Event, failures: list[BaseException]) -> None:
    try:
        service.run(ready.set)
    except BaseException as error:  # noqa: BLE001 - it is raised where the sandbox is started
        failures.append(error)
    finally:
        ready.set()


class SandboxProcess(_Startable):
    """A sandbox in a separate process, which does not compete with this one; otherwise like `Sandbox`.

    Args:
        log: the file for the output of the sandbox; without it, the output is discarded.
        start_new_session: keep Ctrl-C from the sandbox, so that this process decides when it ends.
        options: as for `Sandbox`.
    """

    def __init__(self, *, log: Path | None = None, start_new_session: bool = False, **options: Any) -> None:
        super().__init__(options)
        self._log_path = log
        self._start_new_session = start_new_session
        self._running: ExitStack | None = None

    def start(self) -> Origin:
        """Serve."""
        if self._running:
            raise SandboxError("this sandbox runs already; make another one")
        with ExitStack() as undo:
            scratch = Path(undo.enter_context(tempfile.TemporaryDirectory()))
            log = undo.enter_context((self._log_path or scratch / "log").open("w+b"))
            faults = scratch / "faults.json"
            faults.write_bytes(msgspec.json.encode(self._options.faults))
            process = subprocess.Popen(  # noqa: S603 - this very package
                [
                    sys.executable,
                    "-m",
                    "clockify_sandbox",
                    "serve",
                    *_arguments(self._options),
                    "--faults",
                    str(faults),
                ],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=self._start_new_session,
            )
            undo.enter_context(process)
            undo.callback(process.terminate)
            address = process.stdout.readline().strip() if process.stdout else ""
            log.seek(0)
            said = log.read().decode().splitlines()
            if not address:
                reason = said[-1] if said else f"exit code {process.wait()}"
                raise SandboxError(f"the sandbox did not start: {reason}")
            named = [line.removeprefix(CA_FILE_LINE) for line in said if line.startswith(CA_FILE_LINE)]
            self._running = undo.pop_all()
        return Origin(address, self._options.api_key, Path(named[0]) if named else None)

    def stop(self) -> None:
        """Stop serving, after the data is saved."""
        running, self._running = self._running, None
        if running:
            running.close()


def _arguments(options: Options) -> list[str]:
    """The flags of `serve` for all options but the faults."""
    world = msgspec.structs.asdict(options.world)
    given = {name: value for name, value in msgspec.structs.asdict(options).items() if name not in ("world", "faults")}
    arguments: list[str] = []
    for name, value in {**given, **world}.items():
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            arguments.append(flag)
        elif value is not False and value is not None:
            arguments.append(f"{flag}={value}")
    return arguments
