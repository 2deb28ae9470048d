"""The HTTP server under the app: uvicorn, with one write per response."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from clockify_sandbox.app import App
from clockify_sandbox.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Callable

    from clockify_sandbox.options import Options

_KEEP_ALIVE = 75  # seconds; longer than clients keep idle connections, so that clients close them first


class _OneWrite:
    """A transport that combines all writes of one event loop iteration."""

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
    """Passes its transport to the app, which may have to drop the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(_OneWrite(transport))  # type: ignore[arg-type]


class Service:
    """A sandbox on a socket, served in the thread that calls `run`, until `stop`.

    Attributes:
        app: the served app.
        origin: the address, e.g. "http://127.0.0.1:8765".
        certificate: its certificate, if it serves https.

    Raises:
        ValueError: the options contradict each other, or name something unknown.
        OSError: the address is not available, or a file cannot be read or written; the message is one line.
    """

    def __init__(self, options: Options) -> None:
        if options.ca_file and not options.tls:
            raise ValueError("ca_file is for https only: set tls, too")
        with ExitStack() as undo:
            self.certificate = undo.enter_context(Certificate(options.ca_file)) if options.tls else None
            self._listener = undo.enter_context(_bind(options.host, options.port))
            self.app = App(options)
            self._closing = undo.pop_all()
        scheme = "https" if options.tls else "http"
        host, port = self._listener.getsockname()[:2]
        self.origin = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
        self._server: uvicorn.Server | None = None

    def run(self, ready: Callable[[], None]) -> None:
        """Serve; `ready` is called as soon as connections are accepted."""
        config = uvicorn.Config(
            self.app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=2,
        )
        config.load()
        config.ssl = self.certificate.server_side() if self.certificate else None
        self._server = _Server(config, ready)
        self._server.run(sockets=[self._listener])

    def stop(self) -> None:
        """Let `run` return, from any thread."""
        if self._server:
            self._server.should_exit = True

    def close(self) -> None:
        """Save the data, if the options name a file, and release all resources."""
        with self._closing:
            self.app.close()


class _Server(uvicorn.Server):
    """Signals when it accepts connections."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise OSError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
