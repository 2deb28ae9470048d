"""Writes messages to stdout, always in whole lines."""

from __future__ import annotations

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
        if self._end is not None:
            end, self._end = self._end, None
            end()

    def after_line(self, number: int, end: Callable[[], None]) -> None:
        """End the run because of a signal, after the current write; a slow target has some seconds to read it.

        Raises:
            OutputLostError: This is the second signal, and the target does not read.
        """
        if self._output.is_writing:
            self._end = end
        self._output.stop(number)
        if not self._output.is_writing:
            end()
