"""Writes messages to stdout, always in whole lines."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from singer_sdk.contrib.msgspec import MsgSpecWriter
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable

    from singer_sdk.singerlib import Message


class OutputLostError(BaseException):
    """Nobody reads the output any more. This is no `Exception`, so that the SDK neither goes on nor reports it."""


class WholeLines(MsgSpecWriter):
    """Writes messages to stdout, never half of one, on which a target would fail and lose the rows it holds."""

    def __init__(self) -> None:
        self._writing = False
        self._end: Callable[[], None] | None = None

    @override
    def write_message(self, message: Message) -> None:
        """Write a message."""
        self.write(self.format_message(message))

    def write(self, lines: bytes | bytearray) -> None:
        """Write whole lines at once.

        Raises:
            OutputLostError: The target has ended, or the disk is full.
        """
        self._writing = True
        try:
            while lines:  # with PYTHONUNBUFFERED, a write that a signal interrupts may be partial
                lines = lines[sys.stdout.buffer.write(lines) :]
            sys.stdout.buffer.flush()
        except OSError as error:
            # What is still in the buffer must not fail again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ended = isinstance(error, BrokenPipeError)
            msg = (
                "Nobody reads the output any more: the target has ended"
                if ended
                else f"The output cannot be written: {error.strerror}"
            )
            raise OutputLostError(msg) from None
        finally:
            self._writing = False
        if self._end is not None:
            self._end()

    def after_line(self, end: Callable[[], None]) -> None:
        """End the run after what is being written, which may wait for a slow target; a second call does not wait."""
        if self._writing and self._end is None:
            self._end = end
        else:
            self._end = None
            end()
