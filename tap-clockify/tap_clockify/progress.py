"""A live line on a terminal; nothing where the output goes to a file or a pipeline, which has the SDK's metrics."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


class Progress:
    """Shows on stderr which stream is being read and how many records it has brought."""

    def __init__(self) -> None:
        self._display: RichProgress | None = None
        self._tasks: dict[str, TaskID] = {}

    def start(self) -> None:
        """Begin, where stderr is a terminal and the messages on stdout are not shown on the same one."""
        if not sys.stderr.isatty() or sys.stdout.isatty():
            return
        from rich.console import Console  # noqa: PLC0415  only a terminal is worth the import
        from rich.progress import Progress as RichProgress  # noqa: PLC0415
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

        columns = (
            SpinnerColumn(finished_text="done"),
            TextColumn("{task.description}"),
            TextColumn("{task.completed:,.0f} records"),
            TimeElapsedColumn(),
        )
        self._display = RichProgress(*columns, console=Console(stderr=True))
        self._display.start()

    def show(self, stream: str, records: int, *, done: bool = False) -> None:
        """Show how many records a stream has brought so far."""
        if self._display is None:
            return
        if stream not in self._tasks:
            self._tasks[stream] = self._display.add_task(stream, total=None)
        total = max(records, 1) if done else None
        self._display.update(
            self._tasks[stream], completed=max(records, 1) if done and not records else records, total=total
        )

    def stop(self) -> None:
        """Leave the last state standing."""
        if self._display is not None:
            self._display.stop()
