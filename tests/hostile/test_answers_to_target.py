"""Malformed responses to the target: nothing is written, and one line names the request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.hostile.answers import Gateway

if TYPE_CHECKING:
    from collections.abc import Iterator

_LISTS = {
    "no UTF-8 in an id": b'[{"id": "\xff", "name": "a"}]',
    "no UTF-8 in a name": b'[{"id": "6ad88618f252e6b438000001", "name": "\xff"}]',
    "no id": b'[{"name": "a"}]',
    "null for an id": b'[{"id": null, "name": "a"}]',
    "an error among rows": b'[{"error": "busy"}]',
    "an object": b"{}",
    "null": b"null",
    "100,000 levels": b"[" * 100_000 + b"]" * 100_000,
}


@pytest.fixture
def gateway(empty: Any) -> Iterator[Gateway]:
    one = Gateway(str(empty.origin))
    yield one
    one.close()


@pytest.mark.parametrize("body", _LISTS.values(), ids=_LISTS)
def test_a_malformed_list_causes_no_writes(target: Any, singer: Any, gateway: Gateway, body: bytes) -> None:
    gateway.spoil("GET /api/v1/workspaces/{id}/tags", lambda _status, _body: (200, body))
    messages = [singer.schema("tags"), singer.record("tags", id=1, name="a"), singer.state(x=1)]
    result = target(messages, api_url=f"{gateway.origin}/api/v1")
    assert (result.code, result.states, target.tables()["tags"]) == (1, [], []), result.log
    assert "GET /workspaces/{workspaceId}/tags: the answer is not what the Clockify API sends" in result.log
    assert "Traceback" not in result.log


@pytest.mark.parametrize("body", [b"{}", b"[]", b'"busy"', b"null", b'{"id": "\xff"}'], ids=repr)
def test_malformed_details_cause_no_writes(target: Any, singer: Any, gateway: Gateway, body: bytes) -> None:
    client = target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})["id"]
    dates = {"issuedDate": "2026-01-05T00:00:00Z", "dueDate": "2026-02-05T00:00:00Z"}
    invoice = {"number": "1", "clientId": client, "currency": "USD", **dates}
    made = target.box.ok("POST", "/workspaces/{ws}/invoices", invoice)["id"]
    before = target.tables()["invoices"]
    gateway.spoil("GET /api/v1/workspaces/{id}/invoices/{id}", lambda _status, _body: (200, body))
    messages = [singer.schema("invoices"), singer.record("invoices", id=made, note="new"), singer.state(x=1)]
    result = target(messages, api_url=f"{gateway.origin}/api/v1")
    assert result.code == 1, result.log
    assert target.tables()["invoices"] == before
    assert "Traceback" not in result.log
