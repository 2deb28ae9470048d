"""Every row of the error catalogue; no message contains submitted values."""

from __future__ import annotations

import json
from typing import Any

import clockify_client
import pytest
from clockify_client import (
    BadCredentialsError,
    ClockifyError,
    GoneError,
    InvalidRequestError,
    LockedError,
    MalformedAnswerError,
    NotPermittedError,
    RateLimitedError,
    ServerError,
    UnknownWorkspaceError,
)
from clockify_client.errors import classify
from hypothesis import given
from hypothesis import strategies as st

CALL = "GET /workspaces/{workspaceId}/clients"
HTML = b"<html><body>Request blocked</body></html>"


def body(code: int | None = None, message: str = "") -> bytes:
    return json.dumps({"message": message, **({} if code is None else {"code": code})}).encode()


@pytest.mark.parametrize(
    ("status", "content", "meaning"),
    [
        (401, body(1000, "Multiple or none auth tokens present"), BadCredentialsError),
        (401, body(4003, "Api key does not exist"), BadCredentialsError),
        (401, body(4017, "Token is not valid"), BadCredentialsError),
        (401, b"", BadCredentialsError),
        (401, body(None, "Addon x does not have permission PROJECT_WRITE"), BadCredentialsError),
        (402, b"", NotPermittedError),
        (403, b"", NotPermittedError),
        (403, body(501, "Access Denied"), NotPermittedError),
        (403, body(403, "You don't have permission to perform this action."), NotPermittedError),
        (403, body(1003, "Can't edit locked time entry."), LockedError),
        (403, body(4005, "Can't edit approved time entry."), LockedError),
        (403, body(4030, "Manual time tracking disabled"), LockedError),
        (400, body(501, "Project doesn't belong to Workspace"), InvalidRequestError),
        (404, body(501, "Invoice item type with name X not found."), GoneError),
        (404, b'{"code":404,"message":"NOT FOUND"}', GoneError),
        (404, body(404, "Currently running time entry doesn't exist on workspace"), GoneError),
        (404, b"", UnknownWorkspaceError),
        (404, body(3000, "No static resource v1/nowhere."), InvalidRequestError),
        (404, b'{"timestamp":"2026-08-07","status":404,"error":"Not Found","path":"/v1/x"}', InvalidRequestError),
        (404, b'{"detail":null,"instance":"/v1/x","status":404,"title":"Not Found"}', InvalidRequestError),
        (400, body(501, "must not be null"), InvalidRequestError),
        (400, body(400, "Policy must be archived in order to be deleted"), InvalidRequestError),
        (400, body(3000, "Method parameter 'archived': Failed to convert value"), InvalidRequestError),
        (400, body(3001, "Required request parameter 'start' is not present"), InvalidRequestError),
        (400, body(3002, "JSON parse error"), InvalidRequestError),
        (400, body(4033, "Custom field limit reached"), InvalidRequestError),
        (400, b'{"message":null,"code":"501"}', InvalidRequestError),
        (405, body(3000, "Request method 'GET' is not supported"), InvalidRequestError),
        (405, b'{"code":405,"message":"HTTP 405 Method Not Allowed"}', InvalidRequestError),
        (406, body(3000, "No acceptable representation"), InvalidRequestError),
        (415, body(3000, "Content-Type 'application/json' is not supported"), InvalidRequestError),
        (429, b"", RateLimitedError),
        (429, body(None, "Too many requests"), RateLimitedError),
        (429, HTML, RateLimitedError),
        (500, body(500, "Internal server error."), ServerError),
        (500, body(501, "Project doesn't belong to Workspace"), ServerError),
        (502, HTML, ServerError),
        (503, b"", ServerError),
        (408, b"", ServerError),
        # A proxy or gateway knows nothing about objects, so its responses must not make rows count as deleted.
        (404, HTML, MalformedAnswerError),
        (403, HTML, MalformedAnswerError),
        (400, HTML, MalformedAnswerError),
        (301, b"", MalformedAnswerError),
        (302, HTML, MalformedAnswerError),
    ],
)
def test_a_failure_has_the_meaning_of_its_status_and_code(
    status: int, content: bytes, meaning: type[ClockifyError]
) -> None:
    error = classify(CALL, status, content)
    assert type(error) is meaning
    assert error.status == status
    assert str(error).startswith(f"{CALL}: ")
    assert f"HTTP {status}" in str(error)


@pytest.mark.parametrize("message", ["Project doesn't belong to Workspace", "No pertenece al proyecto", ""])
def test_a_read_that_is_refused_by_its_object_means_the_same_in_every_language(message: str) -> None:
    for status, content in ((400, body(501, message)), (404, body(501, message))):
        assert type(classify(CALL, status, content, reading=True)) is GoneError


@pytest.mark.parametrize("message", ["Addon x does not have permission PROJECT_WRITE", "No accesible para addons"])
def test_an_add_on_may_be_refused_a_route_with_the_status_of_bad_credentials(message: str) -> None:
    assert type(classify(CALL, 401, body(None, message), addon=True)) is NotPermittedError
    assert type(classify(CALL, 401, body(4017, message), addon=True)) is BadCredentialsError
    assert type(classify(CALL, 401, b"", addon=True)) is BadCredentialsError


def test_errors_have_code_and_message_for_the_rejects_file() -> None:
    error = classify(CALL, 400, body(501, "Tag with name 'Ada' already exists"))
    assert (error.code, error.detail) == (501, "Tag with name 'Ada' already exists")
    assert classify(CALL, 400, b'{"message":"x","code":"501"}').code == 501
    assert isinstance(error := classify(CALL, 429, b"", retry_after=7), RateLimitedError)
    assert error.retry_after == 7


@given(
    status=st.integers(300, 599),
    code=st.sampled_from([None, 404, 403, 501, 1000, 1003, 3000, 4003, 4005, 4030]),
    value=st.text(st.characters(codec="utf-8", exclude_characters="'"), min_size=1),
)
def test_no_message_repeats_what_clockify_repeats(status: int, code: int | None, value: str) -> None:
    value = f"~{value}~"
    for pattern in ("Client with name '{}' already exists", "{} doesn't belong to Workspace", "{} permission"):
        error = classify(CALL, status, body(code, pattern.format(value)))
        assert value not in str(error)
        assert value not in repr(error)


@given(st.integers(300, 599), st.binary(max_size=40))
def test_any_response_can_be_classified(status: int, content: bytes) -> None:
    assert isinstance(classify(CALL, status, content), ClockifyError)


def test_what_to_do_is_part_of_the_message() -> None:
    assert "set requests_per_hour" in str(classify(CALL, 429, b""))
    assert "check api_key or addon_token" in str(classify(CALL, 401, b""))
    assert "check workspace_ids, and the region" in str(classify(CALL, 404, b""))
    assert "a locked period" in str(classify(CALL, 403, body(1003)))
    assert "no proxy answers in its place" in str(classify(CALL, 404, HTML))


def test_every_error_of_the_family_is_public() -> None:
    def family(kind: type[Any]) -> set[str]:
        return {kind.__name__}.union(*(family(one) for one in kind.__subclasses__()))

    assert family(ClockifyError) <= set(clockify_client.__all__)
