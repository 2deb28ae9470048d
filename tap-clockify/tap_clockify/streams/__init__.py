"""Every stream of the catalog, in the order in which they are read: parents before what hangs on them."""

from __future__ import annotations

from tap_clockify.streams import logs, money, people, reports, schedule, time_off, webhooks, work

STREAMS = (
    *people.STREAMS,
    *work.STREAMS,
    *money.STREAMS,
    *time_off.STREAMS,
    *schedule.STREAMS,
    *webhooks.STREAMS,
    *reports.STREAMS,
    *logs.STREAMS,
)
