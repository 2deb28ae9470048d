"""Holidays and time off of the small workspaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from clockify_sandbox.entities import (
    balance,
    holiday,
    policy,
    request_status,
    time_off_period,
    time_off_request,
)
from clockify_sandbox.seed.draw import DAY, HOUR, ts
from clockify_sandbox.seed.tiny.time import FOUNDERS_DAY

if TYPE_CHECKING:
    from clockify_sandbox.seed.tiny.stage import Stage
    from clockify_sandbox.shapes.absence import Hours, TimeOffPeriod


def add_leave(stage: Stage) -> None:
    """Holidays and time off of the first workspace."""
    _add_holidays(stage)
    _add_policies(stage)
    _add_requests(stage)
    _add_balances(stage)


def _add_holidays(stage: Stage) -> None:
    """Holidays for everyone, for some people, for a group; single, over several days, yearly.

    With and without time entries.
    """
    holidays, ids, day = stage.workspace.holidays, stage.ids, stage.day
    stage.add(holidays, "summer", holiday, "Company retreat", day(-90), day(-88))
    stage.add(holidays, "new year", holiday, "New Year", "2025-01-01", "2025-01-01", occursAnnually=True)
    founders = stage.add(
        holidays, "founders", holiday, "Founders' day", day(FOUNDERS_DAY), day(FOUNDERS_DAY), occursAnnually=True
    )
    founders["automaticTimeEntryCreation"] = {
        "enabled": True,
        "defaultEntities": {"projectId": ids["inside"], "taskId": None},
    }
    for name, label, target in (("boys", "Boys' festival", "kenji"), ("crew day", "Crew day", "crew")):
        narrow = stage.add(
            holidays, name, holiday, label, day(20), day(20), everyoneIncludingNew=False, color="#FF9800"
        )
        narrow["userGroupIds" if target == "crew" else "userIds"] = [ids[target]]


def _add_policies(stage: Stage) -> None:
    policies, ids = stage.workspace.time_off_policies, stage.ids
    stage.add(
        policies,
        "annual",
        policy,
        "Annual leave",
        allowHalfDay=True,
        approve={"requiresApproval": True, "specificMembers": True, "teamManagers": True, "userIds": [ids["ben"]]},
        automaticAccrual={"amount": 2.5, "period": "MONTH", "timeUnit": "DAYS"},
        automaticTimeEntryCreation={
            "enabled": True,
            "defaultEntities": {"projectId": ids["inside"], "taskId": None},
        },
        projectId=ids["inside"],
        icon="PLANE",
        color="#4CAF50",
        hasExpiration=True,
    )
    stage.add(
        policies,
        "sick",
        policy,
        "Sick leave",
        allowNegativeBalance=True,
        negativeBalance={"amount": 10.0, "period": "YEAR", "shouldReset": True, "timeUnit": "DAYS"},
    )
    stage.add(
        policies,
        "hours",
        policy,
        "Appointments",
        timeUnit="HOURS",
        everyoneIncludingNew=False,
        userIds=[ids["kenji"], ids["lia"]],
        userGroupIds=[ids["crew"]],
        automaticAccrual={"amount": 16.0, "period": "YEAR", "timeUnit": "HOURS"},
        icon="STETHOSCOPE",
    )
    stage.add(policies, "moving", policy, "Moving house", archived=True, icon="LUGGAGE", age=500)


def _add_requests(stage: Stage) -> None:
    """Requests in every state, for half days, in hours, and on behalf of others.

    Ada's approved leave has time entries.
    """
    lia, kenji = stage.zone("lia"), stage.zone("kenji")

    def days(who: str, first: int, last: int, half: str = "NOT_DEFINED") -> TimeOffPeriod:
        zone = stage.zone(who)
        begin, end = stage.at(first, "00:00", zone), stage.at(last + 1, "00:00", zone) - 1
        hours: Hours | None = None
        if half != "NOT_DEFINED":
            clock = ("09:00", "13:00") if half == "FIRST_HALF" else ("13:00", "17:00")
            hours = {"start": ts(stage.at(first, clock[0], zone)), "end": ts(stage.at(first, clock[1], zone))}
        return time_off_period(ts(begin), ts(end), half, hours)

    appointment = time_off_period(ts(stage.at(-16, "14:00", lia)), ts(stage.at(-16, "17:00", lia)))
    check_up = time_off_period(ts(stage.at(6, "10:00", kenji)), ts(stage.at(6, "12:00", kenji)))
    for request in (
        _Ask("annual", "ada", 70, days("ada", -43, -42), 2.0, "APPROVED", by="ben", balance=18.0),
        _Ask("annual", "lia", 5, days("lia", 24, 28), 5.0, "PENDING", note="Wedding"),
        _Ask("annual", "kenji", 40, days("kenji", 10, 40), 22.0, "REJECTED", by="ben", why="Not all at once"),
        _Ask("annual", "mia", 30, days("mia", -10, -10), 1.0, "WITHDRAWN", by="mia"),
        _Ask("annual", "kenji", 25, days("kenji", -17, -17, "FIRST_HALF"), 0.5, "APPROVED", by="lia", balance=19.5),
        _Ask("annual", "mia", 3, days("mia", 12, 12, "SECOND_HALF"), 0.5, "PENDING"),
        _Ask("sick", "mia", 55, days("mia", -53, -52), 2.0, "APPROVED", requester="ben", balance=-2.0),
        _Ask("hours", "lia", 18, appointment, 3.0, "APPROVED", by="ada", unit="HOURS", balance=13.0),
        _Ask("hours", "kenji", 1, check_up, 2.0, "PENDING", unit="HOURS"),
        _Ask("moving", "ivan", 410, days("ivan", -400, -400), 1.0, "APPROVED", by="ada", balance=0.0),
    ):
        _file(stage, request)
    for number in (-43, -42):
        start = stage.at(number, "09:00", stage.zone("ada"))
        stage.log("ada", start, start + 8 * HOUR, "Annual leave", type="TIME_OFF", project_id=stage["inside"])


class _Ask(NamedTuple):
    """A request: policy and person by short name, age in days, period, size in the unit, state, and who did what."""

    policy: str
    who: str
    age: int
    period: TimeOffPeriod
    size: float
    state: str
    by: str | None = None
    requester: str | None = None
    unit: str = "DAYS"
    note: str | None = None
    why: str | None = None
    balance: float | None = None


def _file(stage: Stage, ask: _Ask) -> None:
    created = stage.draw.now - ask.age * DAY
    stage.add(
        stage.workspace.time_off_requests,
        f"request {ask.policy} {ask.who} {ask.age}",
        time_off_request,
        stage[ask.policy],
        stage[ask.who],
        age=ask.age,
        requesterUserId=stage[ask.requester or ask.who],
        createdAt=f"{ts(created)[:-1]}.{stage.draw.between(0, 999_999):06d}Z",
        timeUnit=ask.unit,
        note=ask.note,
        timeOffPeriod=ask.period,
        balance=ask.balance,
        balanceDiff=ask.size,
        status=request_status(ask.state, ask.by and stage[ask.by], ask.by and ts(created + HOUR), ask.why),
    )


def _add_balances(stage: Stage) -> None:
    """Balances above, at and below zero, also under the archived policy."""
    for who, policy_name, total, used in (
        ("ada", "annual", 20.0, 2.0),
        ("ben", "annual", 20.0, 0.0),
        ("lia", "annual", 20.0, 0.0),
        ("kenji", "annual", 20.0, 0.5),
        ("mia", "annual", 12.5, 0.0),
        ("mia", "sick", 0.0, 2.0),
        ("ada", "sick", 0.0, 0.0),
        ("lia", "hours", 16.0, 3.0),
        ("kenji", "hours", 16.0, 0.0),
        ("ivan", "moving", 1.0, 1.0),
    ):
        debt = policy_name == "sick"
        stage.add(
            stage.workspace.balances,
            f"balance {who} {policy_name}",
            balance,
            stage[who],
            stage[policy_name],
            total=total,
            used=used,
            balance=total - used,
            negativeBalanceLimit=debt,
            negativeBalanceAmount=10.0 if debt else 0.0,
            negativeBalanceUsed=max(0.0, used - total),
        )
    assign(stage, "ada", "annual", 20.0, None)
    assign(stage, "kenji", "annual", 20.0, {"start": stage.day(-200), "end": stage.day(165)})
    assign(stage, "lia", "hours", 16.0, None)


def assign(stage: Stage, who: str, policy_name: str, amount: float, period: Hours | None) -> None:
    """A balance given to a person."""
    assigned = stage.draw.new_id(stage.draw.now - 200 * DAY)
    stage.workspace.balance_assignments[assigned] = {
        "id": assigned,
        "workspaceId": stage.workspace.id,
        "userId": stage[who],
        "policyId": stage[policy_name],
        "accrued": amount,
        "balance": amount,
        "dateRange": period,
        "note": "Allowance",
    }


def add_second_leave(stage: Stage) -> None:
    """A holiday, a policy, a request and balances."""
    workspace = stage.workspace
    stage.add(
        workspace.holidays, "bastille", holiday, "Fête nationale", "2025-07-14", "2025-07-14", occursAnnually=True
    )
    stage.add(workspace.time_off_policies, "annual", policy, "Congés payés", icon="UMBRELLA")
    zone = stage.zone("dario")
    period = time_off_period(ts(stage.at(30, "00:00", zone)), ts(stage.at(33, "00:00", zone) - 1))
    _file(stage, _Ask("annual", "dario", 4, period, 3.0, "PENDING"))
    for who in ("chloe", "dario"):
        stage.add(workspace.balances, f"balance {who}", balance, stage[who], stage["annual"], total=25.0, balance=25.0)
    assign(stage, "dario", "annual", 25.0, None)
