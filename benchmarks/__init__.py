"""Measures what the tap and the target promise: ratios and counts, against the sandbox and on this machine."""
