"""Builds the two small workspaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clockify_sandbox.seed.cast import Cast
from clockify_sandbox.seed.draw import ts
from clockify_sandbox.seed.tiny.former import add_former_people
from clockify_sandbox.seed.tiny.leave import add_leave, add_second_leave
from clockify_sandbox.seed.tiny.money import add_money, add_second_money
from clockify_sandbox.seed.tiny.names import add_hard_names
from clockify_sandbox.seed.tiny.people import add_neighbours, add_people
from clockify_sandbox.seed.tiny.planning import add_planning, add_second_planning
from clockify_sandbox.seed.tiny.stage import Stage
from clockify_sandbox.seed.tiny.time import LOCKED_DAYS, add_second_time, add_time
from clockify_sandbox.seed.tiny.traces import add_second_traces, add_traces
from clockify_sandbox.seed.tiny.work import add_second_work, add_work
from clockify_sandbox.workspaces import add_workspace

if TYPE_CHECKING:
    from clockify_sandbox.seed.draw import Draw
    from clockify_sandbox.world import World


def add_tiny(world: World, draw: Draw, plan: str) -> Cast:
    """Build both workspaces; return the people of the first workspace who have API keys."""
    first = Stage(
        world,
        draw,
        add_workspace(world, draw, "Tiny Workshop", plan, currencies=("USD", "EUR", "GBP"), rates=(5000, 2000)),
    )
    settings = first.workspace.record["workspaceSettings"]
    settings["lockTimeEntries"] = ts(first.at(-LOCKED_DAYS, "00:00"))
    settings["lockTimeZone"] = "UTC"
    settings["automaticLock"] = {
        "changeDay": "FRIDAY",
        "dayOfMonth": 1,
        "firstDay": "MONDAY",
        "olderThanPeriod": "DAYS",
        "olderThanValue": LOCKED_DAYS,
        "type": "OLDER_THAN",
    }
    settings["adminOnlyPages"] = ["REPORTS"]
    first.workspace.invoice_settings["defaults"].update(
        {"subject": "Work done", "notes": "INPUT BILL INFO HERE", "dueDays": 30}
    )
    add_people(first)
    add_work(first)
    add_time(first)
    add_money(first)
    add_leave(first)
    add_planning(first)
    add_traces(first)

    second = Stage(
        world,
        draw,
        add_workspace(world, draw, "Petit Atelier", plan, currencies=("EUR", "CHF"), rates=(0, 0)),
    )
    add_neighbours(second, first)
    add_second_work(second)
    add_second_time(second)
    add_second_money(second)
    add_second_leave(second)
    add_second_planning(second)
    add_second_traces(second)
    # Later additions are generated last, so that earlier ids do not change.
    add_hard_names(first)
    add_former_people(first)
    return Cast(
        owner=first["ada"],
        admin=first["ben"],
        project_manager=first["kenji"],
        team_manager=first["lia"],
        member=first["mia"],
        limited=first["lou"],
        west=first["lia"],
        east=first["kenji"],
    )
