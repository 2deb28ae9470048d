"""Stdout of a program in a pipeline, whose reader may have ended or may have stopped reading."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from clockify_client.terminal import make_room

if TYPE_CHECKING:
    from types import FrameType

_GRACE = 5.0  # seconds that a terminating program waits for the reader of its output


class OutputLostError(BaseException):
    """Nobody reads the output any more. It is a `BaseException`, so that the SDK does not catch it.

    Attributes:
        code: The exit code of the program.
    """

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class Output:
    """Writes to stdout; for the main thread.

    Attributes:
        is_writing: A write is in progress, or waits for the reader.
    """

    def __init__(self) -> None:
        self.is_writing = False
        self._is_terminal = sys.stdout is not None and sys.stdout.isatty()
        self._stopped: signal.Signals | None = None

    def write(self, lines: bytes | bytearray) -> None:
        """Write whole lines at once.

        Raises:
            OutputLostError: The reader has ended, the disk is full, or the program must end while nobody reads.
        """
        self.is_writing = True
        try:
            if self._stopped is not None:
                self._wait_no_longer_than(_GRACE)
            if self._is_terminal:
                make_room()
            while lines:  # with PYTHONUNBUFFERED, a write that a signal interrupts may be partial
                lines = lines[sys.stdout.buffer.write(lines) :]
            sys.stdout.buffer.flush()
        except OSError as error:
            _abandon()
            ended = isinstance(error, BrokenPipeError)
            msg = (
                "Nobody reads the output any more: the program behind the pipe has ended"
                if ended
                else f"The output cannot be written: {error.strerror}"
            )
            raise OutputLostError(msg) from None
        finally:
            self.is_writing = False
            if self._stopped is not None:
                self._wait_no_longer_than(0)

    def stop(self, number: int) -> None:
        """Handle a signal that ends the program: wait for the current write, but not for ever.

        Raises:
            OutputLostError: This is the second signal, and the write is still in progress.
        """
        again, self._stopped = self._stopped is not None, signal.Signals(number)
        if not self.is_writing:
            return
        if again:
            self._give_up()
        self._wait_no_longer_than(_GRACE)

    def _wait_no_longer_than(self, seconds: float) -> None:
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, self._give_up)
            signal.setitimer(signal.ITIMER_REAL, seconds)

    def _give_up(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        if self.is_writing and self._stopped is not None:
            _abandon()
            msg = f"stopped by {self._stopped.name} while nobody read the output"
            raise OutputLostError(msg, 128 + self._stopped)


def require(*streams: str) -> None:
    """Require that streams of this program are open, by their names in `sys`.

    Raises:
        ValueError: One is closed; the next file that is opened would get its file descriptor.
    """
    for name in streams:
        stream: Any = getattr(sys, name)
        if stream is None:
            msg = f"{name} is closed: the program needs it, if only as /dev/null"
            raise ValueError(msg)


def _abandon() -> None:
    """Discard the buffer, so that it does not cause an error or a wait at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
