"""Every stream of the catalog, in the order in which they are read: parents before their children.

Money comes late: its many small responses, one for each invoice, leave little to write when the last one arrives.
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
