"""A terminal to run programs on, and to look at."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import struct
import termios
import threading
from typing import TYPE_CHECKING, Any, Self

import pyte

if TYPE_CHECKING:
    from collections.abc import Callable

_PATIENCE = 60  # seconds for something to appear


class Terminal:
    """A terminal of some columns and rows, as a context manager; `file` is what programs write to.

    Attributes:
        raw: Everything that was written to it.
        screens: What it showed after each piece that was written, as lines without trailing blanks.
    """

    def __init__(self, columns: int = 100, rows: int = 60) -> None:
        self.raw = bytearray()
        self.screens: list[list[str]] = []
        self.screen = pyte.HistoryScreen(columns, rows, history=1000)
        self._stream = pyte.ByteStream(self.screen)
        self._ours, theirs = pty.openpty()
        self.file = os.fdopen(theirs, "wb", buffering=0)
        self._came = threading.Condition()
        self.resize(columns, rows)
        self._reader = threading.Thread(target=self._read)

    def __enter__(self) -> Self:
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        os.close(self._ours)

    def close(self) -> None:
        """Write no more to it, and wait until everything is shown."""
        self.file.close()
        self._reader.join()

    def resize(self, columns: int, rows: int = 60) -> None:
        """Change its size, as somebody does with the mouse."""
        with self._came:
            fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            self.screen.resize(rows, columns)

    def wait_until(self, holds: Callable[[list[str]], Any]) -> list[str]:
        """Wait for a screen of which something holds, and return it."""
        with self._came:
            seen = 0

            def found() -> list[str] | None:
                nonlocal seen
                new, seen = self.screens[seen:], len(self.screens)
                return next((screen for screen in new if holds(screen)), None)

            screen = self._came.wait_for(found, _PATIENCE)
            assert screen, "\n".join(self.lines)
            return screen

    def wait_for(self, pattern: str) -> list[str]:
        """Wait for a line that matches a pattern, and return the screen that shows it first."""
        return self.wait_until(lambda screen: any(re.search(pattern, line) for line in screen))

    @property
    def lines(self) -> list[str]:
        """What it shows at present."""
        return self.screens[-1] if self.screens else []

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # the end of a terminal
            while piece := os.read(self._ours, 65536):
                with self._came:
                    self.raw += piece
                    self._stream.feed(piece)
                    self.screens.append([line.rstrip() for line in self.screen.display if line.strip()])
                    self._came.notify_all()
