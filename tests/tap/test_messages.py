"""Catalog, stream maps and flattening work on the fast path and on the SDK's path."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Runs = Callable[..., Any]
    Sandboxes = Callable[..., Any]

TAP = Path(sys.executable).parent / "tap-clockify"


def _deselecting(catalog: dict[str, Any], *breadcrumb: str) -> dict[str, Any]:
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == list(breadcrumb):
                entry["metadata"]["selected"] = False
    return catalog


def test_a_deselected_field_is_omitted_silently(sandbox: Sandboxes, run_tap: Runs, catalog: Runs) -> None:
    chosen = _deselecting(catalog(["time_entries"]), "properties", "description")
    run = run_tap(sandbox(scale="tiny").origin, with_catalog=chosen)
    assert run.records["time_entries"]
    assert all("description" not in row and "timeInterval" in row for row in run.records["time_entries"])
    assert run.complaints == []
    (schema,) = (one["schema"] for one in run.messages if one["type"] == "SCHEMA")
    assert "description" not in schema["properties"]


def test_a_deselected_nested_field_is_left_out(sandbox: Sandboxes, run_tap: Runs, catalog: Runs) -> None:
    deep = ("properties", "timeInterval", "properties", "duration")
    run = run_tap(sandbox(scale="tiny").origin, with_catalog=_deselecting(catalog(["time_entries"]), *deep))
    intervals = [row["timeInterval"] for row in run.records["time_entries"]]
    assert intervals
    assert all("duration" not in one and "start" in one for one in intervals)


def test_stream_maps_hash_and_filter(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    plain = run_tap(world.origin, streams=["clients"]).records["clients"]
    maps = {"clients": {"name": "md5(name)", "__filter__": "not archived"}}
    mapped = run_tap(world.origin, streams=["clients"], stream_maps=maps).records["clients"]
    active = [row for row in plain if not row["archived"]]
    assert [row["id"] for row in mapped] == [row["id"] for row in active]
    assert all(len(row["name"]) == 32 for row in mapped)


def test_stream_maps_remove_rename_and_double_a_stream(sandbox: Sandboxes, run_tap: Runs) -> None:
    maps = {"clients": None, "tags": {"__alias__": "labels"}, "holidays": {}, "free_days": {"__source__": "holidays"}}
    run = run_tap(sandbox(scale="tiny").origin, streams=["clients", "tags", "holidays"], stream_maps=maps)
    assert run.code == 0
    assert run.records.keys() == run.activated == {"labels", "holidays", "free_days"}
    assert run.records["free_days"] == run.records["holidays"]


def test_flattening_yields_flat_columns(sandbox: Sandboxes, run_tap: Runs) -> None:
    run = run_tap(
        sandbox(scale="tiny").origin, streams=["time_entries"], flattening_enabled=True, flattening_max_depth=1
    )
    rows = run.records["time_entries"]
    assert rows
    assert all("timeInterval__start" in row and "timeInterval" not in row for row in rows)


def _said(message: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name not in {"time_extracted", "version", "value"}}


def test_the_fast_and_the_sdk_path_write_the_same_messages(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    streams = ["time_entries", "projects", "expenses", "custom_fields", "clients", "holidays", "invoices"]
    fast = run_tap(world.origin, streams=streams)
    mapped = run_tap(world.origin, streams=streams, stream_maps={stream: {"id": "id"} for stream in streams})
    one, other = ([_said(one) for one in run.messages if one["type"] != "SCHEMA"] for run in (fast, mapped))
    assert one == other
    for run in (fast, mapped):
        times = [one["time_extracted"] for one in run.messages if one["type"] == "RECORD"]
        assert all(datetime.fromisoformat(time).utcoffset() == timedelta(0) for time in times)
        assert max(len(json.dumps(one)) for one in run.messages if one["type"] == "STATE") < 1100


def test_batch_is_not_offered_even_if_asked_for(sandbox: Sandboxes, run_tap: Runs, tmp_path: Any) -> None:
    batch = {"encoding": {"format": "jsonl", "compression": "gzip"}, "storage": {"root": f"file://{tmp_path}"}}
    run = run_tap(sandbox(scale="tiny").origin, streams=["tags"], batch_config=batch)
    assert run.code == 1
    assert "batch_config is not a setting" in run.log
    assert not run.messages
    assert not list(tmp_path.glob("*.gz"))


def test_the_closing_summary_counts_records_and_requests(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    run = run_tap(world.origin, streams=["clients", "tags"])
    records = sum(map(len, run.records.values()))
    assert f"Read {records} records of 2 streams" in run.log
    assert f"{world.stats()['requests']} requests, 0 tried again" in run.log


def test_option_test_prints_what_the_key_sees(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    one = world.dump()["workspaces"][0]["id"]
    run = run_tap(world.origin, options=["--test"], workspace_ids=[one])
    assert run.code == 0
    assert world.stats()["requests"] == 2
    assert run_tap(world.origin, options=["--test"], api_key="wrong").code == 1
    assert json.dumps(run.messages) == "[]"


def test_the_environment_gives_settings_of_every_type(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    settings = {"workspace_ids": json.dumps([world.workspace_id]), "suppress_extended_requests": "true"}
    numbers = {"page_size": "3", "requests_per_second": "900", "timeout_seconds": "20"}
    environment = {f"TAP_CLOCKIFY_{name.upper()}": value for name, value in {**settings, **numbers}.items()}
    run = run_tap(world.origin, options=["--config=ENV"], streams=["clients", "invoices"], environment=environment)
    assert run.code == 0
    assert {row["workspaceId"] for rows in run.records.values() for row in rows} == {world.workspace_id}
    assert not any("invoices/{invoiceId}" in route for route in world.stats()["by_route"])


def test_the_environment_overrides_the_file_and_says_so(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    environment = {
        "TAP_CLOCKIFY_WORKSPACE_IDS": world.workspace_id,
        "TAP_CLOCKIFY_PAGE_SIZE": "",
        "TAP_CLOCKIFY_REQUESTS_PER_SECOND": "900.5",
    }
    options = {"workspace_ids": ["0" * 24], "timeout_seconds": 2.5, "page_size": None}
    run = run_tap(world.origin, streams=["clients"], environment=environment, **options)
    assert run.code == 0
    assert run.records["clients"]
    assert "The environment overrides the configuration file in requests_per_second, workspace_ids" in run.log


def test_a_misspelled_variable_is_refused(sandbox: Sandboxes, run_tap: Runs) -> None:
    run = run_tap(sandbox(scale="tiny").origin, environment={"TAP_CLOCKIFY_WORKSPACE_ID": "0" * 24})
    assert run.code == 1
    assert "the variable TAP_CLOCKIFY_WORKSPACE_ID is not a setting; write TAP_CLOCKIFY_WORKSPACE_IDS" in run.log
    assert not run.messages


def test_a_terminal_shows_a_table_of_the_streams_in_place_of_the_log(sandbox: Sandboxes, tmp_path: Path) -> None:
    world = sandbox(scale="tiny")
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"api_key": "sandbox-key", "api_url": f"{world.origin}/api/v1"}))
    ours, theirs = pty.openpty()
    around = os.environ | {"TERM": "xterm"}
    with subprocess.Popen([TAP, "--config", config], stdout=subprocess.PIPE, stderr=theirs, env=around) as tap:
        os.close(theirs)
        shown = bytearray()
        drain = threading.Thread(target=tap.communicate)
        drain.start()
        with contextlib.suppress(OSError):  # the end of a terminal
            while piece := os.read(ours, 4096):
                shown += piece
        drain.join()
    os.close(ours)
    assert tap.returncode == 0
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode())
    entries = sum(len(one["time_entries"]) for one in world.dump()["workspaces"])
    assert re.search(rf"time_entries +{entries} +yes", text)
    assert "Beginning sync" not in text
    assert "METRIC" not in text
    assert text.rstrip().endswith("incomplete: none")
