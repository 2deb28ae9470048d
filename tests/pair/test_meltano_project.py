"""meltano.yml says the same as the plugins that it defines."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

HOUSE = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent
PROJECT = yaml.safe_load((HOUSE / "meltano.yml").read_text(encoding="utf-8"))
KINDS = {"array": "array", "boolean": "boolean", "integer": "integer", "number": "decimal", "object": "object"}


def plugin(kind: str, name: str) -> dict[str, Any]:
    return next(plugin for plugin in PROJECT["plugins"][kind] if plugin["name"] == name)


def say(*command: str) -> dict[str, Any]:
    finished = subprocess.run([PROGRAMS / command[0], *command[1:]], capture_output=True, check=True)
    said: dict[str, Any] = json.loads(finished.stdout)
    return said


def kind_of(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return "options"
    if schema.get("format") == "date-time":
        return "date_iso8601"
    (declared,) = (name for name in schema["type"] if name != "null")
    return KINDS.get(declared, "string")


@pytest.fixture(
    scope="module", params=[("extractors", "tap-clockify"), ("loaders", "target-clockify")], ids=lambda ours: ours[1]
)
def ours(request: pytest.FixtureRequest) -> tuple[dict[str, Any], dict[str, Any]]:
    """A plugin as meltano.yml defines it, and as it describes itself."""
    kind, name = request.param
    return plugin(kind, name), say(name, "--about", "--format=json")


def test_settings(ours: tuple[dict[str, Any], dict[str, Any]]) -> None:
    defined = {setting["name"]: setting for setting in ours[0]["settings"]}
    declared = ours[1]["settings"]["properties"]
    assert defined.keys() == declared.keys()
    for name, setting in defined.items():
        assert setting.get("kind", "string") == kind_of(declared[name]), name
        assert setting.get("sensitive", False) == declared[name].get("secret", False), name
        assert [option["value"] for option in setting.get("options", [])] == [
            one for one in declared[name].get("enum", []) if one is not None
        ], name


def test_capabilities(ours: tuple[dict[str, Any], dict[str, Any]]) -> None:
    assert sorted(ours[0]["capabilities"]) == sorted(ours[1]["capabilities"])


def test_what_is_selected_is_what_the_tap_selects_by_default() -> None:
    catalog = say("tap-clockify", "--discover")
    default = set()
    for stream in catalog["streams"]:
        name, fields = (
            stream["tap_stream_id"],
            {tuple(one["breadcrumb"]): one["metadata"] for one in stream["metadata"]},
        )
        if fields[()]["selected"]:
            apart = {path[-1] for path, one in fields.items() if path and one.get("selected-by-default") is False}
            default |= {f"{name}.*", *(f"!{name}.{field}" for field in apart)}
    assert "!approval_requests.entries" in default
    assert set(plugin("extractors", "tap-clockify")["select"]) == default


def test_loader_is_the_version_that_the_tests_use() -> None:
    pins = (HOUSE / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert plugin("loaders", "target-postgres")["pip_url"].split()[-1] in pins


@pytest.mark.parametrize(
    "name",
    [
        "constraints.txt",
        "constraints-meltano.txt",
        "constraints-airflow.txt",
        "constraints-dbt.txt",
        "constraints-docs.txt",
    ],
)
def test_pins_name_no_host(name: str) -> None:
    for line in (HOUSE / name).read_text(encoding="utf-8").splitlines():
        requirement = line.split(";")[0].strip()
        assert requirement.count("==") == 1, line
        assert not set(requirement) & set("/:@"), line
