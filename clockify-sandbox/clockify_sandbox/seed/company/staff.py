"""The people of a company: accounts, terms, departments, managers, rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clockify_sandbox.entities import custom_field, user_group
from clockify_sandbox.seed.company.model import Person
from clockify_sandbox.seed.company.vocabulary import (
    CONTENT,
    DELIVERY,
    DESIGN,
    ENGINEERING,
    LEVELS,
    OPERATIONS,
    STRATEGY,
)
from clockify_sandbox.seed.draw import DAY, HOUR, MINUTE, midnight, monday
from clockify_sandbox.workspaces import WEEK, Account, Terms, add_account, add_member

if TYPE_CHECKING:
    from clockify_sandbox.seed.company.model import Company
    from clockify_sandbox.shapes.work import CustomFieldFields

_SHARES = {ENGINEERING: 8, DESIGN: 5, DELIVERY: 3, STRATEGY: 2, CONTENT: 1, OPERATIONS: 0}
"""The proportions of people in addition to the lead."""

_ZONES = {"Europe/London": 72, "Europe/Lisbon": 8, "Europe/Belgrade": 10, "America/New_York": 10}
_FULL_WEEK = (0, 1, 2, 3, 4)
_CONTRACTS = {  # capacity a day, working days
    (int(7.5 * HOUR), _FULL_WEEK): 80,
    (int(7.5 * HOUR), (0, 1, 2, 3)): 10,
    (5 * HOUR, _FULL_WEEK): 6,
    (6 * HOUR, (1, 2, 3)): 4,
}
_STARTS = (8 * HOUR, 8 * HOUR + 30 * MINUTE, 9 * HOUR, 9 * HOUR, 9 * HOUR + 30 * MINUTE)
_GROUP_SIZE = 20


def hire(company: Company) -> None:
    """Fill the company with people, the founder first, the department leads next."""
    taken: set[str] = set()
    disciplines = [name for name, share in _SHARES.items() for _ in range(share)]
    for number in range(company.size.people):
        lead = 0 < number <= len(_SHARES)
        discipline = list(_SHARES)[number - 1] if lead else disciplines[(number - 1 - len(_SHARES)) % len(disciplines)]
        person = _person(company, number, STRATEGY if number == 0 else discipline, taken, leads=lead or number == 0)
        company.people.append(person)
        if lead:
            company.leads[discipline] = person
    _departments(company)
    _invite(company)


def _person(company: Company, number: int, discipline: str, taken: set[str], *, leads: bool) -> Person:
    draw = company.draw
    zone = "Europe/London" if number <= len(_SHARES) else draw.weighted(_ZONES)
    capacity, weekdays = (int(7.5 * HOUR), _FULL_WEEK) if leads else draw.weighted(_CONTRACTS)
    level = "Lead" if leads else draw.weighted({"Junior": 22, "Mid": 40, "Senior": 38})
    first, last = company.first, draw.today + 365
    if not leads and draw.chance(0.22):
        first = monday(draw.between(company.first + 60, draw.today - 90))
    if not leads and draw.chance(0.1):
        last = monday(draw.between(first + 84, draw.today - 21)) - 3 if draw.today - 21 > first + 84 else last
    gone = last < draw.today
    full_name, email = _name(company, taken)
    created = (
        midnight(first, zone) + 7 * HOUR if first > company.first else midnight(company.first - 30 * (number % 9), zone)
    )
    account = Account(email=email, name=full_name, zone=zone, created=created)
    if zone == "America/New_York":
        account.settings = {"timeFormat": "HOUR12", "dateFormat": "MM/DD/YYYY"}
    user_id = add_account(company.world, draw, company.workspace.id, account)
    hourly, cost = LEVELS[level]
    cost += draw.between(-4, 6) * 50
    role = "OWNER" if number == 0 else "WORKSPACE_ADMIN" if leads and discipline == OPERATIONS else None
    terms = Terms(
        hourly_rate=hourly,
        cost_rate=cost,
        status="INACTIVE" if gone else "ACTIVE",
        capacity=capacity,
        working_days=tuple(WEEK[day] for day in weekdays),
    )
    add_member(company.workspace, company.world.users[user_id], terms, role)
    return Person(
        user_id=user_id,
        name=full_name,
        zone=zone,
        discipline=discipline,
        level=level,
        first=first,
        last=last,
        capacity=capacity,
        weekdays=weekdays,
        begins=draw.pick(_STARTS),
        grain=draw.pick((1, 1, MINUTE, 15 * MINUTE, 15 * MINUTE)),
        tracks_breaks=draw.chance(0.15),
        uses_timer=draw.chance(0.3),
        rate=hourly,
    )


def _name(company: Company, taken: set[str]) -> tuple[str, str]:
    while True:
        first, last = company.draw.fake.first_name(), company.draw.fake.last_name()
        email = f"{first}.{last}@{company.size.domain}".lower().replace(" ", "").replace("'", "")
        if email not in taken:
            taken.add(email)
            return f"{first} {last}", email


def _departments(company: Company) -> None:
    """A group per department, split where it is large; its manager also manages its members."""
    draw, workspace = company.draw, company.workspace
    born = midnight(company.first, "UTC") - 20 * DAY
    for discipline, lead in company.leads.items():
        staff = [person for person in company.people if person.discipline == discipline]
        for start in range(0, len(staff), _GROUP_SIZE):
            group_id = draw.new_id(born)
            name = discipline if len(staff) <= _GROUP_SIZE else f"{discipline} {start // _GROUP_SIZE + 1}"
            present = [person for person in staff[start : start + _GROUP_SIZE] if person.last >= draw.today]
            workspace.user_groups[group_id] = user_group(
                group_id,
                workspace.id,
                name,
                userIds=[person.user_id for person in present],
                teamManagers=[lead.user_id],
            )
            workspace.members[lead.user_id]["roles"].append(
                {"role": "TEAM_MANAGER", "entityId": group_id, "sourceType": "USER_GROUP"}
            )
        for person in staff:
            manager = company.owner if person is lead else lead
            if person is not company.owner:
                workspace.members[person.user_id]["managers"] = [manager.user_id]


def _invite(company: Company) -> None:
    """One person has been invited and has not answered."""
    draw = company.draw
    email = f"{draw.fake.first_name().lower()}.new@{company.size.domain}"
    account = Account(
        email=email,
        name=None,
        created=draw.now - 2 * DAY,
        status="PENDING_EMAIL_VERIFICATION",
        with_settings=False,
    )
    user_id = add_account(company.world, draw, company.workspace.id, account)
    add_member(company.workspace, company.world.users[user_id], Terms(status="PENDING"))


def add_custom_fields(company: Company) -> dict[str, str]:
    """The fields in use, by short name: two of time entries, two of people, who get values."""
    draw, workspace = company.draw, company.workspace
    born = midnight(company.first, "UTC") + 40 * DAY
    fields: dict[str, CustomFieldFields] = {
        "ticket": {"name": "Ticket", "type": "TXT", "placeholder": "e.g. WEB-123", "description": "Issue tracker key"},
        "place": {
            "name": "Work location",
            "type": "DROPDOWN_SINGLE",
            "allowedValues": ["Office", "Home", "Client site"],
        },
        "contract": {
            "name": "Contract",
            "type": "DROPDOWN_SINGLE",
            "allowedValues": ["Permanent", "Fixed term", "Freelance"],
            "entityType": "USER",
            "onlyAdminCanEdit": True,
        },
        "first_aid": {"name": "First aider", "type": "CHECKBOX", "entityType": "USER", "workspaceDefaultValue": False},
    }
    ids = {}
    for short, field in fields.items():
        ids[short] = draw.new_id(born)
        workspace.custom_fields[ids[short]] = custom_field(ids[short], workspace.id, **field)
    for person in company.people:
        values = workspace.members[person.user_id]["customFields"]
        values[ids["contract"]] = draw.weighted({"Permanent": 8, "Fixed term": 2, "Freelance": 1})
        if draw.chance(0.15):
            values[ids["first_aid"]] = True
    return ids
