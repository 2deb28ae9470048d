"""SECURITY.md: each promise names tests, and these tests exist."""

from __future__ import annotations

import ast
import re

from tests.docs.blocks import ROOT

_ROWS = [
    line.strip("|").split("|")
    for line in (ROOT / "SECURITY.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| ---", "| Promise"))
]
_NAMED = re.compile(r"`([^`]+)`")


def _tests(path: str) -> set[str]:
    """The names of the tests in a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_promise_names_tests_that_exist() -> None:
    assert len(_ROWS) > 10
    for promise, named in _ROWS:
        tests = [one.partition("::") for one in _NAMED.findall(named)]
        assert tests, promise
        assert [name for path, _, name in tests if name not in _tests(path)] == [], promise
