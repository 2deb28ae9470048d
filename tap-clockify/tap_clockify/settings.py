"""The settings of the tap: their JSON Schema, and what they mean for a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from clockify_client import REGIONS, Client, Hosts, Settings
from singer_sdk import typing as th

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
_YEARS = (1970, 2100)  # a window reaches from the first to the second: a day beyond is a slip
_GROUPS = ["CLIENT", "PROJECT", "USER", "WEEK", "DATE", "MONTH", "TIMEENTRY", "TASK", "TAG"]
_MOST_GROUPS = 3
_WALL_CLOCK = timedelta(hours=14)  # no zone is further from UTC

CONFIG_SCHEMA = th.PropertiesList(
    th.Property(
        "api_key",
        th.StringType,
        secret=True,
        title="API key",
        description="API key of the account to read with (Preferences, Advanced). Give this or `addon_token`.",
    ),
    th.Property(
        "addon_token",
        th.StringType,
        secret=True,
        title="Add-on token",
        description="Add-on token to read with instead of a key; needs `workspace_ids`.",
    ),
    th.Property(
        "workspace_ids",
        th.ArrayType(th.StringType),
        title="Workspaces",
        description="Ids of the workspaces to read. Default: all that the key sees.",
    ),
    th.Property(
        "region",
        th.StringType,
        allowed_values=list(REGIONS),
        default="global",
        title="Region",
        description="Where the account's data resides.",
    ),
    th.Property(
        "api_url",
        th.StringType,
        title="API URL",
        description="Base URL of the core API in place of the region's, such as https://acme.clockify.me/api/v1.",
    ),
    th.Property(
        "reports_url",
        th.StringType,
        title="Reports URL",
        description="Base URL of the reports. Default: beside `api_url`, or the region's.",
    ),
    th.Property(
        "audit_log_url",
        th.StringType,
        title="Audit log URL",
        description="Base URL of the audit log. Default: the global one; none is known for the other regions.",
    ),
    th.Property(
        "start_date",
        th.DateTimeType,
        title="Start date",
        description="Read time entries that start at or after this moment, and schedule, reports and logs from it on. "
        "Default: all time entries, everything else from 2024-01-01T00:00:00Z.",
    ),
    th.Property(
        "end_date",
        th.DateTimeType,
        title="End date",
        description="The same for the end, exclusive. Default: now; set it to a later day to read the schedule ahead.",
    ),
    th.Property(
        "suppress_extended_requests",
        th.BooleanType,
        default=False,
        title="Suppress extended requests",
        description="Do without the one request per invoice that brings items, taxes, notes and the like.",
    ),
    th.Property(
        "tasks_from",
        th.StringType,
        allowed_values=["projects", "hydrated_projects"],
        default="projects",
        title="Where tasks come from",
        description="`projects` asks once for each project. `hydrated_projects` takes the tasks that come inside the "
        "list of projects and spares those requests; whether Clockify leaves anything out there is not known.",
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
        "page_size",
        th.IntegerType(minimum=1, maximum=5000),
        title="Page size",
        description="Rows to ask for at once. Default: the most that each endpoint allows; it is lowered by itself "
        "where Clockify refuses it.",
    ),
    th.Property(
        "requests_per_second",
        th.IntegerType(minimum=1, maximum=1000),
        default=50,
        title="Requests a second",
        description="Never send more. 50 is what paid plans allow.",
    ),
    th.Property(
        "requests_per_hour",
        th.IntegerType(minimum=1),
        title="Requests an hour",
        description="Never send more in any 60 minutes. New Free workspaces allow 30.",
    ),
    th.Property(
        "max_workers",
        th.IntegerType(minimum=1, maximum=200),
        default=64,
        title="Workers",
        description="How many requests may be under way at once.",
    ),
    th.Property(
        "timeout_seconds",
        th.IntegerType(minimum=1),
        default=60,
        title="Timeout",
        description="Seconds to wait for a connection, and for each part of an answer.",
    ),
    th.Property(
        "emit_activate_version_messages",
        th.BooleanType,
        default=True,
        title="Emit ACTIVATE_VERSION",
        description="After a stream was read completely, tell the target so that it removes rows that are gone.",
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
        description="What a row of the weekly report stands for.",
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


@dataclass(frozen=True)
class Scope:
    """What a run is to read, out of the settings: workspaces, windows, variants.

    Moments are aware datetimes; `now` is the moment the run began.
    """

    config: Mapping[str, Any]
    now: datetime

    @property
    def workspace_ids(self) -> tuple[str, ...]:
        """The workspaces asked for, none meaning all."""
        return tuple(self.config.get("workspace_ids") or ())

    @property
    def start(self) -> datetime | None:
        """The start of the window, where the user set one."""
        return _moment(self.config, "start_date")

    @property
    def end(self) -> datetime | None:
        """The end of the window, where the user set one."""
        return _moment(self.config, "end_date")

    @property
    def past_end(self) -> datetime | None:
        """That end where it lies in the past; one ahead is meant for the schedule and bounds nothing before it."""
        return self.end if self.end and self.end < self.now else None

    @property
    def window(self) -> tuple[datetime, datetime]:
        """The window of everything that must have one: from 2024 to now unless set, each end alone as well."""
        return self.start or _FIRST_DAY, self.end or self.now

    @property
    def narrowed(self) -> bool:
        """Whether that window is smaller than the one without settings."""
        start, end = self.window
        return start > _FIRST_DAY or end < self.now

    def wall_clock(self, *, bounded: bool = True) -> dict[str, str]:
        """Return `start` and `end` for an endpoint that reads them as wall clock of a zone it does not tell.

        They are padded by the largest distance any zone has from UTC; rows outside the window are to be dropped.

        Args:
            bounded: The endpoint needs both ends; else an end that is not set is left out.
        """
        start, end = self.window if bounded else (self.start, self.past_end)
        padded = {"start": start and start - _WALL_CLOCK, "end": end and end + _WALL_CLOCK}
        return {name: timestamp(moment) for name, moment in padded.items() if moment}

    def weeks(self) -> Iterator[tuple[datetime, datetime]]:
        """Yield the first and the last day of every week, Monday to Sunday, that the window touches."""
        start, end = self.window
        day = _midnight(start) - timedelta(days=start.weekday())
        while day < end:
            yield day, day + timedelta(days=6)
            day += timedelta(days=7)

    def months(self) -> Iterator[tuple[datetime, datetime]]:
        """Yield the first and the last day of every calendar month in the window, whose days are included whole."""
        start, end = self.window
        day = _midnight(start)
        while day < end:
            following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            after = min(following, _midnight(end - timedelta(seconds=1)) + timedelta(days=1))
            yield day, after - timedelta(days=1)
            day = following

    def spans(self, *, days: int) -> Iterator[tuple[datetime, datetime]]:
        """Yield the window in parts of at most so many days, each beginning where the one before ended."""
        start, end = self.window
        while start < end:
            after = min(start + timedelta(days=days), end)
            yield start, after
            start = after


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _moment(config: Mapping[str, Any], setting: str) -> datetime | None:
    text = config.get(setting)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        msg = f"{setting} must be a moment such as 2026-01-31T00:00:00Z: {error}"
        raise ValueError(msg) from None
    if not _YEARS[0] <= moment.year <= _YEARS[1]:
        msg = f"{setting} ({text}) must lie in the years {_YEARS[0]} to {_YEARS[1]}"
        raise ValueError(msg)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def timestamp(moment: datetime) -> str:
    """Return a moment as Clockify writes it: UTC, whole seconds, `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def client_of(config: Mapping[str, Any], user_agent: str) -> Client:
    """Return a client for these settings.

    Raises:
        ValueError: Settings contradict each other or a URL is not acceptable; the message names the setting.
    """
    start, end = _moment(config, "start_date"), _moment(config, "end_date")
    if start and end and start >= end:
        msg = f"start_date ({config['start_date']}) must lie before end_date ({config['end_date']})"
        raise ValueError(msg)
    groups = config["report_groups"]
    if not 1 <= len(groups) <= _MOST_GROUPS:
        msg = f"report_groups must name one to {_MOST_GROUPS} groups, not {len(groups)}"
        raise ValueError(msg)
    if config.get("addon_token") and not config.get("workspace_ids"):
        msg = "workspace_ids must be set with an addon_token: an add-on may not list workspaces"
        raise ValueError(msg)
    return Client(
        Settings(
            hosts=Hosts.of(
                config["region"], config.get("api_url"), config.get("reports_url"), config.get("audit_log_url")
            ),
            api_key=config.get("api_key"),
            addon_token=config.get("addon_token"),
            requests_per_second=config["requests_per_second"],
            requests_per_hour=config.get("requests_per_hour"),
            max_workers=config["max_workers"],
            timeout_seconds=config["timeout_seconds"],
            page_size=config.get("page_size"),
            user_agent=user_agent,
        )
    )
