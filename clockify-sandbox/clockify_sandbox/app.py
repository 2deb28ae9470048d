"""The ASGI application: handles a request before and after the API itself does."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from clockify_sandbox import messages
from clockify_sandbox.answers import Answer, refusal
from clockify_sandbox.auth import KEY_HEADER, TOKEN_HEADER
from clockify_sandbox.control import PREFIX, Control, Reset
from clockify_sandbox.deliveries import Deliveries
from clockify_sandbox.errors import ApiError
from clockify_sandbox.faults import Fault, Faults
from clockify_sandbox.limiter import Limiter
from clockify_sandbox.named_files import require_file
from clockify_sandbox.reception import cross_origin, respond_to_browser
from clockify_sandbox.request_log import RequestLog, caller_role
from clockify_sandbox.routes import ROUTER
from clockify_sandbox.routing import OUTSIDE
from clockify_sandbox.sandbox import Request, Sandbox
from clockify_sandbox.seed import build_world
from clockify_sandbox.state import Saved, load, loaded, save, saved
from clockify_sandbox.stats import Stats
from clockify_sandbox.values import timestamp

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

    from clockify_sandbox.options import Options
    from clockify_sandbox.plans import Plan
    from clockify_sandbox.routing import Host, Match
    from clockify_sandbox.seed import Scale
    from clockify_sandbox.world import World
    from clockify_sandbox.world_options import WorldOptions

_HOSTS: tuple[tuple[str, Host], ...] = (("/api/v1", "api"), ("/report/v1", "report"), ("/auditlog/v1", "auditlog"))
_SERVICES: tuple[tuple[str, Host], ...] = (("reports.", "report"), ("auditlog-api.", "auditlog"))
"""Real host names, which clients send if their connection is redirected to the sandbox; their base path is /v1."""
_T = TypeVar("_T")
_LARGE = 1 << 18  # bytes
_WORKSPACE_SEGMENT = 2
_ABORT = struct.pack("ii", 1, 0)  # SO_LINGER of zero seconds: closing sends a reset
_log = logging.getLogger("clockify_sandbox")


class App:
    """Serves a world over HTTP.

    Every API request passes, in this order: statistics, latency, faults, rate limiter, the API.

    `options` holds the world options at the start of the server, `sandbox.options` the current ones.

    Raises:
        ValueError: the options name a file that is not a state file.
        OSError: the state file cannot be read.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.set_faults(options.faults)
        saved = _saved(options.state)
        self._start_over(saved.world if saved else self._world(), options.world, saved.ids if saved else 0)
        self._thread = ThreadPoolExecutor(1, "sandbox")
        self.deliveries = Deliveries(self._thread.submit, options.webhook_retry_delay)
        self._kept: dict[str, bytes] = {}
        self._control = Control(self)

    def close(self) -> None:
        """Save the data, if the options name a file, and end the thread that creates responses."""
        self.deliveries.close()
        self._thread.shutdown()
        if self.options.state:
            save(self.options.state, self.sandbox)

    def _world(self, scale: Scale | None = None, seed: int | None = None, plan: Plan | None = None) -> World:
        options = self.options
        return build_world(
            scale or options.scale,
            options.seed if seed is None else seed,
            plan or options.plan,
            options.api_key,
            options.clock,
        )

    def _start_over(self, world: World, world_options: WorldOptions, ids: int = 0) -> None:
        self.sandbox = Sandbox(world, ROUTER, ids, world_options)
        self.reset_statistics()
        self.limiter = Limiter(self.options.rate_per_second, self.options.rate_per_hour, self.sandbox.clock.monotonic)

    def reset_statistics(self) -> None:
        """Reset the statistics."""
        self.stats, self.requests = Stats(), RequestLog()

    def set_faults(self, faults: Iterable[Fault]) -> None:
        """Replace the faults.

        Raises:
            ValueError: a fault would never match a call, or would change nothing.
        """
        self.faults = Faults(faults, (route.key for route in ROUTER.all))

    def restart(self, reset: Reset) -> None:
        """Serve a new world, with fresh statistics and a full rate limit.

        The options are those of the start, unless the reset changes them.
        """
        world_options = self.options.world.changed(reset.world)
        self.deliveries.forget()
        self._start_over(self._world(reset.scale, reset.seed, reset.plan), world_options)

    def keep(self, name: str) -> None:
        """Save a snapshot of the current world under a name."""
        self._kept[name] = saved(self.sandbox)

    def go_back(self, name: str) -> None:
        """Restore a snapshot, with the current options, fresh statistics and a full rate limit.

        Raises:
            ValueError: there is no snapshot with that name.
        """
        if name not in self._kept:
            msg = f"no world was kept as {name!r}; known are {', '.join(map(repr, self._kept)) or 'none'}"
            raise ValueError(msg)
        found = loaded(self._kept[name])
        self.deliveries.forget()
        self._start_over(found.world, self.sandbox.options, found.ids)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["path"].startswith(PREFIX):
            await self._control.answer(scope, await _read(receive), send)
            return
        if reception := respond_to_browser(scope["scheme"], scope["method"], scope["path"], headers):
            await send({"type": "http.response.start", "status": reception.status, "headers": reception.headers})
            await send({"type": "http.response.body", "body": reception.content})
            return
        try:
            answer = await self._answer(scope, receive, headers)
        except _GoneError:
            return
        if answer is None:
            await _drop(scope, receive)
            return
        wire = partial(answer.wire, accepts_gzip="gzip" in headers.get("accept-encoding", ""))
        # Compressing megabytes here would delay all other requests.
        sent_headers, content = await asyncio.to_thread(wire) if len(answer.content) > _LARGE else wire()
        sent_headers += cross_origin(headers)
        await send({"type": "http.response.start", "status": answer.status, "headers": sent_headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})

    async def _answer(self, scope: Scope, receive: Receive, headers: dict[str, str]) -> Answer | None:
        host, path = _split(scope["path"], headers.get("host", ""))
        match = self._match(host, scope["method"], path)
        key = f"{scope['method']} (no such route)" if isinstance(match, ApiError) else match.route.key
        stats = self.stats
        stats.arrived(key)
        request = Request(scope["method"], host, path, scope["query_string"].decode("latin-1"), headers)
        answer: Answer | None = None
        try:
            fault = self.faults.next(key, f"{scope['method']} {path}")
            await _fill(request, receive, headers)
            stats.asked(request.method, host, request.path, request.query_string, request.body)
            if delay := self.options.latency_ms + (fault.delay_ms if fault else 0):
                await asyncio.sleep(delay / 1000)
            answer = self._throttle(request) or await self.run_in_world_thread(self._answered, request, match, fault)
        finally:
            stats.answered("reset" if answer is None else answer.status)
            self.requests.add(
                request, None if answer is None else answer.status, caller_role(self.sandbox.world, headers)
            )
        return answer

    async def run_in_world_thread(self, work: Callable[..., _T], *arguments: Any) -> _T:
        """Do something with the world in its own thread, one job at a time, while the event loop accepts requests."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    def _answered(self, request: Request, match: Match | ApiError, fault: Fault | None) -> Answer | None:
        answer = Answer(500) if fault and not fault.runs else self._ask(request, match)
        if fault is None or not fault.fails:
            return answer
        if fault.reset:
            return None
        content = fault.content(answer.content)
        return Answer(fault.status or answer.status, content, fault.all_headers, fault.media_type)

    def _ask(self, request: Request, match: Match | ApiError) -> Answer:
        try:
            return self.sandbox.answer(request, match)
        except ApiError as error:
            return self._refusal(error, request)
        except Exception:  # noqa: BLE001 - whatever it is, the caller gets an answer and the log the reason
            _log.exception("%s %s failed inside the sandbox", request.method, request.path)
            return self._refusal(ApiError(500, 500, messages.INTERNAL_ERROR), request)
        finally:
            self.send_outbox()

    def send_outbox(self) -> None:
        """Send the webhooks of recent events; called in the thread that may change the world."""
        for delivery in self.sandbox.outbox:
            self.deliveries.send(delivery)
        self.sandbox.outbox.clear()

    def _refusal(self, error: ApiError, request: Request) -> Answer:
        now, language = timestamp(self.sandbox.clock.seconds), self.sandbox.options.language
        return refusal(error, request.host, request.path, now, language)

    def _throttle(self, request: Request) -> Answer | None:
        credential = request.headers.get(KEY_HEADER) or request.headers.get(TOKEN_HEADER) or ""
        segments = request.path.split("/", _WORKSPACE_SEGMENT + 1)
        workspace = segments[_WORKSPACE_SEGMENT] if segments[1:2] == ["workspaces"] and len(segments) > 2 else ""  # noqa: PLR2004
        wait = self.limiter.admit(credential, workspace)
        if not wait:
            return None
        return Answer(429, headers={"Retry-After": str(int(wait) + 1)} if self.options.retry_after else {})

    def _match(self, host: Host, method: str, path: str) -> Match | ApiError:
        try:
            return self.sandbox.router.match(host, method, path)
        except ApiError as error:
            return error


def _saved(path: Path | None) -> Saved | None:
    if path is None:
        return None
    if not path.parent.is_dir():
        raise ValueError(f"the state cannot be kept in {path}: there is no folder {path.parent}")
    require_file(path)
    return load(path) if path.exists() else None


def _split(path: str, name: str) -> tuple[Host, str]:
    for service, host in _SERVICES:
        if name.startswith(service) and path.startswith("/v1/"):
            return host, path.removeprefix("/v1")
    for prefix, host in _HOSTS:
        if path.startswith(prefix + "/"):
            return host, path[len(prefix) :]
    return "api", OUTSIDE + path


class _GoneError(Exception):
    """The caller disconnected before the request was complete, so it is ignored."""


async def _read(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


async def _fill(request: Request, receive: Receive, headers: dict[str, str]) -> None:
    request.body = await _read(receive)
    if not headers.get("content-type", "").startswith("multipart/form-data"):
        return

    async def whole() -> AsyncGenerator[bytes, None]:
        yield request.body

    try:
        form = await MultiPartParser(Headers(headers), whole()).parse()
    except MultiPartException:
        return
    fields: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            request.files[name] = (value.filename or "file", await value.read())
        else:
            fields.setdefault(name, []).append(value)
    request.form = fields


async def _drop(scope: Scope, receive: Receive) -> None:
    transport: Any = scope["state"]["transport"]
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
