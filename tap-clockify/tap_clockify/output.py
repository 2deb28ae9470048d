"""Writes messages to stdout, always in whole lines."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from clockify_client.output import Output
from singer_sdk.contrib.msgspec import MsgSpecWriter
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable

    from singer_sdk.singerlib import Message


class WholeLines(MsgSpecWriter):
    """Writes only whole messages to stdout: half a message would make the target fail and lose its buffered rows."""

    def __init__(self) -> None:
        self._output = Output()
        self._end: Callable[[], None] | None = None

    @override
    def write_message(self, message: Message) -> None:
        """Write a message."""
        self.write(self.format_message(message))

    def write(self, lines: bytes | bytearray) -> None:
        """Write whole lines at once.

        Raises:
            OutputLostError: The target has ended, the disk is full, or the run must end while the target does not read.
        """
        self._output.write(lines)
        self.end_if_asked()

    def after_line(self, number: int, end: Callable[[], None]) -> None:
        """End the run because of a signal, after the current write; a slow target has some seconds to read it.

        Raises:
            OutputLostError: This is the second signal, and the target does not read.
        """
        self._end = end
        sys.unraisablehook = _report_unraisable
        self._output.stop(number)
        if not self._output.is_writing:
            self.end_if_asked()

    def end_if_asked(self) -> None:
        """End the run if a signal was received.

        The run ends with an exception. Python ignores an exception that is raised while an object is destroyed; the
        next message then raises it again.
        """
        end, self._end = self._end, None
        try:
            if end is not None:
                end()
        finally:
            self._end = end


def _report_unraisable(ignored: sys.UnraisableHookArgs, /) -> None:
    """Report an exception that Python ignores, unless it is the end of the run: that one is raised again."""
    if not isinstance(ignored.exc_value, SystemExit):
        sys.__unraisablehook__(ignored)
