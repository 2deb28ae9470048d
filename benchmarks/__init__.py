"""Measures the performance of tap and target as ratios and counts, against the sandbox on this machine."""
