"""Prints random sentences from docstrings and pages, to check that they are easy to read.

`python docs/sentences.py [SEED] [NUMBER]`: reword every sentence that needs a second reading.
"""

from __future__ import annotations

import ast
import random
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PACKAGES = [
    *("clockify-client", "tap-clockify", "target-clockify", "clockify-sandbox", "demo", "docs", "benchmarks"),
    *("orchestrate", "release", "transform", "tests"),
]
_END = re.compile(r"(?<=[.:!?])\s+(?=[A-Z`])")
_FENCED = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
_SHORTEST = 30


def main(seed: int, number: int) -> None:
    """Print the sentences that this seed selects, each with its file and line."""
    sentences = sorted({*_of_docstrings(), *_of_pages()})
    for place, sentence in random.Random(seed).sample(sentences, number):
        sys.stdout.write(f"{place}\n    {sentence}\n")


def _of_docstrings() -> Iterator[tuple[str, str]]:
    for path in (file for package in PACKAGES for file in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and (text := ast.get_docstring(node)):
                yield from _sentences(path, getattr(node, "lineno", 1), text)


def _of_pages() -> Iterator[tuple[str, str]]:
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("*/README.md")):
        for number, paragraph in enumerate(_FENCED.sub("", path.read_text(encoding="utf-8")).split("\n\n")):
            yield from _sentences(path, number, paragraph)


def _sentences(path: Path, number: int, text: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"\n\s*\n|\n\s*- |\n\||\n\s+\**\w+: ", text):
        for sentence in _END.split(" ".join(part.split())):
            if len(sentence) >= _SHORTEST:
                yield f"{path.relative_to(ROOT)}:{number}", sentence


if __name__ == "__main__":
    main(*[int(word) for word in sys.argv[1:]], *[1, 40][len(sys.argv) - 1 :])
