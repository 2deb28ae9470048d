"""A live line on a terminal; nothing where the output goes to a file or a pipeline, which has the SDK's metrics."""

from __future__ import annotations

import logging
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


class Progress:
    """Shows on stderr which stream is being read and how many records it has brought, above it those that are done.

    Meanwhile log lines below WARNING are left out, and those above appear over it.
    """

    def __init__(self) -> None:
        self._display: RichProgress | None = None
        self._task: TaskID | None = None
        self._stream = ""
        self._records = 0
        self._afterwards = ExitStack()

    def start(self) -> None:
        """Begin, where stderr is a terminal, stdout is not the same one, and nobody wants to see more."""
        if not sys.stderr.isatty() or sys.stdout.isatty() or logging.getLogger().isEnabledFor(logging.DEBUG):
            return
        from rich.console import Console  # noqa: PLC0415  only a terminal is worth the import
        from rich.progress import Progress as RichProgress  # noqa: PLC0415
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        terminal = sys.stderr
        self._display = RichProgress(*columns, console=Console(stderr=True, highlight=False), transient=True)
        self._display.start()
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is terminal:
                self._afterwards.callback(handler.setLevel, handler.level)
                self._afterwards.callback(handler.setStream, handler.stream)
                handler.setLevel(logging.WARNING)
                handler.setStream(sys.stderr)  # which writes above the live line now

    def show(self, stream: str, records: int) -> None:
        """Show how many records a stream has brought so far."""
        if self._display is None:
            return
        if stream != self._stream:
            self._finish()
            self._task, self._stream = self._display.add_task(stream, total=None), stream
        self._records = records
        if self._task is not None:
            self._display.update(self._task, description=self._line())

    def stop(self) -> None:
        """Leave a line for each stream standing."""
        if self._display is not None:
            self._finish()
            self._display.stop()
            self._afterwards.close()
            self._display = None

    def _finish(self) -> None:
        if self._display is not None and self._task is not None:
            self._display.remove_task(self._task)
            self._display.console.print(self._line())

    def _line(self) -> str:
        return f"{self._stream:<26} {self._records:>12,} records"
