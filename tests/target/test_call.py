"""`clockify-call`: a procedure by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from target_clockify.call import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TARGET_CLOCKIFY_API_KEY", "sandbox-key")


@pytest.fixture
def call(empty: Any, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*words: str) -> tuple[int, str, str]:
        settings = ["--workspace-id", empty.workspace_id, "--api-url", empty.api_url]
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


@pytest.mark.parametrize("how", ["--dry-run", "--dryRun", "variable", "file"])
def test_dry_run_sends_nothing(
    call: Any, empty: Any, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"dry_run": how == "file"}))
    if how == "variable":
        monkeypatch.setenv("TARGET_CLOCKIFY_DRY_RUN", "true")
    words = [how] if how.startswith("--") else []
    before = empty.stats()["requests"]
    code, out, _ = call("AddUserToGroup", "--userGroupId", "g", "--userId", "u", "--config", str(config), *words)
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
        (["UpdateWorkspaceCostRate", "--amount", "1", "--api-key", "k"], "api_key is no option, since everybody"),
        (["UpdateWorkspaceCostRate", "--amount", "1", "--create-missing", ""], "create_missing[0] must be one of"),
        (["AddUserToGroup", "--userGroupId", "f" * 24, "--userId", "f" * 24], "Clockify found the request invalid"),
    ],
)
def test_mistakes_are_one_line(call: Any, words: list[str], said: str) -> None:
    code, out, err = call(*words)
    assert (code, out) == (1, "")
    assert err.startswith("clockify-call: ")
    assert said in err
    assert err.count("\n") == 1


def test_settings_come_as_options_variables_and_a_file_by_type(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"requests_per_second": 0.5, "region": "mars"}')
    monkeypatch.setenv("TARGET_CLOCKIFY_REQUESTS_PER_HOUR", "30")
    monkeypatch.setenv("TARGET_CLOCKIFY_TIMEOUT_SECONDS", "")
    monkeypatch.setenv("TARGET_CLOCKIFY_REGION", "global")
    words = ["--max-workers", "4", "--requests-per-second", "900.5", f"--config={config}"]
    code, out, err = call("UpdateWorkspaceCostRate", "--amount", "2500", *words)
    assert (code, err) == (0, "")
    assert json.loads(out)["costRate"]["amount"] == 2500


@pytest.mark.parametrize(
    ("content", "words", "said"),
    [
        ("[]", [], "must hold a JSON object of settings"),
        ("{", [], "is not JSON"),
        ('{"workspace_ids": []}', [], "workspace_ids is not a setting; write workspace_id"),
        ('{"addon_token": ["very-secret"]}', [], "addon_token must be text"),
        ("{}", ["--max-workers", "many"], "max_workers must be a whole number"),
        ("{}", ["--requests-per-hour", "1" + "0" * 30], "requests_per_hour must be at most"),
    ],
)
def test_settings_that_are_not_valid_are_one_line(
    call: Any, tmp_path: Path, content: str, words: list[str], said: str
) -> None:
    config = tmp_path / "config.json"
    config.write_text(content)
    code, out, err = call("UpdateWorkspaceCostRate", "--amount", "1", "--config", str(config), *words)
    assert (code, out) == (1, "")
    assert said in err
    assert "secret" not in err
    assert err.count("\n") == 1


def test_help_of_a_procedure_names_its_parameters(call: Any) -> None:
    code, out, _ = call("UpdateWorkspaceBillableRate", "--help")
    assert (code, out.splitlines()[0]) == (0, "UpdateWorkspaceBillableRate(amount, [currency], [since])")


def test_list_names_every_procedure(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--list"])
    assert "UpdateWorkspaceBillableRate(amount, [currency], [since])" in capsys.readouterr().out


def test_names_can_replace_ids(empty: Any, capsys: Any) -> None:
    client = empty.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})["id"]
    project = empty.ok("POST", "/workspaces/{ws}/projects", {"name": "Site", "clientId": client})["id"]
    email = empty.ok("GET", "/user")["email"]
    settings = ["--workspace-id", empty.workspace_id, "--api-url", empty.api_url]
    main(["AddProjectMembers", "--projectId", "Site", "--userIds", json.dumps([email]), *settings])
    main(["ArchiveProject", "--project-id=Site", *settings])
    assert empty.ok("GET", f"/workspaces/{{ws}}/projects/{project}")["archived"]
    with pytest.raises(SystemExit):
        main(["ArchiveProject", "--project-id=Nowhere", *settings])
    assert "projects Nowhere" in capsys.readouterr().err


def test_help_says_what_each_parameter_takes(capsys: Any) -> None:
    main(["AddInvoicePayment", "--help"])
    told = capsys.readouterr().out
    assert "--invoiceId: an id, of invoices, or their names" in told
    assert "--amount: a whole number of minor units" in told
    assert "--note: a text, optional" in told
