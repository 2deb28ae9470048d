"""Time entries of the small workspaces: ordinary ones, running ones, and every special case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clockify_sandbox.seed.draw import DAY, HOUR, MINUTE

if TYPE_CHECKING:
    from clockify_sandbox.seed.tiny.stage import Stage

FOUNDERS_DAY = -30
LOCKED_DAYS = 60
"""Entries that began longer ago than this are locked."""


def add_time(stage: Stage) -> None:
    """Time entries of the first workspace."""
    _add_routine(stage)
    _add_oddities(stage)
    _add_edges(stage, "lia")
    _add_edges(stage, "kenji")
    _add_values(stage)
    _add_running(stage)
    _lock(stage)


def _add_routine(stage: Stage) -> None:
    """Mia has more entries than one page of the default size; Ada and Ben have quiet weeks; Ivan left long ago."""
    ids = stage.ids
    zone = stage.zone("mia")
    for days in range(-49, 0):
        if is_weekend(stage, days) or days == FOUNDERS_DAY:
            continue
        start = stage.at(days, "09:15", zone)
        for number, text in enumerate(("Build of templates", "Review")):
            begin = start + number * 3 * HOUR
            stage.log(
                "mia",
                begin,
                begin + 2 * HOUR + 15 * MINUTE * number,
                text,
                project_id=ids["site"],
                task_id=ids["build"] if number else None,
                billable=not number,
                tag_ids=(ids["remote"],) if days % 3 == 0 else (),
            )
    for days in range(-21, 0):
        if is_weekend(stage, days):
            continue
        start = stage.at(days, "10:00", stage.zone("ada"))
        stage.log("ada", start, start + 90 * MINUTE, "Support call", project_id=ids["care"], task_id=ids["support"])
        start = stage.at(days, "08:30", stage.zone("ben"))
        stage.log("ben", start, start + 45 * MINUTE, "Bookkeeping", project_id=ids["inside"], tag_ids=())
    for days in range(-200, -186):
        if is_weekend(stage, days):
            continue
        start = stage.at(days, "09:00", stage.zone("ivan"))
        stage.log(
            "ivan", start, start + 7 * HOUR, "Old build", project_id=ids["old"], task_id=ids["archive"], billable=True
        )


def is_weekend(stage: Stage, days: int) -> bool:
    """Whether the day a number of days from today is a Saturday or Sunday."""
    return (stage.draw.today + days - 1) % 7 in (5, 6)


def _add_oddities(stage: Stage) -> None:
    """One entry for each unexpected case."""
    ids, noon = stage.ids, stage.at(-6, "12:00")
    stage.log("ben", noon, noon)  # no duration, no text, no project, tags None
    stage.log(
        "ben", noon + HOUR, noon + 2 * HOUR, "Zażółć <gęślą> & 'jaźń' \"😀\"", tag_ids=(ids["r_and_d"], ids["urgent"])
    )
    stage.log("ben", noon + HOUR, noon + 2 * HOUR, "Overlaps the one before", tag_ids=(ids["legacy"],))
    stage.log("ben", noon - 3 * HOUR, noon - 2 * HOUR, "x" * 3000, project_id=ids["template"])
    for _ in range(2):
        stage.log("ben", noon - HOUR, noon, "Twice the same", project_id=ids["inside"], tag_ids=())
    stage.log("ben", noon - 2 * DAY, noon - 12 * HOUR, "Forgotten for a day and a half", project_id=ids["twin"])
    stage.log("ben", noon + 2 * HOUR, noon + 3 * HOUR, "Task is done", project_id=ids["site"], task_id=ids["briefing"])
    stage.log(
        "ben", noon + 3 * HOUR, noon + 4 * HOUR, "Rate zero", project_id=ids["site"], hourly_rate=0, billable=True
    )
    stage.log(
        "ben",
        noon + 4 * HOUR,
        noon + 5 * HOUR,
        "Own rates",
        project_id=ids["site"],
        hourly_rate=12_345,
        cost_rate=6_789,
    )
    kiosk = stage.draw.new_id(stage.draw.now - 100 * DAY)
    stage.log("lou", noon - HOUR, noon + 3 * HOUR, "At the kiosk", kiosk_id=kiosk, project_id=ids["site"])
    stage.log("lou", noon + 3 * HOUR, noon + 4 * HOUR, "Coffee", type="BREAK", kiosk_id=kiosk)
    later = stage.at(3, "10:00")
    stage.log("ada", later, later + HOUR, "Already planned", project_id=ids["site"], task_id=ids["design"])
    lunch = stage.at(-5, "13:00", stage.zone("ada"))
    stage.log("ada", lunch, lunch + 30 * MINUTE, "Lunch", type="BREAK")
    feast = stage.at(FOUNDERS_DAY, "09:00", stage.zone("ada"))
    stage.log("ada", feast, feast + 8 * HOUR, "Founders' day", type="HOLIDAY", project_id=ids["inside"])


def _add_edges(stage: Stage, who: str) -> None:
    """Entries on both sides of midnight, in the person's zone and in UTC."""
    project = stage.ids["site"]
    for label, zone in (("local", stage.zone(who)), ("UTC", "UTC")):
        midnight = stage.at(-9 if zone == "UTC" else -12, "00:00", zone)
        stage.log(who, midnight - 2 * HOUR, midnight, f"Ends at {label} midnight", project_id=project)
        stage.log(who, midnight, midnight + HOUR, f"Begins at {label} midnight", project_id=project, billable=True)
        stage.log(who, midnight - 1, midnight + 30 * MINUTE, f"A second before {label} midnight", project_id=project)
        stage.log(who, midnight + DAY - HOUR, midnight + DAY + HOUR, f"Across {label} midnight", project_id=project)


def _add_values(stage: Stage) -> None:
    """Custom fields with values of every type, and without values."""
    ids, start = stage.ids, stage.at(-4, "02:00")
    filled: tuple[tuple[str, Any], ...] = (
        (ids["ticket"], "WEB-42"),
        (ids["km"], 12.5),
        (ids["place"], "Home"),
        (ids["tools"], ["Saw", "Plane"]),
        (ids["checked"], True),
        (ids["link"], "https://tracker.example/WEB-42"),
    )
    hollow: tuple[tuple[str, Any], ...] = (
        (ids["ticket"], ""),
        (ids["km"], 7),
        (ids["place"], None),
        (ids["tools"], []),
        (ids["checked"], False),
    )
    for number, values in enumerate((filled, hollow)):
        begin = start + number * 2 * HOUR
        stage.log(
            "kenji", begin, begin + HOUR, "With fields", project_id=ids["site"], custom_fields=values, billable=True
        )


def _add_running(stage: Stage) -> None:
    """Four timers: two started this morning, two before midnight, in UTC and in the person's zone."""
    ids = stage.ids
    stage.log("ada", stage.draw.now - 35 * MINUTE, None, "Planning", project_id=ids["site"], billable=True)
    stage.log("mia", stage.draw.now - 15 * MINUTE, None)
    stage.log("kenji", stage.at(-1, "23:10"), None, "Fix of the morning", project_id=ids["site"], task_id=ids["build"])
    stage.log("lia", stage.at(-1, "21:30", stage.zone("lia")), None, "Late shift", project_id=ids["twin"], tag_ids=())


def _lock(stage: Stage) -> None:
    border = stage.at(-LOCKED_DAYS, "00:00")
    for entry in stage.workspace.time_entries:
        entry.locked = entry.start < border


def log_locked(stage: Stage, who: str, start: int, end: int, text: str, **fields: object) -> None:
    """A finished time entry, locked if it began before the lock date."""
    stage.log(who, start, end, text, locked=start < stage.at(-LOCKED_DAYS, "00:00"), **fields)


def add_second_time(stage: Stage) -> None:
    """Two weeks in the second workspace, and one timer."""
    ids = stage.ids
    for who, text in (("chloe", "Maquettes"), ("dario", "Integrazione"), ("kenji", "翻訳")):
        for days in range(-14, 0):
            if is_weekend(stage, days):
                continue
            start = stage.at(days, "14:00", stage.zone(who))
            stage.log(
                who, start, start + 100 * MINUTE, text, project_id=ids["site"], task_id=ids["design"], billable=True
            )
    start = stage.at(-40, "09:00", stage.zone("dario"))
    stage.log(
        "dario",
        start,
        start + 3 * HOUR,
        "Vetrina",
        project_id=ids["shop"],
        task_id=ids["window"],
        tag_ids=(ids["urgent"],),
    )
    values: tuple[tuple[str, Any], ...] = ((ids["mood"], 9),)
    stage.log(
        "ada", stage.at(-2, "16:00"), stage.at(-2, "16:25"), "Call", project_id=ids["inside"], custom_fields=values
    )
    stage.log("chloe", stage.draw.now - 2 * HOUR, None, "Réunion", project_id=ids["inside"], tag_ids=())
