"""The demo: a sandbox, a warehouse, and everything between them. Run by `make demo`."""

from __future__ import annotations
