"""Every code block of README and docs works: commands run, settings are valid, examples are written."""

from __future__ import annotations

import configparser
import importlib
import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from clockify_client import configuration
from clockify_sandbox.testing import SandboxProcess
from tap_clockify.settings import CONFIG_SCHEMA as TAP_SCHEMA
from target_clockify import call, streams
from target_clockify.model.objects import OBJECTS
from target_clockify.model.procedures import PROCEDURES
from target_clockify.settings import CONFIG_SCHEMA as TARGET_SCHEMA

from docs.reference import examples, procedures
from tests.docs.blocks import ROOT, RUN_BY, Block, blocks, blocks_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.prefork import Prefork

PROGRAMS = Path(sys.executable).parent
SHELLS = [shell for shell in ("bash", "zsh") if shutil.which(shell)]
BLOCKS = [block for block in blocks() if (block.page, block.language) not in RUN_BY]
PREVIEWED = {shlex.join(procedures.command(procedure)) for procedure in PROCEDURES}
_ELSEWHERE = re.compile(r"^(?:\w+=\S+ )*(make|meltano) (.*?)\s*(?:#.*)?$", re.MULTILINE)
_PLACEHOLDER = {r"API_KEY=\.\.\.": "API_KEY=sandbox-key", r"WORKSPACE_ID=\.\.\.": "WORKSPACE_ID={workspace}"}
_ORIGIN = re.compile(r"http://127\.0\.0\.1:\d+")


def kind(block: Block) -> str:
    """How a block is tested; "" if it is not."""
    if block.run:
        return block.run.partition(",")[0]
    if block.language == "sh":
        return "preview" if block.text.strip() in PREVIEWED else "commands"
    if block.language != "json":
        return block.language if block.language in {"console", "python", "yaml", "ini"} else ""
    content = json.loads(block.text)
    if isinstance(content, list):
        return "faults"
    if content.get("type") == "RECORD":
        return "example"
    return "files" if "files" in content else "settings"


def of(wanted: str) -> list[Block]:
    return [block for block in BLOCKS if kind(block) == wanted]


def named(block: Block) -> str:
    return f"{block.page}: {' '.join(block.text.split())[:60]}"


@pytest.mark.parametrize("block", BLOCKS, ids=named)
def test_every_block_is_run_or_marked_as_not_run(block: Block) -> None:
    if kind(block) == "never":
        assert len(block.run.split()) > 3
    else:
        assert kind(block)
        assert f'of("{kind(block)}")' in Path(__file__).read_text(encoding="utf-8"), "a test takes blocks of this kind"


@pytest.mark.parametrize(("page", "language"), RUN_BY)
def test_blocks_that_another_file_runs_are_taken_from_the_page(page: str, language: str) -> None:
    assert blocks_of(page, language)
    assert f'blocks_of("{page}", "{language}")' in (ROOT / RUN_BY[page, language]).read_text(encoding="utf-8")


# -- commands --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def origin() -> Iterator[Any]:
    with SandboxProcess(scale="tiny") as running:
        yield running


@pytest.mark.slow
@pytest.mark.parametrize("page", sorted({block.page for block in of("commands")}))
@pytest.mark.parametrize("shell", SHELLS)
def test_commands_of_a_page_run_one_after_the_other(page: str, shell: str, origin: Any, tmp_path: Path) -> None:
    script = "\n".join(block.text for block in of("commands") if block.page == page)
    script = _ELSEWHERE.sub("", script)  # see below
    for placeholder, value in _PLACEHOLDER.items():
        script = re.sub(placeholder, value.format(workspace=origin.workspace_ids[0]), script)
    if not (PROGRAMS / "target-jsonl").exists():  # Meltano installs it
        script = f"target-jsonl() {{ cat > target.jsonl; }}\n{script}"
    settings = {
        f"{name}_{setting}": value
        for name in ("TAP_CLOCKIFY", "TARGET_CLOCKIFY")
        for setting, value in (
            ("API_KEY", "sandbox-key"),
            ("API_URL", origin.api_url),
            ("REQUESTS_PER_SECOND", "1000"),
        )
    }
    settings["TARGET_CLOCKIFY_WORKSPACE_ID"] = origin.workspace_ids[0]
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [shell, "-c", f"set -euo pipefail\n{script}"],
        cwd=tmp_path,
        env={
            **os.environ,
            **settings,
            "PATH": path,
            "HTTPS_PROXY": "http://127.0.0.1:9",
        },  # nothing leaves this machine
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


def test_commands_that_are_not_run_are_understood_by_a_shell() -> None:
    for shell, block in itertools.product(SHELLS, of("never")):
        checked = subprocess.run([shell, "-n"], input=block.text, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, named(block)


def test_make_targets_on_pages_exist() -> None:
    goals = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    made = {
        word
        for block in of("commands")
        for program, rest in _ELSEWHERE.findall(block.text)
        for word in rest.split()
        if program == "make" and "=" not in word
    }
    assert made
    assert made <= goals


def test_pipelines_of_meltano_are_those_of_the_demo() -> None:
    """The demo runs them in full, against the sandbox and a PostgreSQL."""
    demo = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "demo").glob("*.py"))
    pipelines = {
        rest for block in of("commands") for program, rest in _ELSEWHERE.findall(block.text) if program == "meltano"
    }
    assert pipelines
    for pipeline in pipelines:
        assert f"meltano {pipeline}" in demo, pipeline


def test_commands_that_keep_running_start() -> None:
    left = of("leave running")
    assert left
    for block in left:
        program, command, *options = shlex.split(block.text)
        assert (program, command) == ("clockify-sandbox", "serve")
        given: dict[str, Any] = dict(zip(options[::2], options[1::2], strict=True))
        with SandboxProcess(**{name[2:]: value for name, value in given.items() if name != "--port"}) as origin:
            assert origin.workspace_ids


def test_a_session_with_the_sandbox_goes_as_shown() -> None:
    for block in of("console"):
        first, *others = re.findall(r"^\$ (.*)$", block.text, re.MULTILINE)
        program, *words = shlex.split(first)
        command = [str(PROGRAMS / program), *words, "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
            assert running.stdout is not None
            origin = running.stdout.readline().strip()
            for line in others:
                shown = _ORIGIN.sub(origin, line)
                done = subprocess.run(["bash", "-c", f"{shown} -sS"], capture_output=True, text=True, check=False)
                assert done.returncode == 0, done.stderr
                answer = json.loads(done.stdout)
                assert not isinstance(answer, dict) or "code" not in answer, answer
            running.terminate()


@pytest.mark.parametrize("block", of("python"), ids=named)
def test_python_runs(block: Block) -> None:
    done = subprocess.run([sys.executable, "-c", block.text], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


# -- settings --------------------------------------------------------------------------------------


def test_settings_are_those_of_a_program() -> None:
    checked = 0
    for block in of("settings"):
        content = json.loads(block.text)
        of_tap = content.keys() <= TAP_SCHEMA["properties"].keys()
        schema = TAP_SCHEMA if of_tap and "/settings-target" not in block.page else TARGET_SCHEMA
        configuration.check({"api_key": "...", **content}, schema)
        if not of_tap:
            assert list(streams.problems(content)) == [], named(block)
        checked += 1
    assert checked > 5


def test_settings_of_a_loader_in_meltano_are_settings_of_it() -> None:
    known = importlib.import_module("target_postgres.target").TargetPostgres.config_jsonschema["properties"]
    for block in of("yaml"):
        for loader in yaml.safe_load(block.text)["loaders"]:
            assert loader["name"] == "target-postgres"
            assert loader["config"].keys() <= known.keys(), named(block)


def test_configuration_files_are_valid(tmp_path: Path) -> None:
    for block in of("files"):
        config = json.loads(block.text)
        folder = tmp_path / config["path"]
        folder.mkdir()
        for stream, one in config["files"].items():
            line = one.get("separator", ",").join
            (folder / one.get("paths", f"{stream}.csv").replace("*", "1")).write_text(
                f"{line(['User', 'Größe'])}\n{line(['Lia', '5'])}\n", encoding=one.get("encoding", "utf-8")
            )
        (tmp_path / "tap.json").write_text(block.text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, ROOT / "demo" / "tap_csv.py", "--config", "tap.json"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found = [json.loads(line) for line in done.stdout.splitlines()]
        records = {one["stream"]: one["record"] for one in found if one["type"] == "RECORD"}
        assert records.keys() == config["files"].keys()
        assert all(record["Größe"] == "5" for record in records.values())


def test_faults_are_accepted_by_a_sandbox(origin: Any) -> None:
    for block in of("faults"):
        origin.faults(json.loads(block.text))
        origin.faults([])


def test_units_are_well_formed() -> None:
    for block in of("ini"):
        parser = configparser.ConfigParser(strict=False, interpolation=None)
        parser.read_string(block.text)
        assert parser.sections(), named(block)


# -- examples --------------------------------------------------------------------------------------


def messages(rows: list[tuple[str, dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """The rows with a SCHEMA before the first of each stream."""
    for stream, row in rows:
        key = [name for name in ("id", "policyId", "userId") if name in row]
        key = key[:1] if "id" in key else key if stream in {"member_profiles", "time_off_balances"} else []
        yield {"type": "SCHEMA", "stream": stream, "schema": {"properties": {}}, "key_properties": key}
        yield {"type": "RECORD", "stream": stream, "record": row}


def test_every_object_and_every_procedure_has_an_example() -> None:
    assert set(examples.OBJECTS) == {target.name for target in OBJECTS}
    assert set(examples.PROCEDURES) == {procedure.name for procedure in PROCEDURES}
    shown = {json.dumps(json.loads(block.text)["record"], sort_keys=True) for block in of("example")}
    rows = [*examples.OBJECTS.values(), *examples.PROCEDURES.values()]
    assert shown == {json.dumps(row, sort_keys=True) for row in rows}, "what is shown is what the next test writes"


def test_examples_are_written(origin: Any, tmp_path: Path, forks: Callable[[str], Prefork]) -> None:
    origin.reset(scale="tiny")
    config = {
        "api_key": "sandbox-key",
        "api_url": origin.api_url,
        "workspace_id": origin.workspace_ids[0],
        "ledger_url": f"sqlite:///{tmp_path / 'ledger.db'}",
        "rejects_path": str(tmp_path / "rejects.jsonl"),
        "allow_irreversible": True,
        "requests_per_second": 1000,
    }
    (tmp_path / "target.json").write_text(json.dumps(config), encoding="utf-8")

    def written(rows: list[tuple[str, dict[str, Any]]], ids: dict[str, str]) -> str:
        text = "\n".join(json.dumps(one) for one in messages(rows))
        for sample, real in ids.items():
            text = text.replace(sample, real)
        (tmp_path / "input.jsonl").write_text(text, encoding="utf-8")
        ended = forks("target-clockify").run(
            ["--config", str(tmp_path / "target.json"), "--input", str(tmp_path / "input.jsonl")]
        )
        assert ended.returncode == 0, ended.stderr.decode()
        return ended.stderr.decode()

    log = written([*examples.OBJECTS.items(), *examples.BEFORE_CALLS], {})
    assert "invoices: 1 records: 1 inserted" in log
    state = origin.dump()
    workspace = state["workspaces"][0]
    invoice = next(one for one in workspace["invoices"] if one["number"] == examples.OBJECTS["invoices"]["number"])
    ids = {
        examples.PROJECT_ID: next(one["id"] for one in workspace["projects"] if one["name"] == "Rebrand"),
        examples.PAYMENT_ID: invoice["payments"][0]["id"],
        examples.USER_ID: next(one["id"] for one in state["users"] if one["email"] == examples.PEOPLE["ben"]),
    }
    log = written(list(examples.PROCEDURES.items()), ids)
    assert "AddInvoicePayment: 1 records: 1 called" in log


def test_command_lines_of_procedures_are_understood(origin: Any, tmp_path: Path, capsys: Any) -> None:
    config = {"api_key": "sandbox-key", "api_url": origin.api_url, "workspace_id": origin.workspace_ids[0]}
    (tmp_path / "target.json").write_text(json.dumps(config), encoding="utf-8")
    shown = {block.text.strip() for block in of("preview")}
    assert shown == PREVIEWED
    for procedure in PROCEDURES:
        words = procedures.command(procedure)
        place = words.index("target.json")
        call.main([*words[1:place], str(tmp_path / "target.json"), *words[place + 1 :], "--dry-run"])
        assert json.loads(capsys.readouterr().out)
