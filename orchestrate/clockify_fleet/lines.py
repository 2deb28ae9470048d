"""Finds the important lines in the stderr of programs, and the line that explains a failure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOUD = re.compile(r"\b(?:WARNING|ERROR|CRITICAL)\b")
_FAILED = re.compile(r"\b(?:ERROR|CRITICAL)\b")
_OF_A_LOG = re.compile(r"^.*\|\s*(?:ERROR|CRITICAL)\s*\|[^|]*\|\s*")  # time, level and name, as the SDK writes them


def loud(lines: Sequence[str]) -> list[str]:
    """Return warnings and errors."""
    return [line for line in lines if _LOUD.search(line)]


def reason(lines: Sequence[str]) -> str:
    """Return the first error without the prefix of the log, otherwise the last line; empty if there are no lines."""
    found = [line for line in lines if _FAILED.search(line)] or list(lines[-1:])
    return _OF_A_LOG.sub("", found[0]) if found else ""
