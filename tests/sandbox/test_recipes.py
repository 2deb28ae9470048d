"""The blocks of docs/sandbox.md, each run as a separate program."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import blocks_of

PAGE = Path(__file__).parents[2] / "docs" / "sandbox.md"
BLOCKS = re.findall(r"^## ([^\n]+)\n.*?^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
PROGRAMS = {"curl": "curl", "Node": "node"}
"""What a block runs that `make install` does not install."""


@pytest.mark.parametrize(("title", "block"), BLOCKS, ids=[title for title, _ in BLOCKS])
def test_recipes_work(title: str, block: str) -> None:
    program = PROGRAMS.get(title)
    if program and not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    done = subprocess.run([sys.executable, "-c", block], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_there_are_recipes() -> None:
    assert [block for _, block in BLOCKS] == blocks_of("docs/sandbox.md", "python")
    assert [title for title, _ in BLOCKS] == [
        "Python, requests",
        "Python, httpx",
        "Python, any program",
        "Node",
        "curl",
    ]
