"""The people of the small workspaces: every role, every kind of membership, every kind of account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clockify_sandbox.entities import custom_field, rate, user_group
from clockify_sandbox.seed.draw import DAY, HOUR
from clockify_sandbox.workspaces import Account, Terms, add_account, add_member

if TYPE_CHECKING:
    from clockify_sandbox.seed.tiny.stage import Stage
    from clockify_sandbox.shapes.work import CustomFieldFields

_AGE = 700 * DAY


def invite(  # noqa: PLR0913 - one value per trait
    stage: Stage,
    name: str,
    full_name: str | None,
    zone: str,
    terms: Terms,
    *,
    role: str | None = None,
    **account: Any,
) -> None:
    """A person with their own account; `name` is the short name."""
    email = "" if account.get("status") == "LIMITED" else f"{name}@tiny.example"
    created = stage.draw.now - _AGE + len(stage.world.users) * DAY
    person = Account(email=email, name=full_name, zone=zone, created=created, **account)
    stage.ids[name] = add_account(stage.world, stage.draw, stage.workspace.id, person)
    join(stage, name, terms, role=role)


def join(stage: Stage, name: str, terms: Terms, *, role: str | None = None) -> None:
    """Make a person with an account, perhaps in another workspace, a member."""
    add_member(stage.workspace, stage.world.users[stage[name]], terms, role)


def add_people(stage: Stage) -> None:
    """The first workspace: an owner in Belgrade, members west and east of her, and accounts of every state."""
    invite(stage, "ada", "Ada Owner", "Europe/Belgrade", Terms(hourly_rate=12000, cost_rate=5000), role="OWNER")
    invite(stage, "ben", "Ben Admin", "Europe/London", Terms(hourly_rate=10000), role="WORKSPACE_ADMIN")
    invite(
        stage,
        "lia",
        "Lia West",
        "America/Los_Angeles",
        Terms(hourly_rate=9000, cost_rate=4000, managers=[stage["ada"]]),
        settings={"timeFormat": "HOUR12", "dateFormat": "MM/DD/YYYY"},
        week_start="SUNDAY",
    )
    invite(
        stage,
        "kenji",
        "Kenji Ōta",
        "Asia/Tokyo",
        Terms(cost_rate=0, capacity=7 * HOUR, managers=[stage["lia"], stage["ada"]]),
        settings={"lang": None, "projectListCollapse": None, "theme": "DARK"},
    )
    part_time = ("MONDAY", "TUESDAY", "WEDNESDAY")
    invite(
        stage,
        "mia",
        "Mia Plain",
        "Europe/London",
        Terms(hourly_rate=0, capacity=6 * HOUR + 1800, working_days=part_time, managers=[stage["ben"]]),
    )
    invite(stage, "ivan", "Ivan Inactive", "Europe/London", Terms(hourly_rate=7000, status="INACTIVE"))
    invite(stage, "lou", "Lou Limited", "Europe/London", Terms(cost_rate=1500), status="LIMITED", with_settings=False)
    invite(
        stage,
        "pia",
        None,
        "Europe/London",
        Terms(status="PENDING"),
        status="PENDING_EMAIL_VERIFICATION",
        with_settings=False,
    )
    invite(stage, "nils", None, "Europe/London", Terms(status="PENDING"), status="NOT_REGISTERED", with_settings=False)
    invite(stage, "dora", "Dora Declined", "Europe/London", Terms(status="DECLINED"))
    _add_groups(stage)
    _add_user_fields(stage)


def _add_groups(stage: Stage) -> None:
    groups, ids = stage.workspace.user_groups, stage.ids
    stage.add(
        groups,
        "crew",
        user_group,
        "Crew",
        userIds=[ids["lia"], ids["kenji"], ids["mia"]],
        teamManagers=[ids["lia"], ids["ada"]],
    )
    stage.add(groups, "veterans", user_group, "Veterans", userIds=[ids["ivan"], ids["ada"]], teamManagers=[ids["ada"]])
    stage.add(groups, "nobody", user_group, "Nobody yet")
    members = stage.workspace.members
    members[ids["lia"]]["roles"] += [
        {"role": "TEAM_MANAGER", "entityId": ids["crew"], "sourceType": "USER_GROUP"},
        {"role": "TEAM_MANAGER", "entityId": ids["kenji"], "sourceType": None},
    ]


def _add_user_fields(stage: Stage) -> None:
    """One field of every type for people; Kenji has values of every type, Lia has explicit nulls."""
    fields: dict[str, tuple[str, str, CustomFieldFields]] = {
        "shirt": ("T-shirt", "TXT", {"description": "Size as printed", "placeholder": "M"}),
        "floor": ("Floor", "NUMBER", {"workspaceDefaultValue": 2}),
        "team": ("Team", "DROPDOWN_SINGLE", {"allowedValues": ["Red", "Blue"], "workspaceDefaultValue": "Red"}),
        "skills": ("Skills", "DROPDOWN_MULTIPLE", {"allowedValues": ["Wood", "Metal", "Glass"]}),
        "keys": ("Has keys", "CHECKBOX", {"workspaceDefaultValue": False, "onlyAdminCanEdit": True}),
        "page": ("Home page", "LINK", {"status": "INVISIBLE"}),
    }
    for name, (label, kind, more) in fields.items():
        stage.add(stage.workspace.custom_fields, name, custom_field, name=label, type=kind, entityType="USER", **more)
    ids, members = stage.ids, stage.workspace.members
    members[ids["kenji"]]["customFields"] = {
        ids["shirt"]: "L",
        ids["floor"]: 3.5,
        ids["team"]: "Blue",
        ids["skills"]: ["Wood", "Glass"],
        ids["keys"]: True,
        ids["page"]: "https://kenji.example/",
    }
    members[ids["lia"]]["customFields"] = {ids["shirt"]: None, ids["skills"]: []}
    members[ids["mia"]]["customFields"] = {ids["floor"]: 0, ids["keys"]: False, ids["shirt"]: ""}


def add_neighbours(stage: Stage, first: Stage) -> None:
    """The second workspace has another owner; Ada administers it, Kenji is a member of both."""
    for shared in ("ada", "kenji"):
        stage.ids[shared] = first[shared]
    invite(stage, "chloe", "Chloé Propriétaire", "Europe/Paris", Terms(hourly_rate=9500, cost_rate=4200), role="OWNER")
    invite(stage, "dario", "Dario Collega", "Europe/Rome", Terms(hourly_rate=6500, managers=[stage["chloe"]]))
    join(stage, "ada", Terms(hourly_rate=11000), role="WORKSPACE_ADMIN")
    join(stage, "kenji", Terms(hourly_rate=8000, capacity=4 * HOUR))
    stage.add(
        stage.workspace.user_groups,
        "crew",
        user_group,
        "Crew",
        userIds=[stage["dario"], stage["kenji"]],
        teamManagers=[stage["chloe"]],
    )
    stage.workspace.members[stage["dario"]]["costRate"] = rate(3000, "EUR")
