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
    """Writes messages to stdout, never half of one, on which a target would fail and lose the rows it holds."""

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
            OutputLostError: The target has ended, the disk is full, or the run is to end and the target does not read.
        """
        self._output.write(lines)
        if self._end is not None:
            end, self._end = self._end, None
            end()

    def after_line(self, number: int, end: Callable[[], None]) -> None:
        """End the run because of a signal, after what is being written, for which a slow target is given some seconds.

        Raises:
            OutputLostError: It is the second signal, and the target does not read.
        """
        if self._output.is_writing:
            self._end = end
        self._output.stop(number)
        if not self._output.is_writing:
            end()
