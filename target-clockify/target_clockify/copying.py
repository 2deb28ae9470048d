"""Copying a workspace into another one: which rows belong to the copy, and what cannot be copied."""

from __future__ import annotations

import enum
import logging
from collections import Counter
from typing import TYPE_CHECKING

from target_clockify.errors import StoppedError
from target_clockify.understand.keys import is_clockify_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_clockify.understand.route import Incoming

logger = logging.getLogger("target-clockify")


class Admission(enum.Enum):
    """How a row is treated because of its workspace."""

    NOW = "decide it now"
    HELD = "hold it until the whole input is read, since it may contain several workspaces"
    SKIPPED = "skip it: its workspace is not copied"


class Copying:
    """The copy that a run makes, if it makes one.

    Args:
        destination: The workspace that is written to.
        source: The workspace to copy, if the settings name it; otherwise the only one in the input.
    """

    def __init__(self, destination: str, source: str | None) -> None:
        self._destination = destination
        self._source = source
        self._is_open = source is None
        self._came: list[str] = []
        self._admitted: str | None = None  # the destination, if all rows so far belong to it
        self.left_out: Counter[str] = Counter()

    def admit(self, one: Incoming) -> Admission:
        """Return how to treat a row.

        Rows of another workspace wait for the end of the input, unless the settings name that workspace.

        Raises:
            StoppedError: The rows belong to several workspaces; nothing of the copy has been written.
        """
        if one.workspace is None or one.workspace == self._admitted:
            return Admission.NOW
        if not is_clockify_id(one.workspace):
            return Admission.NOW
        if self._is_open:
            if one.workspace not in self._came:
                self._came.append(str(one.workspace))
            if len(self._came) > 1:
                msg = (
                    f"the input holds rows of two workspaces, {' and '.join(self._came)}: name the one to copy in "
                    "copy_from, or let the tap read one workspace"
                )
                raise StoppedError(msg)
        if one.workspace == self._destination:
            self._admitted = one.workspace if self._came in ([], [one.workspace]) else None
            return Admission.NOW
        self._source = self._source or one.workspace
        if one.workspace == self._source:
            return Admission.HELD if self._is_open else Admission.NOW
        return Admission.SKIPPED

    def begin(self) -> None:
        """Mark the input as ended: from now on, held rows are decided."""
        self._is_open = False

    def leave_out(self, what: Iterable[str]) -> None:
        """Count what is missing from a copied row, such as `users of projects`."""
        self.left_out.update(what)

    def tell(self) -> None:
        """Log what is missing from the copy."""
        if self.left_out:
            said = ", ".join(f"{count} {what}" for what, count in sorted(self.left_out.items()))
            logger.warning(
                "Not copied, since the object does not exist here or the currency is not the one in force: %s", said
            )
