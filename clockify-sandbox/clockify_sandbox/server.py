"""The HTTP server under the app: uvicorn, with one write per answer and a line on standard output when it is ready."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clockify_sandbox.app import App

_TURN = 0.0005  # seconds; the front, with little to do, must not wait long for the thread that makes a large answer
_KEEP_ALIVE = 75  # seconds; longer than clients keep idle connections, so that they are the ones to close


class _OneWrite:
    """A transport that sends what is written within one turn of the event loop at once."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._pending: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if not self._pending:
            asyncio.get_running_loop().call_soon(self._flush)
        self._pending.append(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._pending and not self._transport.is_closing():
            self._transport.write(b"".join(self._pending))
        self._pending.clear()


class _Protocol(HttpToolsProtocol):
    """Hands its transport on to the app, which may have to drop the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(_OneWrite(transport))  # type: ignore[arg-type]


class _Server(uvicorn.Server):
    """Says where it is as soon as it accepts connections."""

    def __init__(self, config: uvicorn.Config, origin: str) -> None:
        super().__init__(config)
        self._origin = origin

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(self._origin, flush=True)  # noqa: T201 - the one line that callers wait for


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one.

    Raises:
        OSError: if the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=1024)


def serve(app: App, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT."""
    sys.setswitchinterval(_TURN)
    host, port = listener.getsockname()[:2]
    origin = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=2,
    )
    _ignore_after_shutdown((signal.SIGTERM, signal.SIGINT))
    _Server(config, origin).run(sockets=[listener])


def _ignore_after_shutdown(signals: Iterable[signal.Signals]) -> None:
    # uvicorn raises the signal that stopped it once more for the handlers it found; the end is a clean one here.
    for number in signals:
        signal.signal(number, lambda *_: None)
