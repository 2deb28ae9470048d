"""Reports, computed from the time entries and expenses of a workspace at the moment they are asked for.

A request (`request`), the person who sends it (`viewer`) and a span of wall-clock time (`span`) make an `Inquiry`.
`lines` are the time entries it selects, each with its seconds and its money; the other modules make reports of them.
"""
