"""Reports, computed from the time entries and expenses of a workspace at the time of the request.

A request (`request`), the person who sends it (`viewer`) and a span of wall-clock time (`span`) make an `Inquiry`.
`lines` are the selected time entries, each with its seconds and amounts; the other modules make reports from them.
"""
