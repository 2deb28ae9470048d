"""A response to another request, from a proxy or cache that mixes them up, is reported and prevents activation."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.proxy import Exchange

    Runs = Callable[..., Any]
    Sandboxes = Callable[..., Any]

_OWN = "/api/v1/workspaces/*"


def _of_another(origin: Any, path: str, table: str) -> str:
    """Return the same request for another workspace or another parent."""
    parts = path.partition("?")[0].split("/")
    workspace, parent = parts[4], parts[-1 if parts[-2] == table else -2]
    if not table:
        return path.replace(workspace, next(one for one in origin.workspace_ids if one != workspace))
    tables = next(one for one in origin.dump()["workspaces"] if one["id"] == workspace)
    ids = {
        "projects": [task["projectId"] for task in tables["tasks"]],
        "members": [entry["userId"] for entry in tables["time_entries"]],
        "invoices": [invoice["id"] for invoice in tables["invoices"]],
    }[table]
    return path.replace(parent, next(one for one in ids if one != parent))


@pytest.mark.parametrize(
    ("path", "table", "streams"),
    [
        ("/clients", "", ["clients"]),
        ("/projects", "", ["projects"]),
        ("/projects", "", ["tasks"]),
        ("/users", "", ["users"]),
        ("/users", "", ["memberships", "user_roles"]),
        ("/user-groups", "", ["user_group_members"]),
        ("/approval-requests", "", ["approval_requests"]),
        ("/projects/*/tasks", "projects", ["tasks"]),
        ("/user/*/time-entries", "members", ["time_entries", "time_entry_tags"]),
        ("/invoices/*", "invoices", ["invoice_items"]),
    ],
)
def test_rows_of_another_request_are_not_taken(
    sandbox: Sandboxes, run_tap: Runs, path: str, table: str, streams: list[str]
) -> None:
    origin = sandbox("tiny").origin

    struck: list[str] = []

    def act(exchange: Exchange) -> None:
        struck.append(exchange.path)
        if exchange.path == struck[0]:
            exchange.path = _of_another(origin, exchange.path, table)
        exchange.send(exchange.answered(exchange))

    with Proxy(str(origin)) as proxy:
        clean = run_tap(proxy.origin, streams=streams)
        proxy.begin(act, lambda name, _: name == f"GET {_OWN}{path}")
        run = run_tap(proxy.origin, streams=streams)
        assert struck
    assert (clean.code, clean.activated) == (0, set(streams)), clean.log
    assert (run.code, run.activated) == (1, set()), run.log
    assert "belong to another request" in run.log
    for stream in streams:
        known = [json.dumps(one, sort_keys=True) for one in clean.records[stream]]
        assert all(json.dumps(one, sort_keys=True) in known for one in run.records[stream])


def test_a_row_that_is_deleted_between_two_pages_hides_none(sandbox: Sandboxes, run_tap: Runs) -> None:
    """The first row of the second page moves to the first page, which was read before."""
    origin = sandbox("tiny").origin
    workspace, read = origin.workspace_ids[0], list[str]()

    def act(exchange: Exchange) -> None:
        if "page=2" in exchange.path:
            path = f"/api/v1/workspaces/{workspace}/expenses/{read[0]}"
            assert exchange.answered(replace(exchange, method="DELETE", path=path)).status == 200
        answer = exchange.answered(exchange)
        body = gzip.decompress(answer.body) if answer.body[:2] == b"\x1f\x8b" else answer.body
        read.extend(row["id"] for row in json.loads(body)["expenses"]["expenses"])
        exchange.send(answer)

    with Proxy(str(origin)) as proxy:
        proxy.begin(act, lambda name, _: name == f"GET {_OWN}/expenses")
        run = run_tap(proxy.origin, streams=["expenses"], page_size=2, workspace_ids=[workspace])
    assert (run.code, run.activated) == (1, set()), run.log
    assert "so a row between two pages may be missing" in run.log
