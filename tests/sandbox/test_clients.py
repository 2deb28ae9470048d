from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.conftest import Sandbox

CLIENTS = "/workspaces/{ws}/clients"


def test_create_reads_four_fields_and_falls_back_to_the_default_currency(empty: Sandbox) -> None:
    body = {"name": "Acme", "email": "a@acme.example", "note": "n", "ccEmails": ["x@acme.example"], "archived": True}
    answer = empty.call("POST", CLIENTS, body)
    assert answer.status_code == 201
    client = answer.json()
    assert list(client) == [
        "id", "name", "email", "workspaceId", "archived", "address", "note", "ccEmails", "currencyId", "currencyCode",
    ]  # fmt: skip
    assert (client["email"], client["ccEmails"], client["archived"]) == ("a@acme.example", None, False)
    assert client["currencyCode"] == "USD"
    assert empty.ok("GET", f"{CLIENTS}/{client['id']}") == client


def test_names_are_taken_until_the_client_is_deleted(empty: Sandbox) -> None:
    client = empty.ok("POST", CLIENTS, {"name": "Acme"})
    path = f"{CLIENTS}/{client['id']}"
    assert empty.refused("POST", CLIENTS, {"name": "Acme"}) == (400, 501)
    assert empty.refused("DELETE", path) == (400, 501)
    archived = empty.ok("PUT", path, {"name": "Acme", "archived": True})
    assert archived["archived"]
    assert "currencyCode" not in archived
    assert empty.refused("POST", CLIENTS, {"name": "Acme"}) == (400, 501)
    assert empty.ok("DELETE", path)["id"] == client["id"]
    assert empty.refused("GET", path) == (400, 501)
    assert empty.call("POST", CLIENTS, {"name": "Acme"}).status_code == 201


def test_update_clears_what_it_does_not_mention_but_the_currency(empty: Sandbox) -> None:
    path = f"{CLIENTS}/{empty.ok('POST', CLIENTS, {'name': 'Acme', 'address': 'Here'})['id']}"
    mails = ["1@a.example", "2@a.example", "3@a.example"]
    assert empty.refused("PUT", path, {"name": "Acme", "ccEmails": [*mails, "4@a.example"]}) == (400, 501)
    assert empty.ok("PUT", path, {"name": "Acme", "ccEmails": mails, "archived": True})["ccEmails"] == mails
    after = empty.ok("PUT", path, {"name": "Acme"})
    assert (after["ccEmails"], after["address"], after["archived"]) == (None, None, False)
    assert after["currencyId"]


def test_archiving_a_client_can_archive_its_projects_and_tasks(empty: Sandbox) -> None:
    client = empty.ok("POST", CLIENTS, {"name": "Acme"})["id"]
    project = empty.ok("POST", "/workspaces/{ws}/projects", {"name": "Site", "clientId": client})["id"]
    task = empty.ok("POST", f"/workspaces/{{ws}}/projects/{project}/tasks", {"name": "Build"})["id"]
    query = "archive-projects=true&mark-tasks-as-done=true"
    empty.ok("PUT", f"{CLIENTS}/{client}?{query}", {"name": "Acme", "archived": True})
    assert empty.ok("GET", f"/workspaces/{{ws}}/projects/{project}")["archived"]
    assert empty.ok("GET", f"/workspaces/{{ws}}/projects/{project}/tasks/{task}")["status"] == "DONE"
    empty.ok("DELETE", f"{CLIENTS}/{client}")
    assert empty.ok("GET", f"/workspaces/{{ws}}/projects/{project}")["clientName"] == ""


def test_list_filters_and_sorts(empty: Sandbox) -> None:
    for name in ("beta", "Alpha", "gamma"):
        empty.ok("POST", CLIENTS, {"name": name, "note": f"about {name}", "email": f"{name}@x.example"})

    def names(query: str) -> Any:
        return [row["name"] for row in empty.ok("GET", f"{CLIENTS}?{query}")]

    assert names("") == ["Alpha", "beta", "gamma"]
    assert names("sort-column=EMAIL&sort-order=DESCENDING") == ["gamma", "beta", "Alpha"]
    assert names("name=ALPH") == ["Alpha"]
    assert names("note=about g") == ["gamma"]
    assert names("archived=true") == []
    assert empty.refused("GET", f"{CLIENTS}?archived=maybe") == (400, 3000)
    assert empty.refused("GET", f"{CLIENTS}?sort-column=ID") == (400, 3000)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(count=st.integers(0, 8), size=st.integers(1, 9))
def test_pages_partition_the_list_and_only_the_last_is_marked(empty: Sandbox, count: int, size: int) -> None:
    empty.reset(scale="empty")
    for number in range(count):
        empty.ok("POST", CLIENTS, {"name": f"c{number}"})
    seen: list[str] = []
    for page in range(1, 11):
        answer = empty.call("GET", f"{CLIENTS}?page={page}&page-size={size}")
        assert answer.headers["total-count"] == str(count)
        seen += [row["name"] for row in answer.json()]
        if answer.headers["Last-Page"] == "true":
            break
    assert page == max(1, -(-count // size))
    assert seen == [f"c{number}" for number in range(count)]
    beyond = empty.call("GET", f"{CLIENTS}?page={page + 1}&page-size={size}")
    assert (beyond.json(), beyond.headers["Last-Page"]) == ([], "true")


def test_page_size_is_spelt_in_kebab_case_and_bounded(empty: Sandbox) -> None:
    for number in range(3):
        empty.ok("POST", CLIENTS, {"name": f"c{number}"})
    assert len(empty.ok("GET", f"{CLIENTS}?page-size=2")) == 2
    assert len(empty.ok("GET", f"{CLIENTS}?pageSize=2")) == 3
    for size in ("0", "-1", "5001"):
        assert empty.refused("GET", f"{CLIENTS}?page-size={size}") == (400, 501)
    assert empty.refused("GET", f"{CLIENTS}?page-size=many") == (400, 3000)
