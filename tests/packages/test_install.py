"""The packages as a new user installs them: wheels in empty environments, without a checkout."""

from __future__ import annotations

import email
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from clockify_sandbox.testing import Origin, SandboxProcess
from tap_clockify.streams import STREAMS
from trove_classifiers import classifiers

from release.version import PACKAGES, version
from tests.docs.blocks import blocks_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

HOUSE = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_PLACEHOLDER = "https://forge.example/clockify.git"
_INSIDE = {"PYTHONPATH", "VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
OUTSIDE = {name: value for name, value in os.environ.items() if name not in _INSIDE}


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    ended = subprocess.run(
        command,
        cwd=cwd,
        env=OUTSIDE | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ended.returncode == 0, f"{command}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


@pytest.fixture(scope="session")
def index() -> dict[str, str]:
    """What uv needs to install from the index that pip uses."""
    pip = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False
    )
    named = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("PIP_INDEX_URL") or pip.stdout.strip()
    return {"UV_SYSTEM_CERTS": "true"} | ({"UV_DEFAULT_INDEX": named} if named else {})


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `dist/` holds what `make dist` builds."""
    place = tmp_path_factory.mktemp("stranger")
    run("make", "dist", cwd=HOUSE)
    shutil.copytree(HOUSE / "dist", place / "dist")
    return place


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with SandboxProcess(scale="tiny") as running:
        yield running


def found(python: str) -> Path | None:
    """An interpreter of a version: on the path, or kept by pyenv."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    on_path = shutil.which(f"python{python}")
    for candidate in [*([Path(on_path)] if on_path else []), *sorted(kept.glob(f"{python}.*/bin/python"))]:
        asked = subprocess.run(
            [candidate, "-c", "import sys; print(*sys.version_info[:2], sep='.')"],
            env=OUTSIDE,
            capture_output=True,
            text=True,
            check=False,
        )
        if asked.stdout.strip() == python:
            return candidate
    return None


def wheel(dist: Path, package: str) -> Path:
    return dist / "dist" / f"{package.replace('-', '_')}-{version()}-py3-none-any.whl"


def metadata(dist: Path, package: str) -> Message:
    with zipfile.ZipFile(wheel(dist, package)) as archive:
        (place,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(place))


@pytest.mark.parametrize("package", PACKAGES)
def test_index_would_show_what_a_package_is(dist: Path, package: str) -> None:
    shown = metadata(dist, package)
    assert (shown["Name"], shown["Version"], shown["License-Expression"]) == (package, version(), "MIT")
    assert shown["Summary"]
    assert shown["Author"]
    assert shown["Keywords"]
    assert set(shown.get_all("Classifier") or ()) <= classifiers
    assert "Clockify" in str(shown.get_payload())
    assert shown.get_all("Project-URL")


@pytest.mark.parametrize("package", PACKAGES)
def test_archives_contain_licence_and_types_but_no_internal_files(dist: Path, package: str) -> None:
    module = package.replace("-", "_")
    with zipfile.ZipFile(wheel(dist, package)) as archive:
        inside = archive.namelist()
    assert f"{module}-{version()}.dist-info/licenses/LICENSE" in inside
    assert f"{module}/py.typed" in inside
    assert {name.split("/")[0] for name in inside} == {module, f"{module}-{version()}.dist-info"}
    with tarfile.open(dist / "dist" / f"{module}-{version()}.tar.gz") as source:
        names = {name.split("/")[1] for name in source.getnames()}
    assert names - {".gitignore"} == {"LICENSE", "PKG-INFO", "README.md", "pyproject.toml", module}


def read_and_write(programs: Path, origin: Origin, place: Path) -> None:
    """`--version`, `--discover`, and a read of clients that is written back into another workspace."""
    origin.reset(scale="tiny")
    settings = {"api_key": "sandbox-key", "api_url": origin.api_url, "requests_per_second": 1000}
    for program in ("tap-clockify", "target-clockify"):
        assert f"v{version()}" in run(programs / program, "--version", cwd=place)
    workspace = origin.workspace_ids[0]
    tap = place / "tap.json"
    tap.write_text(json.dumps(settings | {"workspace_ids": [workspace]}), encoding="utf-8")
    target = place / "target.json"
    target.write_text(json.dumps(settings | {"workspace_id": workspace, "ledger_url": "sqlite:///ledger.db"}))
    catalog = json.loads(run(programs / "tap-clockify", "--config", tap, "--discover", cwd=place))
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = stream["tap_stream_id"] == "tags"
    (place / "catalog.json").write_text(json.dumps(catalog), encoding="utf-8")
    pipe = '"$0"/tap-clockify --config tap.json --catalog catalog.json | sed s/\\"name\\":\\"/\\&New\\ / > tags.jsonl'
    run("bash", "-o", "pipefail", "-c", pipe, programs, cwd=place)
    before = tags(origin)
    assert len(before) > 1
    run(programs / "target-clockify", "--config", target, "--input", "tags.jsonl", cwd=place)
    assert tags(origin) >= {f"New {name}" for name in before}


def tags(origin: Origin) -> set[str]:
    return {tag["name"] for tag in origin.dump()["workspaces"][0]["tags"]}


@pytest.mark.parametrize("python", PYTHONS)
def test_wheels_run_in_an_empty_environment(
    dist: Path, origin: Origin, tmp_path: Path, index: dict[str, str], python: str
) -> None:
    interpreter = found(python)
    if interpreter is None:
        pytest.skip(f"this machine has no Python {python}")
    run(UV, "venv", "--quiet", "--python", interpreter, tmp_path / "venv", cwd=tmp_path)
    here = tmp_path / "venv" / "bin" / "python"
    wheels = [wheel(dist, package) for package in PACKAGES]
    run(UV, "pip", "install", "--quiet", "--python", here, *wheels, cwd=tmp_path, **index)
    run(UV, "pip", "check", "--python", here, cwd=tmp_path)
    read_and_write(tmp_path / "venv" / "bin", origin, tmp_path)
    run(tmp_path / "venv" / "bin" / "clockify-sandbox", "--help", cwd=tmp_path)


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[str]:
    """The address of a clone that is served over HTTP."""
    clone = tmp_path / "served" / "clockify.git"
    run("git", "clone", "--quiet", "--bare", HOUSE, clone, cwd=tmp_path)
    run("git", "update-server-info", cwd=clone)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=clone.parent)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/clockify.git"
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


SHELLS = [shell for shell in ("bash", "zsh") if shutil.which(shell)]


@pytest.mark.parametrize("shell", SHELLS)
def test_page_about_installing_does_what_it_says(
    dist: Path, tmp_path: Path, repository: str, index: dict[str, str], shell: str
) -> None:
    """The commands of docs/install.md, word for word, but for the address of the repository."""
    script = "\n".join(text for text in blocks_of("docs/install.md", "sh") if "meltano" not in text)
    place = tmp_path / "stranger"
    shutil.copytree(dist / "dist", place / "dist")
    run(
        *(shell, "-euo", "pipefail", "-c", script.replace(_PLACEHOLDER, repository)),
        cwd=place,
        PATH=f"{tmp_path / 'bin'}{os.pathsep}{UV.parent}{os.pathsep}{OUTSIDE['PATH']}",
        UV_TOOL_DIR=str(tmp_path / "tools"),
        UV_TOOL_BIN_DIR=str(tmp_path / "bin"),
        UV_PYTHON=sys.executable,
        PIP_NO_COMPILE="1",
        **index,
    )
    assert f"v{version()}" in run(tmp_path / "bin" / "tap-clockify", "--version", cwd=tmp_path)


@pytest.fixture(scope="session")
def meltano(tmp_path_factory: pytest.TempPathFactory, index: dict[str, str]) -> Path:
    """The folder of a separate Meltano."""
    place = tmp_path_factory.mktemp("meltano")
    pins = HOUSE / "constraints-meltano.txt"
    run(UV, "venv", "--quiet", "--python", sys.executable, place, cwd=place)
    run(UV, "pip", "install", "--quiet", "--python", place, "--constraint", pins, "meltano", cwd=place, **index)
    return place / "bin"


@pytest.mark.parametrize("shell", SHELLS)
def test_another_meltano_project_can_use_the_tap(
    dist: Path, tmp_path: Path, meltano: Path, index: dict[str, str], shell: str
) -> None:
    """What docs/install.md says, word for word; what is read then are the streams of the tap's own default."""
    (settings,) = blocks_of("docs/install.md", "yaml")
    (script,) = (text for text in blocks_of("docs/install.md", "sh") if "meltano" in text)
    shutil.copytree(dist / "dist", tmp_path / "dist")
    shutil.copy(HOUSE / "orchestrate" / "meltano" / "clockify.meltano.yml", tmp_path)
    (tmp_path / "meltano.yml").write_text(f"version: 1\n{settings}", encoding="utf-8")
    said = run(
        *(shell, "-euo", "pipefail", "-c", script),
        cwd=tmp_path,
        PATH=f"{meltano}{os.pathsep}{UV.parent}{os.pathsep}{OUTSIDE['PATH']}",
        NO_COLOR="1",
        MELTANO_SEND_ANONYMOUS_USAGE_STATS="false",
        **index,
    )
    selected = {stream.selected for stream in STREAMS}
    assert selected == {True, False}
    for stream in STREAMS:
        read = re.search(rf"^\s*\[(?:selected|automatic)\s*\] {stream.name}\.", said, re.MULTILINE)
        assert bool(read) == stream.selected, stream.name
