"""The version that the four packages share, in their pyproject.toml files and in the changelog."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("clockify-client", "tap-clockify", "target-clockify", "clockify-sandbox")
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_OWN = re.compile(r'(?m)^version = "[^"]*"$')
_PIN = re.compile(r'"clockify-client==[^"]*"')
_UNRELEASED = "## [Unreleased]\n"


class ReleaseError(Exception):
    """The version cannot be set; the message says why in one line."""


def version(root: Path = ROOT) -> str:
    """Return the version that all four packages have.

    Raises:
        ReleaseError: a package, or the pin of the shared client in one, has another.
    """
    found: dict[str, str] = {}
    for package in PACKAGES:
        project = tomllib.loads((root / package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        found[f"{package}/pyproject.toml"] = project["version"]
        for requirement in project["dependencies"]:
            if requirement.startswith("clockify-client"):
                found[f"{package}/pyproject.toml, {requirement}"] = requirement.removeprefix("clockify-client==")
    if len(set(found.values())) > 1:
        told = "; ".join(f"{place}: {one}" for place, one in found.items())
        msg = f"the packages must share one version, set it with `make release VERSION=...` ({told})"
        raise ReleaseError(msg)
    return found[f"{PACKAGES[0]}/pyproject.toml"]


def release(wanted: str, root: Path = ROOT) -> None:
    """Set the version in all packages, and give the unreleased part of the changelog this number and the date (UTC).

    Raises:
        ReleaseError: this is not a later version, or the changelog has nothing to release; nothing is written.
    """
    if not _VERSION.fullmatch(wanted):
        msg = f"{wanted!r} is no version: write three numbers with points between them, such as 1.2.0"
        raise ReleaseError(msg)
    changelog = root / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8")
    before, heading, rest = text.partition(_UNRELEASED)
    if not heading or not rest.partition("\n## [")[0].strip():
        msg = "CHANGELOG.md has nothing under [Unreleased]: say there what the release brings"
        raise ReleaseError(msg)
    released = re.search(r"(?m)^## \[(\d+\.\d+\.\d+)\]", rest)
    if released and _numbers(wanted) <= _numbers(released[1]):
        msg = f"{wanted} does not come after {released[1]}, the latest release in CHANGELOG.md"
        raise ReleaseError(msg)
    for package in PACKAGES:
        path = root / package / "pyproject.toml"
        project = _OWN.sub(f'version = "{wanted}"', path.read_text(encoding="utf-8"), count=1)
        path.write_text(_PIN.sub(f'"clockify-client=={wanted}"', project), encoding="utf-8")
    today = datetime.now(UTC).date().isoformat()
    changelog.write_text(f"{before}{heading}\n## [{wanted}] - {today}\n{rest}", encoding="utf-8")


def _numbers(one: str) -> list[int]:
    return [int(number) for number in one.split(".")]
