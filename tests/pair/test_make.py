"""The messages of the Makefile."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
OUTSIDE = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A checkout in which nothing is installed yet."""
    for name in ("Makefile", "constraints.txt"):
        shutil.copy(HOUSE / name, tmp_path)
    return tmp_path


def make(folder: Path, *goals: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *goals],
        cwd=folder,
        env=OUTSIDE | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_make_alone_lists_every_command(bare: Path) -> None:
    told = make(bare)
    assert told.returncode == 0
    declared = re.search(r"^\.PHONY: (.*)$", (bare / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert declared
    assert set(re.findall(r"make ([a-z-]+) ", told.stdout)) == set(declared[1].split())


def test_python_that_is_too_old_is_reported_in_one_line(bare: Path) -> None:
    told = make(bare, ".venv/.uv", "PYTHON=false")
    assert told.returncode
    first, *rest = told.stderr.splitlines()
    assert first.startswith("make: Python 3.11 or newer is needed")
    assert len(rest) <= 1  # make's own
    assert not (bare / ".venv").exists()


@pytest.mark.slow
def test_unreachable_index_is_reported(bare: Path) -> None:
    told = make(bare, ".venv/.uv", PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_NO_INDEX="", PIP_FIND_LINKS="")
    assert told.returncode
    assert "make: cannot install from the package index" in told.stderr
    assert not (bare / ".venv" / ".uv").exists()
