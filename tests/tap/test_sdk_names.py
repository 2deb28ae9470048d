"""Which private names of the Singer SDK the tap rests on: all are listed in CONTRIBUTING.md, with the reason."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import tap_clockify
from singer_sdk import Stream, Tap, plugin_base, singerlib
from singer_sdk.contrib import msgspec as writer

CONTRIBUTING = Path(__file__).parents[2] / "CONTRIBUTING.md"
SOURCES = sorted(Path(tap_clockify.__file__).parent.rglob("*.py"))


def _private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _of_the_sdk() -> set[str]:
    """Return the private names of the classes that the tap extends, instance attributes among them."""
    modules = (inspect.getmodule(Stream), inspect.getmodule(Tap), plugin_base, writer, inspect.getmodule(singerlib))
    text = "\n".join(inspect.getsource(module) for module in modules if module is not None)
    return {name for name in re.findall(r"(?:self\.|def |class )(_[A-Za-z]\w*)", text) if _private(name)}


def _used() -> set[str]:
    names: set[str] = set()
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("singer_sdk"):
                names |= {one.name for one in node.names} | set((node.module or "").split("."))
            elif isinstance(node, ast.Attribute):
                names.add(node.attr)
            elif isinstance(node, ast.FunctionDef):
                names.add(node.name)
    return {name for name in names if _private(name)}


def test_every_private_name_of_the_sdk_is_listed_with_its_reason() -> None:
    section = CONTRIBUTING.read_text(encoding="utf-8").split("## Private names of the SDK")[1].split("\n## ")[0]
    listed = set(re.findall(r"^\| `(_\w+)` \| \S", section, flags=re.MULTILINE))
    assert _used() & _of_the_sdk() == listed
