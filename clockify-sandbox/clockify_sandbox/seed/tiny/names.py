"""Names that are hard to store, split or quote, for work in a second currency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clockify_sandbox.entities import client, membership, project, rate, tag, task
from clockify_sandbox.seed.draw import HOUR, MINUTE, clock_change
from clockify_sandbox.seed.tiny.time import is_weekend, log_locked
from clockify_sandbox.workspaces import currency_id

if TYPE_CHECKING:
    from clockify_sandbox.seed.tiny.stage import Stage

LONG_NAME = ("Survey of the quay, \N{ROMAN NUMERAL TWO} " * 12)[:255]


def add_hard_names(stage: Stage) -> None:
    """A client in euros with a project, a task and tags; Ben and Kenji worked for it, Ben during the clock change."""
    workspace, ids = stage.workspace, stage.ids
    stage.add(
        workspace.clients,
        "fjord",
        client,
        name='Fjord "North", Søn & Søn',
        email="post@fjord.example",
        currencyId=currency_id(workspace, "EUR"),
    )
    fjord = stage.add(
        workspace.projects,
        "fjord",
        project,
        name="Harbour, 'phase 1' \N{SHIP}\N{VARIATION SELECTOR-16}",
        clientId=ids["fjord"],
        hourlyRate=rate(8000, "EUR"),
        costRate=rate(2500, "EUR"),
    )
    fjord["memberships"] = [
        membership(fjord["id"], ids["ben"]),
        membership(fjord["id"], ids["kenji"], hourlyRate=rate(9500, "EUR"), costRate=rate(4000, "EUR")),
    ]
    stage.add(
        workspace.tasks,
        "survey",
        task,
        parent=fjord["id"],
        name=LONG_NAME,
        status="DONE",
        hourlyRate=rate(11000, "EUR"),
    )
    for name, label in (("comma", "by boat, by train"), ("quotes", 'so-called "rush"'), ("emoji", "\N{ROCKET} launch")):
        stage.add(workspace.tags, name, tag, label)
    for days in range(-13, -6):
        if is_weekend(stage, days):
            continue
        for who, clock in (("ben", "14:00"), ("kenji", "15:00")):
            start = stage.at(days, clock, stage.zone(who))
            log_locked(
                stage,
                who,
                start,
                start + 90 * MINUTE,
                "Soundings",
                project_id=fjord["id"],
                task_id=ids["survey"] if who == "ben" else None,
                tag_ids=(ids["comma"], ids["quotes"]) if who == "ben" else (ids["emoji"],),
                billable=True,
            )
    begin, end = clock_change(stage.draw.today, stage.zone("ben"))
    log_locked(
        stage, "ben", begin - 2 * HOUR, end - 18 * HOUR, "Night watch while the clocks changed", project_id=fjord["id"]
    )
