from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import assume, given
from hypothesis import strategies as st
from tap_clockify.settings import Scope
from tap_clockify.shapes import started_within
from tap_clockify.windows import moment_of, spans, whole_months, whole_weeks

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31)).map(  # noqa: DTZ001  the zone follows
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
zones = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def scope(**config: str | None) -> Scope:
    return Scope(config, NOW)


def test_the_window_is_2024_to_now_and_each_end_counts_alone() -> None:
    for window in ("schedule_window", "log_window"):
        assert getattr(scope(), window) == (datetime(2024, 1, 1, tzinfo=UTC), NOW)
        start = getattr(scope(start_date="2025-05-05T00:00:00Z"), window)[0]
        assert start == datetime(2025, 5, 5, tzinfo=UTC)
    ahead = scope(end_date="2027-01-01")
    assert ahead.schedule_window[1] == datetime(2027, 1, 1, tzinfo=UTC)
    assert ahead.log_window[1] == NOW


def test_the_schedule_and_the_reports_have_ends_of_their_own() -> None:
    ahead = scope(schedule_end_date="P6M", schedule_start_date="-P1Y", report_start_date="2019-01-01")
    assert ahead.schedule_window == (datetime(2025, 11, 20, tzinfo=UTC), datetime(2027, 5, 20, tzinfo=UTC))
    assert ahead.log_window == (datetime(2019, 1, 1, tzinfo=UTC), NOW)
    assert started_within(ahead) is None
    assert ahead.entries_wall_clock() == {}
    assert not ahead.reports_narrowed_by()
    assert ahead.schedule_narrowed_by() == ["schedule_start_date"]


@given(
    number=st.integers(0, 400),
    unit=st.sampled_from("YMWD"),
    sign=st.sampled_from(["", "-", "+"]),
    hour=st.integers(0, 23),
)
def test_a_relative_date_counts_from_the_beginning_of_today(number: int, unit: str, sign: str, hour: int) -> None:
    assume(unit != "Y" or number < 50)
    assume(unit != "M" or number < 500)
    now = datetime(2026, 11, 20, hour, 59, tzinfo=UTC)
    moment = moment_of({"start_date": f"{sign}P{number}{unit}"}, "start_date", now)
    assert moment is not None
    assert (moment.hour, moment.minute) == (0, 0)
    months = (-1 if sign == "-" else 1) * number * {"Y": 12, "M": 1}.get(unit, 0)
    days = (-1 if sign == "-" else 1) * number * {"W": 7, "D": 1}.get(unit, 0)
    year, month = divmod(2026 * 12 + 10 + months, 12)
    assert moment == datetime(year, month + 1, 20, tzinfo=UTC) + timedelta(days=days)


def test_a_future_end_limits_the_schedule_but_not_time_entries() -> None:
    ahead = scope(end_date="2027-01-01")
    assert started_within(ahead) is None
    assert ahead.entries_wall_clock() == {}
    assert ahead.schedule_wall_clock()["end"] == "2027-01-01T14:00:00Z"


def test_only_a_smaller_window_counts_as_limited() -> None:
    for narrowed in ("schedule_narrowed_by", "reports_narrowed_by"):
        assert not getattr(scope(), narrowed)()
        assert not getattr(scope(end_date="2027-01-01"), narrowed)()
        assert not getattr(scope(start_date="2020-01-01"), narrowed)()
        assert getattr(scope(start_date="2025-01-01"), narrowed)()
        assert getattr(scope(end_date="2026-01-01"), narrowed)()


@given(start=moments, entry=moments, zone=zones)
def test_a_padded_window_read_as_wall_clock_of_any_zone_holds_every_entry_that_is_kept(
    start: datetime, entry: datetime, zone: timezone
) -> None:
    one = scope(start_date=start.isoformat())
    keep = started_within(one)
    assert keep is not None
    kept = keep({"timeInterval": {"start": entry.isoformat()}})
    assert kept == (entry >= start)
    digits = datetime.fromisoformat(one.entries_wall_clock()["start"]).replace(tzinfo=None)
    asked_from = digits.replace(tzinfo=zone)  # the digits of the window, read again in the account's zone
    if kept:
        assert asked_from <= entry


@given(start=moments, end=moments)
def test_months_are_whole_and_hold_every_day_of_the_window(start: datetime, end: datetime) -> None:
    assume(start < end)
    months = list(whole_months((start, end)))
    assert months[0][0] <= start
    assert end <= months[-1][1] + timedelta(days=1)
    for (_, last), (following, _) in itertools.pairwise(months):
        assert following == last + timedelta(days=1)
    for first, last in months:
        assert first.day == 1
        assert (last + timedelta(days=1)).day == 1
        assert (last - first).days < 31


@given(start=moments, shift=st.integers(0, 40), end=moments)
def test_a_window_that_moves_on_asks_for_periods_of_the_same_names(start: datetime, shift: int, end: datetime) -> None:
    later = start + timedelta(days=shift)
    assume(later < end)
    for periods in (whole_months, whole_weeks):
        assert set(periods((later, end))) <= set(periods((start, end)))


@given(start=moments, end=moments)
def test_weeks_are_seven_days_from_monday_without_a_gap(start: datetime, end: datetime) -> None:
    assume(start < end)
    weeks = list(whole_weeks((start, end)))
    assert weeks[0][0] <= start < weeks[0][0] + timedelta(days=7)
    assert weeks[-1][1] + timedelta(days=1) >= end
    for first, last in weeks:
        assert first.weekday() == 0
        assert last - first == timedelta(days=6)
    for (_, last), (following, _) in itertools.pairwise(weeks):
        assert following == last + timedelta(days=1)


@given(start=moments, end=moments)
def test_spans_cover_the_window_without_gap_or_overlap(start: datetime, end: datetime) -> None:
    assume(start < end)
    parts = list(spans((start, end), days=30))
    assert parts[0][0] == start
    assert parts[-1][1] == end
    assert all(after == first for (_, after), (first, _) in itertools.pairwise(parts))
    assert all(after - first <= timedelta(days=30) for first, after in parts)
