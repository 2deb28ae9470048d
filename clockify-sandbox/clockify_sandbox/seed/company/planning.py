"""Estimates and budgets, the schedule and its milestones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clockify_sandbox.entities import assignment, budget_estimate, recurring, time_estimate
from clockify_sandbox.seed.draw import DAY, HOUR, duration, iso_date, midnight, monday, ts

if TYPE_CHECKING:
    from clockify_sandbox.seed.company.model import Company, Effort, Person, Stint
    from clockify_sandbox.shapes.planning import ExcludedDay

_HORIZON = 8  # weeks of schedule before and after the current one
_AVERAGE_RATE = 9500


def add_estimates(company: Company) -> None:
    """Estimates from before the work; they are optimistic, so that some projects exceed them."""
    draw, tasks = company.draw, company.workspace.tasks
    for effort in company.efforts:
        lived = min(1.0, (draw.today - effort.first + 1) / (effort.last - effort.first + 1))
        hours = 0
        for _, task_id, _ in effort.jobs:
            tracked = company.tracked.get(task_id, 0) / HOUR
            planned = max(8, int(tracked / max(lived, 0.15) * draw.spread(0.8, 1.45)) // 4 * 4)
            hours += planned
            if draw.chance(0.6):
                tasks[task_id]["estimate"] = duration(planned * HOUR)
        kind = draw.weighted({"time": 4, "budget": 3, "none": 3})
        if kind == "time":
            effort.record["estimate"] = {"estimate": duration(hours * HOUR), "type": "MANUAL"}
            effort.record["timeEstimate"] = time_estimate(duration(hours * HOUR))
        elif kind == "budget":
            effort.record["budgetEstimate"] = budget_estimate(hours * _AVERAGE_RATE // 10_000 * 10_000)
        if effort.last - effort.first > 300 and draw.chance(0.5):  # noqa: PLR2004 - retainers
            _monthly(effort, hours)


def _monthly(effort: Effort, hours: int) -> None:
    monthly = max(8, hours * 30 // (effort.last - effort.first))
    effort.record["estimate"] = {"estimate": duration(monthly * HOUR), "type": "MANUAL"}
    effort.record["timeEstimate"] = time_estimate(duration(monthly * HOUR), resetOption="MONTHLY")
    effort.record["budgetEstimate"] = None
    effort.record["estimateReset"] = {
        "interval": "MONTHLY",
        "dayOfWeek": None,
        "dayOfMonth": 1,
        "hour": 0,
        "month": None,
    }


def add_schedule(company: Company) -> None:
    """Assignments from two months ago to two months ahead; later ones are not published yet."""
    current = monday(company.draw.today)
    for person in company.people:
        for week in range(current - 7 * _HORIZON, current + 7 * _HORIZON + 1, 7):
            stints = person.weeks.get(week, [])[-2:]
            for stint, hours in zip(stints, (5.0, 2.5) if len(stints) > 1 else (7.0,), strict=False):
                _assign(company, person, stint, week, hours)
    _add_series(company, current)
    _add_milestones(company)


def _assign(company: Company, person: Person, stint: Stint, week: int, hours: float) -> None:
    draw, workspace = company.draw, company.workspace
    days = [day for day in range(week, week + 5) if person.works_on(day)]
    if not days or draw.chance(0.12):
        return
    excluded: list[ExcludedDay] = [
        {"date": ts(midnight(day, "UTC")), "type": "HOLIDAY" if day in company.holidays else "TIME_OFF"}
        for day in days
        if day in company.holidays or person.away.get(day) == "ALL"
    ]
    created = min(midnight(week, "UTC") - draw.between(4, 20) * DAY + 11 * HOUR, draw.now - DAY)
    jobs = [task_id for job, task_id, _ in stint.effort.jobs if job.discipline == person.discipline]
    record = assignment(
        draw.new_id(created),
        workspace.id,
        person.user_id,
        stint.effort.record["id"],
        taskId=jobs[0] if jobs and draw.chance(0.5) else None,
        period={"start": ts(midnight(days[0], "UTC")), "end": ts(midnight(days[-1] + 1, "UTC") - 1)},
        hoursPerDay=min(hours, person.capacity / HOUR),
        note=draw.pick((None, None, None, "On site", "Focus on hand-over", "Tentative")),
        published=week <= monday(draw.today) + 28,
        excludeDays=excluded,
    )
    workspace.assignments[record["id"]] = record


def _add_series(company: Company, current: int) -> None:
    """The leads keep Monday mornings free for a department meeting."""
    draw, workspace = company.draw, company.workspace
    created = midnight(current - 70, "UTC") + 9 * HOUR
    for lead in company.leads.values():
        series = draw.new_id(created)
        weeks = list(range(current - 28, current + 29, 7))
        for week in weeks:
            record = assignment(
                draw.new_id(created),
                workspace.id,
                lead.user_id,
                company.internal[0].record["id"],
                period={"start": ts(midnight(week, "UTC")), "end": ts(midnight(week + 1, "UTC") - 1)},
                hoursPerDay=1.0,
                startTime="09:00:00",
                note="Department meeting",
                billable=False,
                recurring=recurring(series, len(weeks)),
            )
            workspace.assignments[record["id"]] = record


def _add_milestones(company: Company) -> None:
    draw, workspace = company.draw, company.workspace
    for effort in company.efforts:
        if effort.last < draw.today - 60 or draw.chance(0.3):
            continue
        for name, part in (("Concept approved", 0.3), ("Review", 0.65), ("Launch", 1.0)):
            day = effort.first + int((effort.last - effort.first - 2) * part)
            milestone_id = draw.new_id(midnight(effort.first, "UTC"))
            workspace.milestones[milestone_id] = {
                "id": milestone_id,
                "name": name,
                "date": f"{iso_date(day)}T00:00:00Z",
                "projectId": effort.record["id"],
                "workspaceId": workspace.id,
            }
