"""Emits STATE when all records before it are done, never earlier."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Acknowledgement:
    """Counts the records between two STATE messages, and emits a STATE once every record before it is done.

    Args:
        emit: Emits a STATE; None if the run emits none.
    """

    def __init__(self, emit: Callable[[Any], None] | None) -> None:
        self.epoch = 0
        self._emit = emit
        self._outstanding: Counter[int] = Counter()
        self._states: deque[tuple[int, Any]] = deque()

    def took(self) -> int:
        """Count an incoming record, and return its epoch: the number of STATE messages before it."""
        self._outstanding[self.epoch] += 1
        return self.epoch

    def done(self, epoch: int) -> None:
        """Count a record that is written, or rejected to disk."""
        self._outstanding[epoch] -= 1

    def state(self, value: Any) -> None:
        """Accept a STATE message."""
        self._states.append((self.epoch, value))
        self.epoch += 1

    def go_out(self) -> None:
        """Emit the latest STATE whose preceding records are all done; earlier ones are not needed."""
        latest: tuple[Any] | None = None
        while self._states and self._is_done(self._states[0][0]):
            epoch, value = self._states.popleft()
            latest = (value,)
            for old in [one for one in self._outstanding if one <= epoch]:
                del self._outstanding[old]
        if latest and self._emit:
            self._emit(latest[0])

    def _is_done(self, epoch: int) -> bool:
        return not any(count for one, count in self._outstanding.items() if one <= epoch)
