"""Every recipe of docs/recipes.md, its files and commands taken from the page and run against the sandbox."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.docs.blocks import blocks_of
from tests.target.conftest import reads
from tests.target.test_layouts import Before

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.prefork import Prefork

_ROOT = Path(__file__).parents[2]
_PAGE = (_ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
_SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!^## ).*\n)*)", _PAGE, re.MULTILINE))
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXPORTS = Path(__file__).with_name("exports")


class Recipe:
    """A section of the page, with its files in a folder."""

    def __init__(self, section: str, folder: Path, forks: Callable[[str], Prefork], target: Any) -> None:
        self.folder = folder
        self.target = target
        self.environment = {
            "TARGET_CLOCKIFY_API_KEY": "sandbox-key",
            "TARGET_CLOCKIFY_API_URL": target.box.api_url,
            "TARGET_CLOCKIFY_WORKSPACE_ID": target.workspace,
            "TARGET_CLOCKIFY_REQUESTS_PER_SECOND": "1000",
            "TAP_CLOCKIFY_API_KEY": "sandbox-key",
            "TAP_CLOCKIFY_API_URL": target.box.api_url,
            "TAP_CLOCKIFY_WORKSPACE_IDS": f'["{target.workspace}"]',
            "TAP_CLOCKIFY_REQUESTS_PER_SECOND": "1000",
        }
        self.log = ""
        self._forks = forks
        self.scripts: list[str] = []
        shutil.copy(_ROOT / "demo" / "tap_csv.py", folder)
        for kind, name, text in _BLOCK.findall(_SECTIONS[section]):
            if kind == "console":
                self.scripts.append(text)
            else:
                (folder / name).write_text(text, encoding="utf-8")

    def run(self, script: int = -1) -> dict[str, int]:
        """Run the lines of a block as a shell would, and return the writes that they sent."""
        before = self.target.box.stats()["by_route"]
        for line in self.scripts[script].splitlines():
            self._run(line)
        after = self.target.box.stats()["by_route"]
        made = {route: n - before.get(route, 0) for route, n in after.items() if n > before.get(route, 0)}
        return {route: n for route, n in made.items() if not reads(route) and "/reports/" not in route}

    def _run(self, line: str) -> None:
        tokens = shlex.shlex(line, posix=True, punctuation_chars="|<>")
        tokens.whitespace_split = True
        commands: list[list[str]] = [[]]
        places: dict[str, str] = {}
        words = iter(tokens)
        for word in words:
            if word == "|":
                commands.append([])
            elif word in {"<", ">", ">>"}:
                places[word] = next(words)
            else:
                commands[-1].append(
                    os.path.expandvars(word) if not self.environment.get(word[1:]) else self.environment[word[1:]]
                )
        with ExitStack() as files:
            source = self.folder / places["<"] if "<" in places else Path(os.devnull)
            given: Any = files.enter_context(source.open("rb"))
            for command in commands:
                written: Any = files.enter_context(tempfile.TemporaryFile())
                code, said = self._started(command, given, written)
                assert code == 0, f"{line}\n{said}"
                self.log += said
                written.seek(0)
                given = written
            for sign, mode in ((">", "wb"), (">>", "ab")):
                if sign in places:
                    with (self.folder / places[sign]).open(mode) as file:
                        shutil.copyfileobj(given, file)
            given.seek(0)
            self.output = given.read().decode()

    def _started(self, command: list[str], given: Any, written: Any) -> tuple[int | None, str]:
        around: Mapping[str, str] = {**os.environ, **self.environment}
        with tempfile.TemporaryFile() as errors:
            if command[0] in {"tap-clockify", "target-clockify"}:
                place = Path.cwd()
                os.chdir(self.folder)
                try:
                    process = self._forks(command[0]).start(
                        command[1:], stdin=given, stdout=written, stderr=errors, environment=around
                    )
                finally:
                    os.chdir(place)
                code = process.wait()
            else:
                code = subprocess.run(
                    command, stdin=given, stdout=written, stderr=errors, cwd=self.folder, env=around, check=False
                ).returncode
            errors.seek(0)
            return code, errors.read().decode()


@pytest.fixture
def recipe(sandbox: Any, runner: Any, tmp_path: Path, forks: Callable[[str], Prefork]) -> Callable[[str], Recipe]:
    target = runner(sandbox(scale="tiny"), tmp_path)
    return lambda section: Recipe(section, tmp_path, forks, target)


def _rows(target: Any, table: str) -> list[dict[str, Any]]:
    found = target.tables()[table]
    return list(found.values()) if isinstance(found, dict) else list(found)


def _users(target: Any) -> dict[str, str]:
    return {one["id"]: one["email"].partition("@")[0] for one in target.box.dump()["users"]}


def test_every_recipe_is_run() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert [title for title in _SECTIONS if f'"{title}"' not in source] == []
    taken = [(kind, text) for section in _SECTIONS.values() for kind, _, text in _BLOCK.findall(section)]
    before, *others = blocks_of("docs/recipes.md", "console")
    assert [text for kind, text in taken if kind == "console"] == others
    assert [name for name in re.findall(r"(\w+)=", before) if f'"{name}": ' not in source] == [], "each is set"
    assert [text for kind, text in taken if kind == "json"] == blocks_of("docs/recipes.md", "json")
    assert [text for kind, text in taken if kind == "csv"] == blocks_of("docs/recipes.md", "csv")


@pytest.mark.parametrize(
    ("section", "export", "hours"),
    [
        (
            "Leave Toggl Track",
            "toggl.csv",
            {
                ("lia", "Acme", "Website", "05"): 9000,
                ("lia", "Harbour", "Website", "05"): 2700,
                ("kenji", "Cumulus", "Website", "06"): 28800,
                ("kenji", "", "", "06"): 1200,
            },
        ),
        (
            "Leave Harvest",
            "harvest.csv",
            {
                ("lia", "Acme", "Website", "05"): 9000 + 1800,
                ("mia", "Acme", "Website", "05"): 7200,
                ("lia", "Harbour", "Quay", "06"): 1188,
            },
        ),
        ("Leave Tempo", "tempo.csv", {("lia", "Acme", "Website", "05"): 9000 + 3600 + 600}),
        (
            "A timesheet spreadsheet every Friday",
            "",
            {("lia", "Acme", "Website", "05"): 9000 + 4500, ("mia", "Gardeners", "Hedge", "06"): 31500},
        ),
    ],
)
def test_files_of_hours(
    recipe: Callable[[str], Recipe], section: str, export: str, hours: dict[tuple[str, ...], int]
) -> None:
    one = recipe(section)
    before = Before(one.target)
    if export:
        (one.folder / "exports").mkdir()
        shutil.copy(_EXPORTS / export, one.folder / "exports" / "any name.csv")
    one.run()
    told = {(mail.partition("@")[0], *place, day[-2:]): n for (mail, *place, day), n in before.hours().items()}
    assert told == hours
    assert one.run() == {}


def test_deals(recipe: Callable[[str], Recipe]) -> None:
    one = recipe("CRM deals become projects, and are archived when they are closed")
    one.run()
    clients = {row["id"]: row["name"] for row in _rows(one.target, "clients")}

    def projects() -> dict[str, tuple[str, bool]]:
        rows = {
            row["name"]: (clients.get(row["clientId"], ""), row["archived"]) for row in _rows(one.target, "projects")
        }
        return {name: rows[name] for name in ("Harbour tour", "Apple harvest", "Old mill")}

    made = {"Harbour tour": ("Acme", False), "Apple harvest": ("Orchard & Sons", False), "Old mill": ("Acme", True)}
    assert projects() == made
    assert one.run() == {}
    deals = one.folder / "deals.csv"
    deals.write_text(deals.read_text().replace("Acme,open", "Acme,closed won"))
    one.run()
    assert projects() == {**made, "Harbour tour": ("Acme", True)}
    assert one.run() == {}


def test_rates(recipe: Callable[[str], Recipe]) -> None:
    one = recipe("Rates of fifty people")
    one.run()
    users = _users(one.target)
    members = {users[row["userId"]]: row["hourlyRate"] for row in _rows(one.target, "members")}
    found = {name: members[name]["amount"] for name in ("ada", "kenji", "lia", "mia")}
    assert found == {"ada": 12000, "kenji": 9550, "lia": 8800, "mia": 7025}
    assert one.run() == {}


def test_rates_of_fifty_people(recipe: Callable[[str], Recipe]) -> None:
    one = recipe("Rates of fifty people")
    emails = [f"person{number}@tiny.example" for number in range(50)]
    for email in emails:
        one.target.box.ok("POST", "/workspaces/{ws}/users?send-email=false", {"email": email})
    rates = one.folder / "rates.csv"
    rows = [f"{email},{60 + number}.{number:02},2026-10-01" for number, email in enumerate(emails)]
    rates.write_text("\n".join(["Email,Rate,Since", *rows]) + "\n")
    assert one.run() == {"PUT /workspaces/{ws}/users/{userId}/hourly-rate": 50}
    ids = {user["email"]: user["id"] for user in one.target.box.ok("GET", "/workspaces/{ws}/users?page-size=200")}
    amounts = {row["userId"]: (row["hourlyRate"] or {}).get("amount") for row in _rows(one.target, "members")}
    assert [amounts[ids[email]] for email in emails] == [(60 + number) * 100 + number for number in range(50)]


def test_time_off(recipe: Callable[[str], Recipe]) -> None:
    one = recipe("Time off for the team")
    before = {row["id"] for row in _rows(one.target, "time_off_requests")}
    one.run()
    users = _users(one.target)
    made = [row for row in _rows(one.target, "time_off_requests") if row["id"] not in before]
    assert {(users[row["userId"]], row["note"]) for row in made} == {("lia", "Skiing"), ("mia", None)}
    assert one.run() == {}


def test_invoices(recipe: Callable[[str], Recipe]) -> None:
    one = recipe("Invoices with items")
    one.run()
    rows = {row["number"]: row for row in _rows(one.target, "invoices")}
    assert [item["description"] for item in rows["2026-101"]["items"]] == ["Design", "Hosting"]
    amounts = [sum(item["amount"] for item in rows[number]["items"]) for number in ("2026-101", "2026-102")]
    assert amounts == [102500, 62000]
    assert one.run() == {}


def test_a_nightly_copy(recipe: Callable[[str], Recipe]) -> None:
    one = recipe("Copy a workspace every night")
    box = one.target.box
    copy = str(box.ok("POST", "/workspaces", {"name": "Copy"})["id"])
    for user in box.ok("GET", "/workspaces/{ws}/users"):
        if user["email"] != "ada@tiny.example":
            box.ok("POST", f"/workspaces/{copy}/users?send-email=false", {"email": user["email"]})
    one.environment["TARGET_CLOCKIFY_WORKSPACE_ID"] = copy
    one.run()

    left_out = {json.loads(line).get("key") for line in (one.folder / "not-copied.jsonl").read_text().splitlines()}

    def hours(workspace: dict[str, Any]) -> list[tuple[Any, ...]]:
        rows = [row for row in workspace["time_entries"] if row["id"] not in left_out]
        return sorted(
            (row["userId"], json.dumps(row["timeInterval"], sort_keys=True), row["description"]) for row in rows
        )

    source, made = (
        next(row for row in box.dump()["workspaces"] if row["id"] == key) for key in (one.target.workspace, copy)
    )
    assert hours(made) == hours(source)
    assert one.run() == {}

    [tag] = [row for row in source["tags"] if row["name"] == "urgent"]
    box.ok("DELETE", f"/workspaces/{{ws}}/tags/{tag['id']}")
    [entry] = [row for row in source["time_entries"] if row["description"] == "Own rates"]
    box.ok("DELETE", f"/workspaces/{{ws}}/time-entries/{entry['id']}")
    by_hand = box.ok("POST", f"/workspaces/{copy}/tags", {"name": "Of the copy alone"})
    one.run()
    source, made = (
        next(row for row in box.dump()["workspaces"] if row["id"] == key) for key in (one.target.workspace, copy)
    )
    assert hours(made) == hours(source)
    names = {row["name"] for row in made["tags"]}
    assert names == {row["name"] for row in source["tags"]} | {by_hand["name"]}


def test_a_project_comes_back(recipe: Callable[[str], Recipe]) -> None:
    one = recipe("Back up a workspace, and restore a deleted project")
    box = one.target.box
    one.run(0)
    entries = _rows(one.target, "time_entries")
    tasks = {row["projectId"] for row in _rows(one.target, "tasks")}
    approved = {row["projectId"] for row in entries if row["isLocked"]}
    chosen = next(key for row in entries if (key := row["projectId"]) in tasks - approved)
    [project] = [row for row in _rows(one.target, "projects") if row["id"] == chosen]

    def holds() -> Any:
        tables = one.target.tables()
        [key] = [row["id"] for row in tables["projects"] if row["name"] == project["name"]]
        tasks = {row["id"]: row["name"] for row in tables["tasks"] if row["projectId"] == key}
        entries = [row for row in tables["time_entries"] if row["projectId"] == key]
        return sorted(tasks.values()), sorted((row["id"], tasks.get(row["taskId"], "")) for row in entries)

    was = holds()
    assert was[0]
    assert was[1]
    path = f"/workspaces/{{ws}}/projects/{project['id']}"
    box.ok("PUT", path, {"name": project["name"], "archived": True})
    box.ok("DELETE", path)
    one.environment["PROJECT"] = project["id"]
    one.run(1)
    one.run(2)
    assert holds() == was
    assert one.run(2) == {}


def test_a_bad_run_is_taken_back(recipe: Callable[[str], Recipe]) -> None:
    one = recipe("Undo a bad run")
    was = one.target.tables()["clients"]
    one.run(0)
    assert one.target.tables()["clients"] != was
    one.run(1)
    assert one.target.tables()["clients"] == was
    assert one.output.count("taken back") == 2
