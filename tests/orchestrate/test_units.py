"""The files for cron and systemd: their syntax is valid, and their commands run."""

from __future__ import annotations

import configparser
import fcntl
import json
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.orchestrate import fleet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Sandbox

SYNC = fleet.ORCHESTRATE / "clockify-sync"
INSTALLED = "/usr/local/lib/clockify"
KEY = "sandbox-key"
Run = subprocess.CompletedProcess[str]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    return tmp_path / "state"


@pytest.fixture
def loader(tmp_path: Path) -> str:
    """A loader that stores its input and confirms the last STATE; with the argument `fail` it fails instead."""
    program = tmp_path / "loader"
    program.write_text(
        f"#!{sys.executable}\nimport json, sys\nlines = sys.stdin.readlines()\n"
        f"open({str(tmp_path / 'loaded')!r}, 'w').writelines(lines)\n"
        "if 'fail' in sys.argv: sys.exit('no room')\n"
        "states = [one['value'] for one in map(json.loads, lines) if one['type'] == 'STATE']\n"
        "print(json.dumps(states[-1]) if states else '{}')\n"
    )
    program.chmod(0o755)
    return str(program)


@pytest.fixture
def settings(untouched: Sandbox, loader: str, tmp_path: Path) -> dict[str, str]:
    return {
        "CLOCKIFY_TAP": f"{fleet.PROGRAMS / 'tap-clockify'} --catalog {fleet.catalog(tmp_path)}",
        "CLOCKIFY_LOADER": loader,
        "TAP_CLOCKIFY_API_URL": untouched.api_url,
    }


@pytest.fixture
def sync(settings: dict[str, str], state: Path) -> Callable[..., Run]:
    """A function that runs what a unit or a crontab runs, with nothing around it."""

    def sync(command: str = str(SYNC), **more: str) -> Run:
        around = {"PATH": "/usr/bin:/bin", "STATE_DIRECTORY": str(state), "TAP_CLOCKIFY_API_KEY": KEY}
        return subprocess.run(
            ["bash", "-c", command],
            env=around | settings | more,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return sync


def unit(name: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(fleet.ORCHESTRATE / "systemd" / name)
    return parser


def test_state_is_that_of_the_loader_and_goes_into_the_next_run(sync: Any, state: Path, loader: str) -> None:
    assert sync().returncode == 0
    kept = (state / "state.json").read_bytes()
    assert list(json.loads(kept)["bookmarks"]) == ["workspaces", "tags"]
    failed = sync(CLOCKIFY_LOADER=f"{loader} fail")
    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1] == "clockify-sync: the tap ended with 0, the loader with 1"
    assert (state / "state.json").read_bytes() == kept
    broken = sync(TAP_CLOCKIFY_API_KEY="revoked")
    assert broken.returncode == 1
    assert "the tap ended with 1, the loader with 0" in broken.stderr
    assert (state / "state.json").read_bytes() == kept  # it has loaded no STATE, and says so with {}
    assert KEY not in failed.stderr + broken.stderr


def test_two_runs_at_once_are_refused_by_the_script(sync: Any, state: Path) -> None:
    with (state / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = sync()
    assert (refused.returncode, refused.stderr) == (75, "clockify-sync: another run is under way\n")


def test_the_line_of_the_crontab_runs(sync: Any, settings: dict[str, str], state: Path, tmp_path: Path) -> None:
    lines = (fleet.ORCHESTRATE / "cron" / "clockify").read_text().splitlines()
    *variables, line = [one for one in lines if one and not one.startswith("#")]
    assert all(re.fullmatch(r"[A-Z]+=\S+", one) for one in variables)
    *when, user, command = line.split(None, 6)
    assert all(re.fullmatch(r"(\*|\d+)(/\d+)?", one) for one in when)
    assert user == "clockify"
    assert "%" not in command  # which ends a command in a crontab
    places = {"/etc/clockify": tmp_path, "/var/lib/clockify": state, INSTALLED: fleet.ORCHESTRATE}
    for place, here in places.items():
        command = command.replace(
            f"{place}/" if place == INSTALLED else place, f"{here}/" if place == INSTALLED else str(here)
        )
    (tmp_path / "environment").write_text("\n".join(f"{name}='{value}'" for name, value in settings.items()))
    assert sync(command, **dict.fromkeys(settings, "")).returncode == 0
    assert (state / "state.json").exists()


def test_the_command_of_the_service_runs(sync: Any, tmp_path: Path) -> None:
    service = unit("clockify.service")["Service"]
    command = service["ExecStart"]
    assert command == f"{INSTALLED}/{SYNC.name}"
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    text = (fleet.ORCHESTRATE / "systemd" / "clockify.service").read_text()
    for name in re.findall(r"^LoadCredential=(\w+):", text, re.MULTILINE):
        (credentials / name).write_text(KEY + "\n")
    done = sync(str(SYNC), TAP_CLOCKIFY_API_KEY="", CREDENTIALS_DIRECTORY=str(credentials))
    assert done.returncode == 0, done.stderr
    assert service["StateDirectory"] == "clockify"


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if not analyze:
        pytest.skip("systemd is not on this machine")
    for name in ("clockify.service", "clockify.timer"):
        text = (fleet.ORCHESTRATE / "systemd" / name).read_text()
        (tmp_path / name).write_text(text.replace(INSTALLED, str(fleet.ORCHESTRATE)))
    verified = subprocess.run(
        [analyze, "verify", "--man=no", tmp_path / "clockify.service", tmp_path / "clockify.timer"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not [line for line in verified.stderr.splitlines() if "clockify" in line]
    assert verified.returncode == 0
    exposed = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=20", tmp_path / "clockify.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert exposed.returncode == 0, exposed.stdout[-300:]


def test_invalid_units_are_noticed(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not on this machine")
    text = (fleet.ORCHESTRATE / "systemd" / "clockify.timer").read_text()
    (tmp_path / "clockify.timer").write_text(text.replace("OnCalendar=*-*-*", "OnCalendar=every day"))
    (tmp_path / "clockify.service").write_text("[Service]\nExecStart=/bin/true\n")
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / "clockify.timer"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "clockify.timer" in verified.stderr


@pytest.mark.parametrize(
    ("heading", "placed"),
    [
        ("Cron", {"usr/local/lib/clockify/clockify-sync", "etc/cron.d/clockify", "etc/clockify/environment"}),
        (
            "systemd",
            {
                "usr/local/lib/clockify/clockify-sync",
                "etc/clockify/api-key",
                "etc/clockify/warehouse-url",
                "etc/systemd/system/clockify.service",
                "etc/systemd/system/clockify.timer",
            },
        ),
    ],
)
def test_the_commands_of_the_page_install_all_named_files(tmp_path: Path, heading: str, placed: set[str]) -> None:
    """The commands as root, with a folder in place of the root of the file system, for a user that is here."""
    page = (fleet.ORCHESTRATE / "README.md").read_text(encoding="utf-8")
    section = re.split(r"^## ", page.partition(f"\n## {heading}\n")[2], flags=re.MULTILINE)[0]
    (script,) = re.findall(r"^```sh\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    script = re.sub(r"^systemctl .*\n", "", script, flags=re.MULTILINE)
    script = re.sub(r"(?<=[ =])/", f"{tmp_path}/root/", script).replace("--owner=clockify ", "")
    for folder in ("root/etc/clockify", "work"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("cron", "systemd"):
        shutil.copytree(fleet.ORCHESTRATE / name, tmp_path / "work" / name)
    shutil.copy(SYNC, tmp_path / "work")
    for name in ("environment", "api-key", "warehouse-url"):
        (tmp_path / "work" / name).write_text("secret")
    subprocess.run(["bash", "-euc", script], cwd=tmp_path / "work", check=True)
    root = tmp_path / "root"
    files = {str(path.relative_to(root)): path for path in root.rglob("*") if path.is_file()}
    assert set(files) == placed
    named = "".join(path.read_text() for path in files.values())
    assert all(f"/{place}" in named for place in placed if place.startswith(("usr/", "etc/clockify/")))
    assert all(path.stat().st_mode & 0o077 == 0 for path in files.values() if path.read_text() == "secret")
