"""A server with responses that a test defines, which records the requests."""

from __future__ import annotations

import json
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping
    from typing import Self


@dataclass
class Seen:
    """A request as the server saw it."""

    method: str
    target: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    connection: tuple[str, int]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """A response.

    `how` is `whole`; `short`: announce more bytes than are sent; `reset`: break the connection without an answer;
    `silent`: do not answer until the server ends.
    """

    status: int = 200
    body: Any = b"[]"
    headers: dict[str, str] = field(default_factory=dict)
    how: str = "whole"

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Stub:
    """A server on its own port. `answers` is a list of responses, of which the last one is repeated, or a function."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[Seen] = []
        self.ended = threading.Event()
        self._lock = threading.Lock()
        self._decide: Callable[[Seen], Reply] = lambda _: Reply()
        stub = self

        class Handler(_Handler):
            owner = stub

        self._server = _Server(("127.0.0.1", 0), Handler)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def answers(self, *replies: Reply) -> Self:
        left = list(replies)
        self._decide = lambda _: left.pop(0) if len(left) > 1 else left[0]
        return self

    def decides(self, decide: Callable[[Seen], Reply]) -> Self:
        self._decide = decide
        return self

    def see(self, seen: Seen) -> Reply:
        with self._lock:
            self.seen.append(seen)
            return self._decide(seen)

    def close(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()


class Tunnel:
    """A proxy for CONNECT that records every byte of its clients.

    Attributes:
        passed: The bytes that clients have sent.
    """

    def __init__(self) -> None:
        self.passed = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        asked = client.recv(65536)
        self.passed += asked
        host, _, port = asked.split()[1].decode().partition(":")
        server = socket.create_connection((host, int(port)))
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        back = threading.Thread(target=self._pass_on, args=(server, client), daemon=True)
        back.start()
        self._pass_on(client, server, keep=True)
        back.join()
        client.close()
        server.close()

    def _pass_on(self, source: socket.socket, sink: socket.socket, *, keep: bool = False) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                self.passed += piece if keep else b""
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Do not log clients that have disconnected."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    owner: ClassVar[Stub]

    def _any(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Seen(
            self.command,
            self.path,
            parts.path,
            parse_qs(parts.query),
            dict(self.headers.items()),
            body,
            self.client_address[:2],
        )
        reply = self.owner.see(asked)
        if reply.how == "silent":
            self.owner.ended.wait()
        if reply.how in {"silent", "reset"}:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
            self.close_connection = True
            return
        self.send_response(reply.status)
        length = len(reply.content) + (10 if reply.how == "short" else 0)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(length), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.content)
        self.close_connection = reply.how == "short"

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_CONNECT = _any  # noqa: N815

    def finish(self) -> None:
        if not self.wfile.closed and self.connection.fileno() != -1:
            super().finish()

    def log_message(self, *_: object) -> None:
        pass
