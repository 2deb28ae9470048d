from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


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
