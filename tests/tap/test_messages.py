"""What catalog, stream maps and flattening ask for holds on the fast way and on the SDK's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Runs = Callable[..., Any]
    Sandboxes = Callable[..., Any]


def _deselecting(catalog: dict[str, Any], *breadcrumb: str) -> dict[str, Any]:
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == list(breadcrumb):
                entry["metadata"]["selected"] = False
    return catalog


def test_a_deselected_field_is_left_out_without_a_word(sandbox: Sandboxes, run_tap: Runs, catalog: Runs) -> None:
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


def test_flattening_yields_flat_columns(sandbox: Sandboxes, run_tap: Runs) -> None:
    run = run_tap(
        sandbox(scale="tiny").origin, streams=["time_entries"], flattening_enabled=True, flattening_max_depth=1
    )
    rows = run.records["time_entries"]
    assert rows
    assert all("timeInterval__start" in row and "timeInterval" not in row for row in rows)


def test_both_ways_write_the_same_records(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    streams = ["time_entries", "projects", "expenses", "custom_fields", "clients"]
    fast = run_tap(world.origin, streams=streams)
    unchanged = {stream: {"__else__": "__UNCHANGED__", "id": "id"} for stream in streams}
    mapped = run_tap(world.origin, streams=streams, stream_maps={name: {"id": "id"} for name in unchanged})
    for stream in streams:
        assert fast.records[stream] == mapped.records[stream], stream


def test_batch_is_not_offered_even_if_asked_for(sandbox: Sandboxes, run_tap: Runs, tmp_path: Any) -> None:
    batch = {"encoding": {"format": "jsonl", "compression": "gzip"}, "storage": {"root": f"file://{tmp_path}"}}
    run = run_tap(sandbox(scale="tiny").origin, streams=["tags"], batch_config=batch)
    assert run.code == 0
    assert {one["type"] for one in run.messages} == {"SCHEMA", "RECORD", "ACTIVATE_VERSION", "STATE"}
    assert not list(tmp_path.glob("*.gz"))


def test_the_closing_summary_counts_records_and_requests(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    run = run_tap(world.origin, streams=["clients", "tags"])
    records = sum(map(len, run.records.values()))
    assert f"Read {records} records of 2 streams" in run.log
    assert f"{world.stats()['requests']} requests, 0 tried again" in run.log


def test_test_says_what_the_key_sees(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    one = world.dump()["workspaces"][0]["id"]
    run = run_tap(world.origin, options=["--test"], workspace_ids=[one])
    assert run.code == 0
    assert world.stats()["requests"] == 2
    assert run_tap(world.origin, options=["--test"], api_key="wrong").code == 1
    assert json.dumps(run.messages) == "[]"
