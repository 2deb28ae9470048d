"""Rows of another request are noticed, also where the ids stand inside the row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from clockify_client import MalformedAnswerError, endpoints
from clockify_client.belonging import Belonging

from tests.client.stub import Reply, Stub

if TYPE_CHECKING:
    from clockify_client import Client

_ROWS = [{"approvalRequest": {"id": one, "workspaceId": f"w{one}"}, "entries": []} for one in ("1", "2")]


@pytest.mark.parametrize("kind", [dict[str, Any], dict[str, msgspec.Raw]], ids=["decoded", "undecoded"])
def test_the_ids_of_a_nested_object_are_compared(kind: Any) -> None:
    rows = [msgspec.json.decode(msgspec.json.encode(one), type=kind) for one in _ROWS]
    belonging = Belonging(endpoints.APPROVAL_REQUESTS, {"workspaceId": "w1"})
    assert belonging.own(rows) == [row for row in rows if belonging.fits(row)] == rows[:1]


def test_a_list_with_a_nested_object_of_another_workspace_is_refused(stub: Stub, client: Client) -> None:
    stub.answers(Reply(200, _ROWS, {"Last-Page": "true"}))
    with pytest.raises(MalformedAnswerError, match="a row belongs to another request"):
        list(client.rows(endpoints.APPROVAL_REQUESTS, {"workspaceId": "w1", "status": None}))
