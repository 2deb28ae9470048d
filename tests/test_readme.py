from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROGRAMS = ("tap-clockify/tap_clockify", "clockify-client/clockify_client", "target-clockify/target_clockify")
QUOTED = re.findall(
    r"^\| `([^`]+)`", (ROOT / "README.md").read_text(encoding="utf-8").partition("## Troubleshooting")[2], re.MULTILINE
)


@pytest.fixture(scope="module")
def said() -> list[str]:
    """Every text in the source of the programs."""
    files = [file for program in PROGRAMS for file in (ROOT / program).rglob("*.py")]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


@pytest.mark.parametrize("message", QUOTED)
def test_every_message_that_the_readme_explains_is_one_of_the_programs(said: list[str], message: str) -> None:
    parts = [part.strip() for part in message.split("…")]
    assert [part for part in parts if part and not any(part in text for text in said)] == []


def test_the_tables_of_the_readme_are_those_of_the_code() -> None:
    checked = subprocess.run(
        [sys.executable, ROOT / "docs" / "tables.py", "--check"], capture_output=True, check=False, text=True
    )
    assert checked.returncode == 0, checked.stderr


def test_a_table_without_a_place_is_noticed(tmp_path: Path) -> None:
    script = (ROOT / "docs" / "tables.py").read_text(encoding="utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "tables.py").write_text(script, encoding="utf-8")
    (tmp_path / "README.md").write_text("no markers\n", encoding="utf-8")
    checked = subprocess.run(
        [sys.executable, tmp_path / "docs" / "tables.py", "--check"], capture_output=True, check=False, text=True
    )
    assert checked.returncode != 0
    assert "has no place for the table" in checked.stderr
