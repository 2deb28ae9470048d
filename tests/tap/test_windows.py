from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import assume, given
from hypothesis import strategies as st
from tap_clockify.settings import Scope
from tap_clockify.shapes import started_within

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31)).map(  # noqa: DTZ001  the zone follows
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
zones = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def scope(**config: str | None) -> Scope:
    return Scope(config, NOW)


def test_the_window_is_2024_to_now_and_each_end_counts_alone() -> None:
    assert scope().window == (datetime(2024, 1, 1, tzinfo=UTC), NOW)
    assert scope(start_date="2025-05-05T00:00:00Z").window == (datetime(2025, 5, 5, tzinfo=UTC), NOW)
    ahead = scope(end_date="2027-01-01").window
    assert ahead == (datetime(2024, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def test_an_end_ahead_bounds_the_schedule_but_no_time_entry() -> None:
    ahead = scope(end_date="2027-01-01")
    assert started_within(ahead) is None
    assert ahead.wall_clock(bounded=False) == {}
    assert ahead.wall_clock()["end"] == "2027-01-01T14:00:00Z"


def test_only_a_smaller_window_counts_as_narrowed() -> None:
    assert not scope().narrowed
    assert not scope(end_date="2027-01-01").narrowed
    assert not scope(start_date="2020-01-01").narrowed
    assert scope(start_date="2025-01-01").narrowed
    assert scope(end_date="2026-01-01").narrowed


@given(start=moments, entry=moments, zone=zones)
def test_a_padded_window_read_as_wall_clock_of_any_zone_holds_every_entry_that_is_kept(
    start: datetime, entry: datetime, zone: timezone
) -> None:
    one = scope(start_date=start.isoformat())
    keep = started_within(one)
    assert keep is not None
    kept = keep({"timeInterval": {"start": entry.isoformat()}})
    assert kept == (entry >= start)
    digits = datetime.fromisoformat(one.wall_clock(bounded=False)["start"]).replace(tzinfo=None)
    asked_from = digits.replace(tzinfo=zone)  # the digits of the window, read again in the account's zone
    if kept:
        assert asked_from <= entry


@given(start=moments, end=moments)
def test_months_follow_each_other_day_by_day_and_hold_at_most_31(start: datetime, end: datetime) -> None:
    assume(start < end)
    months = list(scope(start_date=start.isoformat(), end_date=end.isoformat()).months())
    assert months[0][0].date() == start.date()
    assert months[-1][1].date() == (end - timedelta(seconds=1)).date()
    for (_, last), (following, _) in itertools.pairwise(months):
        assert following == last + timedelta(days=1)
    assert all((last - first).days < 31 for first, last in months)


@given(start=moments, end=moments)
def test_weeks_are_seven_days_from_monday_without_a_gap(start: datetime, end: datetime) -> None:
    assume(start < end)
    weeks = list(scope(start_date=start.isoformat(), end_date=end.isoformat()).weeks())
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
    spans = list(scope(start_date=start.isoformat(), end_date=end.isoformat()).spans(days=30))
    assert spans[0][0] == start
    assert spans[-1][1] == end
    assert all(after == first for (_, after), (first, _) in itertools.pairwise(spans))
    assert all(after - first <= timedelta(days=30) for first, after in spans)
