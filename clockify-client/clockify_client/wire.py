"""Keeps off the log what urllib3 tells of requests to Clockify: paths with ids, and queries with names of people.

What this client logs of a request names the call alone. Requests of the same program to other hosts are not touched.
"""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

_LOGGERS = ("urllib3.connectionpool", "urllib3.connection")
_hidden: set[str] = set()


def hide(*urls: str) -> None:
    """Log no request to the hosts of these URLs any more, whatever level is asked for."""
    _hidden.update(host for one in urls if (host := urlsplit(one).hostname))
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if _is_shown not in logger.filters:
            logger.addFilter(_is_shown)


def _is_shown(record: logging.LogRecord) -> bool:
    told = [str(one) for one in record.args] if isinstance(record.args, tuple) else []
    if not any(one.startswith("/") or "://" in one for one in told):
        return True
    return not any(host in one for host in _hidden for one in told)
