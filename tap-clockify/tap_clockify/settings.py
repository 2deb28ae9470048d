"""The settings of the tap: their JSON Schema, and what a run derives from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from clockify_client import configuration
from singer_sdk import typing as th

from tap_clockify import windows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clockify_client import Client

_GROUPS = ["CLIENT", "PROJECT", "USER", "WEEK", "DATE", "MONTH", "TIMEENTRY", "TASK", "TAG"]
_MOST_GROUPS = 3

_OWN: dict[str, Any] = th.PropertiesList(
    th.Property(
        "workspace_ids",
        th.ArrayType(th.StringType),
        title="Workspaces",
        description="Ids of the workspaces to read; rows of other workspaces are removed from the destination. "
        "Default: all that the key sees.",
    ),
    *windows.SETTINGS,
    th.Property(
        "suppress_extended_requests",
        th.BooleanType,
        default=False,
        title="Suppress extended requests",
        description="Skip the additional request for each invoice, which returns its items, taxes and notes.",
    ),
    th.Property(
        "tasks_from",
        th.StringType,
        allowed_values=["projects", "hydrated_projects"],
        default="projects",
        title="Where tasks come from",
        description="`projects` sends one request for each project. `hydrated_projects` takes the tasks from the list "
        "of projects and saves those requests; it is not known whether that list contains every task.",
    ),
    th.Property(
        "policy_status",
        th.StringType,
        allowed_values=["ACTIVE", "ARCHIVED", "ALL"],
        default="ACTIVE",
        title="Policy status",
        description="Which time-off policies to read.",
    ),
    th.Property(
        "emit_activate_version_messages",
        th.BooleanType,
        default=True,
        title="Emit ACTIVATE_VERSION",
        description="After a stream was read completely, send ACTIVATE_VERSION, so that the target removes deleted "
        "rows.",
    ),
    th.Property(
        "verify_time_entries",
        th.BooleanType,
        default=True,
        title="Verify time entries",
        description="Compare the hours of each user with the summary report (one request per year and workspace), "
        "read a list again if hours are missing, and read the entries of people who have left. Not done if "
        "requests_per_hour is set.",
    ),
    th.Property(
        "shared_destination",
        th.BooleanType,
        default=False,
        title="Shared destination",
        description="Other runs load parts of the rows into the same tables. No run may then remove rows that it did "
        "not read, so ACTIVATE_VERSION is not sent.",
    ),
    th.Property(
        "addon_ids",
        th.ArrayType(th.StringType),
        title="Add-ons",
        description="Ids of the add-ons whose webhooks the stream addon_webhooks reads.",
    ),
    th.Property(
        "report_groups",
        th.ArrayType(th.StringType(allowed_values=_GROUPS)),
        default=["USER", "PROJECT"],
        title="Groups of the summary report",
        description=f"One to three of {', '.join(_GROUPS)}, outermost first.",
    ),
    th.Property(
        "report_weekly_group",
        th.StringType,
        allowed_values=["USER", "PROJECT"],
        default="USER",
        title="Group of the weekly report",
        description="What one row of the weekly report represents.",
    ),
    th.Property(
        "report_amount_shown",
        th.StringType,
        allowed_values=["EARNED", "COST", "PROFIT", "HIDE_AMOUNT"],
        default="EARNED",
        title="Amounts of the reports",
        description="Which amounts the reports carry; managers without the right to amounts need HIDE_AMOUNT.",
    ),
).to_dict()

CONFIG_SCHEMA: dict[str, Any] = {
    **_OWN,
    "properties": {**configuration.connection_properties("read"), **_OWN["properties"]},
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Scope:
    """What a run reads, according to the settings: workspaces, windows, variants.

    Points in time are aware datetimes; `now` is when the run began.
    """

    config: Mapping[str, Any]
    now: datetime

    @property
    def workspace_ids(self) -> tuple[str, ...]:
        """The workspaces to read; empty means all."""
        return tuple(self.config.get("workspace_ids") or ())

    @property
    def start(self) -> datetime | None:
        """The start of the window of time entries, if one is set."""
        return windows.moment_of(self.config, "start_date", self.now)

    @property
    def end(self) -> datetime | None:
        """The end of the window of time entries, if one is set."""
        return windows.moment_of(self.config, "end_date", self.now)

    @property
    def past_end(self) -> datetime | None:
        """The end of the window if it is in the past; an end in the future excludes no time entry."""
        return self.end if self.end and self.end < self.now else None

    @property
    def schedule_window(self) -> tuple[datetime, datetime]:
        """The window of assignments, their totals and capacity."""
        start = windows.moment_of(self.config, "schedule_start_date", self.now) or self.start
        end = windows.moment_of(self.config, "schedule_end_date", self.now) or self.end
        return start or windows.FIRST_DAY, end or self.now

    @property
    def log_window(self) -> tuple[datetime, datetime]:
        """The window of the audit log and the entity feeds."""
        start = windows.moment_of(self.config, "report_start_date", self.now) or self.start
        return start or windows.FIRST_DAY, self.past_end or self.now

    @property
    def report_window(self) -> tuple[datetime, datetime]:
        """The window of the reports, in wall-clock time: the furthest zone may be a day ahead of UTC."""
        start, end = self.log_window
        return start, end if self.past_end else end + windows.FURTHEST_OFFSET

    def schedule_narrowed_by(self) -> list[str]:
        """Return the settings that make the window of the schedule smaller than the default."""
        start, end = self.schedule_window
        ends = ["schedule_end_date" if self.config.get("schedule_end_date") else "end_date"] if end < self.now else []
        return [*self._late_start(start, "schedule_start_date"), *ends]

    def reports_narrowed_by(self) -> list[str]:
        """Return the settings that make the window of reports and logs smaller than the default."""
        start, end = self.log_window
        return [*self._late_start(start, "report_start_date"), *(["end_date"] if end < self.now else [])]

    def schedule_wall_clock(self) -> dict[str, str]:
        """Return `start` and `end` of the schedule for endpoints that read wall-clock times in an unknown zone.

        The window is extended by the largest UTC offset of any zone; the caller drops rows outside the real window.
        """
        return _padded(*self.schedule_window)

    def entries_wall_clock(self) -> dict[str, str]:
        """Return the start and end of the window of time entries, if set, extended in the same way."""
        return _padded(self.start, self.past_end)

    def check_windows(self) -> None:
        """Validate the settings of all windows before the first request.

        Raises:
            ValueError: A setting is not a point in time, or a start is not before its end; the message names the
                settings.
        """
        names = (
            ("start_date", "end_date"),
            ("schedule_start_date", "schedule_end_date"),
            ("report_start_date", "end_date"),
        )
        for begin, finish in names:
            start, end = (windows.moment_of(self.config, name, self.now) for name in (begin, finish))
            if start and end and start >= end:
                msg = f"{begin} ({self.config[begin]}) must lie before {finish} ({self.config[finish]})"
                raise ValueError(msg)
        start, end = self.schedule_window
        if (zone := self.config.get("report_time_zone")) and zone not in available_timezones():
            msg = "report_time_zone must be the name of a time zone, such as Europe/Berlin or UTC"
            raise ValueError(msg)
        if start >= end:
            msg = f"the schedule ends ({timestamp(end)}) before it starts ({timestamp(start)}): set schedule_end_date"
            raise ValueError(msg)

    def _late_start(self, start: datetime, own: str) -> list[str]:
        return [own if self.config.get(own) else "start_date"] if start > windows.FIRST_DAY else []


def _padded(start: datetime | None, end: datetime | None) -> dict[str, str]:
    padded = {"start": start and start - windows.FURTHEST_OFFSET, "end": end and end + windows.FURTHEST_OFFSET}
    return {name: timestamp(moment) for name, moment in padded.items() if moment}


def timestamp(moment: datetime) -> str:
    """Return a point in time in Clockify's format: UTC, whole seconds, `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def client_of(config: Mapping[str, Any], user_agent: str) -> Client:
    """Return a client for these settings.

    Raises:
        ValueError: Settings contradict each other or a URL is not acceptable; the message names the setting.
    """
    Scope(config, datetime.now(tz=UTC)).check_windows()
    groups = config["report_groups"]
    if not 1 <= len(groups) <= _MOST_GROUPS:
        msg = f"report_groups must name one to {_MOST_GROUPS} groups, not {len(groups)}"
        raise ValueError(msg)
    if config.get("addon_token") and not config.get("workspace_ids"):
        msg = "workspace_ids must be set with an addon_token: an add-on may not list workspaces"
        raise ValueError(msg)
    return configuration.client_of(config, user_agent)
