"""Two small workspaces in which every kind of object and every oddity of the API occurs at least once."""

from __future__ import annotations

from clockify_sandbox.seed.tiny.build import add_tiny

__all__ = ["add_tiny"]
