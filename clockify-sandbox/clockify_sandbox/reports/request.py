"""The body of every report request, which is also stored as the filter of a shared report."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, field

from clockify_sandbox.binding import Body
from clockify_sandbox.selection import Choice, Contains, Selection

AmountType = Literal["EARNED", "COST", "PROFIT", "HIDE_AMOUNT", "EXPORT"]
ExportType = Literal["JSON", "JSON_V1", "PDF", "CSV", "XLSX", "ZIP"]
GroupKind = Literal["CLIENT", "PROJECT", "USER", "WEEK", "DATE", "MONTH", "TIMEENTRY", "TASK", "TAG"]
Order = Literal["ASCENDING", "DESCENDING"]
WeekDay = Literal["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]


class UserFilter(Choice):
    """Members, or members of groups, by id and membership status."""

    status: Literal["ALL", "ACTIVE_WITH_PENDING", "ACTIVE", "PENDING", "INACTIVE"] = "ALL"


class TagFilter(Selection):
    """Tags: entries with any of them, with none of them, or with only them."""

    contained_in_timeentry: Contains | None = None


class CustomFieldFilter(Body):
    """The value of a custom field."""

    id: str
    value: Any = None
    type: Literal["TXT", "NUMBER", "DROPDOWN_SINGLE", "DROPDOWN_MULTIPLE", "CHECKBOX", "LINK"] | None = None
    is_empty: bool = False
    number_condition: Literal["EQUAL", "GREATER_THAN", "LESS_THAN"] = "EQUAL"


class AuditFilter(Body):
    """Suspicious entries: shorter or longer than a number of hours, without project, without task."""

    duration: int | None = None
    duration_shorter: bool = False
    without_project: bool = False
    without_task: bool = False


class DetailedOptions(Body):
    """Whether the detailed report contains totals."""

    totals: Literal["CALCULATE", "EXCLUDE"] = "CALCULATE"


class DetailedFilter(Body):
    """The filter of the detailed report."""

    page: int | None = None
    page_size: int | None = None
    sort_column: (
        Literal["ID", "DESCRIPTION", "USER", "DURATION", "DATE", "ZONED_DATE", "NATURAL", "USER_DATE"] | None
    ) = None
    audit_filter: AuditFilter | None = None
    options: DetailedOptions | None = None


class SummaryFilter(Body):
    """The filter of the summary report."""

    groups: Annotated[list[GroupKind], Meta(min_length=1, max_length=3)]
    sort_column: str | None = None
    summary_chart_type: Literal["BILLABILITY", "PROJECT"] | None = None


class WeeklyFilter(Body):
    """The filter of the weekly report."""

    group: Literal["USER", "PROJECT"]
    subgroup: Literal["TIME", "EARNINGS"] = "TIME"


class Comparison(Body):
    """A limit: hours x 100, or a time of day."""

    filtration_type: Literal["EXACTLY", "LARGER_THAN", "SMALLER_THAN"]
    value: str


class AttendanceFilter(Body):
    """The filter of the attendance report."""

    page: int | None = None
    page_size: int | None = None
    has_time_off: bool | None = None
    sort_column: Literal["USER", "DATE", "START", "END", "BREAK", "WORK", "CAPACITY", "OVERTIME", "TIME_OFF"] | None = (
        None
    )
    start_filters: list[Comparison] = field(default_factory=list)
    end_filters: list[Comparison] = field(default_factory=list)
    break_filters: list[Comparison] = field(default_factory=list)
    work_filters: list[Comparison] = field(default_factory=list)
    capacity_filters: list[Comparison] = field(default_factory=list)
    overtime_filters: list[Comparison] = field(default_factory=list)


class ReportRequest(Body):
    """The body of any report request: common filters, and one object per kind of report, of which one is required.

    `date_range_start` and `date_range_end` are wall-clock times in `time_zone`.
    """

    date_range_start: Annotated[str, Meta(min_length=1)]
    date_range_end: Annotated[str, Meta(min_length=1)]
    date_range_type: (
        Literal[
            "ABSOLUTE", "TODAY", "YESTERDAY", "THIS_WEEK", "LAST_WEEK", "PAST_TWO_WEEKS", "THIS_MONTH", "LAST_MONTH",
            "THIS_YEAR", "LAST_YEAR",
        ]
        | None
    ) = None  # fmt: skip
    time_zone: str | None = None
    export_type: ExportType = "JSON"
    amount_shown: AmountType | None = None
    amounts: list[AmountType] = field(default_factory=list)
    sort_order: Order | None = None
    week_start: WeekDay | None = None
    rounding: bool = False

    users: UserFilter | None = None
    user_groups: UserFilter | None = None
    clients: Selection | None = None
    projects: Selection | None = None
    tasks: Selection | None = None
    tags: TagFilter | None = None
    currency: Selection | None = None
    billable: bool | None = None
    archived: bool | None = None
    description: str | None = None
    without_description: bool = False
    approval_state: Literal["APPROVED", "UNAPPROVED", "ALL"] = "ALL"
    invoicing_state: Literal["INVOICED", "UNINVOICED", "ALL"] = "ALL"
    custom_fields: list[CustomFieldFilter] = field(default_factory=list)
    user_custom_fields: list[CustomFieldFilter] = field(default_factory=list)

    detailed_filter: DetailedFilter | None = None
    summary_filter: SummaryFilter | None = None
    weekly_filter: WeeklyFilter | None = None
    attendance_filter: AttendanceFilter | None = None

    # The fields of the expense report are at the top level.
    page: int | None = None
    page_size: int | None = None
    sort_column: Literal["ID", "PROJECT", "USER", "CATEGORY", "DATE", "AMOUNT"] | None = None
    note: str | None = None
    without_note: bool = False
    categories: Selection | None = None
