"""Clients."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from msgspec import Meta

from clockify_sandbox import messages
from clockify_sandbox.answers import Answer
from clockify_sandbox.binding import Body, Query
from clockify_sandbox.call import Call
from clockify_sandbox.errors import invalid, not_in
from clockify_sandbox.kinds import CLIENT, PROJECT, TASK
from clockify_sandbox.lists import by_name, in_order, is_or_any, matches
from clockify_sandbox.paging import KEBAB
from clockify_sandbox.permissions import require_creator
from clockify_sandbox.render import client_of
from clockify_sandbox.routing import Routes
from clockify_sandbox.shapes.work import Client, ClientFields
from clockify_sandbox.world import Entity

routes = Routes(scope="CLIENT")

_MAX_CC = 3
_Text = Annotated[str, Meta(max_length=3000)]
_ORDER: dict[str, Callable[[Client], Any]] = {
    "NAME": by_name,
    "EMAIL": lambda client: (client["email"] or "", client["id"]),
    "NOTE": lambda client: (client["note"] or "", client["id"]),
}


class ClientQuery(Query):
    """Filters and order of the list."""

    name: str | None = None
    archived: bool | None = None
    address: str | None = None
    note: str | None = None
    sort_column: Literal["NAME", "EMAIL", "NOTE"] | None = None
    sort_order: Literal["ASCENDING", "DESCENDING"] | None = None


class NewClient(Body):
    """The body of a create; other fields are ignored without an error."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    email: str | None = None
    address: _Text | None = None
    note: _Text | None = None


class ClientChange(NewClient):
    """The body of an update. Missing fields are cleared, except for the currency."""

    archived: bool = False
    cc_emails: list[str] | None = None
    currency_id: str | None = None


class ClientChangeQuery(Query):
    """The effect of archiving a client on its projects."""

    archive_projects: bool = False
    mark_tasks_as_done: bool = False


@routes.get("/workspaces/{ws}/clients", paging=KEBAB)
def list_clients(call: Call, query: ClientQuery) -> Answer:
    """All clients, including archived ones unless the query excludes them."""
    found = [
        client
        for client in call.workspace.clients.values()
        if matches(client["name"], query.name)
        and matches(client["address"], query.address)
        and matches(client["note"], query.note)
        and is_or_any(client["archived"], query.archived)
    ]
    rows = in_order(found, _ORDER, query.sort_column, query.sort_order, "NAME")
    return call.page(rows, lambda row: client_of(call.workspace, row), total_header="total-count")


@routes.post("/workspaces/{ws}/clients", status=201)
def create_client(call: Call, body: NewClient) -> Entity:
    """A new client in the default currency."""
    require_creator(call, "whoCanCreateProjectsAndClients")
    call.require_free_name(CLIENT, body.name, call.workspace.clients.values())
    default = next(currency for currency in call.workspace.record["currencies"] if currency["isDefault"])
    client: Client = {
        "id": call.new_id(),
        "name": body.name,
        "email": body.email,
        "workspaceId": call.workspace.id,
        "archived": False,
        "address": body.address,
        "note": body.note,
        "ccEmails": None,
        "currencyId": default["id"],
    }
    return client_of(call.workspace, call.insert(CLIENT, client))


@routes.get("/workspaces/{ws}/clients/{clientId}")
def get_client(call: Call) -> Entity:
    """One client."""
    return client_of(call.workspace, call.named(CLIENT, "clientId"))


@routes.put("/workspaces/{ws}/clients/{clientId}")
def update_client(call: Call, query: ClientChangeQuery, body: ClientChange) -> Client:
    """Replace a client; archive its projects with it if the query says so."""
    require_creator(call, "whoCanCreateProjectsAndClients")
    client = call.named(CLIENT, "clientId")
    call.require_free_name(CLIENT, body.name, call.workspace.clients.values(), client["id"])
    if body.cc_emails and len(body.cc_emails) > _MAX_CC:
        raise invalid(messages.CC_EMAILS(limit=3))
    if body.currency_id and body.currency_id not in {item["id"] for item in call.workspace.record["currencies"]}:
        raise not_in(messages.CURRENCY)
    changes: ClientFields = {
        "name": body.name,
        "email": body.email,
        "archived": body.archived,
        "address": body.address,
        "note": body.note,
        "ccEmails": body.cc_emails,
        "currencyId": body.currency_id or client["currencyId"],
    }
    call.of(CLIENT).update(client, changes)
    if body.archived and query.archive_projects:
        _archive_projects(call, client, mark_done=query.mark_tasks_as_done)
    return client


@routes.delete("/workspaces/{ws}/clients/{clientId}")
def delete_client(call: Call) -> Client:
    """Delete an archived client; its projects lose it."""
    require_creator(call, "whoCanCreateProjectsAndClients")
    client = call.named(CLIENT, "clientId")
    if not client["archived"]:
        raise invalid(messages.ACTIVE_CLIENT)
    for project in call.workspace.projects.values():
        if project["clientId"] == client["id"]:
            project["clientId"] = ""
    return call.remove(CLIENT, client)


def _archive_projects(call: Call, client: Client, *, mark_done: bool) -> None:
    projects = [project for project in call.workspace.projects.values() if project["clientId"] == client["id"]]
    for project in projects:
        call.of(PROJECT).update(project, {"archived": True})
        for task in call.workspace.tasks_of(project["id"]) if mark_done else ():
            call.of(TASK).update(task, {"status": "DONE"})
