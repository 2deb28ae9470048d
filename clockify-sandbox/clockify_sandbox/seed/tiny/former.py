"""People who left the first small workspace, and the time entries that they left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clockify_sandbox.entities import membership
from clockify_sandbox.seed.draw import HOUR, MINUTE, clock_change
from clockify_sandbox.seed.tiny.people import invite
from clockify_sandbox.seed.tiny.time import FOUNDERS_DAY, is_weekend, log_locked
from clockify_sandbox.workspaces import Terms, remove_member

if TYPE_CHECKING:
    from clockify_sandbox.seed.tiny.stage import Stage


def add_former_people(stage: Stage) -> None:
    """Three ways to leave: removed from the workspace, account deleted, account of a kiosk worker deleted."""
    _add_removed_member(stage)
    _add_deleted_accounts(stage)


def _add_removed_member(stage: Stage) -> None:
    """Rosa has entries in both currencies, over midnight and over a clock change."""
    ids = stage.ids
    invite(stage, "rosa", "Rosa Removed", "America/New_York", Terms(hourly_rate=6000, cost_rate=2500))
    zone = stage.zone("rosa")
    for days in range(-64, -50):
        if is_weekend(stage, days):
            continue
        start = stage.at(days, "09:00", zone)
        log_locked(
            stage, "rosa", start, start + 4 * HOUR, "Shop front", project_id=ids["site"], tag_ids=(), billable=True
        )
        log_locked(stage, "rosa", start + 5 * HOUR, start + 7 * HOUR, "Quay plan", project_id=ids["fjord"])
    late = stage.at(-51, "22:30", zone)
    log_locked(stage, "rosa", late, late + 3 * HOUR, "Across midnight", project_id=ids["site"], billable=True)
    begin, end = clock_change(stage.draw.today, zone)
    log_locked(stage, "rosa", begin - 90 * MINUTE, end - 20 * HOUR, "While the clocks changed", project_id=ids["site"])
    remove_member(stage.workspace, ids["rosa"])


def _add_deleted_accounts(stage: Stage) -> None:
    ids = stage.ids
    invite(
        stage,
        "olga",
        "Olga Deleted",
        "Europe/Paris",
        Terms(hourly_rate=7500, cost_rate=3500, status="INACTIVE"),
        status="DELETED",
    )
    inside = stage.workspace.projects[ids["inside"]]
    inside["memberships"].append(membership(ids["inside"], ids["olga"], membershipStatus="INACTIVE"))
    zone = stage.zone("olga")
    for days in range(-47, -33):
        if is_weekend(stage, days) or days == FOUNDERS_DAY:
            continue
        start = stage.at(days, "10:00", zone)
        log_locked(stage, "olga", start, start + 5 * HOUR, "Hand-over", project_id=ids["inside"])
    invite(
        stage,
        "ugo",
        "Ugo Gone",
        "Europe/London",
        Terms(cost_rate=1500, status="INACTIVE"),
        status="LIMITED_DELETED",
        with_settings=False,
    )
    start = stage.at(-40, "12:00")
    log_locked(stage, "ugo", start, start + 2 * HOUR, "At the counter", project_id=ids["site"])
