"""The parts of a release: one version, a licence and a README in each package, and plugin definitions."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from release import plugins
from release.version import PACKAGES, ReleaseError, release, version

HOUSE = Path(__file__).parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copy(HOUSE / "CHANGELOG.md", tmp_path)
    for package in PACKAGES:
        (tmp_path / package).mkdir()
        shutil.copy(HOUSE / package / "pyproject.toml", tmp_path / package)
    return tmp_path


def test_packages_share_one_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", version())


def test_release_gives_packages_pins_and_changelog_one_version(copy: Path) -> None:
    release("7.8.9", copy)
    assert version(copy) == "7.8.9"
    pins = [
        requirement
        for package in ("tap-clockify", "target-clockify")
        for requirement in tomllib.loads((copy / package / "pyproject.toml").read_text())["project"]["dependencies"]
        if requirement.startswith("clockify-client")
    ]
    assert pins == ["clockify-client==7.8.9"] * 2
    before = (HOUSE / "CHANGELOG.md").read_text()
    after = (copy / "CHANGELOG.md").read_text()
    added = re.sub(r"\n## \[7\.8\.9\] - \d{4}-\d\d-\d\d\n", "", after, count=1)
    assert added == before
    assert "## [Unreleased]\n\n## [7.8.9] - " in after


def test_packages_that_disagree_are_named(copy: Path) -> None:
    project = copy / "target-clockify" / "pyproject.toml"
    project.write_text(project.read_text().replace("clockify-client==", "clockify-client==9"))
    with pytest.raises(ReleaseError, match=r"target-clockify/pyproject\.toml, clockify-client==9"):
        version(copy)


@pytest.mark.parametrize(
    ("wanted", "reason"), [("v2", "three numbers"), ("0.9.0", "nothing under"), ("0.0.1", "does not come after 0.9.0")]
)
def test_version_that_cannot_follow_changes_nothing(copy: Path, wanted: str, reason: str) -> None:
    release("0.9.0", copy)
    changelog = copy / "CHANGELOG.md"
    if wanted == "0.0.1":
        changelog.write_text(changelog.read_text().replace("[Unreleased]\n", "[Unreleased]\n\n- News.\n"))
    before = changelog.read_text()
    with pytest.raises(ReleaseError, match=reason):
        release(wanted, copy)
    assert (changelog.read_text(), version(copy)) == (before, "0.9.0")


def test_refusal_is_one_line() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "release", "v2"], cwd=HOUSE, capture_output=True, text=True, check=False
    )
    assert told.returncode == 1
    assert told.stderr.splitlines() == [
        "release: 'v2' is no version: write three numbers with points between them, such as 1.2.0"
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_package_carries_licence_and_a_readme_that_stands_alone(package: str) -> None:
    assert (HOUSE / package / "LICENSE").read_bytes() == (HOUSE / "LICENSE").read_bytes()
    readme = (HOUSE / package / "README.md").read_text()
    assert len(readme) > 500
    assert [link for link in re.findall(r"\]\(([^)]+)\)", readme) if not link.startswith(("https://", "#"))] == []


def test_definitions_for_meltano_are_those_of_the_programs() -> None:
    assert plugins.PLACE.read_text() == plugins.definitions(), "run `make plugins`"


def test_definitions_for_meltano_agree_with_our_own_project() -> None:
    """tests/pair/test_meltano_project.py compares that one with the programs."""
    pasted = yaml.safe_load(plugins.PLACE.read_text())["plugins"]
    ours = yaml.safe_load((HOUSE / "meltano.yml").read_text())["plugins"]
    for kind, name in (("extractors", "tap-clockify"), ("loaders", "target-clockify")):
        (theirs,) = pasted[kind]
        own = next(plugin for plugin in ours[kind] if plugin["name"] == name)
        assert set(theirs.get("select", ())) == set(own.get("select", ()))
        for key in ("namespace", "executable"):
            assert theirs[key] == own[key]
        assert set(theirs["capabilities"]) == set(own["capabilities"])
        assert {one["name"]: one.get("kind") for one in theirs["settings"]} == {
            one["name"]: one.get("kind") for one in own["settings"]
        }


def test_the_forge_runs_what_the_packages_promise() -> None:
    jobs = yaml.safe_load((HOUSE / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))["jobs"]
    named = {
        words.removeprefix("Programming Language :: Python :: ")
        for package in PACKAGES
        for words in tomllib.loads((HOUSE / package / "pyproject.toml").read_text())["project"]["classifiers"]
        if re.search(r" 3\.\d+$", words)
    }
    assert named <= set(jobs["everything"]["strategy"]["matrix"]["python"])
    goals = re.findall(r"^([a-z-]+):.*## ", (HOUSE / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for job in jobs.values():
        for command in (step["run"] for step in job["steps"] if "run" in step):
            program, what = command.split()
            assert program in {"bash", "make"}
            assert what in goals if program == "make" else (HOUSE / what).is_file()
