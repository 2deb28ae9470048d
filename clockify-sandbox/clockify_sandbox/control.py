"""`/__sandbox/`: control requests of tests and benchmarks to the sandbox itself.

They do not count in the statistics.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Protocol, TypeVar, get_type_hints

import msgspec
from msgspec import Meta

from clockify_sandbox.accounts import key_holders
from clockify_sandbox.declarations import Option, checked, declared, read
from clockify_sandbox.faults import parse_faults
from clockify_sandbox.fields import overlaid
from clockify_sandbox.plans import Plan
from clockify_sandbox.seed import Scale
from clockify_sandbox.shapes.workspaces import WorkspaceSettings
from clockify_sandbox.state import dump_chunks
from clockify_sandbox.webhook_events import AnnouncedEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.types import Scope, Send

    from clockify_sandbox.deliveries import Deliveries
    from clockify_sandbox.faults import Fault
    from clockify_sandbox.request_log import RequestLog
    from clockify_sandbox.sandbox import Sandbox
    from clockify_sandbox.stats import Stats

PREFIX = "/__sandbox/"
_FAR = 10 * 366 * 86400  # seconds; a sanity limit for moving the clock
_T = TypeVar("_T")
_Shape = TypeVar("_Shape", bound=msgspec.Struct)


class Reset(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST reset`: the parameters of the new world, or only a reset of the statistics.

    `world` holds changes to the world options at the start of the server.
    """

    scale: Scale | None = None
    seed: int | None = None
    plan: Plan | None = None
    world: dict[str, Any] = msgspec.field(default_factory=dict)
    stats: bool = False


class Move(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST clock`."""

    now: Annotated[datetime, Meta(tz=True)] | None = None
    advance_seconds: Annotated[float, Meta(ge=0, le=_FAR)] | None = None


class Snapshot(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST snapshot` and `POST restore`: the name of a snapshot."""

    name: str = ""


class Announcement(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST webhooks/announce`: an event that only the web application causes, and the id of its object."""

    event: AnnouncedEvent
    id: str


class SettingsChange(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST settings`: settings that an owner can change in the web application, but not through the API."""

    settings: dict[str, Any]
    workspace: str = ""


class Controlled(Protocol):
    """The parts of an app that can be controlled."""

    sandbox: Sandbox
    stats: Stats
    requests: RequestLog
    deliveries: Deliveries

    def restart(self, reset: Reset) -> None:
        """Serve a new world."""

    def keep(self, name: str) -> None:
        """Save a snapshot of the current world."""

    def go_back(self, name: str) -> None:
        """Restore a snapshot."""

    def set_faults(self, faults: Iterable[Fault]) -> None:
        """Replace the faults."""

    def reset_statistics(self) -> None:
        """Reset the statistics."""

    def send_outbox(self) -> None:
        """Deliver webhooks."""

    async def run_in_world_thread(self, work: Callable[..., _T], *arguments: Any) -> _T:
        """Do something with the world, after the current job."""


class Control:
    """Answers the control requests for one app."""

    def __init__(self, app: Controlled) -> None:
        self._app = app
        self._actions = {
            ("GET", "stats"): self._stats,
            ("POST", "reset"): self._reset,
            ("POST", "snapshot"): self._snapshot,
            ("POST", "restore"): self._restore,
            ("GET", "requests"): lambda _: self._app.requests.rows,
            ("GET", "world"): self._world,
            ("POST", "world"): self._change_world,
            ("POST", "settings"): self._change_settings,
            ("POST", "faults"): self._set_faults,
            ("POST", "webhooks/flush"): lambda _: {},
            ("POST", "webhooks/announce"): self._announce,
            ("GET", "clock"): self._clock,
            ("POST", "clock"): self._move_clock,
        }

    async def answer(self, scope: Scope, body: bytes, send: Send) -> None:
        """Run one control request."""
        action = scope["method"], scope["path"].removeprefix(PREFIX).strip("/")
        if action == ("GET", "dump"):
            await _start(send, 200)
            chunks = dump_chunks(self._app.sandbox)
            while chunk := await self._app.run_in_world_thread(next, chunks, b""):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
            return
        if action == ("POST", "webhooks/flush"):
            await asyncio.to_thread(self._app.deliveries.flush)
        status, value = 200, None
        if run := self._actions.get(action):
            try:
                value = await self._app.run_in_world_thread(run, body)
            except ValueError as error:
                status, value = 400, {"error": str(error)}
        else:
            known = ", ".join(f"{method} {PREFIX}{name}" for method, name in [*self._actions, ("GET", "dump")])
            status, value = 404, {"error": f"no such control request; known are {known}"}
        await _start(send, status)
        await send({"type": "http.response.body", "body": msgspec.json.encode(value)})

    def _stats(self, _body: bytes) -> Any:
        world = self._app.sandbox.world
        return {**self._app.stats.report(), "keys": key_holders(world), "workspaces": list(world.workspaces)}

    def _reset(self, body: bytes) -> Any:
        wish = _decoded(body, Reset)
        if wish.stats:
            self._app.reset_statistics()
        else:
            self._app.restart(wish)
            self._app.set_faults([])
        return {"workspaces": list(self._app.sandbox.world.workspaces)}

    def _snapshot(self, body: bytes) -> Any:
        self._app.keep(_decoded(body, Snapshot).name)
        return {}

    def _restore(self, body: bytes) -> Any:
        self._app.go_back(_decoded(body, Snapshot).name)
        return {"workspaces": list(self._app.sandbox.world.workspaces)}

    def _world(self, _body: bytes) -> Any:
        return self._app.sandbox.options

    def _change_world(self, body: bytes) -> Any:
        sandbox = self._app.sandbox
        sandbox.options = sandbox.options.changed(_json(body))
        return sandbox.options

    def _change_settings(self, body: bytes) -> Any:
        wish = _decoded(body, SettingsChange)
        workspaces = self._app.sandbox.world.workspaces
        workspace = wish.workspace or next(iter(workspaces))
        if workspace not in workspaces:
            msg = f"there is no workspace {workspace}; known are {', '.join(workspaces)}"
            raise ValueError(msg)
        settings = workspaces[workspace].record["workspaceSettings"]
        kinds = get_type_hints(WorkspaceSettings)
        known = {name: Option(name, kinds[name], None) for name in settings}
        return overlaid(settings, checked(known, wish.settings, "setting"))

    def _set_faults(self, body: bytes) -> Any:
        faults = parse_faults(body)
        self._app.set_faults(faults)
        return {"faults": len(faults)}

    def _announce(self, body: bytes) -> Any:
        wish = _decoded(body, Announcement)
        self._app.sandbox.announce(wish.event, wish.id)
        self._app.send_outbox()
        return {}

    def _clock(self, _body: bytes) -> Any:
        return {"now": self._app.sandbox.clock.now}

    def _move_clock(self, body: bytes) -> Any:
        wish = _decoded(body, Move)
        if wish.now is not None:
            self._app.sandbox.let_time_pass(wish.now)
        if wish.advance_seconds is not None:
            moment = self._app.sandbox.clock.now + timedelta(seconds=wish.advance_seconds)
            self._app.sandbox.let_time_pass(declared(Move)["now"].read(moment))
        self._app.send_outbox()
        return self._clock(body)


def _decoded(body: bytes, shape: type[_Shape]) -> _Shape:
    return read(shape, _json(body), "key")


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body or b"{}")
    except msgspec.DecodeError as error:
        raise ValueError(f"the body is no JSON: {error}") from None


async def _start(send: Send, status: int) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
