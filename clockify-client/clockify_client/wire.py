"""Keeps urllib3 from logging requests to Clockify: their paths hold ids, their queries hold names of people.

This client itself logs only the call. Requests of the program to other hosts are logged as usual.
"""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

_LOGGERS = ("urllib3.connectionpool", "urllib3.connection")
_hidden: set[str] = set()


def hide(*urls: str) -> None:
    """Stop urllib3 from logging requests to the hosts of these URLs, at any level."""
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
