"""Deletion of missing rows: only with `delete_missing`, and only after a complete version."""

from __future__ import annotations

from typing import Any

import pytest

_EVERYTHING = {"n 0", "n 1", "n 2"}
_SETTINGS = {"plain": {}, "delete_missing": {"delete_missing": True}, "allow_empty": {"allow_empty": True}}
_SETTINGS["both"] = _SETTINGS["delete_missing"] | _SETTINGS["allow_empty"]


def _rows(singer: Any, numbers: range, version: int | None = None) -> list[dict[str, Any]]:
    rows = [singer.record("tags", id=n, name=f"n {n}") for n in numbers]
    return rows if version is None else [{**row, "version": version} for row in rows]


def _unversioned(singer: Any, numbers: range) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "version"} for row in _rows(singer, numbers)]


def _names(target: Any) -> set[str]:
    return {one["name"] for one in target.tables()["tags"]}


_TWO = {"n 0", "n 1"}
_INPUTS: dict[str, tuple[Any, dict[str, set[str]]]] = {
    "no version": (lambda singer: _rows(singer, range(2)), {}),
    "a version without records": (lambda singer: [singer.activate("tags")], {"both": set()}),
    "all records": (lambda singer: [*_rows(singer, range(3)), singer.activate("tags")], {}),
    "a record less": (
        lambda singer: [*_rows(singer, range(2)), singer.activate("tags")],
        {"delete_missing": _TWO, "both": _TWO},
    ),
    "a record less of the version": (
        lambda singer: [*_rows(singer, range(2), 7), singer.activate("tags", 7)],
        {"delete_missing": _TWO, "both": _TWO},
    ),
    "records of another version": (
        lambda singer: [*_rows(singer, range(2), 6), singer.activate("tags", 7)],
        {"both": _TWO},
    ),
    "records without a version": (
        lambda singer: [*_unversioned(singer, range(2)), singer.activate("tags", 1)],
        {"both": _TWO},
    ),
    "a version that is null": (
        lambda singer: [*_unversioned(singer, range(2)), {**singer.activate("tags"), "version": None}],
        {"both": _TWO},
    ),
    "records after the version": (
        lambda singer: [*_rows(singer, range(1)), singer.activate("tags"), *_rows(singer, range(1, 2))],
        {},
    ),
    "another stream's version": (
        lambda singer: [*_rows(singer, range(2)), singer.schema("clients"), singer.activate("clients")],
        {},
    ),
}
"""Messages, and by settings the names that are left; all of them where nothing is said."""
_DOUBTFUL = {
    *("a version without records", "records of another version", "records without a version"),
    *("a version that is null", "another stream's version"),
}


@pytest.mark.parametrize("settings", _SETTINGS)
@pytest.mark.parametrize("given", _INPUTS)
def test_missing_rows_are_deleted_only_with_the_setting(target: Any, singer: Any, given: str, settings: str) -> None:
    assert target([singer.schema("tags"), *_rows(singer, range(3))]).code == 0
    target.box.ok("POST", "/workspaces/{ws}/tags", {"name": "somebody else's"})
    messages, left = _INPUTS[given]
    expected = left.get(settings, _EVERYTHING) | {"somebody else's"}
    config = _SETTINGS[settings]
    rehearsed = target([singer.schema("tags"), *messages(singer)], dry_run=True, **config)
    planned = [line for line in rehearsed.plan if line["operation"] == "DELETE"]
    assert (rehearsed.code, len(planned)) == (0, 4 - len(expected)), rehearsed.log
    assert _names(target) == _EVERYTHING | {"somebody else's"}
    result = target([singer.schema("tags"), *messages(singer)], **config)
    assert (result.code, _names(target)) == (0, expected), result.log
    refused = settings == "delete_missing" and given in _DOUBTFUL
    assert ("allow_empty deletes all the same" in result.log) == refused
