from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from clockify_client import Endpoint, MalformedAnswerError
from clockify_client.rows import counted_rows_of, rows_of

ROWS = [{"id": "a", "n": 1}, {"id": "b", "n": None}]
PLAIN = Endpoint("/x")
SINGLE = Endpoint("/x", single=True)
WRAPPED = Endpoint("/x", rows="requests", total="count")
NESTED = Endpoint("/x", rows="expenses.expenses", total="expenses.count")


@pytest.mark.parametrize(
    ("endpoint", "answer", "rows", "total"),
    [
        (PLAIN, ROWS, ROWS, None),
        (PLAIN, [], [], None),
        (SINGLE, ROWS[0], ROWS[:1], None),
        (SINGLE, {}, [{}], None),
        (WRAPPED, {"count": 9, "requests": ROWS}, ROWS, 9),
        (WRAPPED, {"requests": ROWS}, ROWS, None),
        (WRAPPED, {"requests": None, "count": 0}, [], 0),
        (Endpoint("/x", rows="webhooks"), {"workspaceWebhookCount": 2, "webhooks": ROWS}, ROWS, None),
        (NESTED, {"expenses": {"expenses": ROWS, "count": 5}, "weeklyTotals": []}, ROWS, 5),
        (NESTED, {"expenses": {"expenses": []}}, [], None),
    ],
)
def test_rows_are_found_in_every_envelope(endpoint: Endpoint, answer: Any, rows: list[Any], total: int | None) -> None:
    for body in (json.dumps(answer).encode(), b" \n" + json.dumps(answer, indent=1).encode()):
        assert counted_rows_of(endpoint, body) == (rows, total)
        assert rows_of(endpoint, body) == rows


def test_rows_have_the_requested_type() -> None:
    class Row(msgspec.Struct):
        id: str

    body = json.dumps(ROWS).encode()
    assert [row.id for row in rows_of(PLAIN, body, Row)] == ["a", "b"]
    assert [bytes(row["n"]) for row in rows_of(PLAIN, body, dict[str, msgspec.Raw])] == [b"1", b"null"]
    assert [bytes(row) for row in rows_of(PLAIN, b'[{"n": 1.10}]', msgspec.Raw)] == [b'{"n": 1.10}']


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        (PLAIN, b""),
        (PLAIN, b"[{"),
        (PLAIN, b"<html>"),
        (PLAIN, b'"text"'),
        (PLAIN, b"[1, 2]"),
        (PLAIN, b"{}"),
        (PLAIN, b'{"message": "maintenance"}'),
        (SINGLE, b""),
        (SINGLE, b"[]"),
        (SINGLE, b'[{"id": "a"}]'),
        (WRAPPED, b""),
        (WRAPPED, b"[]"),
        (WRAPPED, b"{}"),
        (WRAPPED, b'{"requests": {}}'),
        (WRAPPED, b'{"requests": null}'),
        (WRAPPED, b'{"requests": null, "count": 2}'),
        (NESTED, b'{"expenses": null}'),
        (WRAPPED, b'{"message": "maintenance"}'),
        (NESTED, b'{"expenses": {"count": 0}}'),
        (NESTED, b'{"expenses": []}'),
    ],
)
def test_an_unexpected_shape_is_an_error_not_an_empty_list(endpoint: Endpoint, body: bytes) -> None:
    with pytest.raises(MalformedAnswerError, match="GET /x"):
        rows_of(endpoint, body)
