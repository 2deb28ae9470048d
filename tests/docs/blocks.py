"""The code blocks of the pages, and how each kind is tested."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from docs.reference import pages

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"(?:^<!-- run: ([^\n]*) -->\n)?^( *)```(\w*)[^\n]*\n(.*?)^\2```", re.DOTALL | re.MULTILINE)
_WRITTEN = (
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / place / "README.md" for place in ("orchestrate", "clockify-sandbox")),
)


@dataclass(frozen=True)
class Block:
    """A block of code: its page, its language, its text, and what a comment above it says about running it."""

    page: str
    language: str
    text: str
    run: str = ""


def texts() -> dict[str, str]:
    """Every page by its path in the repository, with generated parts; fully generated pages are below docs/."""
    written = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in _WRITTEN}
    made = {f"docs/{place}": text for place, text in pages.whole_pages().items()}
    return {place: pages.filled(text) for place, text in (written | made).items()}


def blocks() -> list[Block]:
    return [
        Block(page, language, re.sub(f"^{indent}", "", text, flags=re.MULTILINE), run)
        for page, whole in texts().items()
        for run, indent, language, text in _FENCE.findall(whole)
    ]


RUN_BY = {
    ("docs/analysis.md", "sql"): "tests/transform/test_models.py",
    ("docs/install.md", "sh"): "tests/packages/test_install.py",
    ("docs/install.md", "yaml"): "tests/packages/test_install.py",
    ("docs/recipes.md", "console"): "tests/target/test_recipes.py",
    ("docs/recipes.md", "csv"): "tests/target/test_recipes.py",
    ("docs/recipes.md", "json"): "tests/target/test_recipes.py",
    ("docs/sandbox.md", "python"): "tests/sandbox/test_recipes.py",
}
"""The files that run blocks of a page and language; test_blocks.py runs all others, or knows why they are not run."""


def blocks_of(page: str, language: str) -> list[str]:
    """The blocks of a page and language that a test must run, according to RUN_BY."""
    return [one.text for one in blocks() if (one.page, one.language) == (page, language) and not one.run]
