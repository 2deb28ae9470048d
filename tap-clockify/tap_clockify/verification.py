"""Checks that all time entries were read, by comparing the hours of each user with the summary report.

The list of users may lack people who left, and a list of entries may be incomplete without any sign in the response.
The summary report shows how much each user tracked.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from clockify_client import ClockifyError, Incomplete, MalformedAnswerError, Page, Refusal
from clockify_client.rows import rows_of, sound_rows_of

from tap_clockify.coverage import EVERYTHING
from tap_clockify.verdict import Cause, shown_id
from tap_clockify.witness import entries_in_reports, seconds_by_user, window_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clockify_client import Ids

    from tap_clockify.declaration import Source
    from tap_clockify.plan import Plan
    from tap_clockify.settings import Scope
    from tap_clockify.windows import Window

_IN_VAIN = 10  # useless second readings of a workspace after which no more are made
_SECOND = timedelta(seconds=1)
_ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True)
class Finding:
    """A reason why the stream is incomplete."""

    cause: Cause
    ids: Ids
    detail: str


@dataclass(frozen=True)
class Notice:
    """A log line that does not prevent activation. Attributes: text: The line. warning: Whether it is a warning."""

    text: str
    warning: bool = False


Item = Page | Refusal | Incomplete | Finding | Notice


class _Interval(msgspec.Struct):
    start: datetime
    end: datetime | None = None


class _Entry(msgspec.Struct):
    id: str
    timeInterval: _Interval  # noqa: N815  as Clockify spells it


@dataclass
class _Hours:
    """The time entries of one user that start in a window.

    Attributes:
        window: Start and end, aware datetimes.
        ids: Ids of the entries.
        seconds: The total duration of the finished entries.
        running_since: When each running entry started.
        comparable: All entries could be parsed.
    """

    window: Window
    ids: set[str] = field(default_factory=set)
    seconds: float = 0
    running_since: list[datetime] = field(default_factory=list)
    comparable: bool = True

    def add(self, page: Page) -> None:
        """Add the entries of a page."""
        try:
            for body in page.pieces():
                rows, unlike = sound_rows_of(page.endpoint, body, _Entry)
                self.comparable = self.comparable and not unlike
                for row in rows:
                    self._add(row)
        except (MalformedAnswerError, TypeError):
            self.comparable = False

    def _add(self, row: _Entry) -> None:
        if row.id in self.ids:
            return
        self.ids.add(row.id)
        (first, last), start, end = self.window, row.timeInterval.start, row.timeInterval.end
        if not first <= start < last:
            return
        if end is None:
            self.running_since.append(start)
        else:
            self.seconds += (end - start).total_seconds()

    def agrees_with(self, report: _Reported, user: str, *, all_shown: bool) -> bool:
        """Return whether the report agrees with the entries.

        A report may include a running entry up to the time of the report, or not at all.

        Args:
            report: The figures of the report.
            user: Id of the user.
            all_shown: The report shows the whole workspace, so fewer hours in the report are a contradiction, too.
        """
        reported = report.seconds.get(user, 0)
        earliest, latest = (
            self.seconds + sum((moment - start).total_seconds() for start in self.running_since)
            for moment in (report.asked_at - _SECOND, report.answered_at + _SECOND)
        )
        with_running = bool(self.running_since) and earliest <= reported <= latest
        return with_running or reported == self.seconds or (reported < self.seconds and not all_shown)


@dataclass(frozen=True)
class _Reported:
    """The figures of the summary report: seconds by user id, and the times before and after the request."""

    seconds: dict[str, int]
    asked_at: datetime
    answered_at: datetime


class Verification:
    """Reads the time entries of all people who tracked time, and compares their hours with the reports.

    Args:
        plan: The plan of the run.
        source: Where the time entries of a user are read.
        scope: What the run is to read.
        stream: Name of the stream, for messages.
    """

    def __init__(self, plan: Plan, source: Source, scope: Scope, stream: str) -> None:
        self._plan = plan
        self._source = source
        self._scope = scope
        self._stream = stream
        self._reports: dict[str, _Reported | None] = {}
        self._read: dict[str, set[str]] = {}
        self._in_vain: dict[str, int] = {}
        self._with_hours: set[str] = set()
        self.not_permitted: set[str] = set()
        """The workspaces whose reports may not be read."""
        self._beside: list[Item] = []
        self._ended = False

    @property
    def looked_for(self) -> set[str]:
        """The workspaces in which people who have left were searched for."""
        return {workspace for workspace, reported in self._reports.items() if reported is not None}

    def items(self, listed: Iterable[Page | Refusal | Incomplete]) -> Iterator[Item]:
        """Yield the items of the listed users, then those of people who are only in the reports, and the findings.

        Several streams may be made from the same entries: the first one compares, and the others get the same findings.
        """
        if self._ended:
            yield from listed
            yield from (item for item in self._beside if not isinstance(item, Notice))
            return
        for item, is_listed in self._looked_at(listed):
            if not is_listed:
                self._beside.append(item)
            yield item
        self._ended = True

    def _looked_at(self, listed: Iterable[Page | Refusal | Incomplete]) -> Iterator[tuple[Item, bool]]:
        """Yield every item, and whether it is a listed one."""
        hours: _Hours | None = None
        for item in listed:
            workspace, user = str(item.ids.get("workspaceId")), str(item.ids.get("userId"))
            self._read.setdefault(workspace, set()).add(user)
            yield item, True
            if not isinstance(item, Page):
                continue
            if hours is None or item.number == 0:
                yield from _beside(self._report(workspace))
                hours = _Hours(window_of(workspace, self._scope)) if self._reports.get(workspace) is not None else None
            if hours is not None:
                hours.add(item)
                if item.last:
                    yield from _beside(self._compared(hours, workspace, user))
        for workspace in self._plan.reaches:
            yield from _beside(self._report(workspace))
            yield from _beside(self._contradicted(workspace))
            report = self._reports[workspace]
            tracked = report.seconds.keys() if report else set()
            for user in sorted(tracked - self._read.get(workspace, set())):
                yield from _beside(self._of_former(workspace, user))

    def _report(self, workspace: str) -> Iterator[Item]:
        """Read the summary report of a workspace, once."""
        if workspace in self._reports:
            return
        self._reports[workspace] = None
        try:
            self._reports[workspace] = self._reported(workspace)
        except MalformedAnswerError as error:
            reason = f"the report could not be understood: {error}"
            yield Finding(Cause.UNVERIFIED, {"workspaceId": workspace}, reason)
        except ClockifyError as error:
            yield Finding(Cause.UNVERIFIED, {"workspaceId": workspace}, str(error))
        else:
            if self._reports[workspace] is None:
                yield Notice(
                    f"{self._stream} in workspace {shown_id(workspace)}: its reports may not be read, so hours are not "
                    "compared and people who left are not looked for"
                )
                self.not_permitted.add(workspace)

    def _contradicted(self, workspace: str) -> Iterator[Item]:
        """Record that a report has no users although an admin's key has read finished entries."""
        report = self._reports[workspace]
        if report is not None and not report.seconds and workspace in self._with_hours:
            self._reports[workspace] = None
            reason = "the summary report is empty, though entries were read"
            yield Finding(Cause.UNVERIFIED, {"workspaceId": workspace}, reason)

    def _reported(self, workspace: str, user: str = "") -> _Reported | None:
        """Return the current figures of the summary report; None if it may not be read."""
        asked_at = datetime.now(tz=UTC)
        seconds = seconds_by_user(self._plan.client, workspace, window_of(workspace, self._scope), user)
        return None if seconds is None else _Reported(seconds, asked_at, datetime.now(tz=UTC))

    def _compared(self, hours: _Hours, workspace: str, user: str) -> Iterator[Item]:
        """Compare the hours of a user; if they differ, yield the items of a second reading, or a line about it."""
        report = self._reports[workspace]
        if hours.seconds and self._plan.reaches.get(workspace) == EVERYTHING:
            self._with_hours.add(workspace)
        if not hours.comparable or report is None or self._agree(hours, report, workspace, user):
            return
        if not report.seconds and hours.seconds:
            return  # the report as a whole is recorded as doubtful at the end
        if self._in_vain.get(workspace, 0) < _IN_VAIN:
            before = len(hours.ids)
            for item in self._plan.pages_of(self._source, workspace, user):
                if isinstance(item, Page):
                    unseen = _without(item, hours.ids)
                    hours.add(item)
                    if unseen is not None:
                        yield unseen
            with suppress(ClockifyError):
                report = self._reported(workspace, user) or report
            if self._agree(hours, report, workspace, user):
                return
            self._in_vain[workspace] = self._in_vain.get(workspace, 0) + (len(hours.ids) == before)
        if not hours.ids:
            yield Finding(Cause.LEFT, {"workspaceId": workspace, "userId": user}, self._figures(hours, report, user))
            return
        yield self._difference(hours, report, workspace, user)

    def _agree(self, hours: _Hours, report: _Reported, workspace: str, user: str) -> bool:
        return hours.agrees_with(report, user, all_shown=self._plan.reaches.get(workspace) == EVERYTHING)

    def _difference(self, hours: _Hours, report: _Reported, workspace: str, user: str) -> Notice:
        return Notice(
            f"{self._stream} of {shown_id(user)} in workspace {shown_id(workspace)}: "
            f"{self._figures(hours, report, user)}; compare the entries with the report in Clockify",
            warning=True,
        )

    def _figures(self, hours: _Hours, report: _Reported, user: str) -> str:
        running = f" and {len(hours.running_since)} running" if hours.running_since else ""
        reported = report.seconds.get(user, 0) / 3600
        return f"{hours.seconds / 3600:.2f} h{running} read, {reported:.2f} h in the summary report"

    def _of_former(self, workspace: str, user: str) -> Iterator[Item]:
        """Yield the entries of a person who is in no list of users, and so has left."""
        hours = _Hours(window_of(workspace, self._scope))
        for item in self._plan.pages_of(self._source, workspace, user):
            if isinstance(item, Refusal):
                yield from self._in_detailed_report(workspace, user, str(item.error))
                return
            yield item
            if isinstance(item, Page):
                hours.add(item)
        report = self._reports[workspace]
        if not hours.ids and report is not None and report.seconds.get(user):
            yield from self._in_detailed_report(workspace, user, self._figures(hours, report, user))
        else:
            yield from self._compared(hours, workspace, user)

    def _in_detailed_report(self, workspace: str, user: str, reason: str) -> Iterator[Item]:
        """Yield the entries of a person from the detailed report, if their own list is refused or empty."""
        ids, hours = {"workspaceId": workspace, "userId": user}, _Hours(window_of(workspace, self._scope))
        try:
            entries = entries_in_reports(self._plan.client, workspace, hours.window, user)
        except ClockifyError as error:
            yield Finding(Cause.BROKEN, ids, str(error))
            return
        report = self._reports[workspace]
        if entries is None or (not entries and report is not None and report.seconds.get(user)):
            yield Finding(Cause.LEFT, ids, reason)
            return
        yield Notice(
            f"{self._stream} of {shown_id(user)}, who has left workspace {shown_id(workspace)}, come from the detailed "
            "report, without rates"
        )
        page = Page(self._source.asked(self._scope), ids, 0, _ENCODER.encode(entries), last=True)
        yield page
        hours.add(page)
        if hours.comparable and report is not None and not self._agree(hours, report, workspace, user):
            yield self._difference(hours, report, workspace, user)


def _beside(items: Iterable[Item]) -> Iterator[tuple[Item, bool]]:
    return ((item, False) for item in items)


def _without(page: Page, known: set[str]) -> Page | None:
    """Return a page with only the rows whose ids are new; None if there are none."""
    try:
        rows = rows_of(page.endpoint, page.body, msgspec.Raw)
        unseen = [row for row in rows if msgspec.json.decode(row, type=_Identified).id not in known]
    except (MalformedAnswerError, msgspec.DecodeError):
        return None
    return Page(page.endpoint, page.ids, 0, _ENCODER.encode(unseen), last=True) if unseen else None


class _Identified(msgspec.Struct):
    id: str
