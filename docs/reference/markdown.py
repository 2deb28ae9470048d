"""Markdown from lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table; a `|` within a cell is escaped."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def code(value: Any) -> str:
    """Return a value as inline code."""
    return f"`{value}`"


def codes(values: Iterable[Any]) -> str:
    """Return values as inline code, separated by commas."""
    return ", ".join(code(value) for value in values)


def fenced(language: str, text: str) -> str:
    """Return a block of code."""
    return f"```{language}\n{text.rstrip()}\n```"


def facts(pairs: Mapping[str, str]) -> str:
    """Return a table of two columns without a heading; pairs without a value are left out."""
    return table(("", ""), [(f"**{name}**", value) for name, value in pairs.items() if value])


def anchor(name: str) -> str:
    """Return the anchor of a heading that consists of one name."""
    return name.lower()
