"""The seeded worlds: the same every time, whole, believable, and odd where the API is odd."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from clockify_sandbox.seed import ADDON_ID, ADDON_TOKEN, DEFAULT_NOW, LIMITED_KEY, build_world
from clockify_sandbox.seed.totals import invoice_amount

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

    from clockify_sandbox.world import Entity, TimeEntry, Workspace, World

KEY = "sandbox-key"
NOW = int(DEFAULT_NOW.timestamp())
DAY = 86400
SCRIPT = (
    "import sys; sys.path.insert(0, sys.argv[1]); from test_seed import fingerprint; print(fingerprint(sys.argv[2]))"
)


def build(scale: str, seed: int = 7, plan: str = "ENTERPRISE") -> World:
    return build_world(scale, seed, plan, KEY, DEFAULT_NOW)


def dump(world: World) -> bytes:
    workspaces = [{**vars(space), "time_entries": list(space.time_entries)} for space in world.workspaces.values()]
    return msgspec.json.encode({**vars(world), "workspaces": workspaces})


def fingerprint(scale: str) -> str:
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
def test_same_seed_gives_the_same_world_and_another_seed_another(scale: str) -> None:
    first = dump(build(scale))
    assert first == dump(build(scale))
    assert first != dump(build(scale, seed=8))


@pytest.mark.parametrize("scale", ["tiny", "agency"])
def test_nothing_depends_on_the_order_of_hashes(scale: str) -> None:
    command = [sys.executable, "-c", SCRIPT, os.path.dirname(__file__), scale]  # noqa: PTH120 - goes into sys.path
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    other = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    assert other == fingerprint(scale) + "\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("huge", 7, "FREE", KEY, DEFAULT_NOW), "unknown scale 'huge': choose one of empty, tiny, agency, large"),
        (("tiny", 7, "GOLD", KEY, DEFAULT_NOW), "unknown plan 'GOLD': choose one of FREE, "),
        (("tiny", 7, "FREE", KEY, DEFAULT_NOW.replace(tzinfo=None)), "`now` needs a time zone"),
    ],
)
def test_bad_arguments_are_refused(arguments: tuple[str, int, str, str, datetime], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_world(*arguments)


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
            assert entry.user_id in space.members
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
    "members": (25, 28),
    "clients": (40, 40),
    "projects": (150, 150),
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
            assert entry.user_id in members[entry.project_id]
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
    finished = [entry for entry in company.time_entries if entry.end is not None]
    hours = dict.fromkeys(company.members, 0.0)
    worked: dict[str, set[str]] = {user_id: set() for user_id in company.members}
    weekend = 0
    for entry in finished:
        zone = ZoneInfo(agency.users[entry.user_id]["settings"]["timeZone"])
        local = datetime.fromtimestamp(entry.start, zone)
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
        paid, total = sum(payment["amount"] for payment in invoice["payments"]), invoice_amount(invoice)
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
    used: Counter[tuple[str, str]] = Counter()
    for request in company.time_off_requests.values():
        zone = ZoneInfo(agency.users[request["userId"]]["settings"]["timeZone"])
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
    assert len(space.members) == 401
    assert (len(space.clients), len(space.projects)) == (300, 2000)
    assert 11_000 < len(space.tasks) < 13_000
    assert min(len(space.invoices), len(space.expenses)) > 2_000
    assert min(created(entry.id) == entry.start for entry in space.time_entries)


# The oddities of tiny


def entries(world: World) -> list[TimeEntry]:
    return list(workshop(world).time_entries)


def rows(world: World, table: str) -> list[Entity]:
    return list(getattr(workshop(world), table).values())


def local_start(world: World, entry: TimeEntry) -> datetime:
    settings = world.users[entry.user_id]["settings"] or {"timeZone": "UTC"}
    return datetime.fromtimestamp(entry.start, ZoneInfo(settings["timeZone"]))


def in_zone(world: World, name: str) -> list[TimeEntry]:
    return [entry for entry in entries(world) if str(local_start(world, entry).tzinfo) == name]


def values_of(world: World, table: str, key: str) -> list[Any]:
    return [row[key] for row in rows(world, table)]


def running(world: World) -> list[TimeEntry]:
    return [entry for entry in entries(world) if entry.end is None]


def entry_values(world: World) -> set[str]:
    return {type(value).__name__ for entry in entries(world) for _, value in entry.custom_fields}


def user_values(world: World) -> set[str]:
    members = workshop(world).members.values()
    return {type(value).__name__ for member in members for value in member["customFields"].values()}


def crosses_midnight(world: World, zone: str) -> bool:
    return any(
        entry.end and local_start(world, entry).date() != datetime.fromtimestamp(entry.end, ZoneInfo(zone)).date()
        for entry in in_zone(world, zone)
    )


FIELD_TYPES = {"TXT", "NUMBER", "DROPDOWN_SINGLE", "DROPDOWN_MULTIPLE", "CHECKBOX", "LINK"}
KINDS = {"str", "float", "int", "bool", "list", "NoneType"}

ODDITIES: dict[str, Callable[[World], object]] = {
    "archived client": lambda w: any(values_of(w, "clients", "archived")),
    "archived project": lambda w: any(values_of(w, "projects", "archived")),
    "archived tag": lambda w: any(values_of(w, "tags", "archived")),
    "archived expense category": lambda w: any(values_of(w, "expense_categories", "archived")),
    "archived policy": lambda w: any(values_of(w, "time_off_policies", "archived")),
    "done task": lambda w: "DONE" in values_of(w, "tasks", "status"),
    "project template": lambda w: any(values_of(w, "projects", "template")),
    "project without client": lambda w: "" in values_of(w, "projects", "clientId"),
    "private project": lambda w: False in values_of(w, "projects", "public"),
    "two projects of one name": lambda w: len(set(values_of(w, "projects", "name"))) < len(rows(w, "projects")),
    "project rate null, zero and set": lambda w: (
        None in (rates := values_of(w, "projects", "hourlyRate"))
        and {0, 9900} <= {rate["amount"] for rate in rates if rate}
    ),
    "estimate with and without reset": lambda w: (
        None in (resets := values_of(w, "projects", "estimateReset")) and any(resets)
    ),
    "budget": lambda w: any(values_of(w, "projects", "budgetEstimate")),
    "task budget null, zero and set": lambda w: {None, 0, 400_000} <= set(values_of(w, "tasks", "budgetEstimate")),
    "task for a group": lambda w: any(values_of(w, "tasks", "userGroupIds")),
    "task rate": lambda w: any(values_of(w, "tasks", "hourlyRate")),
    "membership through a group": lambda w: any(
        row["membershipType"] == "USERGROUP" for project in rows(w, "projects") for row in project["memberships"]
    ),
    "membership with rates": lambda w: any(
        row["hourlyRate"] and row["costRate"] for project in rows(w, "projects") for row in project["memberships"]
    ),
    "client without any detail": lambda w: any(
        row["email"] is row["address"] is row["note"] is row["ccEmails"] is None for row in rows(w, "clients")
    ),
    "client with copies": lambda w: any(values_of(w, "clients", "ccEmails")),
    "client in another currency": lambda w: len(set(values_of(w, "clients", "currencyId"))) > 2,
    "entry tags null, empty, several": lambda w: (
        {None, (), 2} <= {len(entry.tag_ids) if entry.tag_ids else entry.tag_ids for entry in entries(w)}
    ),
    "entry without project": lambda w: any(entry.project_id is None for entry in entries(w)),
    "entry without task": lambda w: any(entry.project_id and entry.task_id is None for entry in entries(w)),
    "entry without text": lambda w: any(entry.description == "" for entry in entries(w)),
    "entry with the longest text": lambda w: max(len(entry.description) for entry in entries(w)) == 3000,
    "entry without duration": lambda w: any(entry.end == entry.start for entry in entries(w)),
    "entry longer than a day": lambda w: any(entry.end and entry.end - entry.start > DAY for entry in entries(w)),
    "identical entries": lambda w: (
        max(Counter((e.user_id, e.start, e.end, e.description, e.project_id) for e in entries(w)).values()) > 1
    ),
    "entry in an archived project": lambda w: any(
        workshop(w).projects[entry.project_id]["archived"] for entry in entries(w) if entry.project_id
    ),
    "entry on a done task": lambda w: any(
        workshop(w).tasks[entry.task_id]["status"] == "DONE" for entry in entries(w) if entry.task_id
    ),
    "entry with an archived tag": lambda w: any(
        workshop(w).tags[tag]["archived"] for entry in entries(w) for tag in entry.tag_ids or ()
    ),
    "entry types": lambda w: {"REGULAR", "BREAK", "HOLIDAY", "TIME_OFF"} == {entry.type for entry in entries(w)},
    "entry with rates of its own": lambda w: {0, 12_345} <= {entry.hourly_rate for entry in entries(w)},
    "entry from a kiosk": lambda w: any(entry.kiosk_id for entry in entries(w)),
    "entry in the future": lambda w: any(entry.start > NOW for entry in entries(w)),
    "approved entry": lambda w: any(entry.approval_id and entry.locked for entry in entries(w)),
    "invoiced entry": lambda w: any(entry.invoice_id for entry in entries(w)),
    "entry locked by date": lambda w: any(entry.locked and not entry.approval_id for entry in entries(w)),
    "lock date": lambda w: workshop(w).record["workspaceSettings"]["lockTimeEntries"],
    "more entries than a page": lambda w: max(Counter(entry.user_id for entry in entries(w)).values()) > 50,
    "several timers": lambda w: len({entry.user_id for entry in running(w)}) == len(running(w)) >= 3,
    "timer since before UTC midnight": lambda w: any(entry.start < NOW - NOW % DAY for entry in running(w)),
    "timer since before local midnight": lambda w: any(
        local_start(w, entry).date() < DEFAULT_NOW.astimezone(local_start(w, entry).tzinfo).date()
        for entry in running(w)
    ),
    "midnight in the west": lambda w: crosses_midnight(w, "America/Los_Angeles"),
    "midnight in the east": lambda w: crosses_midnight(w, "Asia/Tokyo"),
    "begins at local midnight": lambda w: (
        {"America/Los_Angeles", "Asia/Tokyo"}
        <= {str(start.tzinfo) for entry in entries(w) if (start := local_start(w, entry)).hour == start.minute == 0}
    ),
    "begins at UTC midnight": lambda w: any(entry.start % DAY == 0 for entry in entries(w)),
    "field types of entries": lambda w: (
        {row["type"] for row in rows(w, "custom_fields") if row["entityType"] == "TIMEENTRY"} == FIELD_TYPES
    ),
    "field types of people": lambda w: (
        {row["type"] for row in rows(w, "custom_fields") if row["entityType"] == "USER"} == FIELD_TYPES
    ),
    "field states": lambda w: {"VISIBLE", "INVISIBLE", "INACTIVE"} == set(values_of(w, "custom_fields", "status")),
    "field overrides": lambda w: len([row for row in rows(w, "custom_fields") if row["projectDefaultValues"]]) > 2,
    "values of entries": lambda w: entry_values(w) == KINDS,
    "values of people": lambda w: user_values(w) == KINDS,
    "limited account": lambda w: any(user["status"] == "LIMITED" for user in w.users.values()),
    "account without name": lambda w: any(user["name"] is None for user in w.users.values()),
    "account without settings": lambda w: any(user["settings"] is None for user in w.users.values()),
    "membership states": lambda w: (
        {"ACTIVE", "PENDING", "INACTIVE", "DECLINED"} == set(values_of(w, "members", "membershipStatus"))
    ),
    "entries of an inactive member": lambda w: any(
        workshop(w).members[entry.user_id]["membershipStatus"] == "INACTIVE" for entry in entries(w)
    ),
    "roles": lambda w: (
        {"OWNER", "WORKSPACE_ADMIN", "TEAM_MANAGER", "PROJECT_MANAGER"}
        == {role["role"] for member in rows(w, "members") for role in member["roles"]}
    ),
    "manager of a group": lambda w: any(
        role["sourceType"] == "USER_GROUP" for member in rows(w, "members") for role in member["roles"]
    ),
    "group with managers, group without members": lambda w: (
        any(values_of(w, "user_groups", "teamManagers")) and [] in values_of(w, "user_groups", "userIds")
    ),
    "invoice states": lambda w: (
        {"UNSENT", "SENT", "PAID", "PARTIALLY_PAID", "VOID", "OVERDUE"} == set(values_of(w, "invoices", "status"))
    ),
    "taxes of items": lambda w: (
        {"TAX1", "TAX2", "TAX1TAX2", "NONE"}
        == {item["applyTaxes"] for invoice in rows(w, "invoices") for item in invoice["items"]}
    ),
    "imports of items": lambda w: (
        {"NOT_IMPORTED", "TIME_ENTRY_IMPORT", "EXPENSE_IMPORT"}
        == {item["importType"] for invoice in rows(w, "invoices") for item in invoice["items"]}
    ),
    "discount": lambda w: any(values_of(w, "invoices", "discount")),
    "invoice without items": lambda w: [] in values_of(w, "invoices", "items"),
    "overpaid invoice": lambda w: any(
        sum(payment["amount"] for payment in invoice["payments"]) > invoice_amount(invoice)
        for invoice in rows(w, "invoices")
    ),
    "receipt present, empty and null": lambda w: (
        {"", None} < (files := set(values_of(w, "expenses", "fileId")))
        and files - {"", None} == workshop(w).files.keys()
    ),
    "expense without category": lambda w: None in values_of(w, "expenses", "categoryId"),
    "expense without project": lambda w: None in values_of(w, "expenses", "projectId"),
    "expense with task": lambda w: any(values_of(w, "expenses", "taskId")),
    "price per unit": lambda w: any(values_of(w, "expense_categories", "hasUnitPrice")),
    "unit null and empty": lambda w: {None, ""} < set(values_of(w, "expense_categories", "unit")),
    "approved expense": lambda w: any(row["approvalRequestId"] and row["locked"] for row in rows(w, "expenses")),
    "holidays for everyone, people, groups, every year": lambda w: all(
        any(values_of(w, "holidays", key))
        for key in ("everyoneIncludingNew", "userIds", "userGroupIds", "occursAnnually")
    ),
    "policy units": lambda w: {"DAYS", "HOURS"} == set(values_of(w, "time_off_policies", "timeUnit")),
    "policy extras": lambda w: all(
        any(column) and None in column
        for key in ("automaticAccrual", "negativeBalance", "automaticTimeEntryCreation", "projectId", "color", "icon")
        for column in [values_of(w, "time_off_policies", key)]
    ),
    "request states": lambda w: (
        {"PENDING", "APPROVED", "REJECTED", "WITHDRAWN"}
        == {status["statusType"] for status in values_of(w, "time_off_requests", "status")}
    ),
    "half days": lambda w: (
        {"FIRST_HALF", "SECOND_HALF", "NOT_DEFINED"}
        == {period["halfDayPeriod"] for period in values_of(w, "time_off_requests", "timeOffPeriod")}
    ),
    "request on behalf of another": lambda w: any(
        row["requesterUserId"] != row["userId"] for row in rows(w, "time_off_requests")
    ),
    "negative balance": lambda w: min(values_of(w, "balances", "balance")) < 0,
    "balance assignment with and without period": lambda w: (
        None in (ranges := values_of(w, "balance_assignments", "dateRange")) and any(ranges)
    ),
    "series": lambda w: (
        max(
            Counter(
                row["recurring"]["seriesId"] for row in rows(w, "assignments") if row["recurring"]["repeat"]
            ).values()
        )
        == 4
    ),
    "assignment unpublished": lambda w: {True, False} == set(values_of(w, "assignments", "published")),
    "assignment with and without task": lambda w: (
        None in (tasks := values_of(w, "assignments", "taskId")) and any(tasks)
    ),
    "assignment without client": lambda w: any(
        workshop(w).projects[project]["clientId"] == "" for project in values_of(w, "assignments", "projectId")
    ),
    "milestones": lambda w: rows(w, "milestones"),
    "approval states": lambda w: (
        {"PENDING", "APPROVED", "REJECTED", "WITHDRAWN_APPROVAL", "WITHDRAWN_SUBMISSION"}
        == {status["state"] for status in values_of(w, "approval_requests", "status")}
    ),
    "approval types": lambda w: (
        {"TIMESHEET", "EXPENSE", "TIMESHEET_AND_EXPENSE"} == set(values_of(w, "approval_requests", "type"))
    ),
    "webhooks have tokens": lambda w: all(len(token) == 32 for token in values_of(w, "webhooks", "authToken")),
    "webhook switched off": lambda w: False in values_of(w, "webhooks", "enabled"),
    "deliveries": lambda w: {"SUCCEEDED", "RETRYING", "FAILED"} == set(values_of(w, "webhook_statuses", "status")),
    "log without an answer": lambda w: None in values_of(w, "webhook_logs", "responseBody"),
    "shared reports": lambda w: len(set(values_of(w, "shared_reports", "type"))) >= 5,
    "audit log": lambda w: len({row["action"] for row in workshop(w).audit_log}) > 5,
    "feeds": lambda w: {"created", "updated", "deleted"} == {change["kind"] for change in workshop(w).changes},
    "second workspace in euros": lambda w: (
        {space.record["hourlyRate"]["currency"] for space in w.workspaces.values()} == {"USD", "EUR"}
    ),
    "people in both workspaces": lambda w: (
        0 < len(set.intersection(*(set(space.members) for space in w.workspaces.values()))) < 4
    ),
}


@pytest.mark.parametrize("oddity", ODDITIES)
def test_tiny_has(oddity: str, tiny: World) -> None:
    assert ODDITIES[oddity](tiny)


def test_tiny_holds_something_of_every_kind(tiny: World) -> None:
    space = workshop(tiny)
    assert [name for name, value in vars(space).items() if not isinstance(value, str) and not len(value)] == []


@pytest.mark.parametrize("moment", [datetime(2025, 3, 3, 0, 30, tzinfo=UTC), datetime(2028, 2, 29, 23, 59, tzinfo=UTC)])
@pytest.mark.parametrize("scale", ["tiny", "agency"])
def test_worlds_of_another_present_end_there(scale: str, moment: datetime) -> None:
    space = workshop(build_world(scale, 7, "PRO", KEY, moment))
    limit = int(moment.timestamp())
    assert max(created(entry.id) for entry in space.time_entries) <= limit
    assert dangling(space) == []
