"""A connection to PostgreSQL that a test can break: between two messages, or before a response."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path

_LARGEST = 1 << 16


class Relay:
    """Passes on what a client sends to a server, and back.

    Args:
        folder: Where the socket of the server is, or the name of its host.
        port: Port of the server.
        account: User, and password after a colon where there is one, as they stand in a URL.

    Attributes:
        sent: How many pieces clients have sent.
    """

    def __init__(self, folder: str, port: int, account: str) -> None:
        self._server = (folder, port)
        self._account = account
        self.sent = 0
        self._breaks_at: int | None = None
        self._unanswered = False
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database by this way."""
        place = f"{self._account}@127.0.0.1:{self._port}/{database}"
        return f"postgresql+psycopg://{place}?sslmode=disable&gssencmode=disable"

    def breaks_at(self, piece: int | None, *, unanswered: bool = False) -> None:
        """Break the connection after clients have sent this number of pieces; None means never.

        With `unanswered`, the last piece arrives, but the response is lost.
        """
        with self._lock:
            self.sent, self._breaks_at, self._unanswered = 0, piece, unanswered

    def close(self) -> None:
        """Break every connection, and take no further ones."""
        self._listener.close()
        self._break(self._open.copy())

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                server = self._connected()
                with self._lock:
                    self._open |= {client, server}
                threading.Thread(target=self._forward, args=(client, server), daemon=True).start()
                threading.Thread(target=self._backward, args=(server, client), daemon=True).start()

    def _connected(self) -> socket.socket:
        folder, port = self._server
        if not folder.startswith("/"):
            return socket.create_connection((folder, port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(Path(folder) / f".s.PGSQL.{port}"))
        return server

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while piece := client.recv(_LARGEST):
                with self._lock:
                    self.sent += 1
                    breaks = self.sent == self._breaks_at
                    unanswered = self._unanswered
                if breaks and unanswered:
                    with suppress(OSError):
                        client.shutdown(socket.SHUT_WR)  # of our end: no answer gets there any more
                    server.sendall(piece)
                    server.shutdown(socket.SHUT_WR)
                    while server.recv(_LARGEST):  # when it ends, the server has executed the statement
                        pass
                if breaks:
                    self._break({client, server})
                    return
                server.sendall(piece)
            server.shutdown(socket.SHUT_WR)

    def _backward(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while piece := server.recv(_LARGEST):
                client.sendall(piece)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)

    def _break(self, broken: set[socket.socket]) -> None:
        with self._lock:
            self._open -= broken
        for one in broken:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
