"""`clockify-call`: a procedure by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from target_clockify.call import main

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def call(empty: Any, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*words: str) -> tuple[int, str, str]:
        settings = ["--workspace-id", empty.workspace_id, "--api-key", "sandbox-key", "--api-url", empty.api_url]
        code = 0
        try:
            main([*words, *settings])
        except SystemExit as stop:
            code = int(str(stop.code))
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_calls_and_prints_the_answer(call: Any, empty: Any) -> None:
    code, out, _ = call("update_workspace_cost_rate", "--amount", "2500", "--since=2026-01-01")
    assert code == 0
    assert json.loads(out)["costRate"]["amount"] == 2500
    assert empty.stats()["by_route"]["PUT /workspaces/{ws}/cost-rate"] == 1


def test_an_action_on_an_object_keeps_the_rest(call: Any, empty: Any) -> None:
    client = empty.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme", "note": "kept"})
    assert call("ArchiveClient", "--client-id", client["id"])[0] == 0
    [shown] = empty.ok("GET", "/workspaces/{ws}/clients")
    assert (shown["archived"], shown["note"]) == (True, "kept")


def test_dry_run_sends_nothing(call: Any, empty: Any) -> None:
    before = empty.stats()["requests"]
    code, out, _ = call("AddUserToGroup", "--userGroupId", "g", "--userId", "u", "--dry-run")
    assert code == 0
    assert json.loads(out) == [{"method": "POST", "path": "/user-groups/g/users", "json": {"userId": "u"}}]
    assert empty.stats()["requests"] == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Nonsense"], "there is no procedure 'Nonsense'"),
        (["AddUserToGroup", "--userId", "u"], "userGroupId is required"),
        (["UpdateWorkspaceCostRate", "--amount", "much"], "amount must be a whole number"),
        (["UpdateWorkspaceCostRate", "--amount", "1", "--color", "red"], "has no parameter color"),
        (["AddUserToGroup", "--userGroupId", "f" * 24, "--userId", "f" * 24], "no such object in this workspace"),
    ],
)
def test_mistakes_are_one_line(call: Any, words: list[str], said: str) -> None:
    code, out, err = call(*words)
    assert (code, out) == (1, "")
    assert err.startswith("clockify-call: ")
    assert said in err
    assert err.count("\n") == 1


def test_list_names_every_procedure(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--list"])
    assert "UpdateWorkspaceBillableRate(amount, [currency], [since])" in capsys.readouterr().out
