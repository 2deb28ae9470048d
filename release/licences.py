"""Reads the licences of installed dependencies, and compares them with a page and with the allowed ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from itertools import product
from typing import TYPE_CHECKING, Any

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from release.version import PACKAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from importlib.metadata import PackageMetadata
    from pathlib import Path

    Find = Callable[[str], Distribution]

BEGIN, END = "<!-- dependencies -->\n", "<!-- end of dependencies -->"
_PROGRAMS = {name: name.removeprefix("clockify-").removesuffix("-clockify") for name in PACKAGES}
_PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_SYSTEMS = (("linux", "Linux", "posix"), ("darwin", "Darwin", "posix"), ("win32", "Windows", "nt"))
_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
_WORDS = {"Apache 2.0": "Apache-2.0", "MIT License": "MIT"}
_EXPRESSION = re.compile(r"[A-Za-z0-9.+-]+(?: (?:AND|OR) [A-Za-z0-9.+-]+)*")


@dataclass(frozen=True)
class Dependency:
    """A package that constraints.txt pins.

    Attributes:
        name: Its normalised name.
        licence: An SPDX expression; empty if unknown.
        programs: Our packages that need it, by short name; empty if only development needs it.
        installed: Whether it is installed here; another system, another Python or a build may need it.
    """

    name: str
    licence: str
    programs: tuple[str, ...]
    installed: bool

    @property
    def row(self) -> str:
        """Its row in the table."""
        return f"| {self.name} | {self.licence} | {', '.join(self.programs) or 'development only'} |"


def pins(constraints: Path) -> dict[str, Requirement]:
    """Return the pinned packages of a file, by normalised name."""
    lines = (line.strip() for line in constraints.read_text(encoding="utf-8").splitlines())
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(one.name): one for one in found}


def dependencies(
    pinned: Iterable[str], stated: Mapping[str, str], find: Find = distribution
) -> tuple[list[Dependency], list[str]]:
    """Return the pinned packages, and the names of packages that ours need but that are not pinned.

    Args:
        pinned: Normalised names.
        stated: Licences that are not in the metadata, by name.
        find: Finds an installed package by name; raises PackageNotFoundError.
    """
    needed: dict[str, set[str]] = {}
    for package, program in _PROGRAMS.items():
        for name in _closure(package, find):
            needed.setdefault(name, set()).add(program)
    found = []
    for name in sorted(pinned):
        try:
            metadata = find(name).metadata
        except PackageNotFoundError:
            metadata = None
        licence = stated.get(name) or (_licence(metadata) if metadata else "")
        programs = tuple(one for one in _PROGRAMS.values() if one in needed.get(name, ()))
        found.append(Dependency(name, licence, programs, metadata is not None))
    return found, sorted(needed.keys() - set(pinned) - _PROGRAMS.keys())


def table(found: Iterable[Dependency]) -> str:
    """Return the table of the page, shipped packages first."""
    rows = [one.row for one in sorted(found, key=lambda one: (not one.programs, one.name))]
    return "\n".join(["| Package | Licence | Needed by |", "| --- | --- | --- |", *rows, ""])


def problems(page: str, found: Iterable[Dependency], unpinned: Iterable[str], allowed: Mapping[str, Any]) -> list[str]:
    """Return the problems, one line each: licences that are not allowed, and differences from the page.

    Args:
        page: The text of the page.
        found: The packages that constraints.txt pins.
        unpinned: Packages that ours need but that are not pinned.
        allowed: Lists of SPDX identifiers, `shipped` and `development`.
    """
    said = [f"{name} is needed by our packages and constraints.txt does not pin it" for name in unpinned]
    rows = [line for line in _part(page).splitlines()[2:] if line]
    by_name = {row.split("|")[1].strip(): row for row in rows}
    names = set()
    for one in found:
        names.add(one.name)
        may = {*allowed["shipped"], *(() if one.programs else allowed["development"])}
        row = by_name.get(one.name)
        if not one.licence and one.installed:
            said.append(f"{one.name}: its metadata states no licence that is understood")
        elif one.licence and not _is_allowed(one.licence, may):
            said.append(f"{one.name}: its licence {one.licence} is not among those that are allowed")
        if row is None:
            said.append(f"{one.name} is not on the page")
        elif one.installed and row != one.row:
            said.append(f"{one.name}: the page says `{row}`, and installed is `{one.row}`")
    return said + [
        f"{name} is on the page, and constraints.txt does not pin it" for name in by_name if name not in names
    ]


def rewritten(page: str, found: Iterable[Dependency]) -> str:
    """Return the page with a new table; a package that is not installed here keeps its row."""
    rows = {line.split("|")[1].strip(): line for line in _part(page).splitlines()[2:] if line}
    before, _, rest = page.partition(BEGIN)
    made = table(found)
    for one in found:
        if not one.installed and one.name in rows:
            made = made.replace(one.row, rows[one.name])
    return before + BEGIN + made + END + rest.partition(END)[2]


def _part(page: str) -> str:
    _, begin, rest = page.partition(BEGIN)
    part, end, _ = rest.partition(END)
    if not begin or not end:
        msg = "the page has no markers for the table"
        raise ValueError(msg)
    return part


def _closure(package: str, find: Find) -> set[str]:
    """Return the names of a package's dependencies, for all systems and Pythons that we support."""
    seen: set[tuple[str, str]] = set()
    ahead = [(package, "")]
    while ahead:
        name, extra = ahead.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        try:
            needs = find(name).requires or []
        except PackageNotFoundError:
            continue
        for requirement in map(Requirement, needs):
            if _applies(requirement, extra):
                needed = canonicalize_name(requirement.name)
                ahead += [(needed, one) for one in ("", *requirement.extras)]
    return {name for name, _ in seen} - {package}


def _applies(requirement: Requirement, extra: str) -> bool:
    if requirement.marker is None:
        return not extra
    here: dict[str, str] = {name: str(value) for name, value in default_environment().items()} | {"extra": extra}
    somewhere = [
        here
        | {"python_version": version, "python_full_version": f"{version}.0"}
        | {"sys_platform": system, "platform_system": platform, "os_name": family}
        for version, (system, platform, family) in product(_PYTHONS, _SYSTEMS)
    ]
    is_extra = "extra" in str(requirement.marker)
    return is_extra == bool(extra) and any(requirement.marker.evaluate(one) for one in somewhere)


def _licence(metadata: PackageMetadata) -> str:
    """Return the licence in metadata as an SPDX expression: from its field, from classifiers, or from free text."""
    if "License-Expression" in metadata:
        return metadata["License-Expression"]
    words = metadata["License"].strip() if "License" in metadata else ""
    if words in _WORDS or _EXPRESSION.fullmatch(words):
        return _WORDS.get(words, words)
    told = [one.rpartition(" :: ")[2] for one in metadata.get_all("Classifier") or () if one.startswith("License ::")]
    return " OR ".join(_CLASSIFIERS[one] for one in told) if told and all(one in _CLASSIFIERS for one in told) else ""


def _is_allowed(expression: str, allowed: set[str]) -> bool:
    """Return whether one alternative of an expression (without brackets) consists of allowed licences."""
    return any(set(choice.split(" AND ")) <= allowed for choice in expression.split(" OR "))
