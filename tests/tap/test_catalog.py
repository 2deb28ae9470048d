from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from syrupy.extensions.json import JSONSnapshotExtension

if TYPE_CHECKING:
    from collections.abc import Callable

    from syrupy.assertion import SnapshotAssertion

    from tests.conftest import Sandbox
    from tests.tap.conftest import Run

TAP = Path(sys.executable).parent / "tap-clockify"
ORIGINAL = {
    *("assignments", "clients", "expense_categories", "expenses", "holidays", "invoices", "member_profiles"),
    *("invoice_payments", "time_off_policies", "projects", "tags", "tasks", "time_entries", "user_capacity_totals"),
    *("user_groups", "users", "workspaces"),
}
EXPENSIVE = {
    *("user_managers", "project_custom_fields", "expense_details", "balance_assignments", "addon_webhooks"),
    *("webhook_logs", "webhook_event_statuses", "shared_report_data", "report_detailed", "report_summary"),
    *("report_weekly", "report_attendance", "report_expenses_detailed", "audit_log"),
    *("entities_created", "entities_updated", "entities_deleted"),
    *("time_entry_tags", "time_entry_custom_fields", "user_custom_fields", "user_group_members"),
    *("holiday_audiences", "time_off_policy_audiences", "custom_field_project_defaults"),
    *("approval_request_entries", "approval_request_expenses"),
}


@pytest.fixture(scope="module")
def discovered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The catalog, made without a key, a network or an environment."""
    answer = subprocess.run(
        [TAP, "--discover"],
        capture_output=True,
        check=True,
        stdin=subprocess.DEVNULL,
        env={},
        cwd=tmp_path_factory.mktemp("empty"),
    )
    found: dict[str, Any] = json.loads(answer.stdout)
    return {stream["tap_stream_id"]: stream for stream in found["streams"]}


def _selected(stream: dict[str, Any]) -> bool:
    (root,) = (entry["metadata"] for entry in stream["metadata"] if not entry["breadcrumb"])
    return bool(root["selected-by-default"])


def test_the_original_objects_are_selected_and_the_expensive_ones_are_not(discovered: dict[str, Any]) -> None:
    selected = {name for name, stream in discovered.items() if _selected(stream)}
    assert selected >= ORIGINAL
    assert discovered.keys() - selected == EXPENSIVE


def test_every_stream_is_full_table_with_its_key_automatic(discovered: dict[str, Any]) -> None:
    for name, stream in discovered.items():
        assert stream["replication_method"] == "FULL_TABLE", name
        automatic = {
            entry["breadcrumb"][1]
            for entry in stream["metadata"]
            if len(entry["breadcrumb"]) == 2 and entry["metadata"]["inclusion"] == "automatic"
        }
        assert automatic == set(stream["key_properties"]), name


def test_the_catalog_changes_only_on_purpose(discovered: dict[str, Any], snapshot: SnapshotAssertion) -> None:
    for name, stream in discovered.items():
        what = {"key": stream["key_properties"], "schema": stream["schema"], "selected": _selected(stream)}
        assert what == snapshot(name=name, extension_class=JSONSnapshotExtension)


def test_about_marks_both_secrets_and_offers_no_batch(tmp_path: Path) -> None:
    answer = subprocess.run(
        [TAP, "--about", "--format=json"], capture_output=True, check=True, stdin=subprocess.DEVNULL, cwd=tmp_path
    )
    about = json.loads(answer.stdout)
    settings = about["settings"]["properties"]
    assert {name for name, setting in settings.items() if setting.get("secret")} == {"api_key", "addon_token"}
    assert "batch" not in about["capabilities"]
    assert not any("batch" in name for name in settings)
    assert all(setting.get("description") for setting in settings.values())


def test_fields_that_another_stream_contains_are_written_only_if_selected(
    untouched: Sandbox, run_tap: Callable[..., Run], catalog: Callable[[list[str]], dict[str, Any]]
) -> None:
    chosen = catalog(["approval_requests", "approval_request_entries"])
    lean = run_tap(untouched.origin, with_catalog=chosen)
    for stream in chosen["streams"]:
        for entry in stream["metadata"]:
            if stream["tap_stream_id"] == "approval_requests" and entry["breadcrumb"] == ["properties", "entries"]:
                entry["metadata"]["selected"] = True
    full = run_tap(untouched.origin, with_catalog=chosen)
    assert all("entries" not in row for row in lean.records["approval_requests"])
    [schema] = [
        one["schema"] for one in lean.messages if one["type"] == "SCHEMA" and one["stream"] == "approval_requests"
    ]
    assert "entries" not in schema["properties"]
    inside = {(row["id"], entry["id"]) for row in full.records["approval_requests"] for entry in row["entries"]}
    apart = {(row["approvalRequestId"], row["id"]) for row in lean.records["approval_request_entries"]}
    assert inside == apart != set()
