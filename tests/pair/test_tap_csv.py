"""The tap for CSV files that `meltano run tap-csv target-clockify` reads corrections with."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

TAP = Path(__file__).parents[2] / "demo" / "tap_csv.py"


@pytest.fixture
def tap(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the tap on files with these contents."""

    def run(**files: bytes) -> subprocess.CompletedProcess[str]:
        for name, content in files.items():
            (tmp_path / f"{name}.csv").write_bytes(content)
        config = tmp_path / "config.json"
        config.write_text(json.dumps({"path": str(tmp_path)}))
        return subprocess.run([TAP, "--config", config], capture_output=True, text=True, check=False)

    return run


def messages(finished: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert finished.returncode == 0, finished.stderr
    return [json.loads(line) for line in finished.stdout.splitlines()]


def test_a_file_is_a_stream_and_an_empty_cell_says_nothing(
    tap: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    spreadsheet = '\ufeffid,name,note\r\n1,Café,\r\n,,\r\n2,"a ""b"",\nc"\r\n'.encode()
    clients, one, two, tags, tag = messages(tap(clients=spreadsheet, tags=b"tag,_sdc_deleted_at\nold,2026-11-24\n"))
    assert (clients["type"], clients["stream"], clients["key_properties"]) == ("SCHEMA", "clients", ["id"])
    assert list(clients["schema"]["properties"]) == ["id", "name", "note"]
    assert one == {"type": "RECORD", "stream": "clients", "record": {"id": "1", "name": "Café"}}
    assert two["record"] == {"id": "2", "name": 'a "b",\nc'}
    assert tags["key_properties"] == ["tag"]
    assert tag["record"] == {"tag": "old", "_sdc_deleted_at": "2026-11-24"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,name\n1,a\n2,b,c\n", "projects.csv: the row that ends in line 3 has more cells"),
        (b"id,name\n,a\n", "projects.csv: the row that ends in line 2 lacks its key"),
        (b"id,name,id\n", "projects.csv: every column needs a name of its own"),
        (b"", "projects.csv: every column needs a name of its own"),
        (b"id,name\n1,\xff\n", "projects.csv is no CSV in UTF-8"),
        (b'id,name\n1,"a\n', "projects.csv is no CSV in UTF-8"),
    ],
)
def test_a_mistake_in_one_file_lets_none_through(
    tap: Callable[..., subprocess.CompletedProcess[str]], content: bytes, said: str
) -> None:
    finished = tap(clients=b"id,name\n1,a\n", projects=content)
    assert (finished.returncode, finished.stdout) == (1, "")
    assert said in finished.stderr
    assert finished.stderr.count("\n") == 1


def test_no_file_is_a_mistake_too(tap: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    finished = tap()
    assert finished.returncode == 1
    assert "there is no CSV file in" in finished.stderr
