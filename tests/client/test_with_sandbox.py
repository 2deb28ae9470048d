"""The client against the sandbox, which was built from the notes about Clockify and not from this client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from clockify_client import (
    BadCredentialsError,
    Client,
    Endpoint,
    FanOut,
    GoneError,
    Hosts,
    NotPermittedError,
    Page,
    Request,
    Settings,
    UnknownWorkspaceError,
    endpoints,
)
from clockify_client.rows import rows_of

if TYPE_CHECKING:
    from collections.abc import Callable

    Sandboxes = Callable[..., Any]

WINDOW = {"start": "2020-01-01T00:00:00Z", "end": "2030-01-01T00:00:00Z"}
LISTS = [
    endpoints.USERS,
    endpoints.USER_GROUPS,
    endpoints.CLIENTS,
    endpoints.PROJECTS,
    endpoints.TAGS,
    endpoints.TIME_ENTRIES_IN_PROGRESS,
    endpoints.CUSTOM_FIELDS,
    endpoints.EXPENSES,
    endpoints.INVOICES,
    endpoints.INVOICES_INFO,
    endpoints.HOLIDAYS,
    endpoints.TIME_OFF_POLICIES,
    endpoints.TIME_OFF_REQUESTS,
    endpoints.APPROVAL_REQUESTS,
    endpoints.ASSIGNMENTS,
    endpoints.USER_CAPACITY,
    endpoints.WEBHOOKS,
    endpoints.SHARED_REPORTS,
]


def connected(world: Any, **more: Any) -> Client:
    given = {"api_key": "sandbox-key", "requests_per_second": 10_000, **more}
    return Client(Settings(hosts=Hosts.of(api_url=world.api_url), **given))


def everything(client: Client, endpoint: Endpoint, ids: dict[str, Any]) -> list[dict[str, Any]]:
    return list(client.rows(endpoint, {**WINDOW, **ids}))


@pytest.mark.parametrize("endpoint", LISTS, ids=lambda endpoint: endpoint.call)
def test_small_pages_hold_what_a_large_one_holds(sandbox: Sandboxes, endpoint: Endpoint) -> None:
    world = sandbox(scale="tiny")
    ids = {"workspaceId": world.workspace_id}
    whole = everything(connected(world), endpoint, ids)
    small = connected(world, page_size=2)
    assert whole
    assert everything(small, endpoint, ids) == whole
    assert (small.statistics.requests > 1) == bool(endpoint.paging and len(whole) > 2)


def test_a_fan_out_reads_every_time_entry(sandbox: Sandboxes) -> None:
    world = sandbox(scale="tiny")
    with FanOut(connected(world, page_size=5)) as fan_out:
        workspaces = fan_out.read(endpoints.WORKSPACES, rank=(0,), consumers=0)
        users = workspaces.branch(
            endpoints.USERS, lambda rows, _: [{"workspaceId": row["id"]} for row in rows], dict, rank=(1,), consumers=0
        )
        entries = users.branch(
            endpoints.TIME_ENTRIES,
            lambda rows, ids: [{**ids, "userId": row["id"]} for row in rows],
            dict,
            rank=(2,),
            consumers=1,
        )
        workspaces.feed([{}], last=True)
        pages = [item for item in entries.items() if isinstance(item, Page)]
        read = [row["id"] for one in pages for row in rows_of(one.endpoint, one.body)]
    there = [row["id"] for row in world.entries_of_members()]
    assert len(read) > 10
    assert sorted(read) == sorted(there)


def test_failures_have_their_meaning(sandbox: Sandboxes) -> None:
    world = sandbox(scale="tiny")
    client, ids = connected(world), {"workspaceId": world.workspace_id}
    with pytest.raises(BadCredentialsError):
        everything(connected(world, api_key="another"), endpoints.WORKSPACES, {})
    with pytest.raises(UnknownWorkspaceError):
        everything(client, endpoints.CLIENTS, {"workspaceId": "0123456789abcdef01234567"})
    with pytest.raises(GoneError):
        everything(client, endpoints.TASKS, {**ids, "projectId": "0123456789abcdef01234567"})
    free = sandbox(scale="tiny", plan="FREE")
    with pytest.raises(NotPermittedError):
        everything(connected(free), endpoints.TIME_OFF_POLICIES, {"workspaceId": free.workspace_id})


def test_what_is_written_can_be_read_back(sandbox: Sandboxes) -> None:
    world = sandbox(scale="tiny")
    client, ids = connected(world), {"workspaceId": world.workspace_id}
    path = "/workspaces/{workspaceId}/tags"
    made = client.call(Request(method="POST", path=path, ids=ids, json={"name": "Überstunden"}))
    assert made in everything(client, endpoints.TAGS, ids)
    client.call(Request(method="DELETE", path=f"{path}/{{tagId}}", ids={**ids, "tagId": made["id"]}))
    assert made["id"] not in {row["id"] for row in everything(client, endpoints.TAGS, ids)}
