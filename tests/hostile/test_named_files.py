"""Any path that a user gives as a file: one line that names it, and never a hang."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

_SECONDS = 120  # after which a program hangs


def _unreadable(path: Path) -> Path:
    if os.geteuid() == 0:  # who may read everything
        return Path("/proc/self/mem")
    path.touch(mode=0)
    return path


def _made(make: Callable[[Path], object]) -> Callable[[Path], Path]:
    def at(path: Path) -> Path:
        make(path)
        return path

    return at


_KINDS: dict[str, Callable[[Path], Path]] = {
    "pipe": _made(os.mkfifo),
    "folder": _made(Path.mkdir),
    "device": lambda _: Path("/dev/full"),
    "unreadable": _unreadable,
    "link to itself": _made(lambda path: path.symlink_to(path)),
    "missing folder": lambda path: path / "no" / "folder",
    "long name": lambda path: path.with_name("x" * 300),
}
_SERVE = ("serve", "--port=0", "--scale=empty")
_INPUT = b"".join(
    json.dumps(one).encode() + b"\n"
    for one in (
        {"type": "SCHEMA", "stream": "tags", "schema": {"properties": {}}, "key_properties": ["id"]},
        {"type": "RECORD", "stream": "tags", "record": {"id": 1, "name": "planned"}},
    )
)
_LOGS, _TRUST = {"SINGER_SDK_LOG_CONFIG": "{}"}, {"REQUESTS_CA_BUNDLE": "{}"}
_SETTINGS: dict[str, tuple[str, tuple[str, ...], dict[str, Any], dict[str, str]]] = {
    "config of the tap": ("tap-clockify", ("--config", "{}"), {}, {}),
    "state of the tap": ("tap-clockify", ("--config", "{config}", "--state", "{}"), {}, {}),
    "catalog of the tap": ("tap-clockify", ("--config", "{config}", "--catalog", "{}"), {}, {}),
    "authorities of the tap": ("tap-clockify", ("--config", "{tls}", "--test"), {}, _TRUST),
    "logs of the tap": ("tap-clockify", ("--config", "{config}", "--test"), {}, _LOGS),
    "config of the target": ("target-clockify", ("--config", "{}"), {}, {}),
    "input of the target": ("target-clockify", ("--config", "{config}", "--input", "{}"), {}, {}),
    "ledger": ("target-clockify", ("--config", "{config}"), {"ledger_url": "sqlite:///{}"}, {}),
    "ledger of a dry run": (
        "target-clockify",
        ("--config", "{config}", "--dry-run"),
        {"ledger_url": "sqlite:///{}"},
        {},
    ),
    "ledger of a report": (
        "target-clockify",
        ("--config", "{config}", "--report=last"),
        {"ledger_url": "sqlite:///{}"},
        {},
    ),
    "ledger to undo": ("target-clockify", ("--config", "{config}", "--undo=last"), {"ledger_url": "sqlite:///{}"}, {}),
    "rejects": ("target-clockify", ("--config", "{config}"), {"rejects_path": "{}"}, {}),
    "plan": ("target-clockify", ("--config", "{config}", "--dry-run"), {"plan_path": "{}"}, {}),
    "logs of the target": ("target-clockify", ("--config", "{config}"), {}, _LOGS),
    "config of a call": ("clockify-call", ("ArchiveProject", "--config", "{}"), {}, {}),
    "state of the sandbox": ("clockify-sandbox", (*_SERVE, "--state={}"), {}, {}),
    "faults of the sandbox": ("clockify-sandbox", (*_SERVE, "--faults={}"), {}, {}),
    "certificate of the sandbox": ("clockify-sandbox", (*_SERVE, "--tls", "--ca-file={}"), {}, {}),
}
"""A program, its arguments, settings of the target and variables; `{}` is the name of the file."""
_WELL = {
    ("input of the target", "pipe"): "whoever writes to it may come later",
    ("rejects", "missing folder"): "it is made",
    ("logs of the tap", "missing folder"): "the SDK says so in a warning",
    ("logs of the target", "missing folder"): "the SDK says so in a warning",
    ("authorities of the tap", "folder"): "certificates may be in a folder",
}


@pytest.mark.parametrize("setting", _SETTINGS)
def test_a_path_that_is_not_a_file_is_reported_in_one_line(
    target: Any, forks: Any, tmp_path: Path, setting: str
) -> None:
    program, words, settings, variables = _SETTINGS[setting]
    kinds = [kind for kind in _KINDS if (setting, kind) not in _WELL]
    with ExitStack() as files:
        running = []
        for number, kind in enumerate(kinds):
            folder = tmp_path / str(number)
            folder.mkdir()
            named = str(_KINDS[kind](folder / "thing"))
            paths = _configured(target, program, folder, _filled(settings, named))
            arguments = [word.replace("{}", named).format(**paths) for word in words]
            (folder / "input").write_bytes(_INPUT.replace(b"planned", b"") if setting == "rejects" else _INPUT)
            stdin = files.enter_context((folder / "input").open("rb"))
            out, errors = (files.enter_context(tempfile.TemporaryFile()) for _ in range(2))
            around = {**os.environ, **_filled(variables, named)}
            fork = forks(program).start(arguments, stdin=stdin, stdout=out, stderr=errors, environment=around)
            running.append((kind, named, fork, errors))
        for kind, named, fork, errors in running:
            code = fork.wait(_SECONDS)
            if code is None:
                os.kill(fork.pid, 9)
            said = os.pread(errors.fileno(), 1 << 20, 0).decode()
            assert code in {1, 2}, (kind, code, said)
            told = [line for line in said.splitlines() if " | INFO " not in line and " | WARNING " not in line]
            assert len(told) == 1, (kind, said)
            assert named[:80] in told[0], kind
            assert "[Errno" not in told[0]


def _filled(values: dict[str, str], named: str) -> dict[str, str]:
    return {name: value.replace("{}", named) for name, value in values.items()}


def _configured(target: Any, program: str, folder: Path, settings: dict[str, str]) -> dict[str, str]:
    """Write files of settings, and return their names."""
    given = {"api_key": "sandbox-key", "api_url": target.box.api_url}
    if program == "target-clockify":
        own = {"ledger_url": f"sqlite:///{folder / 'ledger.db'}", "rejects_path": str(folder / "rejects.jsonl")}
        given |= {"workspace_id": target.workspace, **own, **settings}
    tls = {**given, "api_url": "https://127.0.0.1:9/api/v1"}
    for name, content in (("config", given), ("tls", tls)):
        (folder / name).write_text(json.dumps(content))
    return {name: str(folder / name) for name in ("config", "tls")}


def test_a_pipe_of_a_shell_is_read(forks: Any) -> None:
    """As `<(command)` names one: it is there before anything is written to it."""
    ours, theirs = os.pipe()
    with os.fdopen(ours, "rb") as pipe, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        fork = forks("tap-clockify").start(["--config", "/dev/stdin"], stdin=pipe, stdout=out, stderr=errors)
        with os.fdopen(theirs, "wb") as writer:
            assert fork.wait(0.2) is None, os.pread(errors.fileno(), 1 << 20, 0)
            writer.write(b'{"api_kee": "sandbox-key"}')
        assert fork.wait(_SECONDS) == 1
        assert b"write api_key" in os.pread(errors.fileno(), 1 << 20, 0)


@pytest.mark.parametrize("words", [("--report=last",), ("--undo=last",)])
def test_a_report_that_nobody_reads_says_so(target: Any, singer: Any, forks: Any, words: tuple[str, ...]) -> None:
    assert target([singer.schema("tags"), singer.record("tags", id=1, name="a")]).code == 0
    _is_told_in_words(forks("target-clockify"), [*target.command()[1:], *words])


def test_an_answer_of_a_call_that_nobody_reads_says_so(
    target: Any, forks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TARGET_CLOCKIFY_API_KEY", "sandbox-key")
    project = target.box.ok("POST", "/workspaces/{ws}/projects", {"name": "archived"})["id"]
    own = [f"--workspace-id={target.workspace}", f"--api-url={target.box.api_url}", f"--projectId={project}"]
    said = _is_told_in_words(forks("clockify-call"), ["ArchiveProject", *own])
    assert "the call was made" in said


def test_a_sandbox_whose_origin_nobody_reads_says_so(forks: Any) -> None:
    _is_told_in_words(forks("clockify-sandbox"), list(_SERVE))


def _is_told_in_words(fork: Any, arguments: list[str]) -> str:
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "wb") as gone, tempfile.TemporaryFile() as errors, Path(os.devnull).open("rb") as nothing:
        code = fork.start(arguments, stdin=nothing, stdout=gone, stderr=errors).wait(_SECONDS)
        said = os.pread(errors.fileno(), 1 << 20, 0).decode()
    assert code in {1, 2}, said
    assert "obody reads the" in said
    assert "Errno" not in said
    assert "Traceback" not in said
    return said
