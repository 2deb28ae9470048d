"""The results of a run, counted by stream: shown on a terminal during the run, and in one closing line per stream."""

from __future__ import annotations

import logging
import time
from collections import Counter
from typing import TYPE_CHECKING

from target_clockify.books.progress import Progress
from target_clockify.books.words import hours, money

if TYPE_CHECKING:
    from clockify_client import Client
    from rich.table import Table

    from target_clockify.errors import RejectedError

logger = logging.getLogger("target-clockify")

_COLUMNS = (
    *("found", "not found", "unclear", "inserted", "updated", "unchanged", "deleted", "called", "superseded"),
    *("skipped", "not copied", "rejected"),
)
HOURS = "hours"


class Summary:
    """Counts of a run.

    Attributes:
        is_complete: Whether all input is read, so that the number of remaining records is known.
    """

    def __init__(self, client: Client, *, rehearsed: bool = False) -> None:
        self.records: Counter[str] = Counter()
        self.added: Counter[str] = Counter()  # writes without an input record, such as deletions of missing rows
        self.counts: dict[str, Counter[str]] = {}
        self.sums: dict[str, Counter[tuple[str, str]]] = {}  # by operation and unit
        self.reasons: dict[str, Counter[str]] = {}
        self.invalid_lines = 0
        self.pages: Counter[str] = Counter()
        self.writes: Counter[str] = Counter()
        self.objects: dict[str, str] = {}
        self._client = client
        self._rehearsed = rehearsed
        self._began = time.monotonic()
        self.is_complete = False
        self._latest = ""  # the stream of the latest finished record
        self._done = 0
        self._progress = Progress(client, self._standing)

    def count(self, stream: str, what: str) -> None:
        """Count the result of a record."""
        self.counts.setdefault(stream, Counter())[what] += 1
        self._done += 1
        self._latest = stream
        self._progress.show()

    def _standing(self) -> tuple[str, int, int | None]:
        """Return the results of the latest stream, the records done, and their total, None while more may come."""
        came = sum([*self.records.values(), *self.added.values()])
        what = f"{self._latest}: {self._description(self._latest)}" if self._latest else f"{came:,} records read"
        return what, self._done, came if self.is_complete else None

    def add_up(self, stream: str, what: str, unit: str, amount: int) -> None:
        """Add seconds, or minor units of a currency, to the totals of a stream."""
        self.sums.setdefault(stream, Counter())[what, unit] += amount

    def reject(self, stream: str, error: RejectedError, place: str = "") -> None:
        """Count a reject; the first of each kind is logged at once, with place, field and rule, without values."""
        self.count(stream, "rejected")
        self._tell_first(stream, error, "is rejected as", place)

    def reject_line(self, number: int, error: RejectedError) -> None:
        """Count an input line that is not a message; the first one is logged at once."""
        self.invalid_lines += 1
        if self.invalid_lines == 1:
            logger.warning("line %d of the input is rejected: %s", number, error)

    def leave_out(self, stream: str, error: RejectedError) -> None:
        """Count a row that cannot be copied; the first of each kind is logged at once."""
        self.count(stream, "not copied")
        self._tell_first(stream, error, "cannot be copied:")

    def _tell_first(self, stream: str, error: RejectedError, what: str, place: str = "") -> None:
        reasons = self.reasons.setdefault(stream, Counter())
        reasons[error.kind] += 1
        if reasons[error.kind] == 1:
            said = "" if error.kind == "unresolved" else f": {error}"
            at = f" ({place})" if place else ""
            logger.warning("%s: a record %s %s%s%s", stream, what, error.kind, said, at)

    @property
    def rejected(self) -> int:
        """The number of rejected records and input lines."""
        return self.invalid_lines + sum(counts["rejected"] for counts in self.counts.values())

    def tell(self, run: str, rejects: str) -> None:
        """Log the summary."""
        if not self._progress.close(self._table):
            for stream in self._streams:
                told, sums = self._description(stream, ended=True), self._sums(stream)
                sums = f"; {sums}" if sums else ""
                requests = self._requests(stream)
                logger.info("%s: %d records: %s; %d requests%s", stream, self.records[stream], told, requests, sums)
        statistics = self._client.statistics
        logger.info(
            "Run %s: %d records in %.1f s, %d requests, %d tried again, %d refused for their rate",
            run,
            sum(self.records.values()),
            time.monotonic() - self._began,
            statistics.requests,
            statistics.retries,
            statistics.refused,
        )
        if self.invalid_lines:
            logger.error("%d lines of the input were rejected, see %s", self.invalid_lines, rejects)
        for what, level in (("not copied", logging.WARNING), ("rejected", logging.ERROR)):
            if number := sum(counts[what] for counts in self.counts.values()):
                logger.log(level, "%d records were %s, see %s", number, what, rejects)

    @property
    def _streams(self) -> list[str]:
        return list(dict.fromkeys((*self.records, *self.added)))

    def _requests(self, stream: str) -> int:
        name = self.objects.get(stream, stream)
        return self.pages[name] + self.writes[name]

    def _table(self) -> Table:
        """Return a table of streams, with one column for each result that occurred."""
        from rich import box  # noqa: PLC0415  only a terminal is worth the import
        from rich.table import Table  # noqa: PLC0415

        columns = [one for one in _COLUMNS if any(counts[one] for counts in self.counts.values())]
        undone = {
            one: self.records[one] + self.added[one] - self.counts.get(one, Counter()).total() for one in self._streams
        }
        table = Table("stream", box=box.SIMPLE_HEAD, pad_edge=False)
        for name in (
            "records",
            *map(self._word, columns),
            *(["left undone"] if any(undone.values()) else []),
            "requests",
        ):
            table.add_column(name, justify="right", style="red" if name in {"rejected", "left undone"} else None)
        table.add_column("sums and reasons")
        for stream in self._streams:
            counts, reasons = self.counts.get(stream, Counter()), self.reasons.get(stream, Counter())
            why = ", ".join(f"{count} {kind}" for kind, count in reasons.most_common())
            numbers = [self.records[stream], *(counts[one] for one in columns)]
            numbers += [undone[stream]] if any(undone.values()) else []
            shown = [f"{number:,}" if number else "" for number in (*numbers, self._requests(stream))]
            table.add_row(stream, *shown, "; ".join(filter(None, (self._sums(stream), why))))
        return table

    def _description(self, stream: str, *, ended: bool = False) -> str:
        counts = self.counts.get(stream, Counter())
        told = [f"{counts[column]} {self._word(column)}" for column in _COLUMNS if counts[column]]
        if ended and (left := self.records[stream] + self.added[stream] - counts.total()):
            told.append(f"{left} left undone")
        reasons = self.reasons.get(stream) if ended else None
        why = f" ({', '.join(f'{count} {kind}' for kind, count in reasons.most_common())})" if reasons else ""
        return (", ".join(told) or "nothing done") + why

    def _sums(self, stream: str) -> str:
        told = []
        for (what, unit), amount in self.sums.get(stream, {}).items():
            if amount:
                said = hours(abs(amount)) if unit == HOURS else money(abs(amount), unit)
                word = self._word(what) if what != "updated" else "more" if amount > 0 else "less"
                told.append(f"{said} {word}")
        return ", ".join(told)

    def _word(self, what: str) -> str:
        return f"would be {what}" if self._rehearsed and what in {"inserted", "updated", "deleted", "called"} else what
