"""Clients, tags, projects, tasks and custom fields of the small workspaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clockify_sandbox.entities import (
    budget_estimate,
    client,
    custom_field,
    membership,
    project,
    rate,
    tag,
    task,
    time_estimate,
)
from clockify_sandbox.workspaces import currency_id

if TYPE_CHECKING:
    from clockify_sandbox.seed.tiny.stage import Stage


def add_work(stage: Stage) -> None:
    """Clients, projects and tasks of the first workspace."""
    _add_clients(stage)
    for name, label, archived in (
        ("urgent", "urgent", False),
        ("remote", "remote", False),
        ("r_and_d", "R&D / Ø", False),
        ("legacy", "legacy", True),
    ):
        stage.add(stage.workspace.tags, name, tag, label, archived=archived)
    _add_projects(stage)
    _add_tasks(stage)
    _add_entry_fields(stage)


def _add_clients(stage: Stage) -> None:
    clients, workspace = stage.workspace.clients, stage.workspace
    stage.add(
        clients,
        "acme",
        client,
        name="Acme",
        email="billing@acme.example",
        address="1 Main Street\nSpringfield",
        note="Pays by cheque.",
        ccEmails=["cfo@acme.example", "assistant@acme.example"],
        currencyId=currency_id(workspace, "USD"),
    )
    stage.add(
        clients,
        "borealis",
        client,
        name="Borealis GmbH",
        email="",
        note="",
        ccEmails=[],
        archived=True,
        currencyId=currency_id(workspace, "EUR"),
    )
    stage.add(clients, "cumulus", client, name="Cumulus", currencyId=currency_id(workspace, "GBP"))
    stage.add(clients, "idle", client, name="Idle & Sons", currencyId=None)


def _add_projects(stage: Stage) -> None:
    """Each project covers a different special case."""
    projects, ids = stage.workspace.projects, stage.ids
    site = stage.add(
        projects,
        "site",
        project,
        name="Website",
        clientId=ids["acme"],
        hourlyRate=rate(9900, "USD"),
        costRate=rate(3300, "USD"),
        color="#8BC34A",
        note="Relaunch",
        estimate={"estimate": "PT120H", "type": "MANUAL"},
        timeEstimate=time_estimate("PT120H", includeNonBillable=False),
    )
    site["memberships"] = [
        membership(site["id"], ids["ada"]),
        membership(site["id"], ids["kenji"], hourlyRate=rate(15000, "USD"), costRate=rate(6000, "USD")),
        membership(site["id"], ids["ivan"], membershipStatus="INACTIVE"),
        *(membership(ids["crew"], ids[name], "USERGROUP") for name in ("lia", "kenji", "mia")),
    ]
    inside = stage.add(projects, "inside", project, name="Internal", billable=False, public=False, color="#9E9E9E")
    inside["memberships"] = [membership(inside["id"], ids[name]) for name in ("ada", "ben", "mia")]
    care = stage.add(
        projects,
        "care",
        project,
        name="Retainer",
        clientId=ids["borealis"],
        hourlyRate=rate(0, "EUR"),
        budgetEstimate=budget_estimate(500_000, resetOption="MONTHLY", includeExpenses=True),
        estimateReset={"interval": "MONTHLY", "dayOfWeek": None, "dayOfMonth": 1, "hour": 8, "month": None},
    )
    care["memberships"] = [membership(care["id"], ids["ada"])]
    old = stage.add(projects, "old", project, name="Old site", clientId=ids["acme"], archived=True, age=500)
    old["memberships"] = [membership(old["id"], ids["ivan"]), membership(old["id"], ids["ada"])]
    stage.add(projects, "template", project, name="Template: onboarding", template=True, public=False)
    twin = stage.add(projects, "twin", project, name="Website", clientId=ids["cumulus"], color="#E91E63")
    twin["memberships"] = [membership(twin["id"], ids["lia"])]
    twin["timeEstimate"] = time_estimate("PT40H", type="AUTO", resetOption="WEEKLY")
    twin["estimateReset"] = {"interval": "WEEKLY", "dayOfWeek": "MONDAY", "dayOfMonth": None, "hour": 0, "month": None}
    stage.workspace.members[ids["kenji"]]["roles"].append(
        {"role": "PROJECT_MANAGER", "entityId": site["id"], "sourceType": None}
    )


def _add_tasks(stage: Stage) -> None:
    tasks, ids = stage.workspace.tasks, stage.ids
    stage.add(
        tasks,
        "design",
        task,
        parent=ids["site"],
        name="Design",
        assigneeIds=[ids["lia"], ids["kenji"]],
        estimate="PT40H",
        hourlyRate=rate(20000, "USD"),
        costRate=rate(7000, "USD"),
        budgetEstimate=400_000,
    )
    stage.add(tasks, "build", task, parent=ids["site"], name="Build", userGroupIds=[ids["crew"]])
    stage.add(tasks, "briefing", task, parent=ids["site"], name="Briefing", status="DONE", billable=False)
    stage.add(tasks, "support", task, parent=ids["care"], name="Support", budgetEstimate=None, estimate="PT1H30M")
    stage.add(tasks, "archive", task, parent=ids["old"], name="Build", status="DONE", age=500)
    stage.add(tasks, "welcome", task, parent=ids["template"], name="Welcome & set-up")


def _add_entry_fields(stage: Stage) -> None:
    """One field of every type for time entries; the project Website overrides the defaults of three."""
    fields, ids = stage.workspace.custom_fields, stage.ids
    on_site = ids["site"]
    stage.add(
        fields,
        "ticket",
        custom_field,
        name="Ticket",
        description="Key in the tracker",
        placeholder="WEB-1",
        projectDefaultValues=[{"projectId": on_site, "value": "WEB-", "status": "VISIBLE"}],
    )
    stage.add(
        fields,
        "km",
        custom_field,
        name="Kilometres",
        type="NUMBER",
        workspaceDefaultValue=0,
        projectDefaultValues=[{"projectId": on_site, "value": None, "status": "INVISIBLE"}],
    )
    stage.add(
        fields,
        "place",
        custom_field,
        name="Place",
        type="DROPDOWN_SINGLE",
        allowedValues=["Home", "Office"],
        workspaceDefaultValue="Office",
        projectDefaultValues=[{"projectId": on_site, "value": "Home", "status": "VISIBLE"}],
        required=True,
    )
    stage.add(
        fields,
        "tools",
        custom_field,
        name="Tools",
        type="DROPDOWN_MULTIPLE",
        allowedValues=["Saw", "Drill", "Plane"],
        workspaceDefaultValue=["Saw"],
        projectDefaultValues=[{"projectId": ids["care"], "value": ["Drill", "Plane"], "status": "VISIBLE"}],
    )
    stage.add(fields, "checked", custom_field, name="Checked", type="CHECKBOX", workspaceDefaultValue=True)
    stage.add(fields, "link", custom_field, name="Link", type="LINK", status="INACTIVE", description="")


def add_second_work(stage: Stage) -> None:
    """The second workspace: a client and a project with the names of the first, in euros."""
    workspace, ids = stage.workspace, stage.ids
    stage.add(workspace.clients, "acme", client, name="Acme", currencyId=currency_id(workspace, "EUR"))
    stage.add(
        workspace.clients,
        "lune",
        client,
        name="Café de la Lune",
        archived=True,
        currencyId=currency_id(workspace, "CHF"),
    )
    stage.add(workspace.tags, "urgent", tag, "urgent")
    stage.add(workspace.tags, "atelier", tag, "atelier", archived=True)
    site = stage.add(
        workspace.projects, "site", project, name="Website", clientId=ids["acme"], hourlyRate=rate(8800, "EUR")
    )
    site["memberships"] = [
        membership(site["id"], ids["chloe"]),
        *(membership(ids["crew"], ids[name], "USERGROUP") for name in ("dario", "kenji")),
    ]
    shop = stage.add(workspace.projects, "shop", project, name="Boutique", clientId=ids["lune"], archived=True)
    shop["memberships"] = [membership(shop["id"], ids["dario"])]
    stage.add(workspace.projects, "inside", project, name="Interne", billable=False)
    stage.add(workspace.tasks, "design", task, parent=ids["site"], name="Design", assigneeIds=[ids["dario"]])
    stage.add(workspace.tasks, "window", task, parent=ids["shop"], name="Vitrine", status="DONE")
    stage.add(workspace.custom_fields, "mood", custom_field, name="Mood", type="NUMBER", workspaceDefaultValue=5)
