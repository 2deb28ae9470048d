"""The seeded worlds: reproducible, consistent, realistic, and with the special cases of the API."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec
import pytest
from clockify_sandbox.accounts import key_holders
from clockify_sandbox.invoicing import totals
from clockify_sandbox.seed import (
    ADDON_ID,
    ADDON_TOKEN,
    ADMIN_KEY,
    DEFAULT_NOW,
    LIMITED_ACCOUNT_KEY,
    LIMITED_KEY,
    MEMBER_KEY,
    PROJECT_MANAGER_KEY,
    TEAM_MANAGER_KEY,
    build_world,
)

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from clockify_sandbox.plans import Plan
    from clockify_sandbox.seed.build import Scale
    from clockify_sandbox.world import TimeEntry, Workspace, World

KEY = "sandbox-key"
NOW = int(DEFAULT_NOW.timestamp())
DAY = 86400
SCRIPT = (
    "import sys; sys.path.insert(0, sys.argv[1]); from test_seed import fingerprint; print(fingerprint(sys.argv[2]))"
)


def build(scale: Scale, seed: int = 7, plan: Plan = "ENTERPRISE") -> World:
    return build_world(scale, seed, plan, KEY, DEFAULT_NOW)


def dump(world: World) -> bytes:
    workspaces = [{**vars(space), "time_entries": list(space.time_entries)} for space in world.workspaces.values()]
    return msgspec.json.encode({**vars(world), "workspaces": workspaces})


def zone_of(world: World, user_id: str) -> ZoneInfo:
    settings = world.users[user_id]["settings"]
    return ZoneInfo(settings["timeZone"] if settings else "Europe/London")


def fingerprint(scale: Scale) -> str:
    return hashlib.sha256(dump(build(scale))).hexdigest()


def created(entity_id: str) -> int:
    return int(entity_id[:8], 16)


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@pytest.fixture(scope="module")
def tiny() -> World:
    return build("tiny")


@pytest.fixture(scope="module")
def agency() -> World:
    return build("agency")


@pytest.fixture(scope="module")
def company(agency: World) -> Workspace:
    return next(iter(agency.workspaces.values()))


def workshop(world: World) -> Workspace:
    return next(iter(world.workspaces.values()))


# Determinism


@pytest.mark.parametrize("scale", ["empty", "tiny", "agency"])
def test_same_seed_gives_the_same_world_and_another_seed_another(scale: Scale) -> None:
    first = dump(build(scale))
    assert first == dump(build(scale))
    assert first != dump(build(scale, seed=8))


@pytest.mark.parametrize("scale", ["tiny", "agency"])
def test_nothing_depends_on_the_order_of_hashes(scale: Scale) -> None:
    command = [sys.executable, "-c", SCRIPT, os.path.dirname(__file__), scale]  # noqa: PTH120 - goes into sys.path
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    other = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    assert other == fingerprint(scale) + "\n"


# Keys and plans


def test_empty_has_one_workspace_with_one_owner() -> None:
    world = build("empty")
    (space,) = world.workspaces.values()
    assert space.record["name"] == "Empty"
    ((user_id, member),) = space.members.items()
    assert [role["role"] for role in member["roles"]] == ["OWNER"]
    assert world.keys == {KEY: user_id}
    tables = {name: value for name, value in vars(space).items() if isinstance(value, dict | list)}
    assert {name for name, value in tables.items() if value} == {"record", "members", "invoice_settings", "item_types"}


@pytest.mark.parametrize("name", ["tiny", "agency"])
def test_keys_belong_to_an_owner_and_to_a_plain_member(name: str, request: pytest.FixtureRequest) -> None:
    world: World = request.getfixturevalue(name)
    space = workshop(world)
    assert [role["role"] for role in space.members[world.keys[KEY]]["roles"]] == ["OWNER"]
    plain = world.keys[LIMITED_KEY]
    assert space.members[plain]["roles"] == []
    assert [plain in each.members for each in world.workspaces.values()].count(True) == 1
    assert world.addon_tokens[ADDON_TOKEN][0] == space.id
    assert space.addon_webhooks[ADDON_ID]


def test_the_plan_decides_features_but_not_data() -> None:
    free, top = (workshop(build("tiny", plan=plan)) for plan in ("FREE", "ENTERPRISE"))
    assert free.record["featureSubscriptionType"] is None
    assert top.record["featureSubscriptionType"] == "ENTERPRISE_2021"
    assert set(free.record["features"]) < set(top.record["features"])
    assert {"TIME_OFF", "AUDIT_LOG"} <= set(top.record["features"]) - set(free.record["features"])
    assert free.time_off_policies.keys() == top.time_off_policies.keys() != set()


# Integrity


def targets(space: Workspace) -> dict[str, Container[str]]:
    """Where the ids under a key must be found."""
    currencies = [currency["id"] for currency in space.record["currencies"]]
    people = "userId requesterUserId ownerId creatorId changedByUserId updatedBy userIds assigneeIds teamManagers"
    return {
        **dict.fromkeys([*people.split(), "visibleToUsers", "managers"], space.members),
        **dict.fromkeys(["userGroupIds", "visibleToUserGroups"], space.user_groups),
        "clientId": space.clients,
        "projectId": space.projects,
        "taskId": space.tasks,
        "policyId": space.time_off_policies,
        "categoryId": space.expense_categories,
        "fileId": space.files,
        "approvalRequestId": space.approval_requests,
        "invoiceId": space.invoices,
        "webhookId": space.webhooks,
        "webhookLogId": space.webhook_logs,
        "webhookEventStatusId": space.webhook_statuses,
        "workspaceId": [space.id],
        "currencyId": currencies,
        "timeEntryIds": space.time_entries.by_id,
        "expenseIds": space.expenses,
    }


def pairs(value: object) -> Iterator[tuple[str, str]]:
    """Every key with every text under it, at any depth."""
    for part in value if isinstance(value, list) else []:
        yield from pairs(part)
    for key, part in value.items() if isinstance(value, dict) else []:
        for one in part if isinstance(part, list) else [part]:
            if isinstance(one, str):
                yield key, one
        yield from pairs(part)


def dangling(space: Workspace) -> list[tuple[str, str, str]]:
    known = targets(space)
    tables = {name: table for name, table in vars(space).items() if isinstance(table, dict)}
    for name in ("files", "record", "invoice_settings"):
        del tables[name]
    return [
        (name, key, one)
        for name, table in tables.items()
        for key, one in pairs(list(table.values()))
        if one and key in known and one not in known[key]
    ]


@pytest.mark.parametrize("name", ["tiny", "agency"])
def test_every_reference_resolves(name: str, request: pytest.FixtureRequest) -> None:
    world: World = request.getfixturevalue(name)
    for space in world.workspaces.values():
        assert dangling(space) == []
        assert set(space.members) <= set(world.users)
        everything = {**space.projects, **space.user_groups}
        for project in space.projects.values():
            assert all(row["targetId"] in everything for row in project["memberships"])
        roles = [role for member in space.members.values() for role in member["roles"]]
        known = {space.id, *space.projects, *space.user_groups, *space.members}
        assert all(role["entityId"] in known for role in roles)
        for entry in space.time_entries:
            assert entry.user_id in world.users
            assert entry.project_id is None or entry.project_id in space.projects
            assert entry.task_id is None or space.tasks[entry.task_id]["projectId"] == entry.project_id
            assert set(entry.tag_ids or ()) <= space.tags.keys()
            assert {field for field, _ in entry.custom_fields} <= space.custom_fields.keys()
            assert entry.approval_id is None or entry.approval_id in space.approval_requests
            assert entry.invoice_id is None or entry.invoice_id in space.invoices


@pytest.mark.parametrize("name", ["tiny", "agency"])
def test_ids_are_object_ids_unique_in_the_world_and_not_of_the_future(
    name: str, request: pytest.FixtureRequest
) -> None:
    world: World = request.getfixturevalue(name)
    ids = list(world.users) + list(world.workspaces)
    for space in world.workspaces.values():
        for table in vars(space).values():
            if isinstance(table, dict) and table is not space.members:
                ids += [key for key in table if len(key) == 24 and key != ADDON_ID]
        ids += [entry.id for entry in space.time_entries]
    assert [key for key, count in Counter(ids).items() if count > 1] == []
    assert all(set(key) <= set("0123456789abcdef") for key in ids)
    assert max(created(key) for key in ids) <= NOW


@pytest.mark.parametrize("name", ["tiny", "agency"])
def test_nobody_works_on_holidays_or_approved_days_off(name: str, request: pytest.FixtureRequest) -> None:
    world: World = request.getfixturevalue(name)
    for space in world.workspaces.values():
        closed = {
            day
            for holiday in space.holidays.values()
            if holiday["everyoneIncludingNew"]
            for day in days(holiday["datePeriod"]["startDate"], holiday["datePeriod"]["endDate"])
        }
        absent: dict[str, list[tuple[int, int]]] = {}
        for request_ in space.time_off_requests.values():
            period = request_["timeOffPeriod"]
            span = period["halfDayHours"] or period["period"]
            if request_["status"]["statusType"] == "APPROVED":
                absent.setdefault(request_["userId"], []).append((instant(span["start"]), instant(span["end"])))
        for user_id in space.members:
            zone = ZoneInfo((world.users[user_id]["settings"] or {"timeZone": "UTC"})["timeZone"])
            off = absent.get(user_id, [])
            for entry in space.time_entries.of_user(user_id):
                if entry.type == "REGULAR":
                    assert datetime.fromtimestamp(entry.start, zone).date().isoformat() not in closed
                    assert not any(start <= entry.start < end for start, end in off)


def days(first: str, last: str) -> list[str]:
    numbers = range(date.fromisoformat(first).toordinal(), date.fromisoformat(last).toordinal() + 1)
    return [date.fromordinal(number).isoformat() for number in numbers]


# The agency


BANDS = {
    "members": (25, 30),
    "clients": (41, 41),
    "projects": (151, 151),
    "tasks": (820, 940),
    "time_entries": (55_000, 65_000),
    "invoices": (250, 600),
    "expenses": (200, 900),
    "holidays": (24, 40),
    "time_off_requests": (300, 900),
    "approval_requests": (1_800, 2_800),
    "assignments": (400, 1_500),
    "audit_log": (1_000, 10_000),
    "changes": (1_000, 5_000),
}


@pytest.mark.parametrize("seed", [7, 1, 2026])
def test_the_agency_is_as_large_as_promised(seed: int) -> None:
    space = workshop(build("agency", seed))
    counts = {name: len(getattr(space, name)) for name in BANDS}
    assert {name: count for name, count in counts.items() if not BANDS[name][0] <= count <= BANDS[name][1]} == {}


def test_agency_entries_lie_within_projects_and_memberships(company: Workspace) -> None:
    members = {key: {row["userId"] for row in project["memberships"]} for key, project in company.projects.items()}
    for entry in company.time_entries:
        if entry.project_id:
            assert entry.user_id in members[entry.project_id] or entry.user_id not in company.members
            assert created(entry.project_id) <= entry.start
            assert not company.projects[entry.project_id]["archived"] or entry.start < NOW - 30 * DAY
        assert created(entry.user_id) <= entry.start <= NOW


def test_agency_people_never_do_two_things_at_once(company: Workspace) -> None:
    for user_id in company.members:
        entries: list[TimeEntry] = company.time_entries.of_user(user_id)[::-1]
        for before, after in pairwise(entries):
            assert before.end is not None
            assert before.end <= after.start


def test_agency_hours_look_like_those_of_people(agency: World, company: Workspace) -> None:
    usual = {user_id for user_id in company.members if agency.users[user_id]["status"] != "LIMITED"}  # no night watch
    finished = [entry for entry in company.time_entries if entry.end is not None and entry.user_id in usual]
    hours = dict.fromkeys(company.members, 0.0)
    worked: dict[str, set[str]] = {user_id: set() for user_id in company.members}
    weekend = 0
    for entry in finished:
        local = datetime.fromtimestamp(entry.start, zone_of(agency, entry.user_id))
        weekend += local.weekday() in (5, 6)
        if entry.type == "REGULAR":
            hours[entry.user_id] += (entry.end - entry.start) / 3600  # type: ignore[operator]
            worked[entry.user_id].add(local.date().isoformat())
            assert 7 <= local.hour < 22
    assert weekend == 0
    for user_id, total in hours.items():
        if worked[user_id]:
            capacity = company.members[user_id]["profile"]["workCapacity"]
            full = {"PT7H30M": 7.5, "PT6H": 6.0, "PT5H": 5.0}[capacity]
            assert 0.8 * full < total / len(worked[user_id]) < 1.15 * full
    billable = sum(entry.billable for entry in finished) / len(finished)
    assert 0.5 < billable < 0.85
    running = [entry for entry in company.time_entries if entry.end is None]
    assert 1 <= len(running) <= 9
    assert len({entry.user_id for entry in running}) == len(running)
    long = [entry for entry in finished if entry.end and entry.end - entry.start > 10 * 3600]
    assert 1 <= len(long) <= 60
    assert {entry.type for entry in finished} == {"BREAK", "REGULAR"}


def test_some_agency_projects_exceed_their_estimate(company: Workspace) -> None:
    tracked: Counter[str] = Counter()
    for entry in company.time_entries:
        if entry.project_id and entry.end:
            tracked[entry.project_id] += entry.end - entry.start
    estimated = [
        (tracked[project["id"]] / 3600, int(project["estimate"]["estimate"][2:].split("H")[0]))
        for project in company.projects.values()
        if project["timeEstimate"]["active"] and not project["timeEstimate"]["resetOption"]
    ]
    over = [spent > planned for spent, planned in estimated]
    assert len(over) >= 20
    assert 0 < sum(over) < len(over) / 2


def test_agency_invoices_bill_what_was_worked_and_add_up(company: Workspace) -> None:
    entries = company.time_entries.by_id
    billed: Counter[str] = Counter()
    for invoice in company.invoices.values():
        for order, item in enumerate(invoice["items"], 1):
            assert item["order"] == order
            assert item["amount"] == item["quantity"] * item["unitPrice"] // 100
            if item["importType"] == "TIME_ENTRY_IMPORT":
                rows = [entries[key] for key in item["timeEntryIds"]]
                billed.update(item["timeEntryIds"])
                assert all(row.billable and row.invoice_id == invoice["id"] for row in rows)
                hours = sum(row.end - row.start for row in rows if row.end) / 3600
                assert item["quantity"] == pytest.approx(hours * 100, abs=0.51)
        paid, total = sum(payment["amount"] for payment in invoice["payments"]), totals(invoice).amount
        if invoice["status"] == "PAID":
            assert paid == total > 0
        elif invoice["status"] == "PARTIALLY_PAID":
            assert 0 < paid < total
        else:
            assert paid == 0
        assert (invoice["status"] == "OVERDUE") <= (instant(invoice["dueDate"]) < NOW)
    assert max(billed.values()) == 1
    assert {invoice["status"] for invoice in company.invoices.values()} >= {"PAID", "PARTIALLY_PAID", "OVERDUE", "SENT"}


def test_agency_balances_agree_with_the_approved_requests_of_the_year(agency: World, company: Workspace) -> None:
    used: defaultdict[tuple[str, str], float] = defaultdict(float)
    for request in company.time_off_requests.values():
        zone = zone_of(agency, request["userId"])
        start = datetime.fromtimestamp(instant(request["timeOffPeriod"]["period"]["start"]), zone)
        if request["status"]["statusType"] == "APPROVED" and start.year == DEFAULT_NOW.year:
            used[request["userId"], request["policyId"]] += request["balanceDiff"]
    for balance in company.balances.values():
        assert balance["used"] == used[balance["userId"], balance["policyId"]]
        assert balance["balance"] == balance["total"] - balance["used"]
        assert balance["balance"] >= 0 or balance["negativeBalanceLimit"]


def test_agency_approvals_hold_the_entries_of_their_week(company: Workspace) -> None:
    held = Counter(entry.approval_id for entry in company.time_entries)
    for key, request in company.approval_requests.items():
        holds = request["status"]["state"] in ("PENDING", "APPROVED")
        assert bool(held[key]) == holds
    for entry in company.time_entries:
        if entry.approval_id:
            request = company.approval_requests[entry.approval_id]
            assert request["ownerId"] == entry.user_id
            assert instant(request["dateRange"]["start"]) <= entry.start <= instant(request["dateRange"]["end"])
            assert entry.locked or request["status"]["state"] == "PENDING"


@pytest.mark.slow
def test_the_large_company_holds_a_million_entries() -> None:
    space = workshop(build("large"))
    assert 950_000 < len(space.time_entries) < 1_050_000
    assert len(space.members) == 403
    assert (len(space.clients), len(space.projects)) == (301, 2001)
    assert 11_000 < len(space.tasks) < 13_000
    assert min(len(space.invoices), len(space.expenses)) > 2_000
    assert min(created(entry.id) == entry.start for entry in space.time_entries)


# People who left, roles, and what is hard to store


def hours_of(space: Workspace, user_id: str) -> float:
    return sum((entry.end or entry.start) - entry.start for entry in space.time_entries.of_user(user_id)) / 3600


@pytest.mark.parametrize("scale", ["tiny", "agency"])
@pytest.mark.parametrize("seed", [7, 11])
def test_people_who_left_keep_their_entries(scale: Scale, seed: int) -> None:
    world = build(scale, seed)
    space = workshop(world)
    everybody = {user_id for each in world.workspaces.values() for user_id in each.members}
    (removed,) = world.users.keys() - everybody
    assert hours_of(space, removed) > 40
    deleted = [user_id for user_id in space.members if world.users[user_id]["status"] == "DELETED"]
    assert deleted
    assert all(hours_of(space, user_id) > 40 for user_id in deleted)
    for user_id in (removed, *deleted):
        assert all(entry.end for entry in space.time_entries.of_user(user_id))
        assert user_id not in world.keys.values()


@pytest.mark.parametrize("scale", ["tiny", "agency"])
@pytest.mark.parametrize("seed", [7, 11])
def test_every_role_has_a_key(scale: Scale, seed: int) -> None:
    world = build(scale, seed)
    roles = {holder["key"]: holder["role"] for holder in key_holders(world)}
    assert {
        KEY: "OWNER",
        ADMIN_KEY: "WORKSPACE_ADMIN",
        PROJECT_MANAGER_KEY: "PROJECT_MANAGER",
        TEAM_MANAGER_KEY: "TEAM_MANAGER",
        MEMBER_KEY: "MEMBER",
        LIMITED_ACCOUNT_KEY: "LIMITED",
    }.items() <= roles.items()
    assert world.keys[LIMITED_KEY] == world.keys[MEMBER_KEY]


@pytest.mark.parametrize("name", ["tiny", "agency"])
def test_money_zones_and_clocks_are_those_of_many_countries(name: str, request: pytest.FixtureRequest) -> None:
    world: World = request.getfixturevalue(name)
    space = workshop(world)
    codes: dict[str | None, str] = {currency["id"]: currency["code"] for currency in space.record["currencies"]}
    default = space.record["hourlyRate"]["currency"]
    foreign = {
        key
        for key, row in space.clients.items()
        if not row["archived"] and codes.get(row["currencyId"], default) != default
    }
    abroad = [row for row in space.projects.values() if row["clientId"] in foreign]
    assert any(row["hourlyRate"] and row["hourlyRate"]["currency"] == "EUR" and row["costRate"] for row in abroad)
    assert any(member["hourlyRate"] and member["costRate"] for row in abroad for member in row["memberships"])
    assert any(entry.billable for entry in space.time_entries if entry.project_id in {row["id"] for row in abroad})
    settings = [world.users[user_id]["settings"] for user_id in space.members]
    assert len({one["timeZone"] for one in settings if one}) >= 3
    over_midnight, over_change = 0, 0
    for entry in space.time_entries:
        zone = zone_of(world, entry.user_id)
        start, end = (datetime.fromtimestamp(moment, zone) for moment in (entry.start, entry.end or entry.start))
        over_midnight += start.date() < end.date()
        over_change += start.utcoffset() != end.utcoffset()
    assert over_midnight >= 3
    assert over_change >= 1


@pytest.mark.parametrize("name", ["tiny", "agency"])
def test_some_names_are_hard_to_store_and_distinguish(name: str, request: pytest.FixtureRequest) -> None:
    space = workshop(request.getfixturevalue(name))
    tables = (space.clients, space.projects, space.tasks, space.tags)
    names = [row["name"] for table in tables for row in table.values()]
    for sign in (",", '"', "'", "\N{ROCKET}", "\N{ROMAN NUMERAL TWO}" if name == "tiny" else "\N{ROMAN NUMERAL SEVEN}"):
        assert any(sign in each for each in names), sign
    assert any("\0" in change["document"].get("name", "") for change in space.changes if change["kind"] == "deleted")
    assert max(map(len, names)) == 255
    by_name: dict[str, set[str]] = {}
    for row in space.projects.values():
        by_name.setdefault(row["name"], set()).add(row["clientId"])
    assert any(len(clients) > 1 for clients in by_name.values())


# Another present


@pytest.mark.parametrize("moment", [datetime(2025, 3, 3, 0, 30, tzinfo=UTC), datetime(2028, 2, 29, 23, 59, tzinfo=UTC)])
@pytest.mark.parametrize("scale", ["tiny", "agency"])
def test_data_ends_at_the_clock_of_the_world(scale: Scale, moment: datetime) -> None:
    space = workshop(build_world(scale, 7, "PRO", KEY, moment))
    limit = int(moment.timestamp())
    assert max(created(entry.id) for entry in space.time_entries) <= limit
    assert dangling(space) == []
