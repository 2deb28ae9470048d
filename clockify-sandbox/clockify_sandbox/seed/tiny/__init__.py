"""Two small workspaces that contain every kind of object and every special case of the API at least once."""

from __future__ import annotations

from clockify_sandbox.seed.tiny.build import add_tiny

__all__ = ["add_tiny"]
