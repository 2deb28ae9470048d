"""Every paging style over real HTTP: the requests, the end of lists, and smaller pages."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from clockify_client import (
    Endpoint,
    FanOut,
    GoneError,
    InvalidRequestError,
    MalformedAnswerError,
    Paging,
    Refusal,
    ServerError,
    endpoints,
)
from clockify_client.endpoint import (
    ATTENDANCE_REPORT,
    AUDIT_LOG,
    BODY,
    CAMEL,
    DELIVERIES,
    DETAILED_REPORT,
    ENTITY_FEED,
    KEBAB,
)
from clockify_client.paging import Walk
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.client.stub import Reply, Seen, Stub

if TYPE_CHECKING:
    from collections.abc import Callable

    from clockify_client import Client

    Connect = Callable[..., Client]

STYLES = {
    "kebab": (KEBAB, "page", "page-size", 1),
    "camel": (CAMEL, "page", "pageSize", 1),
    "body": (BODY, "page", "pageSize", 1),
    "detailed": (DETAILED_REPORT, "detailedFilter.page", "detailedFilter.pageSize", 1),
    "attendance": (ATTENDANCE_REPORT, "attendanceFilter.page", "attendanceFilter.pageSize", 1),
    "audit log": (AUDIT_LOG, "page", "page-size", 1),
    "deliveries": (DELIVERIES, "page", "size", 0),
    "entity feed": (ENTITY_FEED, "page", "limit", 0),
}
LIST = Endpoint("/list", KEBAB, page_size=200)


def numbers(seen: Seen, paging: Paging) -> tuple[int, int]:
    """Return the page number and size that a request asks for."""

    def at(dotted: str) -> int:
        if not paging.in_body:
            (value,) = seen.query[dotted]
            return int(value)
        found: Any = seen.json
        for name in dotted.split("."):
            found = found[name]
        assert isinstance(found, int)
        return found

    return at(paging.page), at(paging.size)


class Listing:
    """A list with a number of rows, served as Clockify does."""

    def __init__(
        self, rows: int, endpoint: Endpoint = LIST, *, header: bool = True, total: bool = False, most: int = 10_000
    ) -> None:
        assert endpoint.paging is not None
        self.rows = [{"id": number} for number in range(rows)]
        self.endpoint, self.paging = endpoint, endpoint.paging
        self.header, self.total, self.most = header, total, most

    def __call__(self, seen: Seen) -> Reply:
        number, size = numbers(seen, self.paging)
        if size > self.most:
            return Reply(400, {"message": f"must be less than or equal to {self.most}", "code": 501})
        start = (number - self.paging.first) * size
        page: Any = self.rows[start : start + size]
        name, last = self.paging.more
        ended = start + size >= len(self.rows)
        other = {"true": "false", "false": "true"}[last]
        headers = {name: last if ended else other} if self.header else {}
        if self.endpoint.rows:
            page = {self.endpoint.rows: page, **({self.endpoint.total: len(self.rows)} if self.total else {})}
        return Reply(200, page, headers)


def ids(client: Client, endpoint: Endpoint = LIST) -> list[int]:
    return [row["id"] for row in client.rows(endpoint, {})]


@pytest.mark.parametrize("style", STYLES)
def test_every_paging_style_uses_its_own_names_and_first_page(stub: Stub, client: Client, style: str) -> None:
    paging, page, size, first = STYLES[style]
    assert (paging.page, paging.size, paging.first) == (page, size, first)
    method = "POST" if paging.in_body else "GET"
    body = {"start": "s", "detailedFilter": {"options": {"totals": "EXCLUDE"}}} if paging.in_body else None
    endpoint = Endpoint("/list", paging, page_size=100, method=method, params={"kind": "all"}, body=body)
    stub.decides(Listing(250, endpoint))
    assert ids(client, endpoint) == list(range(250))
    assert [numbers(seen, paging) for seen in stub.seen] == [(first, 100), (first + 1, 100), (first + 2, 100)]
    for seen in stub.seen:
        assert seen.method == method
        assert seen.query["kind"] == ["all"]
        if paging.in_body:
            assert seen.json["start"] == "s"
            assert seen.json["detailedFilter"]["options"] == {"totals": "EXCLUDE"}
            assert seen.headers["Content-Type"] == "application/json"
            assert set(seen.query) == {"kind"}
        else:
            assert seen.body == b""


def test_an_unpaged_list_is_requested_once_without_page_parameters(stub: Stub, client: Client) -> None:
    stub.answers(Reply(200, [{"id": number} for number in range(50)]))
    assert ids(client, Endpoint("/list", page_size=50)) == list(range(50))
    assert [seen.query for seen in stub.seen] == [{}]


def test_ids_fill_path_parameters_and_body(stub: Stub, client: Client) -> None:
    stub.answers(Reply(200, {"groupOne": []}))
    given_ids: dict[str, Any] = {
        "workspaceId": "w1",
        "start": "a",
        "end": "b",
        "amountShown": "COST",
        "groups": ["USER", "PROJECT"],
    }
    given_ids |= {"timeZone": None, "rounding": True}
    assert list(client.rows(endpoints.REPORT_SUMMARY, given_ids)) == []
    (seen,) = stub.seen
    assert seen.path == "/report/v1/workspaces/w1/reports/summary"
    assert seen.json["summaryFilter"] == {"groups": ["USER", "PROJECT"]}
    assert (seen.json["dateRangeStart"], seen.json["amountShown"]) == ("a", "COST")
    assert seen.json["rounding"] is True
    assert "timeZone" not in seen.json, "what has no value is left out"


# -- when to stop ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "told_by", "asked"),
    [
        (0, "header", 1),
        (0, "nothing", 1),
        (0, "total", 1),
        (199, "header", 1),
        (199, "nothing", 2),
        (199, "total", 2),
        (200, "header", 1),
        (200, "nothing", 2),
        (200, "total", 2),
        (401, "header", 3),
        (401, "nothing", 4),
        (400, "total", 3),
    ],
)
def test_a_walk_ends_where_the_list_ends(stub: Stub, client: Client, rows: int, told_by: str, asked: int) -> None:
    endpoint = Endpoint("/list", KEBAB, page_size=200)
    if told_by == "total":
        endpoint = Endpoint("/list", KEBAB, page_size=200, rows="rows", total="count")
    stub.decides(Listing(rows, endpoint, header=told_by == "header", total=told_by == "total"))
    assert ids(client, endpoint) == list(range(rows))
    assert len(stub.seen) == asked


@pytest.mark.parametrize("more", ["Last-Page", "last-page"])
def test_a_full_page_whose_header_says_last_is_the_last(stub: Stub, client: Client, more: str) -> None:
    stub.answers(Reply(200, [{"id": number} for number in range(200)], {more: "True"}))
    assert len(ids(client)) == 200
    assert len(stub.seen) == 1


def test_a_short_page_whose_header_says_more_is_not_the_last(stub: Stub, client: Client) -> None:
    more, last = {"Last-Page": "false"}, {"Last-Page": "true"}
    stub.answers(Reply(200, [{"id": 0}], more), Reply(200, [{"id": 1}], more), Reply(200, [{"id": 2}], last))
    assert ids(client) == [0, 1, 2]


def test_an_empty_page_that_is_not_the_last_makes_the_list_incomplete(stub: Stub, client: Client) -> None:
    stub.answers(Reply(200, b"[]", {"Last-Page": "false"}))
    with pytest.raises(MalformedAnswerError, match="an empty page says that more rows follow"):
        ids(client)
    assert len(stub.seen) == 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.integers(0, 450),
    cap=st.sampled_from([1, 3, 7, 50, 199, 200, 1000]),
    header=st.booleans(),
    total=st.sampled_from(["all", "page", "none"]),
)
def test_smaller_pages_than_requested_lose_no_row(  # noqa: PLR0913
    stub: Stub, client: Client, *, rows: int, cap: int, header: bool, total: str
) -> None:
    assume(rows / cap < 60)
    endpoint = Endpoint("/list", KEBAB, page_size=200, rows="rows", total="count")

    def answer(seen: Seen) -> Reply:
        number, size = numbers(seen, KEBAB)
        size = min(size, cap)
        here = [{"id": one} for one in range(rows)][(number - 1) * size : number * size]
        stated = {"all": {"count": rows}, "page": {"count": len(here)}, "none": {}}[total]
        return Reply(200, {"rows": here, **stated}, {"Last-Page": str(number * size >= rows).lower()} if header else {})

    stub.decides(answer)
    assert ids(client, endpoint) == list(range(rows))


@pytest.mark.parametrize("headers", [{}, {"Last-Page": "true"}])
def test_fewer_rows_than_the_total_make_the_list_incomplete(
    stub: Stub, client: Client, headers: dict[str, str]
) -> None:
    endpoint = Endpoint("/list", KEBAB, page_size=200, rows="rows", total="count")
    stub.answers(
        Reply(200, {"rows": [{"id": 1}, {"id": 2}], "count": 9}, headers), Reply(200, {"rows": [], "count": 9}, headers)
    )
    with pytest.raises(MalformedAnswerError, match="2 rows came where the list says 9"):
        ids(client, endpoint)


def test_a_total_of_the_empty_page_at_the_end_tells_nothing(stub: Stub, client: Client) -> None:
    """An endpoint may count there what follows."""
    endpoint = Endpoint("/list", KEBAB, page_size=2, rows="rows", total="count")
    pages = [[1, 2], [3], []]
    stub.answers(*(Reply(200, {"rows": [{"id": n} for n in page], "count": 3 if page else 0}) for page in pages))
    assert ids(client, endpoint) == [1, 2, 3]
    assert len(stub.seen) == len(pages)


def test_a_total_that_falls_makes_the_list_incomplete(stub: Stub, client: Client) -> None:
    endpoint = Endpoint("/list", KEBAB, page_size=2, rows="rows", total="count")
    pages = [([1, 2], 4), ([4], 3), ([], 3)]
    stub.answers(*(Reply(200, {"rows": [{"id": n} for n in page], "count": total}) for page, total in pages))
    with pytest.raises(MalformedAnswerError, match="it had 4 rows and then 3"):
        ids(client, endpoint)


@pytest.mark.parametrize("headers", [{}, {"Last-Page": "false"}])
def test_a_list_that_repeats_its_page_ends_as_incomplete(stub: Stub, client: Client, headers: dict[str, str]) -> None:
    stub.answers(Reply(200, [{"id": number} for number in range(200)], headers))
    rows = client.rows(LIST, {})
    assert [next(rows)["id"] for _ in range(200)] == list(range(200))
    with pytest.raises(MalformedAnswerError, match="the same page came twice"):
        next(rows)
    assert len(stub.seen) == 2


@pytest.mark.parametrize("period", [1, 3], ids=["one page", "three pages"])
@pytest.mark.parametrize("identity", ["id", ""], ids=["by id", "by the whole row"])
def test_a_repeated_page_with_changed_values_ends_the_list(
    stub: Stub, client: Client, period: int, identity: str
) -> None:
    """A changing timestamp or counter in a row does not make it a different row."""

    def answer(request: Seen) -> Reply:
        start = int(request.query["page"][0]) % period * 200
        read = {} if not identity else {"read": len(stub.seen)}
        return Reply(200, [{"id": f"{number}", **read} for number in range(start, start + 200)], {"Last-Page": "false"})

    stub.decides(answer)
    with pytest.raises(MalformedAnswerError, match="the same page came twice"):
        list(client.rows(replace(LIST, identity=identity), {}))
    assert len(stub.seen) <= 2 * period + 2
    with closing(FanOut(client)) as fan_out:
        reading = fan_out.read(replace(LIST, identity=identity), rank=(0,), consumers=1)
        reading.feed([{}], last=True)
        *pages, end = reading.items()
    assert isinstance(end, Refusal)
    assert end.error.reason == "the same page came twice"
    assert len(pages) <= 2 * period + 2


# -- smaller pages -----------------------------------------------------------------------------


def test_the_page_size_is_the_maximum_or_the_setting(stub: Stub, connect: Connect) -> None:
    stub.decides(Listing(10))
    for setting, asked in ((None, 200), (50, 50), (1000, 200), (1, 1)):
        list(connect(page_size=setting).rows(LIST, {}))
        assert numbers(stub.seen[-1], KEBAB)[1] == asked


@pytest.mark.parametrize("most", [3000, 1000, 200, 70, 50])
@pytest.mark.parametrize("says", ["El valor supera el máximo", "", "page size must be at most 50"])
def test_a_refused_size_is_made_smaller_and_remembered(stub: Stub, client: Client, most: int, says: str) -> None:
    endpoint = Endpoint("/list", KEBAB)
    listing = Listing(450, endpoint, most=most)

    def answer(seen: Seen) -> Reply:
        reply = listing(seen)
        return Reply(400, {"message": says, "code": 501}) if reply.status == 400 else reply

    stub.decides(answer)
    assert ids(client, endpoint) == list(range(450))
    found = numbers(stub.seen[-1], KEBAB)[1]
    assert found <= most
    before = len(stub.seen)
    assert ids(client, endpoint) == list(range(450))
    assert {numbers(seen, KEBAB)[1] for seen in stub.seen[before:]} == {found}


@pytest.mark.parametrize("code", [400, 501, 3000])
def test_a_refusal_independent_of_the_page_size_is_raised(stub: Stub, client: Client, code: int) -> None:
    stub.answers(Reply(400, {"message": "page must not be null", "code": code}))
    with pytest.raises((GoneError, InvalidRequestError)) as raised:
        ids(client)
    assert raised.value.code == code
    assert [numbers(seen, KEBAB)[1] for seen in stub.seen] == [200, 50]
    stub.decides(Listing(1))
    assert ids(client) == [0]
    assert numbers(stub.seen[-1], KEBAB)[1] == 200


@pytest.mark.parametrize("heavy", [Reply(500), Reply(503, b"<html>"), Reply(504), Reply(how="silent")])
@pytest.mark.parametrize("bad_page", [1, 2, 3])
def test_a_slow_page_is_split_without_lost_or_repeated_rows(
    stub: Stub, connect: Connect, heavy: Reply, bad_page: int
) -> None:
    whole = Listing(950)
    stub.decides(lambda seen: heavy if numbers(seen, KEBAB) == (bad_page, 200) else whole(seen))
    client = connect(timeout_seconds=0.2 if heavy.how == "silent" else 20)
    assert ids(client) == list(range(950))
    assert numbers(stub.seen[-1], KEBAB)[1] == 100
    assert ids(client) == list(range(950))
    before = len(stub.seen) // 2
    assert numbers(stub.seen[before], KEBAB)[1] == 200, "only a rejected size is remembered"


def test_a_broken_connection_does_not_reduce_the_page_size(stub: Stub, client: Client) -> None:
    whole = Listing(10)
    broken = [Reply(how="reset"), Reply(200, b"<html>"), Reply(429), Reply(200, b"[{", how="short")]
    stub.decides(lambda seen: broken.pop() if broken else whole(seen))
    assert ids(client) == list(range(10))
    assert [numbers(seen, KEBAB)[1] for seen in stub.seen] == [200] * 5


def test_no_page_is_made_smaller_than_the_default(stub: Stub, client: Client) -> None:
    stub.answers(Reply(500))
    with pytest.raises(ServerError):
        ids(client)
    assert [numbers(seen, KEBAB)[1] for seen in stub.seen] == [200, 100, 50, 50, 50, 50]


@given(number=st.integers(0, 40), size=st.integers(1, 5000))
def test_smaller_pages_continue_at_the_same_row(number: int, size: int) -> None:
    walk = Walk(number, size)
    while True:
        before = walk.size
        if not walk.shrink():
            break
        assert walk.size < before
        assert walk.number * walk.size == number * size
    assert walk.size * walk.number == number * size
    assert walk.size <= 50 or number


def test_json_is_passed_on_unchanged(stub: Stub, client: Client) -> None:
    body = b'[{"n": 1.10, "big": 123456789012345678901234567890, "text": "\\u00e4"}]'
    stub.answers(Reply(200, body))
    assert client.page(Endpoint("/list"), {}).packed.body == body
    assert json.loads(body)[0]["big"] == next(client.rows(Endpoint("/list", identity=""), {}))["big"]
