"""transform/ says the same as the tap. What its models hold is tested by `make models`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HOUSE = Path(__file__).parents[2]


def check(script: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)


def test_sources_are_those_of_the_tap() -> None:
    checked = check(HOUSE / "transform" / "sources.py")
    assert checked.returncode == 0, checked.stderr


def test_sources_that_differ_are_noticed(tmp_path: Path) -> None:
    script = Path(shutil.copy(HOUSE / "transform" / "sources.py", tmp_path))
    sources = tmp_path / "models" / "sources.yml"
    sources.parent.mkdir()
    text = (HOUSE / "transform" / "models" / "sources.yml").read_text(encoding="utf-8")
    sources.write_text(text.replace("Id of the time entry.", "An id."), encoding="utf-8")
    checked = check(script)
    assert checked.returncode == 1
    assert "sources.yml is out of date" in checked.stderr
