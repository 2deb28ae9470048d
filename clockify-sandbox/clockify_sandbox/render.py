"""Renders stored entities for responses, with derived fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clockify_sandbox.values import duration, rate, timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from clockify_sandbox.shapes.people import Rate, RateName
    from clockify_sandbox.shapes.work import Client, Project, Task
    from clockify_sandbox.world import Entity, TimeEntry, Workspace


def default_currency(workspace: Workspace) -> str:
    """The code of the workspace's default currency."""
    return next(currency["code"] for currency in workspace.record["currencies"] if currency["isDefault"])


def currency_code(workspace: Workspace, currency_id: str | None) -> str:
    """The code of a currency of the workspace, the default one if there is no such id."""
    codes = {currency["id"]: currency["code"] for currency in workspace.record["currencies"]}
    return codes.get(currency_id or "") or default_currency(workspace)


def project_currency(workspace: Workspace, project: Project) -> str:
    """The code of the currency in which a project is billed: its client's."""
    client = workspace.clients.get(project["clientId"])
    return currency_code(workspace, client["currencyId"] if client else None)


def client_of(workspace: Workspace, client: Client) -> Entity:
    """A client in the form of GET and POST; PUT and DELETE omit `currencyCode`."""
    return {**client, "currencyCode": currency_code(workspace, client["currencyId"])}


def project_of(workspace: Workspace, project: Project) -> Entity:
    """A project in the form of responses."""
    client = workspace.clients.get(project["clientId"])
    return {
        **project,
        "clientName": client["name"] if client else "",
        "duration": duration(workspace.time_entries.tracked(project["id"])),
    }


def task_of(workspace: Workspace, task: Task) -> Entity:
    """A task in the form of responses."""
    return {**task, "duration": duration(workspace.time_entries.tracked(task["id"]))}


def billable_rate(workspace: Workspace, entry: TimeEntry) -> Rate | None:
    """The hourly rate at which an entry is billed: its own rate, or the most specific one that applies."""
    return _rate(workspace, entry, entry.hourly_rate, "hourlyRate")


def cost_rate(workspace: Workspace, entry: TimeEntry) -> Rate | None:
    """The hourly cost rate of an entry."""
    return _rate(workspace, entry, entry.cost_rate, "costRate")


def _rate(workspace: Workspace, entry: TimeEntry, own: int | None, name: RateName) -> Rate | None:
    project = workspace.projects.get(entry.project_id or "")
    if own is not None:
        return rate(own, project_currency(workspace, project) if project else default_currency(workspace))
    task = workspace.tasks.get(entry.task_id or "")
    member = workspace.members.get(entry.user_id)
    membership = next((m for m in project["memberships"] if m["userId"] == entry.user_id), None) if project else None
    # From the most to the least specific; a project's rate of zero is the default of new projects, so it is ignored.
    of_project = project[name] if project else None
    for holder in (membership, task, member):
        if holder and (found := holder[name]):
            return found
    return of_project if of_project and of_project["amount"] else workspace.record[name]


def entry_rates(workspace: Workspace) -> Callable[[TimeEntry], tuple[Rate | None, Rate | None]]:
    """Return a function from a time entry to its billable rate and its cost rate.

    Create it once per response: it caches rates that many entries share.
    """
    known: dict[tuple[str, str | None, str | None], tuple[Rate | None, Rate | None]] = {}

    def rates_of(entry: TimeEntry) -> tuple[Rate | None, Rate | None]:
        if entry.hourly_rate is not None or entry.cost_rate is not None:
            return billable_rate(workspace, entry), cost_rate(workspace, entry)
        key = entry.user_id, entry.project_id, entry.task_id
        if key not in known:
            known[key] = billable_rate(workspace, entry), cost_rate(workspace, entry)
        return known[key]

    return rates_of


def time_entry_renderer(workspace: Workspace, *, rates: bool = True) -> Callable[[TimeEntry], Entity]:
    """Return a function that renders time entries of a workspace. Create it once per response.

    Responses to writes omit the rates.
    """
    fields = {field["id"]: field for field in workspace.custom_fields.values()}
    rates_of = entry_rates(workspace)
    workspace_id = workspace.id

    def custom_fields(entry: TimeEntry) -> list[Entity]:
        return [
            {
                "customFieldId": field_id,
                "timeEntryId": entry.id,
                "value": value,
                "name": fields[field_id]["name"],
                "type": fields[field_id]["type"],
            }
            for field_id, value in entry.custom_fields
            if field_id in fields
        ]

    def show(entry: TimeEntry) -> Entity:
        start, end = entry.start, entry.end
        shown: dict[str, Any] = {
            "id": entry.id,
            "description": entry.description,
            "tagIds": entry.tag_ids,
            "userId": entry.user_id,
            "billable": entry.billable,
            "taskId": entry.task_id,
            "projectId": entry.project_id,
            "workspaceId": workspace_id,
            "timeInterval": {
                "start": timestamp(start),
                "end": None if end is None else timestamp(end),
                "duration": None if end is None else duration(end - start),
            },
            "customFieldValues": custom_fields(entry) if entry.custom_fields else [],
            "type": entry.type,
            "kioskId": entry.kiosk_id,
            "isLocked": entry.locked,
        }
        if rates:
            shown["hourlyRate"], shown["costRate"] = rates_of(entry)
        return shown

    return show
