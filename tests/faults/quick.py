"""Importing this shortens the waiting times of the programs in this process, as in tests."""

from __future__ import annotations

from importlib import import_module

from tests.patience import WAITS

for place, seconds in WAITS.items():
    module, _, constant = place.rpartition(".")
    setattr(import_module(module), constant, seconds)
