"""The paths that are no routes, the verbs that paths do not take, and any request at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec
import pytest
from clockify_sandbox.errors import ApiError
from clockify_sandbox.routes import ROUTER
from clockify_sandbox.sandbox import Request, Sandbox
from clockify_sandbox.seed import DEFAULT_NOW, build_world
from clockify_sandbox.world_options import OPTIONS, WorldOptions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect

if TYPE_CHECKING:
    from random import Random

    from clockify_sandbox.declarations import Option
    from clockify_sandbox.plans import Plan
    from clockify_sandbox.routing import Route
    from clockify_sandbox.world import Workspace

    from tests import conftest

ID = "64a687e29ae1f428e7ebe303"
ERRORS = {400, 401, 402, 403, 404, 405, 406, 415}
BROKEN = {  # the service itself fails here, and so do we
    "GET /workspaces/{ws}/webhooks",
    "GET /workspaces/{ws}/holidays/in-period",
    "GET /workspaces/{ws}/shared-reports",
    "POST /workspaces/{ws}/invoices/{invoiceId}/payments",
}


@pytest.mark.parametrize(
    "route",
    [
        f"PUT /projects/{ID}/archive",
        f"PUT /clients/{ID}/archive",
        f"PUT /projects/{ID}/hourly-rate",
        f"PUT /projects/{ID}/cost-rate",
        "GET /policies",
        f"GET /policies/{ID}",
        f"POST /policies/{ID}/requests",
        f"PATCH /policies/{ID}/requests/{ID}",
        f"GET /time-off/requests/{ID}",
        f"PATCH /time-off/requests/{ID}/status",
        f"POST /time-off/requests/users/{ID}",
        "GET /balance",
        f"GET /users/{ID}/time-off/balances",
        "POST /scheduling/assignments",
        f"GET /scheduling/assignments/{ID}",
        "POST /scheduling/assignments/users/totals",
        "GET /scheduling/capacity",
        "GET /time-entries/stop",
        "PATCH /time-entries/stop",
        "PATCH /time-entries/invoiced/bulk",
        f"POST /webhooks/{ID}/generateNewToken",
        "GET /shared-reports",
    ],
)
def test_paths_similar_to_routes_are_unknown(untouched: conftest.Sandbox, route: str) -> None:
    method, path = route.split()
    assert untouched.refused(method, f"/workspaces/{{ws}}{path}") == (404, 3000)


@pytest.mark.parametrize(
    ("route", "allowed"),
    [
        ("GET /time-off/requests", "POST"),
        (f"GET /user-groups/{ID}", "DELETE, PUT"),
        (f"GET /user-groups/{ID}/users", "POST"),
        ("PUT ", "GET"),
        (f"PUT /member-profile/{ID}", "GET, PATCH"),
        (f"GET /scheduling/assignments/recurring/{ID}", "DELETE, PATCH"),
        (f"GET /webhooks/{ID}/logs", "POST"),
        (f"PUT /webhooks/{ID}/token", "PATCH"),
        (f"GET /holidays/{ID}", "DELETE, PUT"),
        (f"GET /custom-fields/{ID}", "DELETE, PUT"),
        ("GET /hourly-rate", "PUT"),
        (f"GET /users/{ID}/cost-rate", "PUT"),
        (f"GET /projects/{ID}/users/{ID}/hourly-rate", "PUT"),
        (f"GET /projects/{ID}/tasks/{ID}/hourly-rate", "PUT"),
    ],
)
def test_the_refusal_of_a_wrong_verb_names_the_right_ones(
    untouched: conftest.Sandbox, route: str, allowed: str
) -> None:
    method, path = route.split(" ")
    answer = untouched.call(method, f"/workspaces/{{ws}}{path}")
    assert (answer.status_code, answer.json()["code"], answer.headers["Allow"]) == (405, 3000, allowed)


def test_other_hosts_have_their_own_message_for_a_wrong_verb(untouched: conftest.Sandbox) -> None:
    shared = untouched.call("GET", f"/workspaces/{{ws}}/shared-reports/{ID}", host="report")
    assert (shared.status_code, shared.json()["code"], shared.headers["Allow"]) == (405, 405, "DELETE, PUT")
    assert untouched.call("GET", "/workspaces/{ws}/audit-log", host="auditlog").status_code == 405


# -- any request ------------------------------------------------------------------------------------------------------


class Imagination:
    """Makes up requests that are right in most places, with ids that exist in most of those."""

    def __init__(self, random: Random, workspace: Workspace) -> None:
        self.random = random
        tables = (value for value in vars(workspace).values() if isinstance(value, dict))
        self.ids = [ID, *workspace.time_entries.by_id, *(key for table in tables for key in table)]

    def request(self, route: Route, workspace: Workspace) -> Request:
        names = {"{ws}": workspace.id, "{type}": "TIMESHEET", "{order}": "1"}
        path = re.sub(r"{\w+}", lambda name: names.get(name[0]) or self.random.choice(self.ids), route.template)
        said = {name: self.value(inspect.type_info(shape)) for name, shape in route.takes.items()}
        fields = {
            name: {key: _texts(value) for key, value in content.items() if value not in (None, [])}
            for name, content in said.items()
            if isinstance(content, dict)
        }
        kind = "multipart/form-data; boundary=x" if "form" in said else "application/json"
        return Request(
            route.method,
            route.host,
            path,
            urlencode(fields.get("query", {}), doseq=True),
            {
                "x-api-key": self.random.choice(["sandbox-key", "sandbox-key", "sandbox-limited-key"]),
                "content-type": kind,
            },
            msgspec.json.encode(said["body"]) if "body" in said else b"",
            fields.get("form", {}),
            {"file": ("receipt.png", b"png")} if "form" in said else {},
        )

    def value(self, kind: inspect.Type) -> Any:
        choice, chance = self.random.choice, self.random.random
        if isinstance(kind, inspect.UnionType):
            kind = choice(kind.types)
        if chance() < 0.02:  # now and then something of another type
            return choice([None, [], {}, "x", -1, 1.5, True, "9" * 30])
        if isinstance(kind, inspect.ListType):
            return [self.value(kind.item_type) for _ in range(choice([0, 1, 1, 2]))]
        if isinstance(kind, inspect.StructType):
            return {one.encode_name: self.value(one.type) for one in kind.fields if one.required or chance() < 0.5}
        if isinstance(kind, inspect.LiteralType):
            return choice(kind.values)
        return choice(LEAVES.get(type(kind)) or [choice(self.ids), *MOMENTS, *TEXTS])


NUMBERS = [0, 1, 2, 8, 50, 12345, -3, 2.5, 10**9]
TEXTS = ["", "Acme", "PT1H", "#00ff00", "<b>", "ü€😀", "\0", "x" * 101]
MOMENTS = [
    "2026-11-02T00:00:00Z",
    "2026-11-20T09:30:00Z",
    "2026-11-16T23:59:59.999Z",
    "2027-01-01T10:00:00+02:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
]
LEAVES: dict[type, list[Any]] = {
    inspect.NoneType: [None],
    inspect.BoolType: [True, False],
    inspect.IntType: NUMBERS,
    inspect.FloatType: NUMBERS,
    inspect.DateTimeType: MOMENTS,
    inspect.DateType: ["2026-11-02", "2024-02-29"],
}


def _texts(value: Any) -> list[str]:
    return [
        str(one).lower() if isinstance(one, bool) else str(one)
        for one in (value if isinstance(value, list) else [value])
    ]


def _values(option: Option) -> st.SearchStrategy[Any]:
    if option.choices:
        return st.sampled_from(option.choices)
    return st.booleans() if option.is_switch else st.integers(0, 3)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    random=st.randoms(use_true_random=False),
    plan=st.sampled_from(["ENTERPRISE", "ENTERPRISE", "FREE"]),
    options=st.builds(WorldOptions, **{name: _values(option) for name, option in OPTIONS.items()}),
)
def test_every_request_gets_a_response_of_the_api(random: Random, plan: Plan, options: WorldOptions) -> None:
    world = build_world("tiny", 7, plan, "sandbox-key", DEFAULT_NOW)
    box, workspace = Sandbox(world, ROUTER, options=options), next(iter(world.workspaces.values()))
    for _ in range(60):
        route = random.choice(ROUTER.all)
        request = Imagination(random, workspace).request(route, workspace)
        try:
            box.answer(request, ROUTER.match(request.host, request.method, request.path))
        except ApiError as error:
            assert error.status in ERRORS or route.key in BROKEN, (request, error)  # noqa: PT017
            assert error.message is None or error.message.text(options.language)  # noqa: PT017


# -- what a deletion leaves behind -----------------------------------------------------------------------------------

LOGS = {"changes", "audit_log", "webhooks", "webhook_logs", "webhook_statuses"}


@pytest.mark.parametrize(
    ("table", "path", "first"),
    [
        ("tasks", "projects/{projectId}/tasks/{id}", {"status": "DONE"}),
        ("projects", "projects/{id}", {"archived": True}),
        ("tags", "tags/{id}", {}),
        ("user_groups", "user-groups/{id}", {}),
    ],
)
def test_nothing_refers_to_deleted_objects(
    sandbox: conftest.StartSandbox, table: str, path: str, first: dict[str, Any]
) -> None:
    box = sandbox()
    rows = box.dump()["workspaces"][0][table]
    for row in rows:
        box.ok("PUT", f"/workspaces/{{ws}}/{path.format(**row)}", {"name": row["name"], **first})
        box.ok("DELETE", f"/workspaces/{{ws}}/{path.format(**row)}")
    left = {name: content for name, content in box.dump()["workspaces"][0].items() if name not in LOGS}
    text = msgspec.json.encode(left).decode()
    assert [row["name"] for row in rows if row["id"] in text] == []
