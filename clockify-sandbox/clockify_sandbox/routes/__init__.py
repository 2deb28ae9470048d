"""The routes of the API: every module of this package declares one family in a variable `routes`."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from clockify_sandbox.routing import Router, Routes


def _families() -> list[Routes]:
    names = sorted(module.name for module in iter_modules(__path__))
    return [import_module(f"{__name__}.{name}").routes for name in names]


ROUTER = Router(_families())
"""Every route of every host."""
