"""Returns freed memory to the system.

Otherwise threads that read large bodies would hold several times the memory in use.
"""

from __future__ import annotations

import ctypes

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8  # parameters of glibc's mallopt
_LARGE = 64 * 1024


def return_freed_memory() -> None:
    """Make glibc keep one heap for all threads, and large blocks outside of it. Other C libraries do not need this."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(_ARENA_MAX, 1)
    mallopt(_MMAP_THRESHOLD, _LARGE)
