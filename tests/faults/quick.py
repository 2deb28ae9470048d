"""Importing this lets the programs of this process wait in tests only as long as tests do."""

from __future__ import annotations

from importlib import import_module

from tests.patience import WAITS

for place, seconds in WAITS.items():
    module, _, constant = place.rpartition(".")
    setattr(import_module(module), constant, seconds)
