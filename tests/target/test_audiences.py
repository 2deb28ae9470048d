"""The audience of a holiday or a policy, given by a filter that Clockify itself resolves."""

from __future__ import annotations

from typing import Any

import pytest

_PERIOD = {"startDate": "2026-05-01", "endDate": "2026-05-01"}
_ROWS: dict[str, dict[str, Any]] = {
    "holidays": {"name": "May Day", "datePeriod": _PERIOD},
    "time_off_policies": {"name": "Rest", "approve": {"requiresApproval": False}},
}


@pytest.fixture
def people(target: Any) -> dict[str, str]:
    """Ids of the members, by the first part of their e-mail address."""
    for name in ("ann", "bob", "cid"):
        target.box.ok("POST", "/workspaces/{ws}/users?send-email=false", {"email": f"{name}@acme.example"})
    users = target.box.ok("GET", "/workspaces/{ws}/users?page-size=50")
    return {user["email"].partition("@")[0]: user["id"] for user in users}


@pytest.mark.parametrize("stream", _ROWS)
def test_a_filter_is_written_for_each_new_row_and_no_other(
    target: Any, singer: Any, people: dict[str, str], stream: str
) -> None:
    def sent(contains: str, status: str = "ALL", *names: str) -> Any:
        ids = [people[name] for name in names or ("ann",)]
        row = {**_ROWS[stream], "userIds": ids, "userContains": contains, "userStatus": status}
        return target([singer.schema(stream), singer.record(stream, id=1, **row)])

    def chosen() -> set[str]:
        [one] = target.tables()[stream]
        return {name for name, user in people.items() if user in one["userIds"]}

    others = people.keys() - {"ann"}
    assert sent("Does_Not_Contain").counts[stream] == {"inserted": 1}
    assert chosen() == others
    assert sent("Does_Not_Contain").counts[stream] == {"unchanged": 1}
    assert sent("Does_Not_Contain").writes == {}

    assert sent("Contains").counts[stream] == {"updated": 1}
    assert chosen() == {"ann"}
    assert sent("Contains").writes == {}

    assert sent("Does_Not_Contain").counts[stream] == {"updated": 1}, "the mode alone is a change"
    assert chosen() == others
    assert sent("Contains_Only").counts[stream] == {"updated": 1}
    assert chosen() == {"ann"}
    assert sent("Contains_Only").writes == {}

    assert sent("Contains", "Active", "owner", "bob").counts[stream] == {"updated": 1}
    assert chosen() == {"owner"}, "bob was invited and has not come yet"
    assert sent("Contains", "Active", "owner", "bob").writes == {}


@pytest.mark.parametrize("stream", _ROWS)
def test_a_filter_as_one_object_equals_separate_columns(
    target: Any, singer: Any, people: dict[str, str], stream: str
) -> None:
    users = {"contains": "does_not_contain", "ids": [people["ann"]], "status": "all"}
    row = {**_ROWS[stream], "users": users}
    assert target([singer.schema(stream), singer.record(stream, id=1, **row)]).counts[stream] == {"inserted": 1}
    [one] = target.tables()[stream]
    assert set(one["userIds"]) == set(people.values()) - {people["ann"]}
    plain = singer.record(stream, id=1, **_ROWS[stream], userIds=[people["owner"]])
    assert target([singer.schema(stream), plain]).counts[stream] == {"updated": 1}
    [one] = target.tables()[stream]
    assert one["userIds"] == [people["owner"]]


def test_a_row_without_people_keeps_those_of_the_row_before_it(
    target: Any, singer: Any, people: dict[str, str]
) -> None:
    row = {**_ROWS["holidays"], "userIds": [people["ann"]], "userContains": "DOES_NOT_CONTAIN", "userStatus": "ALL"}
    made = singer.record("holidays", id=1, **{**_ROWS["holidays"], "userIds": [people["ann"]]})
    made["record"] |= {"userContains": "CONTAINS", "userStatus": "ALL"}
    assert target([singer.schema("holidays"), made]).code == 0
    rows = [singer.record("holidays", id=1, **row), singer.record("holidays", id=1, name="Labour Day")]
    assert target([singer.schema("holidays"), *rows]).counts["holidays"] == {"updated": 1, "superseded": 1}
    [one] = target.tables()["holidays"]
    assert (one["name"], set(one["userIds"])) == ("Labour Day", set(people.values()) - {people["ann"]})
    back = singer.record("holidays", id=1, userIds=[people["bob"]])
    named = singer.record("holidays", id=1, name="First of May")
    assert target([singer.schema("holidays"), rows[0], back, named]).counts["holidays"] == {
        "updated": 1,
        "superseded": 2,
    }
    [one] = target.tables()["holidays"]
    assert (one["name"], one["userIds"]) == ("First of May", [people["bob"]])


def test_an_unknown_filter_mode_is_refused_even_without_changes(
    target: Any, singer: Any, people: dict[str, str]
) -> None:
    row = {**_ROWS["holidays"], "userIds": [people["ann"]], "userContains": "CONTAINS", "userStatus": "ALL"}
    assert target([singer.schema("holidays"), singer.record("holidays", id=1, **row)]).code == 0
    for wrong, message in (
        ({"userContains": "SOME"}, "userContains must be one of CONTAINS, DOES_NOT_CONTAIN, CONTAINS_ONLY"),
        ({"userStatus": "GONE"}, "userStatus must be one of ALL, ACTIVE, INACTIVE, PENDING, DECLINED"),
        ({"userContains": ["SOME"]}, None),
    ):
        result = target([singer.schema("holidays"), singer.record("holidays", id=1, **{**row, **wrong})])
        assert result.writes == {}
        [reject] = result.rejects
        assert message is None or reject["message"] == message
