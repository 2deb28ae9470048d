"""`python -m tests.hostile.configurations [COUNT] [SEED]`: hostile settings for tap, target, call and sandbox.

Each trial starts a program with valid settings, except for up to three, from a file, variables or arguments. The
program may work or refuse them, but it must not raise an exception or output the key. No setting leads to another
machine, or to a file outside the trial.
"""

from __future__ import annotations

import io
import json
import logging
import os
import random
import sys
import tempfile
import traceback
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from click.testing import CliRunner
from clockify_sandbox import cli as sandbox_program
from clockify_sandbox.server import Service
from tap_clockify.settings import CONFIG_SCHEMA as TAP_SCHEMA
from tap_clockify.tap import TapClockify
from target_clockify import call
from target_clockify.settings import CONFIG_SCHEMA as TARGET_SCHEMA
from target_clockify.target import TargetClockify

from tests.conftest import Sandbox
from tests.patience import WAITS
from tests.secrets.conftest import KEY, holds_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_DEEP = (60, 500, 5000)
_URLS = ("not a url", "http://127.0.0.1:9/api/v1", "ftp://127.0.0.1/x", "http://[::1", "http://127.0.0.1:99999", "//x")
_PATHS = ("", " ", ".", "..", "a\x00b", "x" * 300, "a\nb", "no/such/folder/file", "\ud800")
_TEXTS = (
    *(
        "",
        " ",
        "null",
        "true",
        "NaN",
        "0",
        "-1",
        "1e999",
        "9" * 5000,
        "[",
        "{",
        "[]",
        '{"a": 1}',
        "a,b,,c",
        "\x00",
        "\ud800",
    ),
    *(
        "x" * 100_000,
        "\u202e",
        "İ",
        "../..",
        "{0}",
        "%s",
        "P1Y",
        "PT-1H",
        "9999-12-31",
        "0000-00-00",
        "2026-02-30",
        KEY,
    ),
)
_OTHERS: tuple[Any, ...] = (
    *(True, False, 0, -1, 1.5, 10**30, -(10**400), 1e308, [], {}, [None], [[]], [{}], {"": None}, {"a": [1, {"b": 2}]}),
    *([KEY], {KEY: KEY}, {"tags": KEY}, ["tags", 7], [""], ["\x00"], {"\ud800": "\udfff"}, list(range(2000))),
)
_OF_STREAMS = ("object", "layout", "key", "columns", "units", "formats", "match_on", "source", "empty", "operation")
_RAW = (b"", b"null", b"[]", b'"text"', b"7", b"{", b'{"api_key": NaN}', b"\xff\xfe{", b"[" * 100_000, b'{"a":' * 5000)
_URL_SETTINGS = {"api_url", "reports_url", "audit_log_url"}
_PATH_SETTINGS = {"ledger_url", "rejects_path", "plan_path", "state", "ca_file", "faults"}
_SLOW = {"requests_per_second", "requests_per_hour"}  # a number that will do for them may mean an hour

TapClockify.append_builtin_config(TAP_SCHEMA)  # as the first of them that is made would
TargetClockify.append_builtin_config(TARGET_SCHEMA)
_LINES = (
    b'{"type": "SCHEMA", "stream": "tags", "schema": {"properties": {}}, "key_properties": ["id"]}\n'
    b'{"type": "RECORD", "stream": "tags", "record": {"id": 1, "name": "good"}}\n'
)


def _value(chance: random.Random, name: str) -> Any:
    """A value for a setting; not null where that would mean a host of Clockify's."""
    if name in _URL_SETTINGS:
        return chance.choice([*_URLS, 7, [], {}, True, [KEY]])
    if name in _PATH_SETTINGS:
        return chance.choice([*_PATHS, 7, [], {}, True, [KEY]])
    if name in _SLOW:
        return chance.choice(["", "x", -1, 0, [], {}, 10**30, 1e308, KEY, [KEY]])
    if chance.random() < 0.1:
        value: Any = chance.choice([1, KEY, None])
        for _ in range(chance.choice(_DEEP[:2])):
            value = [value] if chance.random() < 0.5 else {"a": value}
        return value
    if name == "streams" and chance.random() < 0.8:
        inside = {chance.choice(_OF_STREAMS): chance.choice([*_TEXTS, *_OTHERS, None]) for _ in range(2)}
        return {chance.choice(["tags", "clients", "", "\x00"]): inside}
    return chance.choice([*_TEXTS, *_OTHERS, None])


def _fitting(chance: random.Random, name: str, schema: dict[str, Any]) -> Any:
    """A value of a type that the setting may have, so that it is looked at more closely."""
    types = schema.get("type", "object")
    kind = chance.choice([types] if isinstance(types, str) else types)
    if name in _URL_SETTINGS | _PATH_SETTINGS | _SLOW or kind == "null":
        return _value(chance, name)
    numbers = [0, 1, 2, -1, 7.0, 10**30, schema.get("maximum", 3), schema.get("minimum", 3)]
    texts = [*_TEXTS, *filter(None, schema.get("enum", ()))]
    return {
        "string": chance.choice(texts),
        "boolean": chance.random() < 0.5,
        "integer": chance.choice(numbers),
        "number": chance.choice([*numbers, 1.5, 1e-300]),
        "array": [chance.choice([*texts, *_OTHERS]) for _ in range(chance.randint(0, 3))],
        "object": {chance.choice(["tags", "a", "", "__else__"]): chance.choice([*texts, *_OTHERS, None])},
    }[kind]


def _changed(chance: random.Random, base: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    names = list(known)
    config = dict(base)
    for _ in range(chance.choice([0, 1, 1, 1, 2, 3])):
        name = chance.choice([*names, *names, "unknown", "", "API_KEY", KEY])
        is_fitting = name in known and chance.random() < 0.7
        config[name] = _fitting(chance, name, known[name]) if is_fitting else _value(chance, name)
    return config


def _file(chance: random.Random, path: Path, config: dict[str, Any]) -> None:
    if chance.random() < 0.1:
        path.write_bytes(chance.choice(_RAW))
        return
    text = json.dumps(config)
    if chance.random() < 0.05:
        depth = chance.choice(_DEEP)
        text = text[:-1] + ', "streams": ' + "[" * depth + "]" * depth + "}"
    path.write_text(text, encoding="utf-8")


def _variables(chance: random.Random, prefix: str, names: list[str]) -> dict[str, str]:
    found = {}
    for name in chance.sample(names, chance.randint(0, 2)):
        value = _value(chance, name)
        text = value if isinstance(value, str) else json.dumps(value)
        if name not in _URL_SETTINGS and "\x00" not in text and "\ud800" not in text and len(text) < 100_000:
            found[prefix + name.upper()] = text
    return found


@contextmanager
def _captured_log() -> Iterator[io.StringIO]:
    """What is logged meanwhile."""
    told = io.StringIO()
    handler = logging.StreamHandler(told)
    logging.getLogger().addHandler(handler)
    try:
        yield told
    finally:
        logging.getLogger().removeHandler(handler)


def _of_the_tap(chance: random.Random, box: Sandbox, folder: Path) -> Callable[[], tuple[int, str]]:
    names = list(TAP_SCHEMA["properties"])
    base = {"api_key": KEY, "api_url": box.api_url, "audit_log_url": box.audit_log_url}
    _file(chance, folder / "config", _changed(chance, base, TAP_SCHEMA["properties"]))
    around = _variables(chance, "TAP_CLOCKIFY_", names)
    catalog = {"streams": [{"tap_stream_id": "tags", "stream": "tags", "schema": {}, "metadata": []}]}
    (folder / "catalog").write_text(json.dumps(catalog))
    words = ["--config", str(folder / "config"), "--catalog", str(folder / "catalog")]
    return lambda: _plugin(TapClockify, words, around)


def _of_the_target(chance: random.Random, box: Sandbox, folder: Path) -> Callable[[], tuple[int, str]]:
    names = list(TARGET_SCHEMA["properties"])
    _file(chance, folder / "config", _changed(chance, _target_base(box, folder), TARGET_SCHEMA["properties"]))
    around = _variables(chance, "TARGET_CLOCKIFY_", names)
    words = ["--config", str(folder / "config"), *chance.choice([[], [], ["--dry-run"], ["--report", "last"]])]
    return lambda: _plugin(TargetClockify, words, around)


def _target_base(box: Sandbox, folder: Path) -> dict[str, Any]:
    own = {"ledger_url": f"sqlite:///{folder / 'ledger.db'}", "rejects_path": str(folder / "rejects")}
    return {"api_key": KEY, "api_url": box.api_url, "workspace_id": box.workspace_id, **own}


def _plugin(program: Any, words: list[str], around: dict[str, str]) -> tuple[int, str]:
    with _captured_log() as told:
        outcome = CliRunner().invoke(program.get_singer_command(), words, input=_LINES, env=around)
    if outcome.exception and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome.exit_code, outcome.output + told.getvalue()


def _of_a_call(chance: random.Random, box: Sandbox, folder: Path) -> Callable[[], tuple[int, str]]:
    names = [name for name in TARGET_SCHEMA["properties"] if name not in {"api_key", "addon_token"}]
    _file(chance, folder / "config", _changed(chance, _target_base(box, folder), TARGET_SCHEMA["properties"]))
    words = [chance.choice(["ArchiveProject"] * 30 + list(_TEXTS[:8])), "--config", str(folder / "config")]
    words += chance.choice([[], ["--projectId", "5e1f0c0d9a8b7c6d5e4f3a2b", "--dry-run"]])
    for name in chance.sample([*names, "projectId", "", "unknown"], chance.randint(0, 3)):
        value = _value(chance, name)
        text = value if isinstance(value, str) else json.dumps(value)
        if name not in _URL_SETTINGS:
            words.append(f"--{name}={text}")
    around = _variables(chance, "TARGET_CLOCKIFY_", names)
    return lambda: _function(call.main, words, around)


def _of_the_sandbox(chance: random.Random, _: Sandbox, folder: Path) -> Callable[[], tuple[int, str]]:
    words = ["serve", "--port=0", "--scale=empty"]
    for name in ("state", "faults"):
        if chance.random() < 0.4:
            fault = {chance.choice(["route", "nth", "status", "body", "headers", "x"]): chance.choice(_OTHERS)}
            (folder / name).write_bytes(
                chance.choice([*_RAW, json.dumps([fault]).encode(), json.dumps(fault).encode()])
            )
            words.append(f"--{name}={folder / name}")
    flags: tuple[str, ...] = (
        "--port",
        "--seed",
        "--scale",
        "--plan",
        "--latency-ms",
        "--rate-per-second",
        "--retry-after",
        "--clock",
    )
    flags += (
        "--language",
        "--page-cap",
        "--users-list",
        "--plan-refusal",
        "--tls",
        "--unknown",
        "--webhook-retry-delay",
    )
    for flag in chance.sample(flags, chance.randint(0, 3)):
        words += chance.choice([[flag], [f"{flag}={chance.choice(_TEXTS)}"], [flag, chance.choice(_TEXTS)]])
    return lambda: _function(sandbox_program.main, words, {})


def _function(program: Callable[[list[str]], int | None], words: list[str], around: dict[str, str]) -> tuple[int, str]:
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
    with _captured_log() as told, redirect_stdout(out), redirect_stderr(out), mock.patch.dict(os.environ, around):
        try:
            code = program(words) or 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        out.flush()
    buffer = out.buffer
    assert isinstance(buffer, io.BytesIO)
    return code, buffer.getvalue().decode() + told.getvalue()


PROGRAMS = {"tap": _of_the_tap, "target": _of_the_target, "call": _of_a_call, "sandbox": _of_the_sandbox}


def tried(program: str, seed: int, box: Sandbox, folder: Path) -> tuple[int, str]:
    """Start a program with the settings of a seed; return its exit code, and a violation or ''."""
    chance = random.Random(f"{program} {seed}")
    start = PROGRAMS[program](chance, box, folder)
    beside = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    keeps = mock.patch.object(Service, "run", return_value=None)
    with mock.patch.dict(os.environ, beside), keeps:
        try:
            code, said = start()
        except BaseException as error:  # noqa: BLE001
            place = traceback.extract_tb(error.__traceback__)[-1]
            return 1, f"traceback: {type(error).__name__} in {place.name}, {place.filename}:{place.lineno}"
    if code not in {0, 1, 2}:
        return code, f"exit code {code}"
    if program != "sandbox" and holds_key(said.encode("utf-8", "surrogatepass")):  # the sandbox tells its own keys
        return code, "the key is told"
    return code, "a traceback in the log" if "Traceback" in said else ""


def main(count: int, first: int) -> int:
    """Try a number of configurations for each program, print the results, and return the number of problems."""
    problems = 0
    with mock.patch.multiple("logging", lastResort=None), tempfile.TemporaryDirectory() as name:
        for place, seconds in WAITS.items():
            mock.patch(place, seconds).start()
        box = Sandbox(scale="empty", api_key=KEY)
        os.chdir(name)
        for program in PROGRAMS:
            well = 0
            for seed in range(first, first + count):
                folder = Path(name) / f"{program} {seed}"
                folder.mkdir()
                code, problem = tried(program, seed, box, folder)
                well += code == 0
                if problem:
                    problems += 1
                    sys.stderr.write(f"{program}, seed {seed}: {problem}\n")
            sys.stdout.write(f"{count:,} hostile configurations of the {program}: {count - well:,} refused\n")
        box.stop()
        os.chdir(Path(__file__).parents[2])
    sys.stdout.write(f"{problems} problems\n")
    return problems


if __name__ == "__main__":
    chosen = [int(word.replace("_", "")) for word in sys.argv[1:]]
    sys.exit(min(main(*(chosen + [1000, 1][len(chosen) :])), 1))
