"""The fixtures of the target's tests, for hostile input."""

from __future__ import annotations

from tests.tap.conftest import catalog
from tests.target.conftest import _no_waiting, runner, singer, target

__all__ = ["_no_waiting", "catalog", "runner", "singer", "target"]
