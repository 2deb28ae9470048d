"""`python -m release.audit`: checks the licences of our dependencies, and looks up their known weaknesses.

pip-audit asks a source of known weaknesses about each pinned package. It skips packages that the source does not know,
and succeeds even if it skips all of them. Here, a skipped package counts as not audited. As a test, the source must
know a weakness of a package that certainly has one; otherwise it is not trusted.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from release import licences
from release.version import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

CONSTRAINTS = ROOT / "constraints.txt"
ACCEPTED = ROOT / "release" / "audit.toml"
PAGE = ROOT / "docs" / "dependencies.md"
NOT_AUDITED = "NOT AUDITED"
_PIP_AUDIT = ROOT / ".venv-audit" / "bin" / "pip-audit"
_SECONDS = 900  # of one source, for all packages
_KNOWN_TO_BE_WEAK = "jinja2==2.10"  # since 2019 (CVE-2019-10906); not a dependency
_FIELDS = {"id": str, "package": str, "reason": str, "until": date}


class AuditError(Exception):
    """The audit cannot be done; the message says why in one line."""


@dataclass
class Answer:
    """The result from a source.

    Attributes:
        source: Its name.
        audited: How many packages it knows.
        skipped: The packages it does not know.
        weak: Findings: package, version, the names of the weakness, and the fixed versions.
        failure: Why there is no result; empty if there is one.
    """

    source: str
    audited: int = 0
    skipped: list[str] = field(default_factory=list)
    weak: list[tuple[str, str, list[str], list[str]]] = field(default_factory=list)
    failure: str = ""


def ask(pip_audit: Path, source: str, pinned: Sequence[str], osv_url: str | None = None) -> Answer:
    """Let pip-audit ask a source about packages, each `name==version`."""
    command = [
        str(pip_audit),
        "--no-deps",
        "--disable-pip",
        "--format=json",
        "--progress-spinner=off",
        f"--vulnerability-service={source}",
    ]
    if osv_url:
        command.append(f"--osv-url={osv_url}")
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / "requirements.txt"
        asked.write_text("".join(f"{one}\n" for one in [*pinned, _KNOWN_TO_BE_WEAK]), encoding="utf-8")
        try:
            ended = subprocess.run(  # noqa: S603 - a program of this house, with arguments from here
                [*command, f"--requirement={asked}"], capture_output=True, text=True, check=False, timeout=_SECONDS
            )
        except OSError as problem:
            msg = f"{pip_audit} cannot be run ({problem.strerror}): `make audit` installs it"
            raise AuditError(msg) from None
        except subprocess.TimeoutExpired:
            return Answer(source, failure=f"no answer within {_SECONDS} seconds")
    return understood(source, ended.stdout, ended.stderr, pinned)


def understood(source: str, out: str, err: str, pinned: Sequence[str]) -> Answer:
    """Parse the output of pip-audit; packages that it does not mention count as skipped."""
    try:
        told = {canonicalize_name(one["name"]): one for one in json.loads(out)["dependencies"]}
    except (ValueError, KeyError, TypeError):
        return Answer(source, failure=(err.strip().splitlines() or ["pip-audit said nothing"])[-1].strip()[:300])
    answer = Answer(source)
    for one in pinned:
        name, _, version = one.partition("==")
        found = told.get(canonicalize_name(name))
        if found is None or "vulns" not in found:
            answer.skipped.append(name)
            continue
        answer.audited += 1
        for weakness in found["vulns"]:
            names = [weakness["id"], *weakness.get("aliases", ())]
            answer.weak.append((name, version, names, list(weakness.get("fix_versions", ()))))
    name, _, version = _KNOWN_TO_BE_WEAK.partition("==")
    if not answer.audited:
        answer.failure = f"it knows none of the {len(pinned)} packages"
    elif not told.get(canonicalize_name(name), {}).get("vulns"):
        answer.failure = f"it knows no weakness of {name} {version}, which has some"
    return answer


def accepted(path: Path) -> dict[str, Any]:
    """Return the contents of the file with accepted licences and findings.

    Raises:
        AuditError: it cannot be read, or an entry lacks a reason or a day.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        msg = f"{path.name} cannot be read: {problem}"
        raise AuditError(msg) from None
    for entry in content["findings"]:
        for name, kind in _FIELDS.items():
            if not isinstance(entry.get(name), kind) or not entry[name]:
                which = entry.get("id", "one")
                msg = f"{path.name}: each finding needs {', '.join(_FIELDS)}; {which} has no proper {name}"
                raise AuditError(msg)
    return content


def judged(answer: Answer, entries: Sequence[Mapping[str, Any]], today: date) -> tuple[list[str], list[str]]:
    """Return problems and notes, one line each."""
    wrong = [f"{name} was not audited: {answer.source} does not know it" for name in answer.skipped]
    notes: list[str] = []
    used = set()
    for package, version, names, mended in answer.weak:
        told = f"{package} {version}: {', '.join(names)}" + (f", mended in {', '.join(mended)}" if mended else "")
        entry = next((one for one in entries if one["package"] == package and one["id"] in names), None)
        if entry is None:
            wrong.append(told)
            continue
        used.add(entry["id"])
        until = f"accepted until {entry['until']}: {entry['reason']}"
        (notes if today <= entry["until"] else wrong).append(f"{told}; {until}")
    notes += [f"{one['id']} is accepted, and not found any more" for one in entries if one["id"] not in used]
    return wrong, notes


def _vulnerabilities(pip_audit: Path, osv_url: str | None, content: Mapping[str, Any], *, required: bool) -> bool:
    """Audit the pinned packages, print the result, and return whether it is a success."""
    pinned = [f"{name}{one.specifier}" for name, one in licences.pins(CONSTRAINTS).items()]
    failures = []
    for source in ["osv"] if osv_url else ["pypi", "osv"]:
        answer = ask(pip_audit, source, pinned, osv_url)
        if answer.failure:
            failures.append(f"  {source}: {answer.failure}")
            continue
        wrong, notes = judged(answer, content["findings"], datetime.now(UTC).date())
        _say([*(f"  WRONG {line}" for line in wrong), *(f"  note: {line}" for line in notes)])
        _say([f"Weaknesses: {answer.audited} of {len(pinned)} packages audited by {source}, {len(wrong)} problems"])
        return not wrong
    _say([f"{NOT_AUDITED} for known weaknesses: no source could be reached that knows the {len(pinned)} packages"])
    _say([*failures, f"  AUDIT=required{': this fails' if required else ' makes this a failure'}"])
    return not required


def _licences(content: Mapping[str, Any], page: Path) -> bool:
    """Check the licences, print the result, and return whether it is a success."""
    found, unpinned = licences.dependencies(licences.pins(CONSTRAINTS), content["licences"]["stated"])
    wrong = licences.problems(page.read_text(encoding="utf-8"), found, unpinned, content["licences"])
    _say(f"  WRONG {line}" for line in wrong)
    shipped = sum(bool(one.programs) for one in found)
    _say([f"Licences: {len(found)} packages, {shipped} of them needed by what we ship, {len(wrong)} problems"])
    if wrong:
        _say(
            ["  release/audit.toml says which licences are allowed; `python -m release.audit --write` writes the page"]
        )
    return not wrong


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")


def main(words: Sequence[str] | None = None) -> int:
    """Run the audit of the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m release.audit", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name} again, without an audit")
    parser.add_argument("--licences", action="store_true", help="check the licences only")
    parser.add_argument("--pip-audit", type=Path, default=_PIP_AUDIT, metavar="PATH", help="the program to ask with")
    parser.add_argument("--osv-url", metavar="URL", help="a source that speaks as OSV does, instead of the public ones")
    parser.add_argument("--accepted", type=Path, default=ACCEPTED, metavar="FILE", help="what is accepted")
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE", help="the page with the table")
    asked = parser.parse_args(words)
    required = os.environ.get("AUDIT", "")
    if required not in {"", "required"}:
        sys.stderr.write(f"audit: AUDIT={required} means nothing: write AUDIT=required, or leave it out\n")
        return 1
    try:
        content = accepted(asked.accepted)
        if asked.write:
            found, _ = licences.dependencies(licences.pins(CONSTRAINTS), content["licences"]["stated"])
            asked.page.write_text(licences.rewritten(asked.page.read_text(encoding="utf-8"), found), encoding="utf-8")
            return 0
        is_well = _licences(content, asked.page)
        if not asked.licences:
            is_well &= _vulnerabilities(asked.pip_audit, asked.osv_url, content, required=bool(required))
    except (AuditError, ValueError, OSError) as problem:
        sys.stderr.write(f"audit: {problem}\n")
        return 1
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
