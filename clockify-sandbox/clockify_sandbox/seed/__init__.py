"""Seed data: a complete Clockify, generated from a seed.

`build_world(scale, seed, plan, api_key, now)` fills a `World`. The same arguments give the same data and the same ids
on every machine: everything comes from one `random.Random(seed)` and one seeded Faker, and nothing reads the system
clock.

Entities are stored in the shapes of `clockify_sandbox.shapes`; in addition there are

World
  keys           api_key -> owner of the first workspace; the keys of `seed.cast` -> one member of it per role (not in
                 scale empty)
  addon_tokens   "sandbox-addon-token" (all scopes), "sandbox-addon-readonly-token" (the *_READ scopes), both
                 workspace 1; scopes are CLIENT_READ, CLIENT_WRITE, ... (see `plans.ADDON_SCOPES`); add-on id
                 `ADDON_ID`
Workspace
  time_entries   `TimeEntry`; custom_fields holds (customFieldId, value) for the fields that have a value of their own
                 on the entry (a value of None is an explicit None). locked covers both approval and lock date.
                 approval_id is set while the request is PENDING or APPROVED. invoice_id names the invoice that
                 imported the entry.
  files          fileId: (file name, bytes)
  item_types     names of the invoice item types
  audit_log      oldest first
  changes        oldest first, the last 30 days only
"""

from __future__ import annotations

from clockify_sandbox.plans import ADDON_ID, PLANS
from clockify_sandbox.seed.build import (
    ADDON_READ_TOKEN,
    ADDON_TOKEN,
    DEFAULT_NOW,
    SCALES,
    Scale,
    build_world,
)
from clockify_sandbox.seed.cast import (
    ADMIN_KEY,
    LIMITED_ACCOUNT_KEY,
    LIMITED_KEY,
    MEMBER_KEY,
    PROJECT_MANAGER_KEY,
    TEAM_MANAGER_KEY,
)

__all__ = [
    "ADDON_ID",
    "ADDON_READ_TOKEN",
    "ADDON_TOKEN",
    "ADMIN_KEY",
    "DEFAULT_NOW",
    "LIMITED_ACCOUNT_KEY",
    "LIMITED_KEY",
    "MEMBER_KEY",
    "PLANS",
    "PROJECT_MANAGER_KEY",
    "SCALES",
    "TEAM_MANAGER_KEY",
    "Scale",
    "build_world",
]
