"""`make demo`, on a small sandbox."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from demo.act_one import compare

HOUSE = Path(__file__).parents[2]


def command(output: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "demo", "--scale", "tiny", "--output", str(output), *options]


def play(output: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(output, *options), cwd=HOUSE, capture_output=True, text=True, check=False, timeout=240
    )


def lines(told: str) -> dict[str, list[str]]:
    """The lines of the comparison, by table."""
    return {line.split()[0]: line.split()[1:] for line in told.splitlines() if line.endswith(("OK", "MISMATCH"))}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a demo that was played once, and what it told."""
    output = tmp_path_factory.mktemp("output")
    played = play(output)
    assert played.returncode == 0, played.stdout + played.stderr
    return output, played.stdout


@pytest.mark.slow
def test_demo_agrees_with_the_sandbox_and_follows_deletions(first: tuple[Path, str]) -> None:
    output, told = first
    loaded = lines(told)
    assert len(loaded) > 25
    assert all(line[-1] == "OK" for line in loaded.values())

    second = play(output, "--delete", "2")
    assert second.returncode == 0, second.stdout + second.stderr
    followed = lines(second.stdout)
    assert followed["time_entries"][2:] == ["-2", "OK"]
    assert followed["tags"][2:] == ["-1", "OK"]
    assert int(followed["tags"][0]) == int(loaded["tags"][0]) - 1
    assert followed["clients"] == loaded["clients"]


@pytest.mark.slow
def test_page_needs_nothing_but_itself(first: tuple[Path, str]) -> None:
    page = (first[0] / "agency.html").read_text(encoding="utf-8")
    assert page.count("<section") == 5
    loaded = re.findall(r"""<(?:script|link|img|iframe)[^>]*(?:src|href)=["']?([^"'> ]*)""", page)
    assert [source for source in loaded if not source.startswith("data:")] == []


def test_interrupted_demo_leaves_nothing_running(tmp_path: Path) -> None:
    with subprocess.Popen(
        command(tmp_path), cwd=HOUSE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=None
    ) as demo:
        assert demo.stdout
        origin = ""
        for line in demo.stdout:
            if found := re.search(r"http://\S+", line):
                origin = found[0]
            if line.startswith("meltano run"):
                break
        demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 130
    with pytest.raises(requests.ConnectionError):
        requests.get(origin, timeout=5)
    assert not (tmp_path / "demo" / "postgres" / "postmaster.pid").exists()


def test_differences_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert not compare({"tags": 4}, {"tags": 3, "stray": 1, "clients": 2}, {"tags": 3, "clients": 1})
    told = lines(capsys.readouterr().out)
    assert told == {
        "tags": ["3", "3", "-1", "OK"],
        "stray": ["1", "?", "+1", "MISMATCH"],
        "clients": ["2", "1", "+2", "MISMATCH"],
    }


def test_empty_warehouse_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert not compare({}, {}, {"tags": 3})
    assert "MISMATCH" not in capsys.readouterr().out
