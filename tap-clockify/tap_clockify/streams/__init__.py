"""Every stream of the catalog, in the order in which they are read: parents before what hangs on them.

Money comes late: its many small answers, one for each invoice, leave nothing large to write when the last one arrives.
"""

from __future__ import annotations

from tap_clockify.streams import logs, money, people, reports, schedule, time_off, webhooks, work

STREAMS = (
    *people.STREAMS,
    *work.STREAMS,
    *time_off.STREAMS,
    *schedule.STREAMS,
    *webhooks.STREAMS,
    *money.STREAMS,
    *reports.STREAMS,
    *logs.STREAMS,
)
