"""Which requests are retried, and which never are."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
from clockify_client import (
    AmbiguousWriteError,
    BadCredentialsError,
    Client,
    ClockifyError,
    ClosedError,
    Endpoint,
    GoneError,
    Hosts,
    InvalidRequestError,
    MalformedAnswerError,
    RateLimitedError,
    Request,
    ServerError,
    Settings,
    UnreachableError,
)

from tests.client.stub import Reply, Stub

if TYPE_CHECKING:
    from collections.abc import Callable

    Connect = Callable[..., Client]

ONE = Endpoint("/workspaces/{workspaceId}/holidays")
IDS = {"workspaceId": "w1"}
FINE = Reply(200, [{"id": "h1"}])
PASSING = {
    "429": Reply(429),
    "429 with Retry-After": Reply(429, b"", {"Retry-After": "0"}),
    "429 with a Retry-After of years": Reply(429, b"", {"Retry-After": "1000000000"}),
    "500": Reply(500, {"message": "Internal server error.", "code": 500}),
    "502 with a page": Reply(502, b"<html>bad gateway</html>"),
    "503": Reply(503),
    "reset": Reply(how="reset"),
    "truncated by length": Reply(200, b'[{"id": "h', how="short"),
    "truncated JSON": Reply(200, b'[{"id": "h'),
    "a page": Reply(200, b"<html>log in</html>"),
    "a page with 403": Reply(403, b"<html>blocked</html>"),
    "an empty body": Reply(200, b""),
    "a redirect": Reply(302, b"", {"Location": "/elsewhere"}),
    "a promise": Reply(202, []),
    "a part": Reply(206, [{"id": "h1"}]),
    "a success of another kind": Reply(299, [{"id": "h1"}]),
    "a number of 5,000 digits": Reply(200, b'[{"id": "h1", "n": %s}]' % (b"7" * 5000)),
    "a refusal in broken gzip": Reply(403, b"no", {"Content-Encoding": "gzip"}),
    "broken gzip": Reply(200, b"[]", {"Content-Encoding": "gzip"}),
}


def write(method: str = "POST", **more: Any) -> Request:
    return Request(method=method, path="/workspaces/{workspaceId}/tags", ids=IDS, json={"name": "Ada"}, **more)


# -- reads -------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", PASSING)
def test_a_read_is_retried_after_temporary_failures(stub: Stub, client: Client, how: str) -> None:
    stub.answers(PASSING[how], PASSING[how], FINE)
    assert list(client.rows(ONE, IDS)) == [{"id": "h1"}]
    assert len(stub.seen) == 3
    assert client.statistics.requests == 3
    assert client.statistics.retries == 2
    assert client.statistics.refused == (2 if how.startswith("429") else 0)


def test_a_read_is_retried_after_a_timeout(stub: Stub, connect: Connect) -> None:
    stub.answers(Reply(how="silent"), FINE)
    assert list(connect(timeout_seconds=0.2).rows(ONE, IDS)) == [{"id": "h1"}]


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("429", RateLimitedError),
        ("500", ServerError),
        ("502 with a page", ServerError),
        ("reset", UnreachableError),
        ("truncated by length", UnreachableError),
        ("truncated JSON", MalformedAnswerError),
        ("a page", MalformedAnswerError),
        ("an empty body", MalformedAnswerError),
        ("a redirect", MalformedAnswerError),
    ],
)
def test_an_error_that_persists_is_raised_after_the_last_attempt(
    stub: Stub, client: Client, how: str, error: type[ClockifyError]
) -> None:
    stub.answers(PASSING[how])
    with pytest.raises(error):
        list(client.rows(ONE, IDS))
    assert len(stub.seen) == 6


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(401, {"code": 4003, "message": "Api key does not exist"}), BadCredentialsError),
        (Reply(400, {"code": 501, "message": "Project doesn't belong to Workspace"}), GoneError),
        (Reply(400, {"code": 3001, "message": "missing"}), InvalidRequestError),
        (Reply(404, {"code": 3000, "message": "No static resource"}), InvalidRequestError),
    ],
)
def test_a_definite_answer_is_raised_at_once(stub: Stub, client: Client, reply: Reply, error: type[Exception]) -> None:
    stub.answers(reply)
    with pytest.raises(error):
        list(client.rows(ONE, IDS))
    assert len(stub.seen) == 1


def test_a_read_that_is_a_post_is_a_read(stub: Stub, client: Client) -> None:
    stub.answers(Reply(500), Reply(200, {"requests": [{"id": 1}], "count": 1}))
    endpoint = Endpoint("/requests", method="POST", body={"statuses": ["ALL"]}, rows="requests")
    assert list(client.rows(endpoint, {})) == [{"id": 1}]
    assert client.call(Request(method="GET", path="/user", ids={}, reading=True)) == {
        "requests": [{"id": 1}],
        "count": 1,
    }
    assert [seen.json for seen in stub.seen[:2]] == [{"statuses": ["ALL"]}] * 2


def test_the_error_of_an_unreachable_host_names_the_reason() -> None:
    with socket.socket() as taken:  # bound, not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        client = Client(
            Settings(
                hosts=Hosts.of(api_url=f"http://127.0.0.1:{taken.getsockname()[1]}"),
                api_key="secret-key",
                requests_per_second=1000,
            )
        )
        with pytest.raises(UnreachableError, match=r"check api_url or region, and the network \[no connection\]"):
            list(client.rows(ONE, IDS))
        assert client.statistics.requests == 6


def test_the_error_of_a_timeout_names_the_reason(stub: Stub, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clockify_client.client._TRIES", 1)
    stub.answers(Reply(how="silent"))
    with pytest.raises(UnreachableError, match=r"\[no answer in time\]"):
        list(connect(timeout_seconds=0.1).rows(ONE, IDS))


# -- writes ------------------------------------------------------------------------------------


def test_a_write_that_was_refused_for_its_rate_is_sent_again(stub: Stub, client: Client) -> None:
    stub.answers(Reply(429), Reply(429, b"", {"Retry-After": "0"}), Reply(201, {"id": "t1"}))
    assert client.call(write()) == {"id": "t1"}
    assert [seen.json for seen in stub.seen] == [{"name": "Ada"}] * 3


@pytest.mark.parametrize("how", [one for one in PASSING if not one.startswith(("429", "an empty"))])
def test_a_write_without_a_reliable_response_is_ambiguous_and_sent_once(stub: Stub, client: Client, how: str) -> None:
    stub.answers(PASSING[how])
    with pytest.raises(AmbiguousWriteError, match="may have taken effect"):
        client.call(write())
    assert len(stub.seen) == 1


def test_a_write_that_is_not_answered_in_time_is_ambiguous_and_sent_once(stub: Stub, connect: Connect) -> None:
    stub.answers(Reply(how="silent"))
    with pytest.raises(AmbiguousWriteError, match="no answer in time"):
        connect(timeout_seconds=0.2).call(write())
    assert len(stub.seen) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_an_invalid_write_is_raised_at_once(stub: Stub, client: Client, method: str) -> None:
    stub.answers(Reply(400, {"code": 501, "message": "Tag with name 'Ada' already exists"}))
    with pytest.raises(InvalidRequestError) as raised:
        client.call(write(method))
    assert raised.value.detail == "Tag with name 'Ada' already exists"
    assert "Ada" not in str(raised.value)
    assert len(stub.seen) == 1


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_write_may_have_an_empty_response(stub: Stub, client: Client, status: int) -> None:
    stub.answers(Reply(status, b""))
    assert client.call(write("DELETE")) is None


def test_a_write_that_never_connected_is_sent_again_until_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as host:  # bound, not listening: connections are refused
        host.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{host.getsockname()[1]}"
        client = Client(
            Settings(hosts=Hosts.of(api_url=url), api_key="secret-key", requests_per_second=1000, timeout_seconds=0.2)
        )
        with pytest.raises(UnreachableError):
            client.call(write())
        assert client.statistics.requests == 6
        acquire = client.throttle.acquire

        def acquire_third() -> Any:
            if client.statistics.requests == 8:
                host.listen()
            return acquire()

        monkeypatch.setattr(client.throttle, "acquire", acquire_third)
        with pytest.raises(AmbiguousWriteError):  # connected at last, and never answered
            client.call(write())
        assert client.statistics.requests == 9


# -- the end -----------------------------------------------------------------------------------


def test_nothing_is_sent_after_close(stub: Stub, client: Client) -> None:
    stub.answers(FINE)
    client.close()
    with pytest.raises(ClosedError):
        list(client.rows(ONE, IDS))
    with pytest.raises(ClosedError):
        client.call(write())
    assert stub.seen == []
