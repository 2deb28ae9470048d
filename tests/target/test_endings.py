"""Every way a run can end: rows are written, rejected or not done, and STATE never covers more than that."""

from __future__ import annotations

import contextlib
import json
import resource
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest


def _tags(singer: Any, count: int, **fields: Any) -> list[dict[str, Any]]:
    records = [singer.record("tags", id=n, name=f"tag {n}", **fields) for n in range(count)]
    return [singer.schema("tags"), *records, singer.state(all=count)]


def test_a_key_revoked_during_the_run(target: Any, singer: Any) -> None:
    revoked = {"status": 401, "body": '{"code": 4003, "message": "Api key does not exist"}'}
    target.box.faults([{"route": "POST /workspaces/{ws}/tags", "nth": [*range(20, 60)], **revoked}])
    result = target(_tags(singer, 50), max_workers=4)
    target.box.faults([])
    assert (result.code, result.states, result.rejects) == (1, [], [])
    assert "the key was not accepted" in result.log
    assert "tags: 50 records: 19 inserted, 31 left undone" in result.log
    again = target(_tags(singer, 50))
    assert again.counts["tags"] == {"inserted": 31, "unchanged": 19}
    assert again.states == [{"all": 50}]


@pytest.mark.parametrize("settings", [{"on_reject": "fail_fast"}, {"max_rejects": 3}], ids=str)
def test_stopped_for_rejects(target: Any, singer: Any, settings: dict[str, Any]) -> None:
    wrong = [singer.record("tags", id=f"w{n}", name="") for n in range(10)]
    messages = [*_tags(singer, 20)[:-1], *wrong, singer.state(x=1)]
    result = target(messages, **settings)
    assert (result.code, result.states) == (1, [])
    counts = result.counts["tags"]
    assert counts["rejected"] == len(result.rejects) == settings.get("max_rejects", 0) + 1
    assert f"{30 - sum(counts.values())} left undone" in result.log
    assert len(target.tables()["tags"]) == counts.get("inserted", 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_by_a_signal(target: Any, singer: Any, number: int, tmp_path: Path) -> None:
    """Sent writes are completed and recorded; STATE stops before the others."""
    lines = [json.dumps(message).encode() + b"\n" for message in _tags(singer, 5)]
    command = target.command()
    log = (tmp_path / "log").open("wb")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.writelines(lines)
        process.stdin.flush()
        while not (tmp_path / "ledger.db").exists() and process.poll() is None:  # it reads its input by then
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.01)  # polling without a pause would take time from the process
        process.send_signal(number)
        out, _ = process.communicate(timeout=60)
    log.close()
    told = (tmp_path / "log").read_text()
    assert process.returncode == 1, told
    assert out == b""
    assert f"stopped by {signal.Signals(number).name}" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("limit", [40_000, 70_000, 120_000])
def test_a_full_disk(target: Any, singer: Any, tmp_path: Path, limit: int) -> None:
    """Neither ledger nor rejects can grow beyond so many bytes: one line, and nothing is lost or doubled afterwards."""
    me = target.box.ok("GET", "/user")["id"]
    times = {"start": "2026-01-05T08:00:00Z", "end": "2026-01-05T09:00:00Z"}
    rows = [singer.record("time_entries", id=n, userId=me, **times) for n in range(40)]
    rows += [singer.record("time_entries", id=f"w{n}", userId=me, description="x" * 3001, **times) for n in range(40)]
    messages = [singer.schema("time_entries"), *rows, singer.state(x=1)]
    (tmp_path / "input").write_text("\n".join(map(json.dumps, messages)))
    command = [*target.command(), "--input", str(tmp_path / "input")]

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, preexec_fn=full, check=False)
    assert (ended.returncode, ended.stdout) == (1, ""), ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stderr.count("| ERROR") in {1, 2}, ended.stderr
    assert "its disk fails, is full" in ended.stderr or "cannot be written to rejects_path" in ended.stderr
    assert "reconnect" not in ended.stderr
    for line in target.rejects.read_text().splitlines() if target.rejects.exists() else ():
        assert json.loads(line)["type"] in {"SCHEMA", "RECORD"}
    again = target(messages)
    assert again.counts["time_entries"]["rejected"] == len(again.rejects) == 40
    assert again.states == [{"x": 1}]
    assert len(target.tables()["time_entries"]) == 40


def test_rejects_that_cannot_be_written_hold_the_state_back(target: Any, singer: Any) -> None:
    messages = [singer.schema("tags"), singer.record("tags", id=1, name=""), singer.state(x=1)]
    result = target(messages, rejects_path="/dev/full")
    assert (result.code, result.states) == (1, [])
    assert "a rejected record cannot be written to rejects_path" in result.log
    assert "Traceback" not in result.log
    assert Path("/dev/full").is_char_device(), "and it was not put aside"


def test_rejects_of_earlier_runs_are_kept(target: Any, singer: Any) -> None:
    for n in range(3):
        target([singer.schema("tags"), singer.record("tags", id=n, name="")])
    files = [target.rejects.with_name(target.rejects.name + end) for end in (".1", ".2", "")]
    keys = [json.loads(file.read_text().splitlines()[-1])["key"] for file in files]
    assert keys == ["0", "1", "2"]


def test_rejects_can_be_read_while_they_are_replaced(target: Any, singer: Any) -> None:
    records = [singer.record("tags", id=n, name="") for n in range(1500)]
    target([singer.schema("tags"), *records])
    command = [*target.command(), "--input", str(target.rejects)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "tags: 1500 records: 1500 rejected" in ended.stderr
    assert len(target.rejects.read_text().splitlines()) == 1501


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (b'["no", "object"]', "malformed"),
        (b'{"id": "%s", "name": "a"}' % (b"k" * 513), "invalid_key"),
        (b'{"id": "a\\u0000b", "name": "a"}', "invalid_key"),
        (b'{"name": "a"}', "missing_key"),
    ],
    ids=["array", "long key", "NUL", "no key"],
)
def test_records_that_cannot_be_read_are_rejects(target: Any, singer: Any, record: bytes, kind: str) -> None:
    schema, good = singer.schema("tags"), singer.record("tags", id=2, name="b")
    lines = [json.dumps(schema).encode(), b'{"type": "RECORD", "stream": "tags", "record": %s}' % record]
    result = target(b"\n".join([*lines, json.dumps(good).encode(), json.dumps(singer.state(x=1)).encode()]))
    assert result.counts["tags"] == {"inserted": 1, "rejected": 1}, result.log
    assert [reject["error"] for reject in result.rejects] == [kind]
    assert result.states == [{"x": 1}]


def test_nothing_is_missing_from_a_stream_that_came_only_in_part(target: Any, singer: Any) -> None:
    target(_tags(singer, 4))
    schema, *records, _ = _tags(singer, 2)
    at_its_start = target([schema, singer.activate("tags"), *records], delete_missing=True)
    assert at_its_start.writes == {}, "a version is whole once its records have come"
    nameless = {"type": "RECORD", "stream": "tags", "record": {"name": "tag 3"}}
    unreadable = target([schema, *records, nameless, singer.activate("tags")], delete_missing=True)
    assert unreadable.writes == {}
    assert "tags: nothing is deleted as missing" in unreadable.log
    rejected = singer.record("tags", id=3, name="x" * 101)
    result = target([schema, *records, rejected, singer.activate("tags")], delete_missing=True)
    assert result.counts["tags"] == {"unchanged": 2, "deleted": 1, "rejected": 1}, "what was rejected is not missing"


def test_missing_children_go_before_their_parents(target: Any, singer: Any) -> None:
    client = [singer.schema("clients"), singer.record("clients", id="c", name="Acme")]
    project = [singer.schema("projects"), singer.record("projects", id="p", name="Site", clientId="c")]
    task = [singer.schema("tasks"), singer.record("tasks", id="t", name="Design", projectId="p")]
    target([*client, *project, *task])
    streams = ("clients", "projects", "tasks")
    result = target(
        [*(singer.schema(one) for one in streams), *(singer.activate(one) for one in streams)],
        delete_missing=True,
        allow_empty=True,
    )
    assert result.code == 0, result.log
    assert [result.counts[stream] for stream in streams] == [{"deleted": 1}] * 3
    gone = [entry["object"] for entry in target.report("last")]
    assert gone == ["tasks", "projects", "clients"]


def test_a_report_without_a_ledger_makes_none(target: Any) -> None:
    ended = subprocess.run([*target.command(), "--report", "last"], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "there is no ledger at" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (target.folder / "ledger.db").exists()


def test_a_report_of_another_database(target: Any) -> None:
    (target.folder / "ledger.db").touch()
    ended = subprocess.run([*target.command(), "--report", "last"], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "the database in ledger_url has no ledger" in ended.stderr


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "ledger_url is no URL of a database"),
        ("sqlite:////nowhere/at/all.db", "No such file or directory"),
        ("frobnicate://x", "frobnicate has no lock"),
    ],
)
def test_a_ledger_that_cannot_be_opened(target: Any, singer: Any, url: str, said: str) -> None:
    result = target(_tags(singer, 1), ledger_url=url)
    assert (result.code, result.states, result.writes) == (1, [], {})
    assert said in result.log
    assert "Traceback" not in result.log
