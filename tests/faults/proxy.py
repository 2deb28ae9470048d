"""A proxy in front of a sandbox that truncates, delays, redirects and corrupts responses, unlike a normal server.

Each connection serves one request. A request is identified by its method, its path without ids, and the number of its
call since the start of a case.
"""

from __future__ import annotations

import http.client
import re
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

_ID = re.compile(r"[0-9a-f]{24}")
_HEAD_END = b"\r\n\r\n"
_LINGER_OFF = b"\1\0\0\0\0\0\0\0"  # closing the socket sends a reset
_TIMEOUT = 30.0


@dataclass
class Exchange:
    """One request on its way through.

    Attributes:
        method: Its method.
        path: Its path with its query.
        headers: Its headers, by lower-case name.
        body: Its body.
        to: The connection to the client.
        answered: Sends the request to the sandbox; returns the unchanged status line, headers and body.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    to: socket.socket
    answered: Callable[[Exchange], Answer]

    @property
    def operation(self) -> str:
        """Method and path without query and ids."""
        return operation(self.method, self.path)

    def send(self, answer: Answer) -> None:
        """Send a response unchanged."""
        self.to.sendall(answer.head() + answer.body)

    def reset(self) -> None:
        """Reset the connection."""
        self.to.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_OFF)


@dataclass
class Answer:
    """An answer: its status, its headers, and its body, which need not agree with them."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    length: int | None = None  # that the headers state, if another than the body's

    def head(self) -> bytes:
        """The status line and the headers."""
        length = len(self.body) if self.length is None else self.length
        lines = [f"HTTP/1.1 {self.status} Answer", *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, f"Content-Length: {length}", "Connection: close"]).encode() + _HEAD_END


def operation(method: str, path: str) -> str:
    """Return a method and a path without query and ids."""
    return f"{method} {_ID.sub('*', path.partition('?')[0])}"


Act = "Callable[[Exchange], None]"


class Proxy:
    """A running proxy; `origin` is its address.

    Attributes:
        counts: The calls since `begin`, by operation.
        struck: The number of calls with a fault.
    """

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream.removeprefix("http://")
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.origin = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._lock = threading.Lock()
        self._act: Callable[[Exchange], None] | None = None
        self._strikes: Callable[[str, int], bool] = lambda _, __: False
        self._late: list[threading.Thread] = []
        self.counts: Counter[str] = Counter()
        self.struck = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def begin(self, act: Callable[[Exchange], None] | None, strikes: Callable[[str, int], bool]) -> None:
        """Reset the counts, and apply a fault to the calls with these operations and numbers (from 1)."""
        with self._lock:
            self._act, self._strikes = act, strikes
            self.counts.clear()
            self.struck = 0

    def end(self) -> None:
        """Apply no more faults, and wait for requests that are still being forwarded."""
        with self._lock:
            self._act = None
            late, self._late = self._late, []
        for thread in late:
            thread.join(_TIMEOUT)

    def later(self, seconds: float, exchange: Exchange) -> None:
        """Forward a request to the sandbox later, after its client has disconnected."""

        def hand_on() -> None:
            time.sleep(seconds)
            exchange.answered(exchange)

        thread = threading.Thread(target=hand_on, daemon=True)
        self._late.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(_TIMEOUT)
            try:
                exchange = self._exchange(connection)
                if exchange is None:
                    return
                with self._lock:
                    name = exchange.operation
                    self.counts[name] += 1
                    act = self._act if self._act and self._strikes(name, self.counts[name]) else None
                    self.struck += act is not None
                (act or passed_on)(exchange)
            except OSError:  # the client has disconnected
                return

    def _exchange(self, connection: socket.socket) -> Exchange | None:
        received = b""
        while _HEAD_END not in received:
            chunk = connection.recv(65536)
            if not chunk:
                return None
            received += chunk
        head, _, body = received.partition(_HEAD_END)
        request, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = request.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        while len(body) < length:
            body += connection.recv(65536)
        return Exchange(method, path, headers, body, connection, self._answer)

    def _answer(self, exchange: Exchange) -> Answer:
        upstream = http.client.HTTPConnection(self._upstream, timeout=_TIMEOUT)
        passed = {name: value for name, value in exchange.headers.items() if name not in {"connection", "host"}}
        upstream.request(exchange.method, exchange.path, exchange.body or None, passed)
        came = upstream.getresponse()
        kept = [
            (name, value)
            for name, value in came.getheaders()
            if name.lower() not in {"content-length", "connection", "transfer-encoding"}
        ]
        answer = Answer(came.status, came.read(), kept)
        upstream.close()
        return answer


def passed_on(exchange: Exchange) -> None:
    """Forward the request to the sandbox, and return its response."""
    exchange.send(exchange.answered(exchange))
