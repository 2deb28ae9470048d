"""A few lines at the bottom of a terminal that show the progress of a program, below all other output.

The cursor stays at the beginning of the first of these lines. So the output of another program overwrites only these
lines, and they are drawn again below it. A thread draws them a few times a second. If several programs share a
terminal, the first one draws; when it ends, the next one draws.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

try:
    import fcntl
except ImportError:  # no POSIX: programs cannot agree on who draws
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.console import RenderableType

    Describe = Callable[[], Sequence[RenderableType]]

_EVERY = 0.25  # seconds between two drawings
_WINDOW = 30.0  # seconds over which a rate is measured
_ERASE = "\r\033[J"  # from the cursor to the end of the screen
_WITHOUT_CURSOR = {"dumb", "unknown"}
_COLUMNS, _ROWS = 80, 24  # of a terminal of unknown size
_LONG = 100 * 3600


def _can_draw() -> bool:
    """Return whether stderr is a terminal on which lines can be redrawn."""
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM", "") not in _WITHOUT_CURSOR


def has_colours() -> bool:
    """Return whether stderr is a terminal that shows colours, and NO_COLOR is not set."""
    return _can_draw() and not os.environ.get("NO_COLOR")


def for_progress() -> Screen | None:
    """Return the terminal to draw on; None if there is no terminal, or if the debug log is shown."""
    return None if logging.getLogger().isEnabledFor(logging.DEBUG) else share()


def share() -> Screen | None:
    """Return the terminal; from now on, output of this process goes above the drawn lines of any program.

    None if stderr is not a terminal on which lines can be drawn.
    """
    if isinstance(sys.stderr, _Above):
        return sys.stderr.screen
    if not _can_draw():
        return None
    screen = Screen(sys.stderr)
    above: Any = _Above(screen, sys.stderr)
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr:
            handler.setStream(above)
    sys.stderr = above
    return screen


def make_room() -> None:
    """Erase the drawn lines, before the terminal is written to by other means than stderr."""
    if isinstance(sys.stderr, _Above):
        sys.stderr.screen.erase()


class Screen:
    """The terminal that stderr is; see `share`."""

    def __init__(self, terminal: IO[str]) -> None:
        from rich.console import Console  # noqa: PLC0415  only a terminal is worth the import

        self._terminal = terminal
        self._console = Console(file=terminal, highlight=False, emoji=False, markup=False)  # which respects NO_COLOR
        self._describe: Describe | None = None
        self._not_before = 0.0
        self._place: int | None = None  # the terminal, opened a second time for the lock
        self._owns = False
        self._is_drawn = False
        self._at_line_start = True
        self._lock = threading.RLock()  # a signal handler may write while the same thread is writing
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="terminal", daemon=True)

    def start(self, describe: Describe, *, waits: float = 0.0) -> None:
        """Start to draw.

        Args:
            describe: Returns the lines, which are cut at the width of the terminal; called by a thread.
            waits: Seconds in which another program may take the terminal first.
        """
        if self._describe is not None:
            msg = "lines are drawn once"
            raise RuntimeError(msg)
        self._describe, self._not_before = describe, time.monotonic() + waits
        if fcntl is not None:
            with suppress(OSError):
                self._place = os.open(os.ttyname(self._terminal.fileno()), os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
        atexit.register(self.stop)
        self._take()
        self._thread.start()

    def stop(self) -> None:
        """Erase the lines, and restore the terminal."""
        if self._ended.is_set() or self._describe is None:
            return
        self._ended.set()
        atexit.unregister(self.stop)
        if self._thread.is_alive():  # a signal may have interrupted the start
            self._thread.join(timeout=1)
        with suppress(OSError):
            self.erase()
        self._owns = False
        if self._place is not None:
            os.close(self._place)  # which releases the lock
            self._place = None

    def tell(self, what: RenderableType) -> None:
        """Write an object of the library `rich` above the lines."""
        self._console.width = self._size()[0]
        with self._console.capture() as captured:
            self._console.print(what)
        self.write(captured.get())

    def write(self, text: str) -> int:
        """Write above the lines; they are redrawn at the next tick."""
        with self._lock:
            if text:
                self.erase()
                if not self._owns and self._at_line_start:
                    self._terminal.write(_ERASE)  # lines that another program has drawn
                self._terminal.write(text)
                self._at_line_start = text.endswith("\n")
        return len(text)

    def erase(self) -> None:
        """Erase the lines until the next tick."""
        with self._lock:
            if self._is_drawn:
                self._is_drawn = False
                self._terminal.write(_ERASE)
                self._terminal.flush()

    def _run(self) -> None:
        while not self._ended.wait(_EVERY):
            try:
                self._take()
                if self._owns:
                    self._draw()
            except OSError:  # the terminal is gone
                return

    def _take(self) -> None:
        """Take the right to draw, if no other program has it."""
        if self._owns or time.monotonic() < self._not_before:
            return
        if self._place is not None:
            try:
                fcntl.flock(self._place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return
        self._owns = True

    def _draw(self) -> None:
        columns, rows = self._size()
        self._console.width = max(columns - 1, 1)  # a full last column would wrap
        with self._console.capture() as captured:
            for line in self._describe() if self._describe else ():
                self._console.print(line, no_wrap=True, overflow="ellipsis", crop=True)
        lines = captured.get().rstrip("\n").split("\n")[: max(rows - 1, 1)]
        with self._lock:
            if self._at_line_start and not self._ended.is_set():
                back = f"\r\033[{len(lines) - 1}A" if len(lines) > 1 else "\r"
                self._is_drawn = True
                self._terminal.write(_ERASE + "\n".join(lines) + back)
                self._terminal.flush()

    def _size(self) -> tuple[int, int]:
        try:
            columns, rows = os.get_terminal_size(self._terminal.fileno())
        except OSError:
            return _COLUMNS, _ROWS
        return columns or _COLUMNS, rows or _ROWS


class _Above:
    """Replaces stderr: output goes above the drawn lines."""

    def __init__(self, screen: Screen, terminal: IO[str]) -> None:
        self.screen = screen
        self._terminal = terminal

    def write(self, text: str) -> int:
        return self.screen.write(text)

    def writelines(self, lines: Iterable[str]) -> None:
        self.screen.write("".join(lines))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._terminal, name)


class Rate:
    """The recent rate of something, per second."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque([(time.monotonic(), 0)])

    def note(self, done: float) -> float:
        """Record the number so far, and return the rate per second."""
        now = time.monotonic()
        self._samples.append((now, done))
        while len(self._samples) > 2 and now - self._samples[1][0] >= _WINDOW:  # noqa: PLR2004 - the two ends
            self._samples.popleft()
        (began, before), (now, done) = self._samples[0], self._samples[-1]
        return (done - before) / max(now - began, 0.001)


def clock(seconds: float) -> str:
    """Return a waiting time as h:mm:ss."""
    if seconds > _LONG:
        return "days"
    whole = int(seconds + 0.5)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def bar(done: int, total: int, width: int = 20) -> str:
    """Return a bar that shows how many of a total are done."""
    full = width * min(done, total) // max(total, 1)
    done_mark, open_mark = "━─" if (sys.stderr.encoding or "").lower().startswith("utf") else "#-"
    return done_mark * full + open_mark * (width - full)
