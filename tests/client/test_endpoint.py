from __future__ import annotations

from typing import Any

import pytest
from clockify_client import Endpoint, Hosts, InvalidRequestError, Request, endpoints
from clockify_client.endpoint import filled, placed
from hypothesis import given
from hypothesis import strategies as st

ALL = {name: one for name, one in vars(endpoints).items() if isinstance(one, Endpoint)}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_characters="{}")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_a_template_without_placeholders_stays_as_it_is(template: Any) -> None:
    assert filled(template, {}) == template


def test_a_value_that_is_all_placeholder_keeps_its_type() -> None:
    ids = {"ids": ["a", "b"], "n": 3, "name": "x"}
    template = {"filter": {"ids": "{ids}"}, "page": "{n}", "text": "n={n}, {name}", "list": ("{n}", 1)}
    assert filled(template, ids) == {"filter": {"ids": ["a", "b"]}, "page": 3, "text": "n=3, x", "list": [3, 1]}


def test_values_are_not_used_as_templates() -> None:
    assert filled("{name}", {"name": "{other}"}) == "{other}"


@given(JSON.filter(lambda value: isinstance(value, dict)), st.lists(st.sampled_from("abc"), min_size=1, max_size=3))
def test_a_placed_value_changes_nothing_else(body: dict[str, Any], names: list[str]) -> None:
    body = {key: value for key, value in body.items() if key not in "abc"}
    before = dict(body)
    made: Any = placed(body, ".".join(names), 7)
    assert body == before
    assert {key: value for key, value in made.items() if key != names[0]} == before
    for name in names:
        made = made[name]
    assert made == 7


def test_two_values_can_be_placed_in_one_object() -> None:
    once = placed({"detailedFilter": {"options": {}}, "start": 1}, "detailedFilter.page", 1)
    assert placed(once, "detailedFilter.pageSize", 2) == {
        "detailedFilter": {"options": {}, "page": 1, "pageSize": 2},
        "start": 1,
    }


def test_additional_parameters_that_are_none_are_omitted() -> None:
    endpoint = Endpoint("/x", params={"a": "1", "b": "2"}, body={"c": 3})
    more = endpoint.having(params={"b": None, "d": "4"}, body={"e": 5})
    assert more.params == {"a": "1", "d": "4"}
    assert more.body == {"c": 3, "e": 5}
    assert endpoint.having(params={"d": "4"}).body == {"c": 3}
    assert endpoint.params == {"a": "1", "b": "2"}


@pytest.mark.parametrize("name", ALL)
def test_every_endpoint_uses_a_documented_page_size(name: str) -> None:
    endpoint = ALL[name]
    ceiling = 50 if endpoint is endpoints.AUDIT_LOG_ROWS else 1000 if endpoint.host.value == "reports" else 5000
    assert 50 <= endpoint.page_size <= max(ceiling, 5000 * (endpoint.paging is None))
    assert endpoint.method in {"GET", "POST"}
    assert (endpoint.body is None) == (endpoint.method == "GET")
    if endpoint.paging and endpoint.paging.in_body:
        assert endpoint.method == "POST"


def test_ids_in_a_path_cannot_reach_another_object() -> None:
    def url(**ids: str) -> str:
        path = "/workspaces/{workspaceId}/clients/{clientId}"
        request = Request(method="DELETE", path=path, ids={"workspaceId": "w", **ids})
        return request.url(Hosts.of())

    base = "https://api.clockify.me/api/v1/workspaces/w/clients/"
    assert url(clientId="65a") == f"{base}65a"
    assert url(clientId="65a", unused="") == f"{base}65a"
    for bad in ("", ".", "..", "../projects", "a?b=c", "/etc/passwd", "%2e%2e", "65a#x", "65a 65b", "65a\n", "ä"):
        with pytest.raises(InvalidRequestError, match="clientId is no id of Clockify"):
            url(clientId=bad)


def test_a_region_without_audit_log_says_what_to_set() -> None:
    log = endpoints.AUDIT_LOG_ROWS
    request = Request(method=log.method, path=log.path, ids={"workspaceId": "w"}, host=log.host)
    with pytest.raises(InvalidRequestError, match="set audit_log_url"):
        request.url(Hosts.of("euc1"))
