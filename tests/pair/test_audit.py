"""The audit of dependencies: which findings fail it. `make audit` tries it with the real pip-audit (tests/audit)."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime, timedelta
from email.message import Message
from importlib.metadata import PackageNotFoundError
from typing import TYPE_CHECKING, Any

import pytest

from release import audit, licences

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_TODAY = datetime.now(UTC).date()
_ENTRY = """[[findings]]
id = "CVE-2026-1"
package = "requests"
reason = "never called"
until = {until}
"""


@pytest.fixture
def said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Audit with a stand-in for pip-audit that writes what it once wrote; the exit code and what was said."""
    accepted = audit.ACCEPTED.read_text(encoding="utf-8").replace("findings = []\n", "")

    def run(*, weak: bool = False, skipped: str = "none", entry: str = "", out: str | None = None) -> tuple[int, str]:
        found: list[dict[str, Any]] = [{"name": "jinja2", "version": "2.10", "vulns": [{"id": "PYSEC-2019-217"}]}]
        for name, pin in licences.pins(audit.CONSTRAINTS).items():
            if skipped in {name, "all"}:
                found.append({"name": name, "skip_reason": "Dependency not found and could not be audited"})
                continue
            vulns = [{"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["99"]}]
            is_weak = weak and name == "requests"
            found.append({"name": name, "version": str(pin.specifier)[2:], "vulns": vulns if is_weak else []})
        (tmp_path / "out").write_text(json.dumps({"dependencies": found, "fixes": []}) if out is None else out)
        (tmp_path / "pip-audit").write_text(f"#!/bin/sh\ncat '{tmp_path / 'out'}'\necho it broke >&2\n")
        (tmp_path / "pip-audit").chmod(0o700)
        (tmp_path / "accepted.toml").write_text((entry or "findings = []\n") + accepted)
        code = audit.main([f"--pip-audit={tmp_path / 'pip-audit'}", f"--accepted={tmp_path / 'accepted.toml'}"])
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


def test_audited_packages_without_weaknesses_pass(said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIT", "required")
    code, told = said()
    assert (code, "WRONG" in told, "NOT AUDITED" in told) == (0, False, False), told


def test_a_finding_fails_unless_it_is_accepted_for_now(said: Any) -> None:
    code, told = said(weak=True)
    assert code == 1
    assert "WRONG requests " in told
    assert "PYSEC-2026-1, CVE-2026-1, mended in 99" in told
    code, told = said(weak=True, entry=_ENTRY.format(until=_TODAY))
    assert (code, "never called" in told) == (0, True), told
    code, told = said(weak=True, entry=_ENTRY.format(until=_TODAY - timedelta(days=1)))
    assert (code, "accepted until" in told) == (1, True), told
    code, told = said(entry=_ENTRY.format(until=_TODAY))
    assert (code, "not found any more" in told) == (0, True), told


@pytest.mark.parametrize("missing", ["reason", "until", "package"])
def test_an_accepted_finding_needs_a_reason_and_an_end_date(said: Any, missing: str) -> None:
    entry = "".join(f"{line}\n" for line in _ENTRY.format(until=_TODAY).splitlines() if not line.startswith(missing))
    code, told = said(weak=True, entry=entry)
    assert (code, f"CVE-2026-1 has no proper {missing}" in told) == (1, True), told


def test_a_package_that_is_skipped_was_not_audited(said: Any) -> None:
    code, told = said(skipped="urllib3")
    assert (code, "WRONG urllib3 was not audited" in told) == (1, True), told


@pytest.mark.parametrize("how", [{"skipped": "all"}, {"out": ""}, {"out": "[]"}, {"out": '{"dependencies": []}'}])
def test_an_audit_without_a_source_never_succeeds(
    said: Any, how: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, told = said(**how)
    assert (code, told.count("NOT AUDITED"), "audited by" in told) == (0, 1, False), told
    monkeypatch.setenv("AUDIT", "required")
    assert said(**how)[0] == 1
    monkeypatch.setenv("AUDIT", "please")
    assert said(**how)[0] == 1


# -- licences --------------------------------------------------------------------------------------


class _Installed:
    def __init__(self, requires: tuple[str, ...] = (), **metadata: str) -> None:
        self.requires = requires
        self.metadata = Message()
        for name, value in metadata.items():
            self.metadata[name.replace("_", "-")] = value


_ALLOWED = {"shipped": ["MIT"], "development": ["LGPL-2.1"]}


def _problems(page: str | None = None, **installed: _Installed) -> list[str]:
    """What is wrong where our packages need `ours`, and `tool` is for development."""
    everything: dict[str, Any] = {"clockify-client": _Installed(("ours[more]; python_version < '3.12'",)), **installed}

    def find(name: str) -> Any:
        if name not in everything:
            raise PackageNotFoundError(name)
        return everything[name]

    found, unpinned = licences.dependencies(installed, {}, find)
    page = licences.BEGIN + (licences.table(found) if page is None else page) + licences.END
    return licences.problems(page, found, unpinned, _ALLOWED)


def test_the_page_lists_the_installed_packages() -> None:
    with audit.ACCEPTED.open("rb") as file:
        content = tomllib.load(file)["licences"]
    found, unpinned = licences.dependencies(licences.pins(audit.CONSTRAINTS), content["stated"])
    assert sum(bool(one.programs) for one in found) > 30
    assert licences.problems(audit.PAGE.read_text(encoding="utf-8"), found, unpinned, content) == []


def test_licences_that_are_allowed() -> None:
    mit, either = _Installed(License_Expression="MIT"), _Installed(License_Expression="GPL-3.0-only OR MIT")
    words, classified = (
        _Installed(License="MIT License"),
        _Installed(Classifier="License :: OSI Approved :: MIT License"),
    )
    assert _problems(ours=mit, tool=_Installed(License="LGPL-2.1")) == []
    for one in (either, words, classified):
        assert _problems(ours=one) == []


def test_a_licence_that_is_not_allowed() -> None:
    for licence in ("LGPL-2.1", "MIT AND GPL-3.0-only", "Proprietary"):
        assert _problems(ours=_Installed(License_Expression=licence)) == [
            f"ours: its licence {licence} is not among those that are allowed"
        ]
    for odd in (_Installed(), _Installed(License="a text of many words"), _Installed(License="")):
        assert _problems(tool=odd, ours=_Installed(License="MIT")) == [
            "tool: its metadata states no licence that is understood"
        ]


def test_a_package_that_the_page_or_the_pins_lack() -> None:
    ours = _Installed(("deep", "more; extra == 'more'", "never; extra == 'never'"), License="MIT")
    assert _problems(ours=ours) == [
        f"{name} is needed by our packages and constraints.txt does not pin it" for name in ("deep", "more")
    ]
    head = "| Package | Licence | Needed by |\n| --- | --- | --- |\n"
    mit = _Installed(License="MIT")
    assert _problems(head, ours=mit) == ["ours is not on the page"]
    assert _problems(head + "| ours | MIT | client |\n| old | MIT | client |\n", ours=mit) == [
        "old is on the page, and constraints.txt does not pin it"
    ]
    (other,) = _problems(head + "| ours | ISC | client |\n", ours=mit)
    assert other.startswith("ours: the page says")
