"""A company with two years of work, from a small agency to four hundred people."""

from __future__ import annotations

from clockify_sandbox.seed.company.build import AGENCY, LARGE, add_company

__all__ = ["AGENCY", "LARGE", "add_company"]
